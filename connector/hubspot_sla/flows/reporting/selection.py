"""Which cycles count: the conditions of `sla report --where`, asked of an outcome in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.outcome_values import OLA_AND_UC, checked_words, value_of
from hubspot_sla.policy.report_documents import OutcomeWhen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.reporting.outcome_values import Names
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.policy.condition_values import Wanted


class Selection:
    """Raises UsageProblem for a word that no outcome has. Without a word of kind or agreement only what customers are
    promised counts, as in reports; `words` are those of the breakdown."""

    def __init__(self, when: OutcomeWhen, names: Names, properties: Sequence[str], words: Sequence[str] = ()) -> None:
        asked = checked_words(when.words(), properties)
        self._when, self._names = when, names
        self._asks = when != OutcomeWhen()
        self._only_sla = not OLA_AND_UC & {*asked, *words}

    def accepts(self, ref: RecordRef, outcome: Outcome) -> bool:
        if self._only_sla and value_of("kind", ref, outcome) != "sla":
            return False
        return not self._asks or self._holds(self._when, ref, outcome)

    def _holds(self, when: OutcomeWhen, ref: RecordRef, outcome: Outcome) -> bool:
        wishes = {**when.wishes(), **(when.property or {})}
        return (
            all(self._is(word, wanted, ref, outcome) for word, wanted in wishes.items())
            and all(self._holds(inner, ref, outcome) for inner in when.all_)
            and (not when.any_ or any(self._holds(inner, ref, outcome) for inner in when.any_))
            and (when.not_ is None or not self._holds(when.not_, ref, outcome))
        )

    def _is(self, word: str, wanted: Wanted, ref: RecordRef, outcome: Outcome) -> bool:
        return any(map(wanted.accepts, self._names.all(word, value_of(word, ref, outcome))))
