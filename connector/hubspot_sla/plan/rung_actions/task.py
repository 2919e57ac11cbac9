"""`task: WHO`: a task on the ticket, for its owner, that owner's lead, or somebody named by e-mail or owner id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hubspot_sla.plan.actions import CreateTask
from hubspot_sla.plan.rung_actions.kind import TextKind, person
from hubspot_sla.plan.rung_keys import task_key

if TYPE_CHECKING:
    from hubspot_sla.plan.rung_context import FiredRung

SUBJECT_LIMIT = 250


@dataclass(frozen=True, slots=True)
class MakeTask:
    """A `RungAction`."""

    word: ClassVar[str] = "task"
    properties: ClassVar[tuple[tuple[str, str], ...]] = ()
    channels: ClassVar[tuple[str, ...]] = ()
    to: str

    @property
    def people(self) -> tuple[str, ...]:
        return (self.to,)

    def planned(self, rung: FiredRung) -> CreateTask:
        """Its key does not hold the ladder's name: the same step of the same cycle makes one task."""
        record = rung.record
        owner_id, remark = rung.people.chosen(self.to, record.owner_id)
        key = task_key(record.ref, rung.verdict.clock.key, rung.cycle.number, rung.suffix) + rung.repeat
        subject, body = rung.words.wording.task(rung, remark)
        lead_id = rung.people.lead_of(record.owner_id)
        return CreateTask(
            key,
            record.ref,
            rung.key,
            subject[:SUBJECT_LIMIT],
            body,
            rung.at,
            owner_id,
            None if lead_id == owner_id else lead_id,
        )


def _made(to: str) -> MakeTask:
    return MakeTask(person(to))


KIND = TextKind(MakeTask.word, _made)
