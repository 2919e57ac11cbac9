"""`note: explanation`: a note on the ticket with the explanation of its verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hubspot_sla.plan.actions import AddNote
from hubspot_sla.plan.rung_actions.kind import TextKind

if TYPE_CHECKING:
    from hubspot_sla.plan.rung_context import FiredRung

EXPLANATION = "explanation"


@dataclass(frozen=True, slots=True)
class WriteNote:
    """A `RungAction`."""

    word: ClassVar[str] = "note"
    people: ClassVar[tuple[str, ...]] = ()
    properties: ClassVar[tuple[tuple[str, str], ...]] = ()
    channels: ClassVar[tuple[str, ...]] = ()

    def planned(self, rung: FiredRung) -> AddNote:
        return AddNote(f"note:{rung.key_rest}", rung.record.ref, rung.key, rung.words.wording.note(rung), rung.at)


KIND = TextKind(WriteNote.word, lambda _explanation: WriteNote(), choices=(EXPLANATION,))
