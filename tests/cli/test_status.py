"""`sla status`: the first line is the truth, the exit code says it to a program, and HubSpot is not asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.world import TOKEN

if TYPE_CHECKING:
    from cli.conftest import Command
    from flows.world import World


def rewind(world: World, **by: float) -> None:
    """As if everything had happened so much earlier: the local clock cannot be moved, the ledger can."""
    from datetime import timedelta

    from hubspot_sla.ledger import database

    ms = int(timedelta(**by).total_seconds() * 1000)
    with database.open_for_writing(world.folder / "ledger.db") as ledger, ledger.transaction() as db:
        db.execute("update runs set started_at = started_at - ?, ended_at = ended_at - ?", (ms, ms))


def sync_by_the_real_clock(sla: Command, world: World) -> None:
    """The sandbox keeps a clock of its own, and the offset to it is noted: status goes by that."""
    assert sla("sync").code == 0


def test_after_a_good_sync_it_is_working(sla: Command, live: World) -> None:
    sync_by_the_real_clock(sla, live)
    before = len(live.running.requests)
    ended = sla("status")
    assert ended.code == 0
    assert ended.out.startswith("working: last sync ")
    lines = dict(line.split("\t")[:2] for line in ended.out.splitlines()[1:])
    assert lines["tickets"] == "1 open of 1; late clocks: 1"
    assert lines["queue"] == "empty"
    assert lines["quarantine"] == "empty"
    assert "625,000" in lines["quota"]
    assert "next deadline" in lines
    assert len(live.running.requests) == before


def test_json_says_the_same(sla: Command, live: World) -> None:
    sync_by_the_real_clock(sla, live)
    told = sla("status", "--json").json
    assert isinstance(told, dict)
    assert told["working"] is True
    assert told["deadlines"]["open_tickets"] == 1
    assert {run["command"] for run in told["runs"]} == {"setup", "sync"}
    assert told["quota"]["daily"] == 625_000


def test_before_setup_it_is_not(sla: Command, empty: World) -> None:
    assert sla("status").code == 2
    assert sla("sync").code == 2
    ended = sla("status")
    assert ended.code == 2
    assert "not set up" in ended.out


def test_a_sync_that_is_too_long_ago_is_75(sla: Command, live: World) -> None:
    sync_by_the_real_clock(sla, live)
    rewind(live, hours=3, seconds=10)
    ended = sla("status")
    assert ended.code == 75
    assert ended.out.startswith("NOT working: last sync 3 h")
    assert sla("status", "--within", "240").code == 0


def test_a_failed_sync_tells_its_error_and_ends_with_its_code(sla: Command, live: World) -> None:
    sync_by_the_real_clock(sla, live)
    live.running.access.revoke(TOKEN)
    assert sla("sync").code == 3
    ended = sla("status")
    assert ended.code == 3
    assert ended.out.startswith("NOT working: last sync ")
    assert "does not accept the token" in ended.out.splitlines()[0]
    live.running.access.grant(TOKEN)
    sync_by_the_real_clock(sla, live)
    assert sla("status").code == 0


def test_what_waits_and_what_is_quarantined_is_counted(sla: Command, live: World) -> None:
    sync_by_the_real_clock(sla, live)
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.running.faults.add("poison_rows", route="batch_update", ids=[ticket])
    assert sla("sync").code == 1
    ended = sla("status")
    assert ended.code == 0
    assert "1 properties refused" in ended.out
    assert "0 invalid, 1 rejected" in ended.out


def test_a_failed_rung_is_shown(sla: Command, live: World) -> None:
    from hubspot_sla.ledger import database

    sync_by_the_real_clock(sla, live)
    with database.open_for_writing(live.folder / "ledger.db") as ledger, ledger.transaction() as db:
        db.execute(
            "insert into rungs (key, record_id, clock, cycle, ladder, rung, nth, level, state, due_at, at, reason,"
            " run_id) values ('k', '28100001', 'resolution', 1, 'standard', 'breach', 1, 1, 'failed', 1, 2,"
            " 'no such owner', 'r')"
        )
    assert "no such owner" in sla("status").out


def test_a_quarantined_ticket_is_listed_and_tried_again_beside_a_worker(sla: Command, live: World) -> None:
    from hubspot_sla.ledger import database

    ticket = live.ticket(hs_ticket_priority="HIGH")
    fault = live.running.faults.add("poison_rows", route="batch_update", ids=[ticket], message="Nobody likes it")
    assert sla("sync").code == 1
    listed = sla("quarantine", "list")
    assert listed.code == 1
    assert listed.out.startswith(f"{ticket}\trejected\twriting\t")
    assert "Nobody likes it" in listed.out
    live.running.faults.clear()
    assert fault.strikes
    with database.open_for_writing(live.folder / "ledger.db"):
        ended = sla("quarantine", "retry", ticket, "1")
    assert ended.code == 0
    assert "ticket 1 is not in quarantine" in ended.out
    assert sla("sync").code == 0
    assert live.held(ticket)["status"] == "running"
    assert sla("quarantine", "list").out == "Nothing is in quarantine.\n"


@pytest.mark.parametrize("arguments", [(), ("--all", "1")])
def test_a_retry_names_tickets_or_all(sla: Command, live: World, arguments: tuple[str, ...]) -> None:
    assert sla("quarantine", "retry", *arguments).code == 2
