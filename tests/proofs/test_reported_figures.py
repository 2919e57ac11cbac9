"""Every cell of a report of real tickets, worked out a second time from the tables by a program of its own.

The log is served up to a day in May and looked at, with clocks that still run; then to its end, with waivers, closed
months and what changed since. It has no messages: a first reply is the instant at which somebody took a ticket up.
"""

from __future__ import annotations

import gzip
import shutil
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from flows.world import TOKEN, World, set_up
from hubspot_sandbox.load import load_portal
from hubspot_sandbox.server import serve
from hubspot_sla.flows.reporting.report import Asked, report, standing
from hubspot_sla.flows.runs import close_period, sync, waive
from hubspot_sla.ledger.database import open_for_reading
from hubspot_sla.ledger.waivers import WaiverTerms
from hubspot_sla.render.report.cells import raw
from proof import SCALE
from proofs.report_arithmetic import ms
from proofs.report_oracle import Oracle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.render.report.document import Document

INCIDENTS = Path(__file__).parents[3] / "shared/data/incidents"
WALKTHROUGH = Path(__file__).parents[2] / "docs/tutorial/walkthrough/mappings"
ZONE = ZoneInfo("Asia/Kolkata")
"""Midnight is half past six of the evening in the log's own time."""
GO_LIVE = datetime(2016, 2, 1, tzinfo=UTC)
IN_MAY, END = datetime(2016, 5, 17, 10, 0, tzinfo=UTC), datetime(2017, 3, 3, 9, 0, tzinfo=UTC)
ATTAIN = {"gold": 0.95, "replies": 0.9, "rest": 0.85}
POLICIES = """
policies:
  - id: platinum
    when: {pipeline: Incidents, tier: platinum}
    calendar: always
    targets: {first_response: {URGENT: 15m, default: 1h}, resolution: {URGENT: 8h, HIGH: 24h, default: 3bd}}
  - id: gold
    when: {pipeline: Incidents, tier: gold}
    calendar: office
    targets: {first_response: 4h, resolution: {URGENT: 8h, HIGH: 2bd, default: 4bd}}
  - id: standard
    when: {pipeline: Incidents, priority: [URGENT, HIGH, MEDIUM]}
    calendar: office
    targets: {first_response: 1bd, resolution: {URGENT: 1bd, HIGH: 3bd, default: 5bd}}
objectives:
  - {metric: resolution, when: {tier: gold}, attain: 95%, name: gold}
  - {metric: first_response, attain: 90%, name: replies}
  - {attain: 85%, name: rest}
"""
NAMES = {"First response": "first_response", "Resolution": "resolution"}

pytestmark = pytest.mark.skipif(not INCIDENTS.is_dir(), reason="the incident log is not part of this project")


OFFICE_CLOSED = {datetime(2016, 12, 26, tzinfo=UTC).date()}


def office_is_open(at: datetime) -> bool:
    """The calendar of the walkthrough."""
    return at.weekday() < 5 and 8 <= at.hour < 18 and at.date() not in OFFICE_CLOSED


def always(_at: datetime) -> bool:
    return True


def log_with_replies(folder: Path, step: int) -> Path:
    """The log, or one ticket of so many."""
    folder.mkdir()
    for path in INCIDENTS.glob("*.json"):
        shutil.copy(path, folder)
    with gzip.open(INCIDENTS / "incidents.jsonl.gz") as whole, (folder / "incidents.jsonl").open("wb") as part:
        for number, line in enumerate(whole):
            if number % step == 0:
                part.write(orjson.dumps(_answered(orjson.loads(line))) + b"\n")
    return folder


def _answered(ticket: dict[str, Any]) -> dict[str, Any]:
    stages = ticket["propertiesWithHistory"]["hs_pipeline_stage"]
    if len(stages) > 1:
        at = stages[-2]["timestamp"]
        ticket["properties"]["first_agent_reply_date"] = at
        ticket["propertiesWithHistory"]["first_agent_reply_date"] = [
            {"value": at, "timestamp": at, "sourceType": "CRM_UI"}
        ]
    return ticket


def values(document: Document, key: str) -> list[list[Any]]:
    return [[raw(cell) for cell in row] for row in document.tables[key].rows]


