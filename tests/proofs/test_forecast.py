"""The forecast of real tickets, held against what came: better than the past share, and as likely as was said."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.flows.context.mappings_version import Version
from hubspot_sla.flows.inspection.backtest import Trial, cuts_of
from hubspot_sla.flows.inspection.evaluate import Evaluator, offline_portal_ids, pipelines_for
from hubspot_sla.flows.inspection.seen_clocks import PAUSED, RUNNING, Seen, SeenClock, happened_by, life_of
from hubspot_sla.flows.inspection.seen_standing import sampled, stood
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.outcomes import outcomes_of
from hubspot_sla.flows.records import ticket_file
from hubspot_sla.flows.records.ticket_file import Row
from hubspot_sla.measure.periods import month
from hubspot_sla.measure.prospects import Past
from hubspot_sla.policy.loader import load, read_texts
from proof import SCALE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.flows.inspection.backtest import Backtest
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.measure.prospects import Stood

INCIDENTS = Path(__file__).parents[3] / "shared/data/incidents"
WALKTHROUGH = Path(__file__).parents[2] / "docs/tutorial/walkthrough/mappings"
END = int(datetime(2017, 3, 1, tzinfo=UTC).timestamp()) * 1000

pytestmark = [
    pytest.mark.skipif(not INCIDENTS.is_dir(), reason="the incident log is not part of this project"),
    pytest.mark.skipif(SCALE == 1, reason="every ticket of a year is judged: part of `make prove`"),
]


class Log:
    """The log as a worker would have seen it that was there all the time: what happened was seen at once."""

    def __init__(self) -> None:
        texts = read_texts(WALKTHROUGH) | {"tiers.csv": (INCIDENTS / "tiers.csv").read_text(encoding="utf-8")}
        mappings, file = load(texts), str(INCIDENTS / "incidents.jsonl.gz")
        ids = offline_portal_ids(mappings, pipelines_for(file, None))
        evaluator = Evaluator(mappings, ids, END, {}, {})
        self.versions: Sequence[Version] = (Version(mappings, ids, END),)
        self.records = [evaluator.record(row) for row in ticket_file.read(file) if isinstance(row, Row)]
        self.finally_ = {record.ref: self._outcomes(record, END) for record in self.records}

    def _outcomes(self, record: RecordFacts, at: int) -> Sequence[Outcome]:
        known = happened_by(record, at)
        return outcomes_of(known, judgement_of(known, self.versions, at), self.versions, at, 0)

    def seen(self, at: int) -> Seen:
        lives, clocks = [], []
        for record in self.records:
            if (record.created_at or 0) >= at:
                continue
            outcomes = self.finally_[record.ref]
            if any((outcome.when.stopped_at or at) >= at for outcome in outcomes if outcome.when.started_at):
                outcomes = self._outcomes(record, at)
            for outcome in outcomes:
                life = life_of(outcome)
                lives += [life] if life else []
                if life and (outcome.status in RUNNING or outcome.status is PAUSED):
                    clocks.append(SeenClock(record.ref, outcome))
        return Seen(lives, clocks)

    def stood(self, at: int) -> Iterator[Stood]:
        ever = [
            record
            for record in self.records
            if (record.created_at or 0) < at and any(one.when.paused_ms for one in self.finally_[record.ref])
        ]
        for record in sampled(sorted(ever, key=lambda one: one.ref)):
            known = happened_by(record, at)
            judgement = judgement_of(known, self.versions, at)
            yield from stood(judgement, outcomes_of(known, judgement, self.versions, at, 0), at)

    def backtest(self, *months: tuple[int, int]) -> Backtest:
        periods = [month(year, number, UTC) for year, number in months]
        fates = {
            (ref, outcome.clock, outcome.cycle): outcome.status != "met"
            for ref, outcomes in self.finally_.items()
            for outcome in outcomes
            if outcome.excluded is None and outcome.status in ("met", "missed", "breached")
        }
        trial = Trial(fates)
        for period in periods:
            past = Past.of(self.seen(period.start_at).lives, self.stood(period.start_at))
            for cut in cuts_of(period):
                trial.take(past, self.seen(cut).open)
        return trial.outcome(periods)


@pytest.fixture(scope="module")
def log() -> Log:
    return Log()


WINTER, SPRING, SUMMER = ((2016, 12), (2017, 1), (2017, 2)), ((2016, 4), (2016, 5)), ((2016, 5), (2016, 6), (2016, 7))


@pytest.mark.parametrize("months", [WINTER, SPRING, SUMMER])
def test_on_months_held_back_it_is_better_than_the_past_share_and_as_likely_as_said(
    log: Log, months: tuple[tuple[int, int], ...]
) -> None:
    """The last three months have few tickets; the log has most of its 24,918 in the spring before."""
    tried = log.backtest(*months)
    print(tried)  # noqa: T201 - a proof shows its figures
    for each in (tried.running, tried.paused):
        assert each.chance < each.naive
        assert sum(one.is_inside for one in each.bins) >= 8, each.failing
