"""`sla period`: a month is closed once everything in it is known, and its figures never move again."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cli.conftest import Command
from flows.test_sweep import merge, run_sweep
from flows.world import NOW, world
from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.ledger import database
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World

NOVEMBER, DECEMBER = "2026-11", "2026-12"
TO_DECEMBER = timedelta(days=8)
"""From the Monday on which everything begins: Tuesday, 1 December."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    made = world(copied_portal(NOW, tickets=0), tmp_path)
    made.go_live()
    made.advance(minutes=1)
    yield made
    made.close()


@pytest.fixture
def sla(desk: World, monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(desk, monkeypatch)


@pytest.fixture
def month(desk: World) -> tuple[str, str]:
    """Two tickets of November, the resolution of the first in time and of the second late and open; it is December."""
    done, late = desk.ticket(hs_ticket_priority="HIGH"), desk.ticket(hs_ticket_priority="HIGH")
    desk.sync()
    desk.advance(hours=1, minutes=30)
    desk.change(done, hs_pipeline_stage="4")
    desk.sync()
    desk.advance(hours=TO_DECEMBER.total_seconds() / 3600)
    desk.sync()
    return done, late


def shown(sla: Command, *args: str, month: str = NOVEMBER) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(sla("period", "show", month, "--json", *args).out)
    return result


def clock(figures: dict[str, Any], name: str = "resolution") -> tuple[int, int, int, dict[str, int]]:
    of_clock = figures[name]
    return of_clock["met"], of_clock["missed"], of_clock["late"], of_clock["excluded"]


def test_a_month_is_closed_and_its_figures_are_sealed(desk: World, sla: Command, month: tuple[str, str]) -> None:
    closed = sla("period", "close", NOVEMBER, "--by", "Ada")
    assert (closed.code, closed.err) == (0, "")
    period = shown(sla)
    assert clock(period["clocks"]) == (1, 0, 1, {})
    assert period["clocks"]["resolution"]["attainment"] == 0.5
    assert (period["edition"], period["closed_by"], period["timezone"], period["moved"]) == (1, "Ada", "UTC", [])
    (entry,) = desk.entries("period")
    assert (entry["period"], entry["edition"], entry["outcomes"]) == (NOVEMBER, 1, 4)
    assert ["resolution", 1, 0, 1, 0] in entry["counted"]
    assert "50.0 %" in sla("period", "show", NOVEMBER).out
    assert "2026-11, edition 1: 4 outcomes" in sla("audit", "log", "--kind", "period").out
    assert NOVEMBER in sla("period", "list").out
    desk.require_whole_chain()


def test_what_changes_later_shows_beside_and_never_moves_the_frozen_figure(
    desk: World, sla: Command, month: tuple[str, str]
) -> None:
    _, late = month
    sla("period", "close", NOVEMBER)
    assert sla("waive", late, "--metric", "resolution", "--reason", "agreed", "--by", "Ada").code == 0
    desk.advance(minutes=5)
    desk.sync()
    period = shown(sla)
    assert (clock(period["clocks"]), clock(period["now"])) == ((1, 0, 1, {}), (1, 0, 0, {"waived": 1}))
    assert period["moved"] == [
        {"record": late, "clock": "resolution", "cycle": 1, "was": "broken", "now": "waived", "cause": "waiver"}
    ]
    assert "100.0 %: 1 ticket (1 waiver)" in sla("period", "show", NOVEMBER).out
    made = sla("period", "restate", NOVEMBER, "--reason", "a waiver came late", "--by", "Bob")
    assert made.code == 0
    assert (clock(shown(sla)["clocks"]), shown(sla)["reason"]) == ((1, 0, 0, {"waived": 1}), "a waiver came late")
    assert clock(shown(sla, "--edition", "1")["clocks"]) == (1, 0, 1, {})
    assert [edition["edition"] for edition in shown(sla)["editions"]] == [1, 2]
    desk.require_whole_chain()


def test_closing_a_late_ticket_afterwards_changes_nothing(desk: World, sla: Command, month: tuple[str, str]) -> None:
    sla("period", "close", NOVEMBER)
    desk.advance(minutes=1)
    desk.change(month[1], hs_pipeline_stage="4")
    desk.sync()
    assert (shown(sla)["moved"], clock(shown(sla)["clocks"])) == ([], (1, 0, 1, {}))


def test_a_cycle_whose_due_date_moves_into_the_next_month_is_shown_in_both(desk: World, sla: Command) -> None:
    desk.advance(days=7, hours=4)
    ticket = desk.ticket(hs_ticket_priority="HIGH")  # due on 30 November, and with a low priority on 1 December
    desk.sync()
    desk.advance(hours=13)
    desk.sync()
    assert sla("period", "close", NOVEMBER).code == 0
    desk.advance(minutes=1)
    desk.change(ticket, hs_ticket_priority="LOW")
    desk.sync()
    (moved,) = [one for one in shown(sla)["moved"] if one["clock"] == "resolution"]
    assert (moved["was"], moved["now"], moved["cause"]) == ("broken", "elsewhere", "later event")
    desk.advance(days=31)
    desk.sync()
    assert sla("period", "close", DECEMBER).code == 0
    december = shown(sla, month=DECEMBER)
    assert december["also_frozen"] == {NOVEMBER: 1}
    assert f"Also frozen in {NOVEMBER}: 1" in sla("period", "show", DECEMBER).out


def test_a_month_is_one_of_the_zone_of_reports(desk: World, sla: Command, month: tuple[str, str]) -> None:
    desk.edit("portal.yaml", lambda text: f"{text}\nreport: {{timezone: Asia/Tokyo}}\n")
    desk.advance(minutes=1)
    desk.sync()
    assert sla("period", "close", NOVEMBER).code == 0
    period = shown(sla)
    assert (period["timezone"], period["to"]) == ("Asia/Tokyo", "2026-11-30T15:00:00Z")


def test_a_merge_after_the_freeze_says_so(desk: World, sla: Command, month: tuple[str, str]) -> None:
    done, late = month
    sla("period", "close", NOVEMBER)
    merge(desk, done, late)
    desk.advance(minutes=5)
    desk.sync()
    causes = {one["cause"] for one in shown(sla)["moved"]}
    assert causes == {"merge"}
    assert clock(shown(sla)["clocks"]) == (1, 0, 1, {})


REFUSED = {
    "no month": (("close", "2026-13"), 2, "'2026-13' is no month"),
    "no month at all": (("close", "October"), 2, "'October' is no month"),
    "the future": (("close", "2027-02"), 2, "2027-02 lies in the future"),
    "a month that goes on": (("close", DECEMBER), 75, "2026-12 ends at 2027-01-01"),
    "one that is not closed": (("restate", NOVEMBER, "--reason", "x"), 2, "2026-11 is not closed"),
    "nothing to show": (("show", NOVEMBER), 2, "there is no 2026-11: it is not closed"),
}


@pytest.mark.parametrize(("args", "code", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_with_its_reason(
    desk: World, sla: Command, month: tuple[str, str], args: tuple[str, ...], code: int, why: str
) -> None:
    result = sla("period", *args)
    assert (result.code, why in result.err) == (code, True), result.err
    assert desk.entries("period") == []


def test_months_are_closed_once_and_in_their_order(desk: World, sla: Command, month: tuple[str, str]) -> None:
    assert sla("period", "close", NOVEMBER).code == 0
    again = sla("period", "close", NOVEMBER)
    assert (again.code, "2026-11 was closed on" in again.err) == (2, True)
    same = sla("period", "restate", NOVEMBER, "--reason", "just so")
    assert (same.code, "nothing in 2026-11 has changed" in same.err) == (2, True)
    desk.advance(days=62)
    desk.sync()
    ahead = sla("period", "close", "2027-01")
    assert (ahead.code, "close 2026-12 first" in ahead.err) == (2, True)
    behind = sla("period", "close", "2026-10")
    assert (behind.code, "months before 2026-11 stay open" in behind.err) == (2, True)
    assert sla("period", "close", DECEMBER).code == sla("period", "close", "2027-01").code == 0


def test_a_month_waits_for_a_sync_after_its_end(desk: World, sla: Command) -> None:
    desk.ticket()
    desk.sync()
    desk.advance(hours=TO_DECEMBER.total_seconds() / 3600)
    run_sweep(desk)  # whatever else has run since
    early = sla("period", "close", NOVEMBER)
    assert (early.code, "no complete sync of tickets has begun since" in early.err) == (75, True)
    desk.sync()
    assert sla("period", "close", NOVEMBER).code == 0


def test_a_month_waits_for_a_waiver_that_is_to_take_effect(desk: World, sla: Command, month: tuple[str, str]) -> None:
    sla("waive", month[1], "--reason", "agreed")
    refused = sla("period", "close", NOVEMBER)
    assert (refused.code, "a waiver is to take effect" in refused.err) == (75, True)
    desk.sync()
    assert sla("period", "close", NOVEMBER).code == 0
    assert clock(shown(sla)["clocks"]) == (1, 0, 0, {"waived": 1})


def test_a_month_waits_for_what_is_to_be_judged_again(desk: World, sla: Command, month: tuple[str, str]) -> None:
    with sqlite3.connect(desk.folder / "ledger.db") as db:
        db.execute("update records set next_at = 0 where record_id = ?", (month[0],))
    db.close()
    refused = sla("period", "close", NOVEMBER)
    assert (refused.code, f"record {month[0]} must be judged" in refused.err) == (75, True)
    desk.sync()
    assert sla("period", "close", NOVEMBER).code == 0


def test_quarantined_tickets_are_named_and_kept_as_unknown(desk: World, sla: Command, month: tuple[str, str]) -> None:
    with database.open_for_writing(desk.folder / "ledger.db") as ledger, ledger.transaction() as db:
        db.execute(
            "insert into quarantine (object_type, record_id, step, reason, since_at, run_id, attempts)"
            " values ('tickets', ?, 'judging', 'it cannot be read', 0, 'x', 1)",
            (month[1],),
        )
    refused = sla("period", "close", NOVEMBER)
    assert (refused.code, month[1] in refused.err, "--with-unknown" in refused.err) == (75, True, True)
    assert sla("period", "close", NOVEMBER, "--with-unknown").code == 0
    assert (clock(shown(sla)["clocks"]), shown(sla)["unknown"]) == ((1, 0, 0, {"unknown": 1}), [month[1]])


def test_a_ticket_that_hubspot_does_not_give_keeps_no_month_open(desk: World, sla: Command) -> None:
    """It is late meanwhile, and nobody can judge it; what it comes to once it is read is a later edition's."""
    lost = desk.ticket(hs_ticket_priority="HIGH")
    desk.sync()
    desk.advance(hours=TO_DECEMBER.total_seconds() / 3600)
    with desk.running.faults.during("poison_rows", ids=[lost], route="batch_read"):
        desk.sync()
        refused = sla("period", "close", NOVEMBER)
        assert (refused.code, lost in refused.err, "--with-unknown" in refused.err) == (75, True, True)
        assert sla("period", "close", NOVEMBER, "--with-unknown").code == 0
    assert (clock(shown(sla)["clocks"]), shown(sla)["unknown"]) == ((0, 0, 0, {"unknown": 1}), [lost])
    desk.advance(minutes=6)
    desk.sync()
    assert [(one["was"], one["now"]) for one in shown(sla)["moved"]] == [("unknown", "broken")] * 2
    assert sla("period", "restate", NOVEMBER, "--reason", "it was read").code == 0
    assert (clock(shown(sla)["clocks"]), shown(sla)["unknown"]) == ((0, 0, 1, {}), [])


ALTERATIONS = {
    "a frozen status": "update period_outcomes set status = 'met'",
    "a removed outcome": "delete from period_outcomes where id = 1",
    "another name": "update periods set closed_by = 'Eve'",
    "another end": "update periods set until = until + 1",
    "a removed edition": "delete from periods",
}


@pytest.mark.parametrize("statement", ALTERATIONS.values(), ids=ALTERATIONS)
def test_a_closed_month_is_neither_changed_by_accident_nor_in_silence(
    desk: World, sla: Command, month: tuple[str, str], statement: str
) -> None:
    sla("period", "close", NOVEMBER)
    with sqlite3.connect(desk.folder / "ledger.db") as db:
        with pytest.raises(sqlite3.IntegrityError, match="is append-only"):
            db.execute(statement)
        for (trigger,) in db.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            db.execute(f"drop trigger {trigger}")
        assert db.execute(statement).rowcount > 0
    db.close()
    with pytest.raises(LedgerDamaged):
        desk.require_whole_chain()
