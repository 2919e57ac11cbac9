"""Ids that went in a merge, and the record that each of them became."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sandbox.object_types import ObjectType


class MergedIds:
    """A record asked for alone is found by such an id; batches leave it out without a word."""

    def __init__(self) -> None:
        self._survivors: dict[tuple[str, int], int] = {}

    def note(self, kind: ObjectType, merged_id: int, survivor_id: int) -> None:
        """A record was merged into another."""
        self._survivors[kind.name, merged_id] = survivor_id

    def knows(self, kind: ObjectType, record_id: int) -> bool:
        """Whether the id went in a merge."""
        return (kind.name, record_id) in self._survivors

    def survivor(self, kind: ObjectType, record_id: int) -> int:
        """Where an id leads to in the end; itself when it was never merged away."""
        while (kind.name, record_id) in self._survivors:
            record_id = self._survivors[kind.name, record_id]
        return record_id
