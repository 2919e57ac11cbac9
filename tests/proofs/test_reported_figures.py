"""Every cell of a report of real tickets, worked out a second time from the tables by a program of its own."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from flows.world import TOKEN, World, set_up
from hubspot_sandbox.load import load_portal
from hubspot_sandbox.server import serve
from hubspot_sla.flows.reporting.report import Asked, report
from hubspot_sla.flows.runs import sync
from hubspot_sla.ledger import state
from hubspot_sla.ledger.database import open_for_reading
from proof import SCALE
from proofs.logs import part_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.render.report.document import Document

INCIDENTS = Path(__file__).parents[3] / "shared/data/incidents"
WALKTHROUGH = Path(__file__).parents[2] / "docs/tutorial/walkthrough/mappings"
Rows = list[dict[str, Any]]

pytestmark = pytest.mark.skipif(not INCIDENTS.is_dir(), reason="the incident log is not part of this project")


def ms(*day: int, zone: ZoneInfo) -> int:
    return int(datetime(*day, tzinfo=zone).timestamp()) * 1000  # type: ignore[arg-type, misc]


def share(met: int, judged: int) -> float | None:
    return round(met / judged, 6) if judged else None


def rank(values: Sequence[int], percent: int) -> float | None:
    """The nearest rank by counting: the first value that enough do not exceed. In seconds."""
    ordered = sorted(values)
    return next((value / 1000 for place, value in enumerate(ordered, 1) if 100 * place >= percent * len(ordered)), None)


class Oracle:
    """Rows as they stand in the ledger, and sums over them one by one."""

    def __init__(self, path: Path, zone: ZoneInfo, start: int, end: int) -> None:
        self.zone = zone
        with sqlite3.connect(path) as db:
            db.row_factory = sqlite3.Row
            every = [dict(row) for row in db.execute("select * from outcomes where kind = 'sla'")]
            self.times = [dict(row) for row in db.execute("select * from outcome_time")]
            self.created = [json.loads(row["inputs"])["createdate"] for row in db.execute("select inputs from records")]
        db.close()
        self.names: dict[str, str] = {}
        for row in every:
            dates = [row[name] for name in ("due_at", "breached_at") if row[name] is not None]
            row["at"] = min(dates) if dates else None
            row["judged"] = row["excluded"] is None and row["status"] in ("met", "missed", "breached")
            row["broken"] = row["judged"] and row["status"] != "met"
        self.every: Rows = every
        self.within: Rows = [row for row in every if row["at"] is not None and start <= row["at"] < end]

    def metrics(self) -> dict[str, list[object]]:
        found = {}
        for metric in sorted({row["metric"] for row in self.within}):
            rows = [row for row in self.within if row["metric"] == metric]
            judged = [row for row in rows if row["judged"]]
            met = [row for row in judged if not row["broken"]]
            by_record: defaultdict[str, list[bool]] = defaultdict(list)
            for row in judged:
                by_record[row["record_id"]].append(not row["broken"])
            found[metric] = [
                len(judged),
                len(met),
                sum(row["status"] == "missed" for row in judged),
                sum(row["status"] == "breached" for row in judged),
                share(len(met), len(judged)),
                share(sum(all(kept) for kept in by_record.values()), len(by_record)),
            ]
        return found

    def durations(self, metric: str) -> list[list[object]]:
        rows = [row for row in self.within if row["metric"] == metric and row["stopped_at"] and row["excluded"] is None]
        kinds = ([row["elapsed_ms"] for row in rows], [row["stopped_at"] - row["started_at"] for row in rows])
        return [[len(rows), *(rank(values, percent) for percent in (50, 90, 95))] for values in kinds]

    def months(self) -> Counter[str]:
        """How many judged, and how many met, by month."""
        found: Counter[str] = Counter()
        for row in self.every:
            if row["judged"]:
                month = datetime.fromtimestamp(row["at"] / 1000, self.zone).strftime("%Y-%m")
                found[month] += 1
                found[f"{month} met"] += not row["broken"]
        return found

    def breaches(self) -> Counter[tuple[int, int]]:
        broke = [row["breached_at"] for row in self.within if row["broken"]]
        local = [datetime.fromtimestamp(at / 1000, self.zone) for at in broke]
        return Counter((each.weekday(), each.hour) for each in local)

    def holders(self) -> dict[tuple[str, str], list[float]]:
        """Business and calendar seconds of broken promises, by holder."""
        broken = {row["id"] for row in self.within if row["broken"]}
        found: defaultdict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
        for time in self.times:
            if time["outcome"] in broken:
                sums = found[time["holder"], time["name"]]
                seconds = time["ms"] / 1000
                sums[2] += seconds
                if time["holder"] != "closed_hours":
                    sums[0] += seconds
                    sums[1] += seconds if time["late"] else 0
        return dict(found)

    def pauses(self) -> list[list[float]]:
        """Of all authors and of all together: cycles, business and calendar seconds, kept only by it."""
        found: defaultdict[str, list[float]] = defaultdict(lambda: [0, 0.0, 0.0, 0])
        for row in self.within:
            if row["excluded"] is None:
                for author, *numbers in json.loads(row["pauses"] or "[]"):
                    sums = found[author]
                    sums[:] = [sums[0] + 1, *(sums[n] + numbers[n - 1] / 1000 for n in (1, 2)), sums[3] + numbers[2]]
        paused = [row for row in self.within if row["excluded"] is None and row["pauses"]]
        seconds = [sum(sums[place] for sums in found.values()) for place in (1, 2)]
        return [*found.values(), [len(paused), *seconds, sum(row["met_by_pauses"] for row in paused)]]

    def require_that_only_what_ran_too_long_needed_a_pause(self) -> int:
        """By adding up: what ran and was paused for longer than the target. What comes to the target exactly may have
        been done after hours, which is late: so adding up alone decides nothing."""
        met = [row for row in self.every if row["status"] == "met"]
        for row in met:
            together = row["elapsed_ms"] + row["paused_ms"]
            assert not (together > row["target_ms"] and not row["met_by_pauses"]), row["record_id"]
            assert not (together < row["target_ms"] and row["met_by_pauses"]), row["record_id"]
        return sum(row["met_by_pauses"] for row in met)

    def created_by_month(self) -> Counter[str]:
        local = [datetime.fromisoformat(text).astimezone(self.zone) for text in self.created]
        return Counter(at.strftime("%b %Y") for at in local)

    def people(self) -> Counter[tuple[str | None, str]]:
        found: Counter[tuple[str | None, str]] = Counter()
        for row in self.within:
            if row["judged"]:
                found[row["owner_id"], "judged"] += 1
                found[row["owner_id"], "met"] += not row["broken"]
        return found


def values(document: Document, key: str) -> list[list[Any]]:
    from hubspot_sla.render.report.cells import raw

    return [[raw(cell) for cell in row] for row in document.tables[key].rows]


def check(path: Path, first: tuple[int, int, int], last: tuple[int, int, int], zone: ZoneInfo) -> int:
    """How many promises were judged in the period, every figure having been compared."""
    end = ms(*last, zone=zone) + 24 * 3_600_000
    oracle = Oracle(path, zone, ms(*first, zone=zone), end)
    with open_for_reading(path) as ledger:
        asked = Asked(first="{:04}-{:02}-{:02}".format(*first), last="{:04}-{:02}-{:02}".format(*last))
        document = report(ledger.db, asked)
    metrics = oracle.metrics()
    shown = values(document, "metrics")
    assert len(shown) == len(metrics)
    for row, expected in zip(shown, metrics.values(), strict=True):
        assert [*row[1:6], row[11]] == expected
    durations = [row for metric in metrics for row in oracle.durations(metric)]
    assert [[row[2], *row[4:7]] for row in values(document, "durations")] == durations
    months = oracle.months()
    trend = values(document, "trend")
    assert sum(row[1] for row in trend) == sum(number for month, number in months.items() if "met" not in month)
    known = sorted(month for month in months if "met" not in month)
    assert [row[1:3] for row in trend if row[1]] == [
        [months[month], share(months[f"{month} met"], months[month])] for month in known
    ]
    breaches = oracle.breaches()
    grid = values(document, "breaches")
    assert {(day, hour): grid[day][hour + 1] for day in range(7) for hour in range(24)} == {
        (day, hour): breaches[day, hour] for day in range(7) for hour in range(24)
    }
    assert sorted([row[3], row[5], row[6]] for row in values(document, "bottlenecks")) == sorted(
        [round(seconds, 3) for seconds in sums] for sums in oracle.holders().values()
    )
    once: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for (holder, name), sums in oracle.holders().items():  # one clock a ticket: nothing overlaps
        once[holder, name] = [round(seconds, 3) for seconds in sums]
    assert sorted([row[2], row[4], row[5]] for row in values(document, "bottlenecks_once")) == sorted(once.values())
    assert sorted(row[2:6] for row in values(document, "pauses")) == sorted(
        [round(number, 3) for number in row] for row in oracle.pauses()
    )
    assert oracle.require_that_only_what_ran_too_long_needed_a_pause() > 0
    by_month = oracle.created_by_month()
    assert [row[1:5] for row in values(document, "coverage")] == [
        [by_month[row[0]], by_month[row[0]], 0, 0] for row in values(document, "coverage")
    ]
    people = oracle.people()
    assert sorted((row[2], row[3]) for row in values(document, "people")) == sorted(
        (people[owner, "judged"], people[owner, "met"]) for owner, what in people if what == "judged"
    )
    return sum(expected[0] for expected in metrics.values())  # type: ignore[misc]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Every fiftieth of the log, or all of it; judged as if the portal had been live all the time."""
    log = INCIDENTS
    if SCALE == 1:
        log = part_of(INCIDENTS, tmp_path / "log", lambda number, _created, _modified: number % 50 == 0)
    shutil.copytree(WALKTHROUGH, tmp_path / "mappings")
    shutil.copyfile(INCIDENTS / "tiers.csv", tmp_path / "mappings" / "tiers.csv")
    running = serve(load_portal(log), token=TOKEN, enforce_limits=False)
    world = World(running, tmp_path)
    try:
        with world.impatient() as context:
            set_up(context)
            with context.ledger.transaction() as db:
                state.write(db, state.GO_LIVE, str(ms(2016, 1, 1, zone=ZoneInfo("UTC"))))
            sync.sync(context)
    finally:
        running.close()
    return tmp_path / "ledger.db"


def test_every_figure_of_a_year_of_real_tickets_is_that_of_a_program_of_its_own(ledger: Path) -> None:
    judged = check(ledger, (2016, 3, 1), (2017, 2, 28), ZoneInfo("UTC"))
    assert judged >= 490 * min(SCALE, 50)
