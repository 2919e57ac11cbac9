"""A vendor's contract over what it promised us of tickets: statement, claim with its evidence, and the last day."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sla.cli.main import main
from hubspot_sla.clock.verdict import Status
from hubspot_sla.contract.claims import ClaimState
from hubspot_sla.flows.inspection.contracts_due import due_days
from hubspot_sla.flows.reporting.contracts.claims import claims
from hubspot_sla.flows.reporting.contracts.statement import Asked, statement
from hubspot_sla.flows.runs import close_contract, close_period
from hubspot_sla.ledger import audit, names, outcome_editions, outcomes
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.database import in_memory, open_for_reading
from hubspot_sla.ledger.names import Named
from hubspot_sla.measure.restatement import Restated, RestatementCause
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.render.report.as_json import as_json
from reporting.ledgers import Row, at, filled, in_file, in_mind
from reporting.test_closed_contracts import synced
from reporting.test_contract_statements import reading, texts

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.ledger.database import Ledger

BANK = """\
contracts:
  - id: bank
    vendor: Bank
    currency: EUR
    timezone: Europe/Berlin
    valid_from: 2026-09-01
    fees: {desk: 2000}
    objectives:
      - id: in_time
        measure: {attainment: stage}
        promised: 90%
        credit: {bands: [{below: 90%, at_least: 50%, pays: 10%}, {below: 50%, pays: 25%}]}
      - id: breaches
        measure: {misses: stage}
        credit: {each_miss: {pays: 40.00, free: 1}}
    claim:
      closes: {business_days: 5, calendar: berlin}
      evidence: tickets with the time they were with the bank
      answer: {days: 14}
"""
NOW = "2026-11-03"


def at_bank(number: int, status: Status, stopped: str, *, clock: str = "uc:stage:Bank", day: int = 5) -> Row:
    """With the bank from 08:00 on for four hours, until `stopped`."""
    begun, due = f"2026-10-{day:02}T08:00:00+00:00", f"2026-10-{day:02}T12:00:00+00:00"
    end = f"2026-10-{day:02}T{stopped}:00+00:00"
    return Row(str(number), status, started=begun, due=due, stopped=end, clock=clock, target_hours=4, policy="bank")


ROWS = [
    *(at_bank(number, Status.MET, "10:00") for number in range(6)),
    at_bank(6, Status.MISSED, "13:30"),
    at_bank(7, Status.MISSED, "20:00", day=6),
    at_bank(20, Status.MISSED, "13:00", clock="uc:stage:Carrier"),  # another vendor's
    at_bank(21, Status.MISSED, "13:00", clock="ola:stage:Bank"),  # no underpinning contract
    at_bank(22, Status.MISSED, "13:00", clock="resolution"),  # a promise to a customer
]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return in_file(tmp_path / "ledger.db", ROWS, texts=texts() | {"contracts.yaml": BANK})


def read(ledger: Path, of: Any) -> Any:
    with open_for_reading(ledger) as opened:
        return of(opened.db)


def test_a_vendors_statement_counts_its_underpinning_contract_alone(ledger: Path, tmp_path: Path) -> None:
    """Six of eight kept: 75 % owes a tenth of 2,000; two misses, the first free, owe 40."""
    document = read(ledger, lambda db: statement(db, Asked("Bank", "2026-10", reading(tmp_path), at(NOW))))
    tables: Any = as_json(document)["tables"]
    assert [(row["observed"], row["credit"]) for row in tables["objectives"]] == [(8, "200.00"), (8, "40.00")]
    assert [row["record"] for row in tables["records-in_time"]][:2] == ["6", "7"]


def test_a_promise_for_a_stage_that_a_vendor_holds_is_the_vendors(tmp_path: Path) -> None:
    """portal.yaml says that the bank holds `Waiting on bank`; `Under review` is a team's."""
    stages = ("uc:stage:Waiting on bank", "uc:stage:Under review", "uc:stage_total:Waiting on bank")
    rows = [at_bank(number, Status.MISSED, "13:00", clock=clock) for number, clock in enumerate(stages)]
    db = in_mind(tmp_path, rows, texts=texts() | {"contracts.yaml": BANK})
    (in_time,) = claims(db, reading(tmp_path), at(NOW))
    assert in_time.records == ("0",)


