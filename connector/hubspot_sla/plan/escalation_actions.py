"""What the rungs of one record that fire ask for, as actions with stable keys."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.plan.rung_context import FiredRung

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hubspot_sla.plan.actions import Action, PlannedRecord
    from hubspot_sla.plan.escalation import Fired
    from hubspot_sla.plan.rung_context import People, Words


@dataclass(frozen=True, slots=True)
class RungActions:
    """Turns rungs into actions for one record."""

    record: PlannedRecord
    people: People
    words: Words

    def actions(self, fired: Iterable[Fired]) -> Iterator[Action]:
        """In the order of the rungs and of what each asks for."""
        for one in fired:
            yield from self._of_rung(one)

    def _of_rung(self, fired: Fired) -> Iterator[Action]:
        counts: Counter[tuple[str, ...]] = Counter()
        for asked in fired.place.rung.actions:
            same = (asked.word, *asked.channels)
            counts[same] += 1
            action = asked.planned(self._fired(fired, "" if counts[same] == 1 else f":also{counts[same]}"))
            if action is not None:
                yield action

    def _fired(self, fired: Fired, repeat: str) -> FiredRung:
        place, reached = fired.place, fired.reached
        return FiredRung(
            key=reached.key,
            suffix=place.suffix,
            level=reached.level,
            due_at=reached.due_at,
            at=reached.at,
            verdict=place.verdict,
            cycle=place.cycle,
            record=self.record,
            people=self.people,
            words=self.words,
            repeat=repeat,
        )
