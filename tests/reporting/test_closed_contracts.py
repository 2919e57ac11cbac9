"""Windows of contracts that were closed: their statements are drawn from what was sealed, and never move again."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sla.cli.main import main
from hubspot_sla.clock.verdict import Status
from hubspot_sla.errors import LedgerDamaged, NotYetPossible, UsageProblem
from hubspot_sla.flows.reporting.contracts.statement import Asked, statement
from hubspot_sla.flows.runs import close_contract, close_period
from hubspot_sla.ledger import (
    append_only,
    audit_verification,
    contract_closings,
    outcomes,
    state,
    sync_health,
    versions,
)
from hubspot_sla.ledger.contract_closings import BY_JOB
from hubspot_sla.ledger.database import in_memory, open_for_writing
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.render.report.page import page
from hubspot_sla.render.report.workbook import workbook
from reporting.ledgers import at, filled
from reporting.test_contract_statements import CONTRACT, NOW, OUTAGES, october, promise, reading, texts

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.ledger.contract_closings import ContractClosing
    from hubspot_sla.ledger.database import Ledger
    from reporting.ledgers import Row

ASKED = close_period.Asked("ada", at(NOW))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "web.csv").write_text(OUTAGES, encoding="utf-8")
    return tmp_path


def synced(ledger: Ledger) -> Ledger:
    """A complete sync has begun after everything here."""
    with ledger.transaction() as db:
        for key in (state.CURSOR, sync_health.POLLED):
            state.write(db, state.of("tickets", key), str(at("2027-06-01")))
    return ledger


def kept(folder: Path, rows: list[Row], contract: str = CONTRACT) -> Ledger:
    ledger = in_memory(folder / "nowhere.db")
    filled(ledger, rows, texts=texts() | {"contracts.yaml": contract})
    return synced(ledger)


def close(ledger: Ledger, folder: Path, period: str = "2026-10", **more: Any) -> ContractClosing:
    return close_contract.close(ledger, "acme", period, reading(folder), replace(ASKED, **more))


def drawn(ledger: Ledger, folder: Path, period: str = "2026-10", **more: Any) -> Any:
    return statement(ledger.db, Asked("acme", period, reading(folder), at("2027-02-01"), **more))


def judge(ledger: Ledger, rows: list[Row]) -> None:
    """What came to light later."""
    with ledger.transaction() as db:
        judged = dict.fromkeys((row.record for row in rows), outcomes.Judged(at(NOW), 1, 1, 0))
        outcomes.save(db, "tickets", {row.record: [row.outcome()] for row in rows}, judged)


def amounts(document: Any) -> list[str]:
    return [str(row[2].amount) for row in document.tables["owed"].rows]


def test_a_statement_that_the_job_closed_does_not_name_the_job_to_the_customer(folder: Path) -> None:
    ledger = kept(folder, october(8, 2))
    close(ledger, folder, by=BY_JOB)
    assert dict(drawn(ledger, folder).facts)["Standing"].startswith("final: edition 1, closed by itself, sealed as ")


def test_a_final_statement_is_drawn_from_the_seal_alone_and_stays_equal_to_the_byte(folder: Path) -> None:
    ledger = kept(folder, october(8, 2))
    provisional = drawn(ledger, folder)
    close(ledger, folder)
    final = drawn(ledger, folder)
    assert amounts(final) == amounts(provisional)
    assert dict(final.facts)["Standing"].startswith("final: edition 1, closed by ada, sealed as entry ")
    before = page(final), workbook(final)
    judge(ledger, [promise(number, Status.MET) for number in range(8, 10)])
    (folder / "web.csv").unlink()
    with ledger.transaction() as db:
        dearer = texts() | {"contracts.yaml": CONTRACT.replace("999.99", "5000")}
        versions.add(db, replace(versions.every(db)[-1], texts=dearer, version="another"))
    after = drawn(ledger, folder)
    assert (page(after), workbook(after)) == before
    assert amounts(drawn(ledger, folder, provisional=True)) != amounts(final)
    audit_verification.require_whole(ledger.db)


def test_windows_are_closed_once_and_in_their_order_after_they_end(folder: Path) -> None:
    ledger = kept(folder, october(8, 2))
    with pytest.raises(NotYetPossible, match="ends at 2026-11-30T23:00"):
        close(ledger, folder, "2026-11")
    with pytest.raises(UsageProblem, match="lies in the future"):
        close(ledger, folder, "2027-01")
    close(ledger, folder)
    with pytest.raises(UsageProblem, match=r"closed on .* by ada"):
        close(ledger, folder)
    later = at("2027-02-01")
    with pytest.raises(UsageProblem, match="2026-10 is the last closed window of 'acme', and 2026-12 is not the next"):
        close(ledger, folder, "2026-12", now=later)
    with pytest.raises(UsageProblem, match="2026-09 is not the next"):
        close(ledger, folder, "2026-09", now=later)
    closed = close(ledger, folder, "2026-11", now=later)
    assert closed.before == 1
    assert [each.period for each in contract_closings.every(ledger.db)] == ["2026-10", "2026-11"]


def test_what_an_open_window_before_adds_to_a_cap_is_sealed_with_the_first_that_is_closed(folder: Path) -> None:
    ledger = kept(folder, [*october(8, 2), *(promise(100 + n, Status.MISSED, day="2026-09-20") for n in range(3))])
    close(ledger, folder)
    judge(ledger, [promise(100 + n, Status.MET, day="2026-09-20") for n in range(3)])
    assert amounts(drawn(ledger, folder))[-1] == "200.00"  # 250 in twelve months, 50 of them for September


def test_an_open_window_stands_on_what_was_sealed_before_it(folder: Path) -> None:
    ledger = kept(folder, [*october(8, 2), promise(200, Status.MISSED, day="2026-11-05")])
    close(ledger, folder)
    judge(ledger, [promise(number, Status.MET) for number in range(8, 10)])
    november = drawn(ledger, folder, "2026-11")
    assert "times 2" in november.tables["objectives"].rows[0][10].text
    assert dict(november.facts)["Standing"] == "provisional: nothing of it is sealed"


def test_a_restated_window_has_a_further_edition_and_the_earlier_one_stays(folder: Path) -> None:
    ledger = kept(folder, october(8, 2))
    close(ledger, folder)
    with pytest.raises(UsageProblem, match="nothing in 2026-10 has changed since edition 1"):
        close_contract.restate(ledger, "acme", "2026-10", reading(folder), replace(ASKED, reason="why not"))
    first = page(drawn(ledger, folder))
    judge(ledger, [promise(number, Status.MET) for number in range(8, 10)])
    late = replace(ASKED, reason="a waiver came late")
    again = close_contract.restate(ledger, "acme", "2026-10", reading(folder), late)
    assert (again.edition, again.payable, again.reason) == (2, "100.00", "a waiver came late")
    assert amounts(drawn(ledger, folder))[-1] == "100.00"
    assert page(drawn(ledger, folder, edition=1)) == first
    with pytest.raises(UsageProblem, match="no edition 3 of 2026-10"):
        drawn(ledger, folder, edition=3)
    with pytest.raises(UsageProblem, match="2026-11 of 'acme' is not closed"):
        close_contract.restate(ledger, "acme", "2026-11", reading(folder), late)
    audit_verification.require_whole(ledger.db)


def test_what_is_not_known_keeps_a_window_open(folder: Path) -> None:
    ledger = kept(folder, october(8, 2))
    (folder / "web.csv").unlink()
    with pytest.raises(NotYetPossible, match=r"web\.csv cannot be read"):
        close(ledger, folder)
    closed = close(ledger, folder, with_unknown=True)
    assert closed.notes == ("web.csv cannot be read: No such file or directory",)
    assert [row[8].text for row in drawn(ledger, folder).tables["objectives"].rows] == ["missed", "not measured"]


def test_a_feed_that_lacks_what_was_sealed_is_named(folder: Path) -> None:
    ledger = kept(folder, october(8, 2))
    close(ledger, folder)
    (folder / "web.csv").write_text(OUTAGES.splitlines()[0] + "\n", encoding="utf-8")
    note = "the feed web lacks 2 rows that were sealed with 2026-10, the first of 2026-10-05T10:00:00Z"
    said = "The feed web lacks 2 rows that were sealed with 2026-10, the first of Mon, Oct 5, 2026, 12:00 CEST"
    assert drawn(ledger, folder, "2026-11").notes == (said, "The feed web has no rows: nothing counts as down")
    assert drawn(ledger, folder).notes == ()
    later = at("2027-02-01")
    with pytest.raises(NotYetPossible, match=note):
        close(ledger, folder, "2026-11", now=later)
    assert close(ledger, folder, "2026-11", now=later, with_unknown=True).notes == (note,)


def test_a_promise_that_moved_out_of_a_closed_window_is_named_where_it_counts_again(folder: Path) -> None:
    """Until the window that it moved out of is restated."""
    ledger = kept(folder, october(8, 2))
    close(ledger, folder)
    judge(ledger, [promise(number, Status.MISSED, day="2026-11-05") for number in (8, 9)])
    judge(ledger, [promise(20, Status.MET, day="2026-11-06")])
    said = (
        "2026-10, edition 1, counts too: 8 resolution (broken there, broken here), 9 resolution (broken there, broken"
    )
    (note,) = drawn(ledger, folder, "2026-11").notes
    assert note.startswith(said)
    again = replace(ASKED, reason="two promises moved", now=at("2027-01-10"))
    close_contract.restate(ledger, "acme", "2026-10", reading(folder), again)
    assert drawn(ledger, folder, "2026-11").notes == ()


def test_a_further_edition_says_why_it_was_made(folder: Path) -> None:
    ledger = kept(folder, october(8, 2))
    close(ledger, folder)
    judge(ledger, [promise(9, Status.MET)])
    close_contract.restate(ledger, "acme", "2026-10", reading(folder), replace(ASKED, reason="8 was waived"))
    assert dict(drawn(ledger, folder).facts)["Why another edition"] == "8 was waived"
    assert "Why another edition" not in dict(drawn(ledger, folder, edition=1).facts)


def test_an_outage_that_went_on_after_its_window_was_sealed_lacks_nothing_there(folder: Path) -> None:
    """It may be announced no earlier for that: then some of what was sealed would be excluded."""
    ledger = kept(folder, october(8, 2))
    rows = (folder / "web.csv").read_text(encoding="utf-8")
    sealed = "2026-10-31T21:00:00Z,2026-10-31T23:30:00Z,maintenance,\n"
    (folder / "web.csv").write_text(rows + sealed, encoding="utf-8")
    close(ledger, folder)
    grown = sealed.replace("2026-10-31T23:30", "2026-11-01T06:00")
    (folder / "web.csv").write_text(rows + grown, encoding="utf-8")
    assert drawn(ledger, folder, "2026-11").notes == ()
    announced = grown.replace("maintenance,", "maintenance,2026-10-01T00:00:00Z")
    (folder / "web.csv").write_text(rows + announced, encoding="utf-8")
    (note,) = drawn(ledger, folder, "2026-11").notes
    assert note.startswith("The feed web lacks 1 row that were sealed with 2026-10")


def test_records_in_quarantine_are_named_and_do_not_count(folder: Path) -> None:
    ledger = kept(folder, october(8, 2))
    with ledger.transaction() as db:
        db.execute(
            "insert into quarantine (object_type, record_id, step, reason, since_at, run_id, attempts)"
            " values ('tickets', '9', 'judging', 'it cannot be read', 0, 'x', 1)"
        )
    with pytest.raises(NotYetPossible, match="record 9 in quarantine"):
        close(ledger, folder)
    close(ledger, folder, with_unknown=True)
    assert drawn(ledger, folder).tables["objectives"].rows[0][6].number == 9


def test_a_fee_that_is_missing_is_named_and_refused(folder: Path) -> None:
    fees = CONTRACT.replace("{support: 999.99}", "{support: {amounts: {2026-09: 999.99}}}")
    with pytest.raises(UsageProblem, match="the contract says no fee 'support' for 2026-10"):
        close(kept(folder, october(8, 2), fees), folder)


def test_a_statement_names_the_edition_of_a_month_that_counts_otherwise(folder: Path) -> None:
    ledger = kept(folder, october(8, 2))
    with ledger.transaction() as db:
        state.write(db, state.of("tickets", state.CURSOR), str(at("2027-06-01")))
    close_period.close(ledger, "2026-10", ASKED)
    assert drawn(ledger, folder).notes == ()
    judge(ledger, [promise(8, Status.MET), promise(9, Status.WAIVED, excluded=Excluded.WAIVED)])
    note = "2026-10, edition 1, counts otherwise: 8 resolution (broken there, kept here)"
    assert drawn(ledger, folder).notes == (note,)
    assert close(ledger, folder).notes == (note,)
    close_period.restate(ledger, "2026-10", replace(ASKED, reason="a reply came late"))
    assert drawn(ledger, folder).notes == (note,)
    assert drawn(ledger, folder, provisional=True).notes == ()


ALTERED = (
    "update contract_promises set result = 'kept' where result = 'broken'",
    "delete from contract_promises where id = 1",
    "update contract_feeds set content = replace(content, '[', '[ ')",
    "update contract_closings set closed_by = 'Eve'",
    "delete from contract_closings",
)


def test_what_was_sealed_is_neither_changed_by_accident_nor_in_silence(folder: Path) -> None:
    ledger = kept(folder, october(8, 2))
    close(ledger, folder)
    for change in ALTERED:
        with pytest.raises(sqlite3.IntegrityError, match="is append-only"):
            ledger.db.execute(change)
    append_only.lift(ledger.db)
    for change in ALTERED:
        ledger.db.execute("begin")
        assert ledger.db.execute(change).rowcount > 0
        with pytest.raises(LedgerDamaged):
            audit_verification.require_whole(ledger.db)
        ledger.db.rollback()
    audit_verification.require_whole(ledger.db)


def test_the_commands_close_restate_and_list(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "ledger.db"
    with open_for_writing(path) as ledger:
        filled(ledger, october(8, 2), texts=texts())
        synced(ledger)

    def ran(*words: str) -> tuple[object, str]:
        with pytest.raises(SystemExit) as ended:
            main([*words, "--ledger", str(path)])
        captured = capsys.readouterr()
        return ended.value.code, captured.out + captured.err

    on = ("--mappings", str(folder))
    code, said = ran("contract", "close", "acme", "--period", "2026-10", "--by", "Ada", *on, "--json")
    assert (code, json.loads(said)["payable"]) == (0, "200.00")
    assert ran("contract", "close", "acme", "--period", "2026-10", *on)[0] == 2
    assert ran("contract", "close", "acme", "--period", "2099-10", *on)[0] == 2
    assert ran("contract", "restate", "acme", "--period", "2026-10", "--reason", " ", *on)[0] == 2
    assert "2026-10" in ran("contract", "list")[1]
    listed = json.loads(ran("contract", "list", "--json")[1])
    assert [each["edition"] for each in listed[0]["closed"]] == [1]
    assert "acme 2026-10, edition 1: 200.00 EUR payable" in ran("audit", "log", "--kind", "contract")[1]
    assert ran("audit", "verify")[0] == 0
    assert "final: edition 1" in ran("contract", "statement", "acme", "--period", "2026-10", *on)[1]
    payable = json.loads(ran("contract", "statement", "acme", "--period", "2026-10", *on, "--json")[1])
    assert Decimal(payable["tables"]["owed"][-1]["amount"]) == Decimal("200.00")
