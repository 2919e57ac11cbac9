"""Which record: HubSpot's name of its object type, and its id there."""

from __future__ import annotations

from typing import NamedTuple

TICKETS = "tickets"
COMPANIES = "companies"


class RecordRef(NamedTuple):
    """`object_type` is HubSpot's name in paths (`tickets`); ids are unique within a type only."""

    object_type: str
    record_id: str

    @property
    def key(self) -> str:
        """As every key carries it. Tickets go by their id alone, as they did when they were the only type: a key that
        was written then must never change. Any other type stands in front."""
        return self.record_id if self.object_type == TICKETS else f"{self.object_type}:{self.record_id}"

    @classmethod
    def of(cls, key: str) -> RecordRef:
        """The record of a key, as people type it too: `28100042`, `tickets:28100042`."""
        object_type, _, record_id = key.rpartition(":")
        return cls(object_type or TICKETS, record_id)