def check(path: Path, first: datetime, end: datetime, asked: Asked) -> int:
    """How many cells were compared with those of the oracle, all of them being the same."""
    with open_for_reading(path) as ledger:
        document = report(ledger.db, asked)
        with standing(ledger.db, asked) as (query, _, _):
            oracle = Oracle(ledger.db, ZONE, first, end, query.as_of or 0)
    compared = Counter[str]()

    def same(table: str, shown: list[Any], expected: list[Any]) -> None:
        assert shown == expected, table
        compared[table] += sum(len(row) for row in shown)

    def by_metric(table: str, first_column: int) -> dict[str, list[list[Any]]]:
        found: defaultdict[str, list[list[Any]]] = defaultdict(list)
        for row in values(document, table):
            found[NAMES[row[0]]].append(row[first_column:])
        return found

    covered = covered_by(oracle)
    demanded = [(row["metric"], ATTAIN[name]) for name, rows in covered.items() for row in rows if row["judged"]]
    goals = [share_of([goal for each, goal in demanded if each == metric]) for metric in oracle.values("metric")]
    metrics = [[*row, goal] for row, goal in zip(oracle.kept("metric"), goals, strict=True)]
    same("metrics", [row[1:] for row in values(document, "metrics")], metrics)
    same("groups", [row[1:] for row in values(document, "groups")], oracle.kept("tier"))
    same("durations", [row[2:10] for row in values(document, "durations")], oracle.durations())
    same("trend", [row[1:7] for row in values(document, "trend")], oracle.trend())
    same("trend", [row[7:] for row in values(document, "trend")], [[share_of([goal for _, goal in demanded])]] * 13)
    breaches = oracle.breaches()
    grid = [[breaches[day, hour] for hour in range(24)] for day in range(7)]
    same("breaches", [row[1:] for row in values(document, "breaches")], grid)
    for metric, rows in by_metric("bottlenecks", 3).items():
        same("bottlenecks", sorted([row[0], row[2], row[3]] for row in rows), oracle.holders(metric))
    once = [[row[2], row[4], row[5]] for row in values(document, "bottlenecks_once")]
    same("bottlenecks_once", sorted(once), oracle.holders_once())
    for metric, rows in by_metric("pauses", 2).items():
        same("pauses", sorted([round(number, 3) for number in row[:4]] for row in rows), oracle.pauses(metric))
    assert oracle.require_that_only_what_ran_too_long_needed_a_pause() > 0
    people = [tuple(value or 0 for value in row[2:]) for row in values(document, "people")]
    same("people", sorted(people), [tuple(value or 0 for value in row) for row in oracle.people()])
    same("coverage", [row[1:6] for row in values(document, "coverage")], oracle.coverage())
    uncovered = oracle.uncovered()
    same("uncovered", [row[:1] for row in values(document, "uncovered")], [[record] for record in uncovered[:50]])
    hours = [oracle.hours("always", always), oracle.hours("office", office_is_open)]
    same("hours", [row[1:5] for row in values(document, "hours")], hours)
    same("waivers", sorted(row[1:3] for row in values(document, "waivers")), oracle.waivers())
    same("excluded", sorted(row[1:3] for row in values(document, "excluded")), oracle.excluded())
    undated = [
        [number, oldest and ms(datetime.fromisoformat(oldest))] for _, number, oldest in values(document, "without_due")
    ]
    same("without_due", undated, oracle.without_due())
    objectives = [oracle.objective(covered[name], share) for name, share in ATTAIN.items()]
    same("objectives", [row[1:] for row in values(document, "objectives")], objectives)
    below = sorted(row[2:] for row in values(document, "below"))
    same("below", below, sorted(of_customers(oracle, covered)))
    broken = [[record] for record in oracle.broken()]
    same("late", [row[:1] for row in values(document, "late")], broken[:500])
    for metric in oracle.values("metric"):
        of_metric = [row[:1] for row in values(document, f"broken-{metric}")] if oracle.broken(metric) else []
        same("broken", of_metric, [[record] for record in oracle.broken(metric)[:50]])
    check_said(document, oracle)
    return compared.total()


