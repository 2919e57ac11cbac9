"""A ledger of all that reports know, drawn by chance, and each cell worked out a second time from what was drawn.

Nothing of `measure/` is used, nor SQL: sums one by one, intervals and curves by SciPy.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from scipy.stats import CensoredData, binomtest, ecdf

from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.reporting.report import Asked, report, statement
from hubspot_sla.measure.outcome import Attribution, Excluded, PausedBy
from hubspot_sla.measure.whose_time import Holder, HolderTime
from hubspot_sla.render.report.cells import raw
from reporting.ledgers import HOUR, SYNCED, Row, in_mind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hubspot_sla.render.report.document import Document

METRICS = {"first_response": "First response", "next_response": "Next response", "resolution": "Resolution"}
DAY = timedelta(days=1)
OCTOBER = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
SEPTEMBER = datetime(2026, 9, 1, tzinfo=UTC), OCTOBER[0]
PEOPLE = {"CRM_UI userId:7": "user 7", "CRM_UI userId:8": "user 8"}
KINDS = (
    *((Status.MET, None),) * 12,
    *((Status.MISSED, None),) * 5,
    *((Status.BREACHED, None), (Status.RUNNING, None), (Status.PAUSED, None)),
    *((Status.WAIVED, Excluded.WAIVED), (Status.NOT_APPLICABLE, Excluded.NOT_APPLICABLE)),
    *((Status.MET, Excluded.BEFORE_GO_LIVE),),
)


@dataclass(frozen=True)
class Drawn:
    """One cycle as it was drawn, beside the row that the ledger holds."""

    row: Row
    due: datetime | None
    started: datetime
    stopped: datetime | None

    @property
    def judged(self) -> bool:
        return self.row.excluded is None and self.row.status in (Status.MET, Status.MISSED, Status.BREACHED)

    @property
    def met(self) -> bool:
        return self.judged and self.row.status is Status.MET

    @property
    def reached(self) -> bool:
        return self.row.excluded is None and self.stopped is not None

    @property
    def elapsed(self) -> int:
        return int(self.row.hours * HOUR)

    @property
    def wall(self) -> int:
        assert self.stopped is not None
        return round((self.stopped - self.started) / timedelta(milliseconds=1))


def drawn(seed: int, number: int = 400) -> list[Drawn]:
    chance = random.Random(seed)  # noqa: S311 - figures of a test
    return [one(chance, n) for n in range(number)]


def one(chance: random.Random, n: int) -> Drawn:
    status, excluded = chance.choice(KINDS)
    due = None if status is Status.PAUSED else SEPTEMBER[0] + chance.random() * 61 * DAY
    if status is Status.RUNNING:
        due = OCTOBER[0] + chance.random() * 31 * DAY
    started = (due or OCTOBER[0]) - (1 + chance.randrange(40)) * timedelta(hours=1)
    stopped = None
    if due is not None and status not in (Status.BREACHED, Status.RUNNING):
        late = status in (Status.MISSED, Status.WAIVED)
        stopped = (
            due + timedelta(hours=chance.randrange(1, 30)) if late else due - timedelta(minutes=chance.randrange(50))
        )
    hours = chance.randrange(1, 60) / 4
    authors = chance.sample(sorted(PEOPLE), chance.randrange(3)) if excluded is None and due else []
    met_only = bool(authors) and status is Status.MET and chance.random() < 0.5
    late_ms = chance.randrange(HOUR) if status in (Status.MISSED, Status.BREACHED) else 0
    row = Row(
        record=str(1000 + n // 2),
        status=status,
        due=None if due is None else due.isoformat(),
        stopped=None if stopped is None else stopped.isoformat(),
        clock=chance.choice(sorted(METRICS)),
        started=started.isoformat(),
        excluded=excluded,
        cycle=1 + n % 2,
        hours=hours,
        target_hours=8 if n % 3 else chance.choice((1, 2, 8)),
        who={"owner_id": chance.choice(("701", "702")), "company_id": chance.choice(("21", "22"))},
        holders=tuple(
            HolderTime(*held)
            for held in (
                (Holder.CLOSED_HOURS, "", False, 7_000),
                (Holder.QUEUE, "9", False, chance.randrange(1, HOUR)),
                *(((Holder.QUEUE, "9", True, late_ms),) if late_ms else ()),
            )
        ),
        attribution=Attribution(
            tuple(PausedBy(each, 60_000, 90_000, met_only=met_only) for each in sorted(authors)),
            met_only,
            "Ada" if excluded is Excluded.WAIVED else "",
        ),
    )
    return Drawn(row, due, started, stopped)


def within(every: Iterable[Drawn], period: tuple[datetime, datetime]) -> list[Drawn]:
    """Those that count, or are excluded, in the period: placed by the due instant."""
    return [each for each in every if each.due is not None and period[0] <= each.due < period[1]]


def share(part: int, of: int) -> float | None:
    return round(part / of, 6) if of else None


def wilson(met: int, judged: int) -> str | None:
    if not judged:
        return None
    found = binomtest(met, judged).proportion_ci(method="wilson")
    return f"{found.low:.6f}..{found.high:.6f}"


def rank(values: Sequence[int], percent: int) -> float | None:
    ordered = sorted(values)
    return next((value / 1000 for place, value in enumerate(ordered, 1) if 100 * place >= percent * len(ordered)), None)


def mean(values: Sequence[int]) -> float | None:
    return int(Fraction(sum(values), len(values)) + Fraction(1, 2)) / 1000 if values else None


def middle(of: Sequence[Drawn]) -> float | None:
    """The Kaplan-Meier median by SciPy."""
    ended, going = ([each.elapsed for each in of if each.reached is reached] for reached in (True, False))
    if not ended:
        return None
    curve = ecdf(CensoredData(uncensored=ended, right=going)).sf
    points = zip(curve.quantiles, curve.probabilities, strict=True)
    return next((float(at) / 1000 for at, above in points if above <= 0.5 + 1e-12), None)


def values(document: Document, key: str) -> list[list[Any]]:
    return [[raw(cell) for cell in row] for row in document.tables[key].rows]


def of_metric(every: Iterable[Drawn], metric: str) -> list[Drawn]:
    return [each for each in every if each.row.clock == metric]


def attained(of: Sequence[Drawn]) -> tuple[int, int]:
    return sum(each.met for each in of), sum(each.judged for each in of)


def breakdown(every: Sequence[Drawn]) -> list[list[Any]]:
    found: list[list[Any]] = []
    for metric, name in METRICS.items():
        own, before = (of_metric(within(every, period), metric) for period in (OCTOBER, SEPTEMBER))
        met, judged = attained(own)
        former, of_former = attained(before)
        records: defaultdict[str, list[bool]] = defaultdict(list)
        for each in own:
            if each.judged:
                records[each.row.record].append(each.met)
        change = None
        if judged and of_former:
            change = round(float(Fraction(met, judged) - Fraction(former, of_former)), 6)
        found.append(
            [
                *(name, judged, met),
                sum(each.judged and each.row.status is Status.MISSED for each in own),
                sum(each.judged and each.row.status is Status.BREACHED for each in own),
                *(share(met, judged), wilson(met, judged), share(former, of_former), change),
                sum(each.row.excluded is None and each.row.status is Status.RUNNING for each in own),
                sum(each.row.excluded is not None for each in own),
                share(sum(map(all, records.values())), len(records)),
            ]
        )
    return found


def lengths(every: Sequence[Drawn]) -> list[list[Any]]:
    found: list[list[Any]] = []
    for metric, name in METRICS.items():
        own = [each for each in of_metric(within(every, OCTOBER), metric) if each.row.excluded is None]
        reached = [each for each in own if each.reached]
        for kind in ("business", "calendar"):
            took = [each.elapsed if kind == "business" else each.wall for each in reached]
            ranks = [rank(took, percent) for percent in (50, 90, 95)]
            whole = middle(own) if kind == "business" else ""
            found.append([name, kind, len(took), mean(took), *ranks, len(own) - len(reached), whole, *apdex(own, kind)])
    return found


def apdex(own: Sequence[Drawn], kind: str) -> list[Any]:
    """By the target of each, which is business time; and what is said of T."""
    reached = [each for each in own if each.reached]
    if kind == "calendar" or not reached:
        return [None, ""]
    targets = [int(each.row.target_hours * HOUR) for each in reached]
    scores = [
        1.0 if each.elapsed <= t else 0.5 if each.elapsed <= 4 * t else 0
        for each, t in zip(reached, targets, strict=True)
    ]
    said = targets[0] / 1000 if len(set(targets)) == 1 else "each its own"
    return [round(sum(scores) / len(scores), 6), said]


@pytest.mark.parametrize("seed", range(3))
def test_every_cell_is_what_somebody_else_works_out(tmp_path: Path, seed: int) -> None:
    every = drawn(seed)
    db = in_mind(tmp_path, [each.row for each in every])
    document = report(db, Asked(period="2026-10"))
    october = within(every, OCTOBER)
    assert values(document, "metrics") == breakdown(every)
    assert values(document, "durations") == lengths(every)
    met, judged = attained(october)
    assert values(document, "trend")[-1][1:5] == [
        *(judged, share(met, judged), wilson(met, judged)),
        sum(each.row.excluded is not None for each in october),
    ]
    assert values(document, "people") == [
        [owner, name, sum(each.judged for each in own), sum(each.met for each in own), share(*attained(own)), *ranks]
        for owner in ("701", "702")
        for metric, name in METRICS.items()
        if (own := [each for each in of_metric(october, metric) if each.row.who["owner_id"] == owner])
        for ranks in [[rank([each.elapsed for each in own if each.reached], percent) for percent in (50, 90)]]
        if any(each.judged for each in own)
    ]
    broken = [each for each in october if each.judged and not each.met]
    assert [[row[0], *row[3:]] for row in values(document, "bottlenecks")] == [
        [name, *held] for metric, name in METRICS.items() for held in bottleneck(of_metric(broken, metric))
    ]
    assert values(document, "pauses") == pauses(october)
    waived = sum(each.row.excluded is Excluded.WAIVED for each in october)
    assert values(document, "waivers") == [["Ada", waived, share(waived, waived + len(broken))]]
    paused = Counter(each.row.clock for each in every if each.row.status is Status.PAUSED)
    assert [row[:2] for row in values(document, "without_due")] == [
        [name, paused[metric]] for metric, name in METRICS.items() if paused[metric]
    ]
    latest = sorted(broken, key=lambda each: each.due or OCTOBER[0], reverse=True)
    assert [row[0] for row in values(document, "late")] == [each.row.record for each in latest]
    hours = Counter((each.due.weekday(), each.due.hour) for each in broken if each.due is not None)
    assert [row[1:] for row in values(document, "breaches")] == [
        [hours[weekday, hour] for hour in range(24)] for weekday in range(7)
    ]


def bottleneck(broken: Sequence[Drawn]) -> list[list[Any]]:
    """Business seconds, share, seconds after the breach, calendar seconds: of our queue, then of closed hours."""
    if not broken:
        return []
    queue = [held for each in broken for held in each.row.holders if held.holder is Holder.QUEUE]
    ms, late = sum(held.ms for held in queue), sum(held.ms for held in queue if held.late)
    return [[ms / 1000, 1.0, late / 1000, ms / 1000], [0.0, None, 0.0, 7.0 * len(broken)]]


def pauses(october: Sequence[Drawn]) -> list[list[Any]]:
    found: list[list[Any]] = []
    for metric, name in METRICS.items():
        own = [each for each in of_metric(october, metric) if each.row.excluded is None]
        met = sum(each.met for each in own)
        rows = []
        for author, called in PEOPLE.items():
            by = [
                pause
                for each in own
                if each.row.attribution
                for pause in each.row.attribution.pauses
                if pause.author == author
            ]
            if by:
                only = sum(pause.met_only for pause in by)
                rows.append([name, called, len(by), 60.0 * len(by), 90.0 * len(by), only, share(only, met)])
        paused = [each for each in own if each.row.attribution and each.row.attribution.pauses]
        if paused:
            every = sum(row[2] for row in rows)
            only = sum(each.row.attribution.met_by_pauses for each in paused if each.row.attribution)
            together = [name, "all together", len(paused), 60.0 * every, 90.0 * every, only, share(only, met)]
            found += [*sorted(rows, key=lambda row: -row[2]), together]
    return found


def test_a_statement_has_the_figures_of_the_customers_cycles_alone(tmp_path: Path) -> None:
    every = drawn(7)
    db = in_mind(tmp_path, [each.row for each in every])
    own = [each for each in every if each.row.who["company_id"] == "21"]
    shown = statement(db, Asked(period="2026-10"), "21")
    assert values(shown, "metrics") == breakdown(own)
    assert values(shown, "durations") == lengths(own)
    assert SYNCED[:10] == "2026-11-01"
