"""Search over one object type: OR of ANDs, one sort, offsets up to ten thousand.

A search becomes one statement of SQL over the indexes of the properties it names. The first ten thousand ids of the
last few searches are kept until something is written, so that paging does not repeat the work.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import orjson

from hubspot_sandbox import refusals
from hubspot_sandbox.bodies.searches import FilterIn, SearchIn, SortIn
from hubspot_sandbox.object_types import ObjectType, object_type
from hubspot_sandbox.property_index import FOLDED
from hubspot_sandbox.search_filters import Condition, compiled, style_of

if TYPE_CHECKING:
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.properties import Property
    from hubspot_sandbox.property_index import Key
    from hubspot_sandbox.records import Record

MOST_RESULTS = 10_000
LARGEST_PAGE = 200
LONGEST_BODY = 3_000
_MOST_GROUPS, _MOST_FILTERS_A_GROUP, _MOST_FILTERS = 5, 6, 18
_QUERIES_KEPT = 16
_MOST_IDS = MOST_RESULTS + LARGEST_PAGE
_ASSOCIATIONS = "associations."
_SORT_NAME = re.compile(r"(-?)([a-z][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of a search: the records, how many match in all, and where the next page begins."""

    records: list[Record]
    total: int
    after: int | None


@dataclass(frozen=True, slots=True)
class _CachedOutcome:
    """The outcome of a query, true as long as neither the table nor the associations changed."""

    versions: tuple[int, int]
    ids: list[int]
    total: int


class Search:
    """Searches a portal, and remembers the last few queries."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._kept: OrderedDict[bytes, _CachedOutcome] = OrderedDict()

    def page(self, kind: ObjectType, body: SearchIn) -> SearchPage:
        """The page asked for. Raises `Refused` 400 for what HubSpot would not search."""
        _check_size(body)
        start = _offset(body.after)
        if start >= MOST_RESULTS:
            raise refusals.invalid(
                f"The maximum number of results that can be paged through is {MOST_RESULTS:,}. "
                f"Offset {start} is past it."
            )
        outcome = self._outcome(kind, body)
        table = self._portal.table(kind)
        page = [table.find(record_id) for record_id in outcome.ids[start : start + body.limit]]
        stop = start + body.limit
        return SearchPage(
            [record for record in page if record is not None], outcome.total, stop if stop < outcome.total else None
        )

    def _outcome(self, kind: ObjectType, body: SearchIn) -> _CachedOutcome:
        key = orjson.dumps([kind.name, body.model_dump(include={"filter_groups", "sorts", "query"})])
        versions = self._portal.table(kind).version, self._portal.links.version
        outcome = self._kept.get(key)
        if outcome is None or outcome.versions != versions:
            ids, total = _Query(self._portal, kind, body).outcome()
            outcome = _CachedOutcome(versions, ids, total)
        self._kept[key] = outcome
        self._kept.move_to_end(key)
        if len(self._kept) > _QUERIES_KEPT:
            self._kept.popitem(last=False)
        return outcome


class _Query:
    """One query being worked out. `r` are the records; the indexes that are joined to them are numbered."""

    def __init__(self, portal: Portal, kind: ObjectType, body: SearchIn) -> None:
        self._portal = portal
        self._kind = kind
        self._asked = body
        self._table = portal.table(kind)
        self._joined: dict[str, str] = {}
        self._values: list[Key] = []

    def outcome(self) -> tuple[list[int], int]:
        """Ids of the first matches in order, as many as can be paged through, and how many match in all."""
        sort = _sort(self._asked, self._kind.created)
        definition = self._definition(sort.property_name)
        order = self._key(sort.property_name, style_of(definition))
        matching = self._matching(sort.property_name, order)
        down = " DESC" if _descending(sort) else ""
        ids = self._ids(f"{matching} AND {order} IS NOT NULL ORDER BY {order}{down}, r.id", _MOST_IDS)
        if len(ids) < _MOST_IDS:
            ids += self._ids(f"{matching} AND {order} IS NULL ORDER BY r.id", _MOST_IDS - len(ids))
        if len(ids) < _MOST_IDS:
            return ids, len(ids)
        return ids, self._portal.store.number(f"SELECT count(*) {self._source()} {matching}", *self._values)

    def _ids(self, rest: str, limit: int) -> list[int]:
        rows = self._portal.store.rows(f"SELECT r.id {self._source()} {rest} LIMIT {limit}", *self._values)
        return [row[0] for row in rows]

    def _source(self) -> str:
        joins = (f"LEFT JOIN {table} {alias} ON {alias}.id = r.id" for table, alias in self._joined.items())
        return " ".join([f"FROM {self._table.sql} r", *joins])

    def _key(self, name: str, style: str) -> str:
        """The SQL of a property's key."""
        column = self._table.column(name)
        if column is not None and style != FOLDED:
            return f"r.{column}"
        index = self._table.index(name, style).table
        return self._joined.setdefault(index, f"k{len(self._joined)}") + ".key"

    def _matching(self, sorted_by: str, order: str) -> str:
        groups = [
            [(filter_body, self._condition(filter_body)) for filter_body in group.filters]
            for group in self._asked.filter_groups or ()
        ]
        parts = ["r.archived_ms IS NULL", *_bounds(groups, sorted_by, order)]
        if groups:
            parts.append("(" + " OR ".join(self._all([condition for _, condition in group]) for group in groups) + ")")
        return f"WHERE {' AND '.join([*parts, *self._text()])}"

    def _all(self, conditions: list[Condition]) -> str:
        for condition in conditions:
            self._values += condition.values
        return " AND ".join(condition.sql for condition in conditions) or "1"

    def _condition(self, filter_body: FilterIn) -> Condition:
        if filter_body.property_name.startswith(_ASSOCIATIONS):
            return self._associated(filter_body)
        definition = self._definition(filter_body.property_name)
        return compiled(
            filter_body, definition, self._key(filter_body.property_name, style_of(definition, filter_body.operator))
        )

    def _associated(self, filter_body: FilterIn) -> Condition:
        target = object_type(filter_body.property_name.removeprefix(_ASSOCIATIONS))
        wanted_ids = {filter_body.value or ""} if filter_body.operator == "EQ" else set(filter_body.values or ())
        if filter_body.operator not in ("EQ", "IN"):
            raise refusals.invalid(f"{filter_body.property_name} takes EQ and IN only")
        ids = [int(wanted_id) for wanted_id in sorted(wanted_ids) if wanted_id.isdecimal()]
        return Condition(f"r.id IN ({self._portal.links.linked_sql(target, self._kind, len(ids))})", tuple(ids))

    def _definition(self, name: str) -> Property:
        definition = self._portal.catalogue(self._kind).find(name)
        if definition is None:
            raise refusals.invalid(f'Property "{name}" does not exist')
        return definition

    def _text(self) -> list[str]:
        """Every word of the free text is in one of the properties that are searched for it."""
        parts = []
        for word in (self._asked.query or "").lower().split():
            keys = [self._key(name, FOLDED) for name in self._kind.searched_text]
            parts.append("(" + " OR ".join(f"instr({key}, ?)" for key in keys) + ")")
            self._values += [word] * len(keys)
        return parts


