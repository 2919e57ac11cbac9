"""Simulation against evaluation of generated tickets: each side says of every cycle and rung what the plain road says
that judges each ticket by itself, and as many flip. 100,000 tickets with PROOF_SCALE of 100."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import orjson
import pytest

from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.flows.context.loaded_mappings import load_mappings
from hubspot_sla.flows.inspection.evaluate import Evaluated, Evaluator, offline_portal_ids
from hubspot_sla.flows.judging.escalate import ladders_of, objection
from hubspot_sla.flows.judging.outcomes import outcomes_without_time
from hubspot_sla.flows.records import ticket_file
from hubspot_sla.flows.records.file_merges import merges_in
from hubspot_sla.flows.records.ticket_file import Row
from hubspot_sla.flows.simulation import source as sources
from hubspot_sla.flows.simulation.processes import opened
from hubspot_sla.flows.simulation.request import Request, TicketFile
from hubspot_sla.flows.simulation.tally import Counting
from hubspot_sla.measure.standing import JUDGED, Standing, standing
from hubspot_sla.plan.rungs_reached import rungs_reached
from proof import SCALE
from proofs.conversations import ms
from proofs.lived_tickets import UNTIL, lineage
from proofs.other_mappings import PAIRS, mappings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hubspot_sla.clock.verdict import Cycle
    from hubspot_sla.flows.simulation.side import JudgedSide
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.plan.rungs_reached import ReachedRung

NOW = ms(UNTIL)
TRIED = PAIRS if SCALE > 1 else PAIRS[-5:]
"""In the suite those only that differ on both sides from what the tickets were made for."""
TURN_NOTHING = {"nothing", "metrics of its own", "other ladders"}
"""Other clocks, or other rungs of the same."""
TICKETS = 8 if SCALE == 1 else 1_000 * SCALE // len(PAIRS) + 1
"""Of each pair of mappings, at least."""


class Said(NamedTuple):
    """What one road says of one ticket by some mappings: cycles and outcomes by clock and number, and rungs."""

    cycles: dict[tuple[str, int], object]
    outcomes: dict[tuple[str, int], Outcome]
    rungs: list[object]


def said(cycles: Iterable[Cycle], outcomes: Iterable[Outcome], rungs: Iterable[ReachedRung]) -> Said:
    by_key = {(outcome.clock, outcome.cycle): outcome for outcome in outcomes}
    shown = dict(zip(by_key, map(terms, cycles), strict=True))
    return Said(shown, by_key, [(one.clock, one.cycle, one.ladder, one.rung, one.at) for one in rungs])


def terms(cycle: Cycle) -> object:
    """Promises of two loads are never the same object, nor are their calendars."""
    promise = cycle.promise
    of_promise = promise and (promise.policy, str(promise.target), promise.budget_ms, promise.at_risk, promise.pauses)
    return cycle._replace(promise=None), of_promise


def file_of(folder: Path, first: int) -> tuple[str, int]:
    """Whole lineages, until there are so many tickets; and how many there are."""
    file, number, seed = folder / "tickets.jsonl", 0, first
    with file.open("wb") as lines:
        while number < TICKETS:
            for row in lineage(seed):
                lines.write(orjson.dumps(row) + b"\n")
                number += 1
            seed += 1
    return str(file), number


def evaluated(texts: dict[str, str], file: str) -> Iterator[Said]:
    mappings = load_mappings(texts)
    evaluator = Evaluator(mappings, offline_portal_ids(mappings, None), NOW, {}, {})
    versions = (evaluator.version,)
    merges = merges_in(file)
    for row in ticket_file.read(file):
        assert isinstance(row, Row), row
        one = evaluator.of(row, merges)
        assert isinstance(one, Evaluated), one
        judgement = one.judgement
        rungs: Iterable[ReachedRung] = ()
        if judgement.timeline.merged is None:
            pauses = Pauses.at(judgement.timeline, NOW)
            against = objection(judgement, versions)
            rungs = rungs_reached(judgement.verdicts, ladders_of(judgement.agreed), pauses, NOW, against)
        cycles = [cycle for verdict in judgement.verdicts for cycle in verdict.cycles]
        yield said(cycles, outcomes_without_time(evaluator.facts_of(row, merges), judgement, versions, NOW), rungs)


class Watched(Counting):
    """Counts, and keeps what it was given."""

    given: list[tuple[Said, Said]]

    def record(self, ref: RecordRef, before: JudgedSide, after: JudgedSide) -> None:
        self.given.append((self._said(before), self._said(after)))
        super().record(ref, before, after)

    def _said(self, side: JudgedSide) -> Said:
        judged = side.cycles.values()
        return said([one.cycle for one in judged], [one.outcome for one in judged], side.rungs)


def flips(before: Said, after: Said) -> Iterator[str]:
    """Of what both judge: those that one side has kept and the other has not."""
    for key in before.outcomes.keys() & after.outcomes.keys():
        was, now = (standing(one.status, one.excluded) for one in (before.outcomes[key], after.outcomes[key]))
        if was in JUDGED and now in JUDGED and (was is Standing.MET) != (now is Standing.MET):
            yield "kept" if now is Standing.MET else "broken"


@pytest.mark.parametrize("pair", TRIED, ids=" to ".join)
def test_both_sides_say_what_an_evaluation_by_each_says(
    pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, number = file_of(tmp_path, 1_000_000 * PAIRS.index(pair))
    old, new = map(mappings_of, pair)
    plain = zip(evaluated(old, file), evaluated(new, file), strict=True)
    monkeypatch.setattr(sources, "Counting", Watched)
    expected: Counter[str] = Counter()
    found: Counter[str] = Counter()
    records = 0
    asked = Request(new, old, NOW, where="kind: {known: true}", file=TicketFile(file, merges_in(file)))
    with opened(asked) as source:
        wanted = source.wanted()
        for part in source.parts():
            Watched.given = []
            tally = source.counted(part, wanted)
            for given in Watched.given:
                by_themselves = next(plain)
                assert given == by_themselves
                expected.update(flips(*by_themselves))
            assert not tally.unjudged, tally.examples
            records += tally.records
            compared = tally.total.compared
            found.update(broken=compared.broken, kept=compared.kept)
    print(f"{records} tickets, {found['broken']} flip to broken, {found['kept']} to kept")  # noqa: T201 - shown with -rP
    assert records == number
    assert +found == expected
    if SCALE > 1:
        assert bool(expected) == (pair[0] != "nothing" or pair[1] not in TURN_NOTHING)
