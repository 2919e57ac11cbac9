"""Tickets with their deadlines, companies, verdicts, quarantine, notes and versions: what goes in comes out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.ledger import companies, quarantine, records, state, verdicts, versions
from hubspot_sla.ledger.companies import CompanyRow
from hubspot_sla.ledger.records import RecordRow
from hubspot_sla.ledger.versions import PolicyVersion
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from hubspot_sla.ledger.database import Ledger

ONE = RecordRef("tickets", "1")
ROW = RecordRow(
    "tickets", "1", "f00d", 5, (("5001", True), ("5002", False)), {"sla_status": "met"}, {"subject": "x"}, True, 100
)


def save(ledger: Ledger, *rows: RecordRow) -> None:
    with ledger.transaction() as db:
        records.save(db, rows)


def test_a_ticket_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    never_asked = replace(ROW, id="2", companies=None, next_at=None, open=False)
    save(ledger, ROW, never_asked)
    assert records.load(ledger.db, "tickets", ["1", "2", "3"]) == {"1": ROW, "2": never_asked}


def test_tickets_are_due_at_their_deadline_the_longest_due_first(ledger: Ledger) -> None:
    save(ledger, *(replace(ROW, id=id_, next_at=at) for id_, at in (("1", 30), ("2", 10), ("3", 31), ("4", None))))
    assert records.due(ledger.db, 30) == {"tickets": ["2", "1"]}
    assert records.due(ledger.db, 9) == {}
    assert records.next_deadline(ledger.db) == 10


def test_without_deadlines_nothing_is_next(ledger: Ledger) -> None:
    save(ledger, replace(ROW, next_at=None))
    assert records.next_deadline(ledger.db) is None


def test_open_tickets_only_are_judged_again_when_promises_change(ledger: Ledger) -> None:
    save(ledger, ROW, replace(ROW, id="2", open=False, next_at=None))
    with ledger.transaction() as db:
        records.judge_all_open(db)
    assert records.outdated(ledger.db, "tickets") == records.all_open(ledger.db, "tickets") == ["1"]
    assert records.due(ledger.db, 7) == {}
    assert records.count(ledger.db) == (2, 1)


def test_a_confirmed_write_is_held_from_then_on_and_its_echo_expected(ledger: Ledger) -> None:
    save(ledger, ROW)
    with ledger.transaction() as db:
        records.confirm_written(db, "tickets", {"1": (99, {"sla_tier": "gold"}), "unheard of": (1, {})})
    row = records.load(ledger.db, "tickets", ["1"])["1"]
    assert row.written == {"sla_status": "met", "sla_tier": "gold"}
    assert row.updated_at == 99


def test_after_a_teardown_nothing_of_ours_is_held(ledger: Ledger) -> None:
    save(ledger, ROW)
    with ledger.transaction() as db:
        records.forget_written(db)
    assert records.load(ledger.db, "tickets", ["1"])["1"].written == {}


def test_versions_of_the_mappings_come_back_whole_and_in_order(ledger: Ledger) -> None:
    first = PolicyVersion("sha256:1", 10, {"policies.yaml": "policies: []\n"}, {"pipelines": {"Ünï": "0"}})
    second = PolicyVersion("sha256:2", 20, {"policies.yaml": "x: ä\n", "tiers.csv": ""}, {"pipelines": {}})
    assert versions.latest(ledger.db) is None
    with ledger.transaction() as db:
        added = [versions.add(db, loaded) for loaded in (first, second, replace(first, effective_at=30))]
    assert added == [1, 2, 3]
    assert versions.every(ledger.db) == [first, second, replace(first, effective_at=30)]
    assert versions.latest(ledger.db) == replace(first, effective_at=30)


def remember(ledger: Ledger, *changes: tuple[int, str | None]) -> list[tuple[int, str | None]]:
    with ledger.transaction() as db:
        companies.save(db, [CompanyRow("5001", {"tier": list(changes)}, 1)], 1)
    return companies.load(ledger.db, ["5001"])["5001"].history["tier"]


def test_a_company_keeps_what_hubspot_truncates(ledger: Ledger) -> None:
    remember(ledger, (1, "gold"), (2, "silver"))
    assert remember(ledger, (2, "silver"), (3, None)) == [(1, "gold"), (2, "silver"), (3, None)]


def test_changes_of_a_company_in_one_instant_keep_their_order(ledger: Ledger) -> None:
    changes = [(1, value) for value in ("gold", "silver", "bronze", "platinum", None)]
    assert remember(ledger, *changes) == changes
    assert remember(ledger, *changes) == changes


def test_the_verdict_in_force_replaces_the_one_before(ledger: Ledger) -> None:
    for status in ("running", "breached"):
        with ledger.transaction() as db:
            verdicts.save(db, "tickets", {"1": {"resolution": {"status": status}}}, rules=1)
    assert verdicts.load(ledger.db, "tickets", ["1"]) == {"1": {"resolution": {"status": "breached"}}}
    assert verdicts.with_status(ledger.db, "breached") == [(ONE, "resolution", {"status": "breached"})]
    assert verdicts.tally(ledger.db) == {"resolution": {"breached": 1}}


def test_a_row_in_quarantine_keeps_its_first_instant_until_released(ledger: Ledger) -> None:
    for at, reason in ((1, "odd"), (2, "odder")):
        with ledger.transaction() as db:
            quarantine.put(db, {ONE: reason}, step="judging", run_id="r", at=at)
    (row,) = quarantine.every(ledger.db)
    assert (row.reason, row.since_at) == ("odder", 1)
    with ledger.transaction() as db:
        quarantine.release(db, [ONE], step="writing")
        assert quarantine.every(db) == [row]
        quarantine.release(db, [ONE], step="judging")
    assert quarantine.every(ledger.db) == []


def test_notes_are_replaced_and_forgotten(ledger: Ledger) -> None:
    with ledger.transaction() as db:
        state.write(db, state.CURSOR, 1)
        state.write(db, state.CURSOR, 2)
    assert state.read_instant(ledger.db, state.CURSOR) == 2
    with ledger.transaction() as db:
        state.forget(db, state.CURSOR)
    assert state.read_instant(ledger.db, state.CURSOR) is None


def test_a_verdict_on_a_clock_that_was_never_promised_after_all_goes(ledger: Ledger) -> None:
    late, running = {"status": "breached"}, {"status": "running"}
    with ledger.transaction() as db:
        verdicts.save(
            db, "tickets", {"1": {"resolution": late, "next_response": running}, "2": {"resolution": late}}, rules=1
        )
        verdicts.save(db, "tickets", {"1": {"resolution": running}}, rules=1)
    assert verdicts.load(ledger.db, "tickets", ["1", "2"]) == {"1": {"resolution": running}, "2": {"resolution": late}}