def _bounds(groups: list[list[tuple[FilterIn, Condition]]], sorted_by: str, order: str) -> list[str]:
    """What all alternatives say about the property sorted by, so that its index is not walked from the start.

    "Later than the last one seen, or at the same time with a higher id" is how clients page past ten thousand.
    """
    bounds_of_groups = [
        [conditions for filter_body, conditions in group if filter_body.property_name == sorted_by] for group in groups
    ]
    if not bounds_of_groups:
        return []
    low = min(
        max((condition.low for condition in conditions), default=-float("inf")) for conditions in bounds_of_groups
    )
    high = max(
        min((condition.high for condition in conditions), default=float("inf")) for conditions in bounds_of_groups
    )
    parts = [f"{order} >= {low!r}"] if isfinite(low) else []
    return [*parts, f"{order} <= {high!r}"] if isfinite(high) else parts


def _sort(body: SearchIn, created: str) -> SortIn:
    sorts = body.sorts or [SortIn(property_name=created)]
    if len(sorts) > 1:
        raise refusals.invalid("Only one sort is supported")
    first = sorts[0]
    return _spelled(first, created) if isinstance(first, str) else first


def _spelled(text: str, created: str) -> SortIn:
    """A sort as text: `-createdate` is descending. Text that is no name is not heeded, as live: the Ruby SDK sends
    objects as text and gets the default order (hubspot-api-ruby#257).
    """
    named = _SORT_NAME.fullmatch(text)
    if named is None:
        return SortIn(property_name=created)
    return SortIn(property_name=named[2], direction="DESCENDING" if named[1] else "ASCENDING")


def _descending(sort: SortIn) -> bool:
    return sort.direction.upper() == "DESCENDING"


def _check_size(body: SearchIn) -> None:
    if not 0 <= body.limit <= LARGEST_PAGE:
        raise refusals.invalid(f"The limit of a search is at most {LARGEST_PAGE}, not {body.limit}.")
    groups = body.filter_groups or []
    sizes = [len(group.filters) for group in groups]
    if len(groups) > _MOST_GROUPS:
        raise refusals.invalid(f"At most {_MOST_GROUPS} filter groups are allowed, not {len(groups)}.")
    if max(sizes, default=0) > _MOST_FILTERS_A_GROUP or sum(sizes) > _MOST_FILTERS:
        raise refusals.invalid(
            f"At most {_MOST_FILTERS_A_GROUP} filters a group and {_MOST_FILTERS} in all are allowed."
        )


def _offset(after: str | None) -> int:
    if not after:
        return 0
    if not after.isdecimal():
        raise refusals.invalid(f"after must be an integer, not {after!r}.")
    return int(after)
