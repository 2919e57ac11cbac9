"""A kind of action as somebody may add it: `raise_priority: URGENT`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hubspot_sla.plan.actions import SetProperties
from hubspot_sla.plan.rung_actions.kind import TextKind

if TYPE_CHECKING:
    from hubspot_sla.plan.rung_context import FiredRung

PRIORITY = "hs_ticket_priority"


@dataclass(frozen=True, slots=True)
class RaisePriority:
    """A `RungAction`."""

    word: ClassVar[str] = "raise_priority"
    people: ClassVar[tuple[str, ...]] = ()
    channels: ClassVar[tuple[str, ...]] = ()
    to: str

    @property
    def properties(self) -> tuple[tuple[str, str], ...]:
        return ((PRIORITY, self.to),)

    def planned(self, rung: FiredRung) -> SetProperties:
        return SetProperties(f"fields:{rung.key_rest}:priority", rung.record.ref, rung.key, {PRIORITY: self.to})


KIND = TextKind(RaisePriority.word, RaisePriority, choices=("HIGH", "URGENT"))
