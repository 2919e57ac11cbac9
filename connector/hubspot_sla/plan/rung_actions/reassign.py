"""`reassign: WHO`: the ticket gets this owner, the lead or somebody named by e-mail or owner id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hubspot_sla.plan.actions import SetProperties
from hubspot_sla.plan.rung_actions.kind import TextKind, UnusableValue, person
from hubspot_sla.plan.rung_context import OWNER

if TYPE_CHECKING:
    from hubspot_sla.plan.rung_context import FiredRung


@dataclass(frozen=True, slots=True)
class Reassign:
    """A `RungAction`."""

    word: ClassVar[str] = "reassign"
    properties: ClassVar[tuple[tuple[str, str], ...]] = ()
    channels: ClassVar[tuple[str, ...]] = ()
    to: str

    @property
    def people(self) -> tuple[str, ...]:
        return (self.to,)

    def planned(self, rung: FiredRung) -> SetProperties | None:
        record = rung.record
        owner_id, _ = rung.people.chosen(self.to, record.owner_id)
        if owner_id is None or owner_id == record.owner_id:
            return None
        changes = {rung.words.owner_property: owner_id}
        return SetProperties(f"fields:{rung.key_rest}:owner", record.ref, rung.key, changes)


def _made(to: str) -> Reassign:
    if to == OWNER:
        raise UnusableValue("the owner has the ticket already", "reassign it to lead, or to somebody by e-mail")
    return Reassign(person(to))


KIND = TextKind(Reassign.word, _made)
