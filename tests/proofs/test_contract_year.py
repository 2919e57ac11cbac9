"""A year of real tickets under three contracts: every statement is that of a program of its own.

Every fiftieth ticket in the suite, all of them with PROOF_SCALE.
"""

from __future__ import annotations

import gzip
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flows.world import TOKEN, World, set_up
from hubspot_sandbox.load import load_portal
from hubspot_sandbox.server import serve
from hubspot_sla.contract.chronic import standings
from hubspot_sla.contract.claims import claim_window
from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
from hubspot_sla.flows.reporting.contracts.statement import Asked, drawn_window, statement
from hubspot_sla.flows.reporting.report import mappings_of
from hubspot_sla.flows.runs import sync, waive
from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.ledger.database import open_for_reading
from hubspot_sla.ledger.waivers import WaiverTerms
from hubspot_sla.render.report.cells import raw
from proof import SCALE
from proofs.contract_oracle import exactly

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from fractions import Fraction

    from hubspot_sla.contract.statement import Line
    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.reporting.contracts.history import Settled
    from hubspot_sla.policy.mappings import Mappings
    from proofs.contract_oracle import Expected, Window

INCIDENTS = Path(__file__).parents[3] / "shared/data/incidents"
WALKTHROUGH = Path(__file__).parents[2] / "docs/tutorial/walkthrough/mappings"
GO_LIVE, END = datetime(2016, 2, 1, tzinfo=UTC), datetime(2017, 3, 3, 9, 0, tzinfo=UTC)
POLICIES = """
policies:
  - id: desk
    when: {pipeline: Incidents}
    calendar: office
    targets: {assignment: {URGENT: 1h, default: 4h}, resolution: {URGENT: 8h, HIGH: 2bd, default: 5bd}}
"""
CONTRACTS = """
contracts:
  - id: monthly
    customer: "204"
    currency: EUR
    timezone: Europe/Berlin
    valid_from: 2016-03-01
    fees: {support: 1234.57}
    objectives:
      - id: all
        measure: {attainment: resolution}
        promised: 90%
        repeat: 2
        credit:
          bands:
            - {below: 90%, at_least: 80%, pays: 5%}
            - {below: 80%, at_least: 60%, pays: 12.5%}
            - {below: 60%, pays: 33.3%}
      - id: urgent
        measure: {attainment: resolution, when: {priority: [HIGH, URGENT]}}
        promised: 95%
        least: {promises: 3}
        credit: {bands: [{below: 95%, at_least: 50%, pays: 7.75%}, {below: 50%, pays: 20%}]}
    exclusions: [{waived: [agreed by phone]}]
    caps: [{most: 7.5%}, {most: 100, over: {last_months: 12}}]
    claim: {closes: {days: 30}}
    rights: [{action: terminate, objective: all, misses: 3, of: 6}]
  - id: quarterly
    customer: "161"
    currency: JPY
    timezone: Asia/Tokyo
    window: quarter
    valid_from: 2016-01-01
    fees: {desk: {amount: 1000001, per: quarter}}
    objectives:
      - id: misses
        measure: {misses: all}
        promised: {at_most: 2}
        credit: {each_miss: {pays: 0.75%, free: 2}}
    caps: [{most: 60000, over: year}]
    smallest: {over: 37500}
    claim: {closes: {business_days: 10, calendar: office}}
  - id: rolling
    customer: "143"
    currency: KWD
    timezone: America/New_York
    valid_from: 2016-03-01
    fees: {desk: 333.333}
    objectives:
      - id: level
        measure: {attainment: resolution}
        promised: 98%
        window: {last_months: 12}
        base: {fees: desk, for: month}
        credit: {linear: {step: 1%, pays: 0.35%}}
      - id: points
        measure: {attainment: all, decimals: 1, round: down}
        promised: 90%
        repeat: 2
        credit:
          bands:
            - {below: 90%, at_least: 75%, pays: 1 point}
            - {below: 75%, pays: 3 points}
    points: {each: 1.1115}
    rights:
      - {action: terminate, objective: points, misses: 2, of: 4}
      - {action: renegotiate, points: 5, last_months: 3}
"""

pytestmark = pytest.mark.skipif(not INCIDENTS.is_dir(), reason="the incident log is not part of this project")


@dataclass(frozen=True)
class Year:
    """The ledger after one sync of the year, its mappings, and the folder that feeds would lie in."""

    db: sqlite3.Connection
    mappings: Mappings
    folder: Path

    def asked(self, contract: str, window: Window) -> Asked:
        months = (window.end.year - window.start.year) * 12 + window.end.month - window.start.month
        quarter = f"{window.start.year}-Q{(window.start.month + 2) // 3}"
        period = f"{window.start:%Y-%m}" if months == 1 else quarter
        return Asked(contract, period, FeedReader(self.folder, Token), int(END.timestamp() * 1000))

    def settled(self, contract: str, window: Window) -> Settled:
        return drawn_window(self.db, self.mappings, self.asked(contract, window)).settled

    def shown(self, contract: str, window: Window) -> dict[str, list[list[Any]]]:
        """The cells of the statement that people see, by table."""
        document = statement(self.db, self.asked(contract, window))
        return {key: [[raw(cell) for cell in row] for row in table.rows] for key, table in document.tables.items()}