def check_said(document: Document, oracle: Oracle) -> None:
    """What stands beside the tables: ticket compliance, the forecast, and what pauses kept."""
    coming, expected = oracle.expected(oracle.within)
    said = " ".join(paragraph for section in document.sections for paragraph in section.paragraphs)
    if coming:
        assert f"Still to come due: {coming:,}. Expected for the whole period: {100 * (expected or 0):.1f}%" in said
    judged = [row for row in oracle.within if row["judged"]]
    records = {row["record_id"] for row in judged}
    broken = {row["record_id"] for row in judged if row["broken"]}
    kept = len(records) - len(broken)
    assert f"{100 * kept / len(records):.1f}% of {len(records):,} tickets with a judged promise kept all" in said
    met = [row for row in judged if not row["broken"]]
    by_pauses = sum(row["met_by_pauses"] for row in met)
    assert f"Without any pause {100 * (len(met) - by_pauses) / len(judged):.1f}% of {len(judged):,} promises" in said


def share_of(goals: list[float]) -> float | None:
    return round(sum(goals) / len(goals), 6) if goals else None


def covered_by(oracle: Oracle) -> dict[str, list[dict[str, Any]]]:
    """The rows of the period by the first objective that covers them."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ATTAIN}
    for row in oracle.within:
        gold = row["metric"] == "resolution" and row["tier"] == "gold"
        found["gold" if gold else "replies" if row["metric"] == "first_response" else "rest"].append(row)
    return found


def of_customers(oracle: Oracle, covered: dict[str, list[dict[str, Any]]]) -> Iterator[list[object]]:
    """Of each customer below an objective how it stands."""
    for name, attain in ATTAIN.items():
        by_customer: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in covered[name]:
            if row["company_id"] is not None:
                by_customer[row["company_id"]].append(row)
        for rows in by_customer.values():
            judged, broken = sum(row["judged"] for row in rows), sum(row["broken"] for row in rows)
            if judged and (judged - broken) / judged < attain:
                yield oracle.objective(rows, attain)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[World, Context]]:
    """Every fiftieth of the log, or all of it; live before the first of them."""
    shutil.copytree(WALKTHROUGH, tmp_path / "mappings")
    (tmp_path / "mappings" / "policies.yaml").write_text(POLICIES)
    with (tmp_path / "mappings" / "portal.yaml").open("a") as portal:
        portal.write(f"report: {{timezone: {ZONE}}}\n")
    shutil.copyfile(INCIDENTS / "tiers.csv", tmp_path / "mappings" / "tiers.csv")
    log = log_with_replies(tmp_path / "log", 50 if SCALE == 1 else 1)
    running = serve(load_portal(log, GO_LIVE, replay=True), token=TOKEN, enforce_limits=False)
    world = World(running, tmp_path)
    try:
        with world.impatient() as context:
            set_up(context)
            running.set_clock(IN_MAY)
            yield world, context
    finally:
        running.close()


def excuse(context: Context, metric: str, per_author: int) -> None:
    """Two people each excuse some tickets that were missed in March."""
    since = ms(datetime(2016, 3, 2, tzinfo=UTC))
    query = (
        "select distinct record_id from outcomes where status = 'missed' and metric = ? and due_at >= ?"
        " order by due_at limit ?"
    )
    missed = [row[0] for row in context.ledger.db.execute(query, (metric, since, 2 * per_author))]
    for number, record in enumerate(missed):
        terms = WaiverTerms("agreed by phone", ("Ada", "Grace")[number % 2], context.now())
        waive.grant(context.ledger, waive.Asked(record=record, metric=metric), terms)


def test_every_figure_of_a_year_of_real_tickets_is_that_of_a_program_of_its_own(served: tuple[World, Context]) -> None:
    world, context = served
    ledger = world.folder / "ledger.db"
    sync.sync(context)
    june = datetime(2016, 6, 1, tzinfo=ZONE)
    in_may = check(ledger, datetime(2016, 5, 1, tzinfo=ZONE), june, Asked(period="2016-05", by="tier"))
    excuse(context, "resolution", 3)
    world.running.set_clock(END)
    sync.sync(context)
    for month in ("2016-03", "2016-04"):
        close_period.close(context.ledger, month, close_period.Asked("Ada", context.now()))
    excuse(context, "first_response", 2)
    sync.sync(context)
    close_period.restate(context.ledger, "2016-03", close_period.Asked("Ada", context.now(), reason="waived"))
    year = Asked(first="2016-03-01", last="2017-02-28", by="tier")
    of_year = check(ledger, datetime(2016, 3, 1, tzinfo=ZONE), datetime(2017, 3, 1, tzinfo=ZONE), year)
    tickets = len(world.portal.ids("tickets"))
    print(f"{in_may + of_year} cells of two reports on {tickets} tickets are the same")  # noqa: T201 - at length
    assert min(in_may, of_year) > 1000