def test_the_claim_against_a_vendor_has_its_records_their_spans_and_a_last_day_that_comes_up(
    ledger: Path, tmp_path: Path
) -> None:
    found = {claim.objective: claim for claim in read(ledger, lambda db: claims(db, reading(tmp_path), at(NOW)))}
    in_time = found["in_time"]
    assert (in_time.side, in_time.amount, in_time.state, in_time.records) == (
        *("vendor", "200.00", ClaimState.OPEN),
        ("6", "7"),
    )
    assert [proof.as_json() for proof in in_time.proofs] == [
        {
            "record": "6",
            "what": "uc:stage:Bank",
            "from": "2026-10-05T08:00:00Z",
            "due": "2026-10-05T12:00:00Z",
            "to": "2026-10-05T13:30:00Z",
            "late_s": 5400,
        },
        {
            "record": "7",
            "what": "uc:stage:Bank",
            "from": "2026-10-06T08:00:00Z",
            "due": "2026-10-06T12:00:00Z",
            "to": "2026-10-06T20:00:00Z",
            "late_s": 28800,
        },
    ]
    assert (in_time.last_day, in_time.days_left) == (date(2026, 11, 6), 4)
    due = read(ledger, lambda db: due_days(db, reading(tmp_path), at(NOW), 30))
    assert [(each.day, each.party, each.what) for each in due] == [
        (date(2026, 11, 6), "Bank", "last day to claim for breaches in 2026-10"),
        (date(2026, 11, 6), "Bank", "last day to claim for in_time in 2026-10"),
    ]


def test_the_command_lists_what_claims_rest_on(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed(*words: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["contract", "claims", "--all", *words, "--ledger", str(ledger), "--mappings", str(tmp_path)])
        assert ended.value.code == 0
        return capsys.readouterr().out

    rows = printed("--evidence").splitlines()
    late = "2026-10-06T08:00:00Z\t2026-10-06T12:00:00Z\t2026-10-06T20:00:00Z\t480 min"
    assert f"bank\t2026-10\tin_time\t7\tuc:stage:Bank\t{late}" in rows
    assert [len(claim["proofs"]) for claim in json.loads(printed("--json"))] == [2, 2]


def closed(tmp_path: Path, rows: list[Row]) -> Ledger:
    """October is closed at `NOW`."""
    opened = in_memory(tmp_path / "nowhere.db")
    synced(filled(opened, rows, texts=texts() | {"contracts.yaml": BANK}) and opened)
    close_contract.close(opened, "bank", "2026-10", reading(tmp_path), close_period.Asked("ada", at(NOW)))
    return opened


def judge(ledger: Ledger, row: Row, *, restated: bool) -> None:
    """Anew, after the window was closed."""
    with ledger.transaction() as db:
        entry = audit.append(db, at=at(NOW), run_id="later", entries=[Entry("edit", {})])
        if restated:
            cause = Restated(row.clock, 1, RestatementCause.BACK_DATED)
            outcome_editions.keep(db, RecordRef("tickets", row.record), [cause], at=at(NOW), entry=entry)
        outcomes.save(db, "tickets", {row.record: [row.outcome()]}, {row.record: outcomes.Judged(at(NOW), 1, 1, entry)})


def test_the_evidence_of_a_closed_window_is_what_was_sealed_whatever_is_restated_later(tmp_path: Path) -> None:
    ledger = closed(tmp_path, ROWS)
    sealed = claims(ledger.db, reading(tmp_path), at(NOW))
    for minutes in ("14:00", "15:00"):
        judge(ledger, at_bank(6, Status.MISSED, minutes), restated=True)
    assert claims(ledger.db, reading(tmp_path), at(NOW)) == sealed
    assert [proof.to_at for proof in sealed[0].proofs] == [at("2026-10-05T13:30+00:00"), at("2026-10-06T20:00+00:00")]


def test_a_promise_that_was_open_when_its_window_was_closed_has_no_end_in_the_evidence(tmp_path: Path) -> None:
    running = replace(at_bank(7, Status.BREACHED, "20:00", day=6), stopped=None)
    ledger = closed(tmp_path, [*ROWS[:7], running])
    sealed = claims(ledger.db, reading(tmp_path), at(NOW))
    over = replace(at_bank(7, Status.MISSED, "20:00", day=6), stopped="2026-11-20T08:00:00+00:00")
    judge(ledger, over, restated=False)
    now = claims(ledger.db, reading(tmp_path), at(NOW))
    assert now == sealed
    assert now[0].proofs[1].to_at is None


def test_a_name_that_the_party_got_later_is_not_in_the_claim_of_a_closed_window(tmp_path: Path) -> None:
    rows = [replace(row, clock="resolution", who={"company_id": "9001"}) for row in ROWS[:8]]
    as_customer = BANK.replace("vendor: Bank", 'customer: "9001"').replace("stage}", "resolution}")
    opened = in_memory(tmp_path / "nowhere.db")
    synced(filled(opened, rows, texts=texts() | {"contracts.yaml": as_customer}) and opened)
    named(opened, "Acme Ltd")
    close_contract.close(opened, "bank", "2026-10", reading(tmp_path), close_period.Asked("ada", at(NOW)))
    named(opened, "Acme Group")
    found = claims(opened.db, reading(tmp_path), at(NOW))
    assert {claim.party for claim in found} == {"Acme Ltd"}


def named(ledger: Ledger, name: str) -> None:
    with ledger.transaction() as db:
        names.remember(db, Named.COMPANY, {"9001": name}, at(NOW) - 1)