def part_of_the_log(folder: Path, step: int) -> Path:
    folder.mkdir()
    for path in INCIDENTS.glob("*.json"):
        shutil.copy(path, folder)
    with gzip.open(INCIDENTS / "incidents.jsonl.gz") as whole, (folder / "incidents.jsonl").open("wb") as part:
        part.writelines(line for number, line in enumerate(whole) if number % step == 0)
    return folder


def excuse(context: Context) -> None:
    """Of the first customer's late tickets a third for a reason that its contract names, a third for another."""
    query = (
        "select distinct record_id from outcomes where status = 'missed' and metric = 'resolution'"
        " and company_id = '204' order by record_id limit 30"
    )
    for number, (record,) in enumerate(context.ledger.db.execute(query).fetchall()):
        if number % 3:
            terms = WaiverTerms("agreed by phone" if number % 3 == 1 else "weather", "Ada", context.now())
            waive.grant(context.ledger, waive.Asked(record=record, metric="resolution"), terms)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    folder = tmp_path_factory.mktemp("contract-year")
    shutil.copytree(WALKTHROUGH, folder / "mappings")
    (folder / "mappings" / "policies.yaml").write_text(POLICIES)
    (folder / "mappings" / "contracts.yaml").write_text(CONTRACTS)
    shutil.copyfile(INCIDENTS / "tiers.csv", folder / "mappings" / "tiers.csv")
    portal = load_portal(part_of_the_log(folder / "log", 50 if SCALE == 1 else 1), GO_LIVE, replay=True)
    world = World(serve(portal, token=TOKEN, enforce_limits=False), folder, END)
    try:
        with world.impatient() as context:
            set_up(context)
            world.running.set_clock(END)
            sync.sync(context)
            excuse(context)
            sync.sync(context)
    finally:
        world.running.close()
    with open_for_reading(folder / "ledger.db") as ledger:
        yield Year(ledger.db, mappings_of(ledger.db), folder)


def decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator


def assert_line(line: Line, expected: Expected) -> None:
    assert (line.sample.good, line.sample.bad) == (expected.kept, expected.broken)
    assert sum(number for _, number in line.sample.excluded) == expected.excluded
    assert line.state.value == expected.state
    assert (None if line.compared is None else decimal(line.compared)) == expected.figure
    assert (line.money, line.points) == (expected.credit, expected.points)
    assert [credit.due.band for credit in line.credits][:1] == ([] if line.state != "missed" else [expected.band])


def assert_settled(settled: Settled, window: Window) -> None:
    found = settled.statement
    assert (found.window.start, found.window.end) == (window.start, window.end)
    assert {line.objective for line in found.lines} == set(window.lines)
    for line in found.lines:
        assert_line(line, window.lines[line.objective])
    assert (found.owed, found.payable, found.points) == (window.owed, window.payable, window.points)
    assert [part.money for part in found.withheld] == window.not_payable
    reached = [(decimal(each.reached), each.holds) for each in standings(settled.terms, [*settled.past, found])]
    assert reached == window.rights
    claim = settled.terms.claim
    closes = None if claim is None else claim_window(claim, found.window)
    assert (None if closes is None else (closes.last_day, closes.closes_at)) == window.claim


def assert_shown(tables: dict[str, list[list[Any]]], window: Window) -> None:
    """What people read is what was settled."""
    assert [Decimal(row[-1]) for row in tables["objectives"]] == [line.credit for line in window.lines.values()]
    numbers = [line.kept + line.broken for line in window.lines.values()]
    assert [row[6] for row in tables["objectives"]] == numbers
    amounts = [Decimal(row[-1]) for row in tables["owed"] if row[0] != "Points"]
    assert amounts == [window.owed, *window.not_payable, window.payable]
    assert ("claims" in tables) == (window.claim is not None and window.is_missed)
    assert [row[-1] for row in tables.get("rights", [])] == ["yes" if holds else "no" for _, holds in window.rights]


@pytest.mark.parametrize("contract", ["monthly", "quarterly", "rolling"])
def test_every_statement_of_a_year_is_that_of_a_program_of_its_own(year: Year, contract: str) -> None:
    windows = exactly(year.db)[contract]
    with localcontext(prec=60):
        for window in windows:
            assert_settled(year.settled(contract, window), window)
            assert_shown(year.shown(contract, window), window)
    measured = [line for window in windows for line in window.lines.values() if line.figure is not None]
    assert sum(line.kept + line.broken for line in measured) > 100
    assert any(line.state == "missed" for line in measured)
