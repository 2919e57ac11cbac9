"""Writes of properties that wait: what somebody takes away, puts off or puts back is found, and nothing else is."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from altered import alter
from flows.world import NOW, world
from hubspot_sla.errors import ComeBackLater, LedgerDamaged
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.ledger import audit_verification, database
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from flows.world import World


@pytest.fixture
def live(tmp_path: Path) -> Iterator[World]:
    made = world(copied_portal(NOW, tickets=0), tmp_path)
    made.go_live()
    made.advance(minutes=1)
    yield made
    made.close()


@pytest.fixture
def refused(live: World) -> str:
    """A ticket whose status HubSpot does not take: it is sent again in minutes."""
    ticket = live.ticket(hs_ticket_priority="HIGH")
    with live.running.faults.during("poison_rows", ids=[ticket], route="batch_update", message="Nobody takes this"):
        live.sync()
    assert live.rows("select state, refusals from outbox") == [("refused", 1)]
    return ticket


def impatient_sync(of: World) -> None:
    with of.impatient() as context:
        syncing.sync(context)


@pytest.fixture
def waiting(live: World) -> str:
    """A ticket of which HubSpot never heard that it is late: the line was cut."""
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=9)
    with (
        live.running.faults.during("reset", route="batch_update"),
        suppress(ComeBackLater),
        live.impatient() as context,
    ):
        syncing.sync(context)
    assert live.rows(f"select state from outbox where kind = 'properties' and record_id = '{ticket}'") == [("claimed",)]
    return ticket


def problems(of: World) -> list[str]:
    """What `sla audit verify` finds, each as a line."""
    with database.open_for_reading(of.folder / "ledger.db") as ledger:
        result = audit_verification.verify(ledger.db)
    assert result.rows is not None
    return [str(problem) for problem in result.rows.problems]


OF_REFUSED = {
    "put off for ever": "update outbox set again_at = 9999999999999 where state = 'refused'",
    "never to be sent again": "update outbox set again_at = null where state = 'refused'",
    "taken for sent": "update outbox set state = 'confirmed' where state = 'refused'",
    "taken away": "delete from outbox where state = 'refused'",
}


def test_a_refused_write_that_was_altered_is_found(live: World, refused: str) -> None:
    require_found(live, refused, OF_REFUSED)


OF_WAITING = {
    "taken away": "delete from outbox where kind = 'properties'",
    "put off": "update outbox set state = 'unknown', again_at = 9999999999999 where kind = 'properties'",
    "other values": "update outbox set body = replace(body, 'breached', 'running') where kind = 'properties'",
    "another entry": "update outbox set entry = entry - 1 where kind = 'properties'",
}


def test_a_waiting_write_that_was_altered_is_found(live: World, waiting: str) -> None:
    require_found(live, waiting, OF_WAITING)


def require_found(of: World, ticket: str, alterations: Mapping[str, str]) -> None:
    ledger, whole = of.folder / "ledger.db", of.folder / "whole.db"
    assert problems(of) == []
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("pragma wal_checkpoint(truncate)")
    shutil.copy(ledger, whole)
    for what, statement in alterations.items():
        shutil.copy(whole, ledger)
        alter(ledger, statement)
        assert any(f"record tickets:{ticket}, table outbox: " in line for line in problems(of)), what


def test_a_write_of_before_that_is_put_back_is_found(live: World, waiting: str) -> None:
    ledger = live.folder / "ledger.db"
    [row] = live.rows("select * from outbox where kind = 'properties'")
    live.advance(minutes=10)
    live.sync()
    live.change(waiting, hs_pipeline_stage="4")
    live.advance(minutes=10)
    live.sync()
    assert problems(live) == []
    alter(ledger, f"insert into outbox values ({', '.join(map(literal, row))})")
    assert any(f"record tickets:{waiting}, table outbox: " in line for line in problems(live))


def literal(value: object) -> str:
    return "null" if value is None else str(value) if isinstance(value, int) else "'" + str(value) + "'"


def test_a_record_whose_refused_write_was_altered_is_not_judged(live: World, refused: str) -> None:
    alter(live.folder / "ledger.db", OF_REFUSED["put off for ever"])
    live.advance(hours=2)
    with pytest.raises(LedgerDamaged, match=f"tickets:{refused} in outbox"):
        live.sync()


def test_a_write_that_lands_is_refused_or_is_not_needed_any_more_leaves_nothing_to_find(
    live: World, refused: str, waiting: str
) -> None:
    live.advance(minutes=10)
    live.sync()
    assert live.rows("select count(*) from outbox where kind = 'properties'") == [(0,)]
    assert problems(live) == []
    with live.running.faults.during("poison_rows", route="batch_update", property="sla_reason"):
        live.advance(minutes=10)
        live.change(refused, hs_ticket_priority="LOW")
        live.sync()
    assert problems(live) == []
    live.portal.archive("tickets", refused)
    live.advance(minutes=10)
    live.sync()
    assert problems(live) == []
    live.tear_down()
    assert problems(live) == []
