"""What the values of a dimension are called: names as they were at the end of the period, else the values."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from hubspot_sla.ledger import names
from hubspot_sla.ledger.names import Named

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.flows.reporting.dimensions import Dimension


class Labels:
    """`at` is the instant (epoch ms) whose names count."""

    def __init__(self, db: sqlite3.Connection, at: int) -> None:
        self._db, self._at = db, at
        self._names: dict[Named, dict[str, str]] = {}

    def of(self, dimension: Dimension, value: str | None) -> str:
        """ "" for no value; the value itself where it has no name."""
        if not value:
            return ""
        if dimension.named is None:
            return value
        return self._called(dimension.named).get(value, value)

    @cached_property
    def owners(self) -> dict[str, str]:
        return self._called(Named.OWNER)

    @cached_property
    def teams(self) -> dict[str, str]:
        return self._called(Named.TEAM)

    @cached_property
    def users(self) -> dict[str, str]:
        return self._called(Named.USER)

    @cached_property
    def customers(self) -> dict[str, str]:
        return self._called(Named.COMPANY)

    def _called(self, kind: Named) -> dict[str, str]:
        if kind not in self._names:
            self._names[kind] = names.as_of(self._db, kind, self._at)
        return self._names[kind]
