"""Claims and accruals: what can be claimed until when, what was recorded of it, and what is owed so far."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sla.cli.main import main
from hubspot_sla.clock.verdict import Status
from hubspot_sla.contract.claims import ClaimState, ClaimWindow, business_days_left, state_of
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.inspection.contract_accruals import accruals
from hubspot_sla.flows.inspection.contracts_due import due_days
from hubspot_sla.flows.reporting.contracts.claims import claims
from hubspot_sla.flows.reporting.report import mappings_of
from hubspot_sla.flows.runs import close_contract, close_period, keep_feeds, record_claim
from hubspot_sla.ledger import audit_verification
from hubspot_sla.ledger.database import open_for_writing
from hubspot_sla.policy.calendar_from_values import calendar_from_entry
from reporting.ledgers import at, filled
from reporting.test_closed_contracts import close, kept, synced
from reporting.test_contract_statements import CONTRACT, NOW, OUTAGES, october, promise, reading, texts

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.ledger.database import Ledger

HOSTER = """\
  - id: hosting
    vendor: Bank
    currency: USD
    timezone: Europe/Berlin
    valid_from: 2026-09-01
    fees: {hosting: 400}
    objectives:
      - id: uptime
        measure: {uptime: web}
        promised: 99.9%
        credit: {bands: [{below: 99.9%, pays: 25%}]}
    claim:
      closes: {business_days: 5, calendar: berlin}
      evidence: dates and times
      answer: {days: 30}
