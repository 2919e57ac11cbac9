"""Searches."""

from __future__ import annotations

from hubspot_sandbox.bodies.body import Body, Text


class FilterIn(Body):
    """One condition of a search."""

    property_name: str
    operator: str
    value: Text | None = None
    high_value: Text | None = None
    values: list[Text] | None = None


class FilterGroupIn(Body):
    """Conditions that must all hold."""

    filters: list[FilterIn]


class SortIn(Body):
    """What to order by."""

    property_name: str
    direction: str = "ASCENDING"


class SearchIn(Body):
    """A search. The SDK's types call `after` and `sorts` required; the live API does without."""

    filter_groups: list[FilterGroupIn] | None = None
    sorts: list[SortIn | str] | None = None
    query: str | None = None
    properties: list[str] | None = None
    limit: int = 10
    after: Text | None = None
