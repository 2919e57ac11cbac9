"""What the rungs of one record that fire ask for, as actions with stable keys."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.plan.rung_context import FiredRung
from hubspot_sla.plan.rung_keys import AGAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hubspot_sla.plan.actions import Action, PlannedRecord
    from hubspot_sla.plan.escalation import SettledRung
    from hubspot_sla.plan.rung_context import People, Words


@dataclass(frozen=True, slots=True)
class RungActions:
    """Turns rungs into actions for one record."""

    record: PlannedRecord
    people: People
    words: Words

    def actions(self, fired: Iterable[SettledRung]) -> Iterator[Action]:
        """In the order of the rungs and of what each asks for."""
        for rung in fired:
            yield from self._of_rung(rung)

    def _of_rung(self, fired: SettledRung) -> Iterator[Action]:
        counts: Counter[tuple[str, ...]] = Counter()
        again = "" if fired.withdrawn_at is None else f"{AGAIN}{fired.withdrawn_at // 1000}"
        for rung_action in fired.occurrence.rung.actions:
            same = (rung_action.word, *rung_action.channels)
            counts[same] += 1
            action = rung_action.planned(
                self._fired(fired, again + ("" if counts[same] == 1 else f":also{counts[same]}"))
            )
            if action is not None:
                yield action

    def _fired(self, fired: SettledRung, repeat: str) -> FiredRung:
        occurrence, reached = fired.occurrence, fired.reached
        return FiredRung(
            key=reached.key,
            suffix=occurrence.suffix,
            level=reached.level,
            due_at=reached.due_at,
            at=reached.at,
            verdict=occurrence.verdict,
            cycle=occurrence.cycle,
            record=self.record,
            people=self.people,
            words=self.words,
            mark=occurrence.rung.mark,
            nth=occurrence.nth,
            repeat=repeat,
        )