"""
BOTH = CONTRACT.replace("feeds:", f"{HOSTER}feeds:")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "web.csv").write_text(OUTAGES, encoding="utf-8")
    return tmp_path


def ledger_of_both(folder: Path) -> Ledger:
    return kept(folder, [*october(8, 2), promise(300, Status.MISSED, day="2026-11-03")], BOTH)


def found(ledger: Ledger, folder: Path, day: str) -> dict[tuple[str, str], Any]:
    every = claims(ledger.db, reading(folder), at(day))
    return {(claim.contract, claim.objective): claim for claim in every}


def asked(state: ClaimState, day: str, **more: Any) -> record_claim.Asked:
    return replace(record_claim.Asked("hosting", "2026-10", "", state, "Ada", at(day)), **more)


def test_a_claim_is_open_to_the_end_of_its_last_day_and_lapses_then() -> None:
    window = ClaimWindow(10, date(2026, 11, 30), 20)
    assert [state_of(window, None, instant) for instant in (9, 10, 19, 20)] == ["to_come", "open", "open", "lapsed"]
    assert state_of(ClaimWindow(10, None, None, waits_for_review=True), None, 11) is ClaimState.WAITS_FOR_REVIEW
    assert state_of(None, None, 11) is ClaimState.AUTOMATIC
    assert state_of(window, ClaimState.FILED, 99) is ClaimState.FILED


def test_business_days_left_are_those_on_which_the_claims_calendar_is_open() -> None:
    hours = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
    office = calendar_from_entry("office", {"timezone": "UTC", "hours": hours})
    assert business_days_left(office, date(2026, 11, 6), date(2026, 11, 10)) == 3
    assert business_days_left(office, date(2026, 11, 7), date(2026, 11, 8)) == 0


def test_claims_have_their_deadline_amount_and_evidence(folder: Path) -> None:
    ledger = ledger_of_both(folder)
    by_name = found(ledger, folder, "2026-11-04")
    hosting = by_name["hosting", "uptime"]
    assert (hosting.side, hosting.amount, hosting.currency, hosting.evidence) == (
        *("vendor", "100.00", "USD"),
        "dates and times",
    )
    assert (hosting.last_day, hosting.days_left, hosting.in_business_days) == (date(2026, 11, 6), 3, True)
    assert (hosting.state, hosting.entry) == (ClaimState.OPEN, None)
    support = by_name["acme", "resolution"]
    assert (support.last_day, support.days_left, support.in_business_days) == (date(2026, 11, 30), 26, False)
    closed = close(ledger, folder)
    sealed = found(ledger, folder, "2026-11-15")["acme", "resolution"]
    assert (sealed.entry, sealed.records) == (closed.entry, ("8", "9"))
    assert found(ledger, folder, "2026-11-15")["hosting", "uptime"].state is ClaimState.LAPSED


@pytest.mark.parametrize(("day", "left"), [("2026-11-04", "3 business days"), ("2026-11-06", "1 business day")])
def test_the_days_that_are_left_of_a_claim_are_said_as_people_say_them(folder: Path, day: str, left: str) -> None:
    assert found(ledger_of_both(folder), folder, day)["hosting", "uptime"].row()[7] == left


def test_a_claim_says_what_of_the_period_is_payable_where_a_cap_leaves_less(folder: Path) -> None:
    capped = BOTH.replace("    fees: {hosting: 400}\n", "    fees: {hosting: 400}\n    caps: [{most: 30}]\n")
    claim = found(kept(folder, october(8, 2), capped), folder, "2026-11-04")["hosting", "uptime"]
    assert (claim.amount, claim.payable) == ("100.00", "30.00")
    assert claim.row()[4] == "100.00 USD (30.00 payable of the period)"
    assert found(ledger_of_both(folder), folder, "2026-11-04")["hosting", "uptime"].payable is None


def test_a_provisional_claim_says_that_the_feed_behind_it_is_down(folder: Path) -> None:
    ledger = ledger_of_both(folder)
    keep_feeds.keep(ledger, mappings_of(ledger.db), reading(folder), at("2026-11-01"))
    (folder / "web.csv").unlink()
    by_name = found(ledger, folder, "2026-11-04")
    (note,) = by_name["hosting", "uptime"].notes
    assert note.startswith("the feed web is down and counts as it was last read at 2026-11-01T00:00:00Z")
    assert by_name["hosting", "uptime"].as_json()["notes"] == [note]
    assert by_name["acme", "resolution"].notes == ()


def test_a_claim_is_not_filed_before_it_opens(folder: Path) -> None:
    early = asked(ClaimState.FILED, "2026-11-05", on="2026-10-31")
    with pytest.raises(UsageProblem, match="the claim opens on 2026-11-01"):
        record_claim.record(ledger_of_both(folder), early, reading(folder))


def test_what_became_of_a_claim_is_recorded_by_hand_and_sealed(folder: Path) -> None:
    ledger = ledger_of_both(folder)
    recorded = record_claim.record(ledger, asked(ClaimState.FILED, "2026-11-05", note="case 17"), reading(folder))
    assert (recorded.state, recorded.due_on) == (ClaimState.FILED, date(2026, 12, 5))
    what = "last day for the answer to the claim for uptime in 2026-10"
    assert (date(2026, 12, 5), what) in [
        (due.day, due.what) for due in due_days(ledger.db, reading(folder), at(NOW), 60)
    ]
    paid = asked(ClaimState.PAID, "2026-12-20", amount="90.00")
    assert record_claim.record(ledger, paid, reading(folder)).amount == "90.00"
    assert not found(ledger, folder, "2026-12-21")["hosting", "uptime"].is_open
    audit_verification.require_whole(ledger.db)
    with pytest.raises(Exception, match="is append-only"):
        ledger.db.execute("update contract_claims set amount = '900.00'")


def test_a_claim_that_was_filed_stays_when_a_new_edition_owes_nothing(folder: Path) -> None:
    """Somebody waits for its answer, or must take it back."""
    ledger = ledger_of_both(folder)
    first = close_period.Asked("ada", at("2026-11-03"))
    close_contract.close(ledger, "hosting", "2026-10", reading(folder), first)
    record_claim.record(ledger, asked(ClaimState.FILED, "2026-11-05"), reading(folder))
    (folder / "web.csv").write_text(OUTAGES.splitlines()[0] + "\n", encoding="utf-8")
    again = close_period.Asked("ada", at("2026-11-10"), with_unknown=True, reason="it was not down")
    close_contract.restate(ledger, "hosting", "2026-10", reading(folder), again)
    claim = found(ledger, folder, "2026-11-12")["hosting", "uptime"]
    assert (claim.state, claim.amount, claim.due_on) == (ClaimState.FILED, "0.00", date(2026, 12, 5))
    settled = record_claim.record(ledger, asked(ClaimState.REFUSED, "2026-11-13"), reading(folder))
    assert settled.state is ClaimState.REFUSED


@pytest.mark.parametrize(
    ("more", "day", "said"),
    [
        ({}, "2026-11-15", "the claim closed on 2026-11-06"),
        ({"on": "2026-11-16"}, "2026-11-15", "lies in the future"),
        ({"on": "yesterday"}, "2026-11-15", "is no day"),
        ({"amount": "much"}, "2026-11-05", "is no amount"),
        ({"period": "2026-09"}, "2026-11-05", "nothing can be claimed of 'hosting' in 2026-09"),
        ({"contract": "acme"}, "2026-11-15", "several credits can be claimed of 'acme' in 2026-10"),
    ],
)
def test_what_cannot_be_recorded_is_refused_with_the_reason(
    folder: Path, more: dict[str, str], day: str, said: str
) -> None:
    ledger = ledger_of_both(folder)
    with pytest.raises(UsageProblem, match=said):
        record_claim.record(ledger, asked(ClaimState.FILED, day, **more), reading(folder))


def test_accruals_are_summed_for_each_currency_by_itself_and_say_what_is_final(folder: Path) -> None:
    ledger = ledger_of_both(folder)
    close(ledger, folder)
    october_ = accruals(ledger.db, reading(folder), at(NOW), "2026-10")
    assert [(row.contract, row.standing, str(row.payable)) for row in october_.rows] == [
        ("acme", "final", "200.00"),
        ("hosting", "provisional", "100.00"),
    ]
    sums = [(str(each.side), each.currency, str(each.final), str(each.provisional)) for each in october_.totals]
    assert sums == [("customer", "EUR", "200.00", "0.00"), ("vendor", "USD", "0.00", "100.00")]
    running = accruals(ledger.db, reading(folder), at(NOW))
    assert [(row.period, row.standing, str(row.payable)) for row in running.rows] == [
        ("2026-11", "running", "50.00"),  # a repeat: 200 of the 250 in twelve months are taken
        ("2026-11", "running", "0.00"),
    ]


def test_the_commands_list_record_and_sum(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "ledger.db"
    with open_for_writing(path) as ledger:
        filled(ledger, october(8, 2), texts=texts() | {"contracts.yaml": CONTRACT})
        synced(ledger)

    def ran(*words: str) -> tuple[object, str]:
        with pytest.raises(SystemExit) as ended:
            main(["contract", *words, "--ledger", str(path), "--mappings", str(folder)])
        captured = capsys.readouterr()
        return ended.value.code, captured.out

    assert [each["objective"] for each in json.loads(ran("claims", "--all", "--json")[1])] == ["resolution", "uptime"]
    on = ("--period", "2026-10", "--objective", "uptime", "--by", "Ada")
    assert ran("claim", "acme", *on, "--state", "filed", "--on", "2026-11-02") == (
        0,
        "acme 2026-10, uptime: filed.\n",
    )
    assert "filed" in ran("claims")[1]
    assert ran("claim", "acme", *on, "--state", "paid", "--on", "2999-01-01")[0] == 2
    assert json.loads(ran("accruals", "--period", "2026-10", "--json")[1])["totals"][0]["provisional"] == "200.00"
    assert "We owe, EUR: 0.00 final, 200.00 provisional." in ran("accruals", "--period", "2026-10")[1]
