"""A simulation from its request to its result: what other mappings would have made of the records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Kind
from hubspot_sla.flows.reporting.outcome_values import OLA_AND_UC
from hubspot_sla.flows.simulation.conditions import Answer, answered, answered_by_contracts, chosen, is_meant
from hubspot_sla.flows.simulation.credited import NO_CREDITS, NO_READERS, Credits, Readers
from hubspot_sla.flows.simulation.credits import credits_of
from hubspot_sla.flows.simulation.processes import StatesDiffer, opened, tallied
from hubspot_sla.flows.simulation.tally import Numbers
from hubspot_sla.ledger.one_state import TRIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import tzinfo

    from hubspot_sla.flows.reporting.outcome_values import Names
    from hubspot_sla.flows.simulation.conditions import Condition, Meaning
    from hubspot_sla.flows.simulation.request import Request
    from hubspot_sla.flows.simulation.tally import Tally, Wanted
    from hubspot_sla.measure.simulation import Compared

HOLDS, CANNOT_SAY = 1, 2
"""Exit codes: a condition holds; one cannot be answered, or too many records could not be judged."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """`answers` are in the order of the conditions; `allow_unjudged` is how many records may fail."""

    request: Request
    tally: Tally
    answers: Sequence[Answer]
    names: Names
    links: Mapping[str, str]
    notes: Sequence[str]
    zone: tzinfo
    allow_unjudged: int
    credits: Credits = NO_CREDITS

    @property
    def exit_code(self) -> int:
        """0, `HOLDS` or `CANNOT_SAY`; of several the last."""
        if self.tally.unjudged > self.allow_unjudged or any(answer.held is None for answer in self.answers):
            return CANNOT_SAY
        return HOLDS if any(answer.held for answer in self.answers) else 0


def simulated(
    request: Request,
    *,
    jobs: int | None = None,
    min_n: int = 1,
    allow_unjudged: int = 0,
    tell: Callable[[str], None] = lambda _: None,
    readers: Readers = NO_READERS,
) -> Simulated:
    """`readers` read the feeds of contracts. Where somebody writes to the ledger before all processes have opened it,
    it is done again, in the end in one process. Raises UsageProblem, MappingInvalid, what the ledger raises, and
    ComeBackLater where a process was killed."""
    for of_this_try in (*[jobs] * (TRIES - 1), 1):
        try:
            return _simulated(request, of_this_try, min_n, allow_unjudged, tell, readers)
        except StatesDiffer:
            continue
    raise AssertionError("one process reads one state")


def _simulated(
    request: Request,
    jobs: int | None,
    min_n: int,
    allow_unjudged: int,
    tell: Callable[[str], None],
    readers: Readers,
) -> Simulated:
    with opened(request) as source:
        wanted = source.wanted()
        tally = tallied(source, wanted, jobs, tell)
        credited = credits_of(source, tally, wanted, readers)
        return Simulated(
            request,
            tally,
            _answers(tally, wanted, credited, min_n),
            source.names,
            source.links,
            (*source.notes, *credited.notes),
            source.zone,
            allow_unjudged,
            credited,
        )


def _answers(tally: Tally, wanted: Wanted, credited: Credits, min_n: int) -> list[Answer]:
    answers = []
    for place, condition in enumerate(wanted.conditions):
        if condition.currency:
            answers.append(answered_by_contracts(condition, credited.rows, min_n))
            continue
        found = {(meant, kind): one for (number, meant, kind), one in tally.conditions.items() if number == place}
        answers.append(answered(condition, _compared(condition, found, wanted), min_n))
    return answers


def _compared(condition: Condition, found: Mapping[tuple[Meaning, str], Numbers], wanted: Wanted) -> Compared | None:
    """Of what customers are promised, as in reports, unless `--where` or the condition names a kind or an agreement, or
    a word that only other promises have. None: nothing is meant."""
    counted = {meant: numbers for (meant, kind), numbers in found.items() if kind == Kind.SLA}
    named = OLA_AND_UC & {word for word, _ in condition.parts}
    if wanted.of_every_kind or named or (condition.parts and not all(chosen(counted) or ("",))):
        counted = {}
        for (meant, _), numbers in found.items():
            counted.setdefault(meant, Numbers()).add(numbers)
    dimensions = chosen(counted)
    total, some = Numbers(), False
    for meant, numbers in counted.items():
        if is_meant(meant, dimensions):
            total.add(numbers)
            some = True
    return total.compared if some else None
