"""What could not be judged, or would not be taken, is tried again with patience, and told apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flows.test_poison import take_option
from hubspot_sandbox.object_types import TICKETS
from hubspot_sla.ledger import database, quarantine
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import pytest

    from flows.world import World
    from hubspot_sla.ledger.quarantine import Kept

MINUTE_MS = 60_000


def kept(world: World) -> list[Kept]:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return quarantine.every(ledger.db)


def retry(world: World, *ids: str) -> int:
    with database.open_for_writing(world.folder / "ledger.db") as ledger, ledger.transaction() as db:
        return quarantine.retry(db, [RecordRef.of(id_) for id_ in ids] or None)


def unreadable(world: World, ticket: str) -> None:
    """HubSpot leaves this row out of every answer to a batch read."""
    world.running.faults.add("vanishing_rows", ids=[ticket], route="batch_read")


def test_what_cannot_be_judged_is_tried_again_by_itself_less_and_less_often(live: World) -> None:
    bad, good = (live.ticket(hs_ticket_priority="HIGH") for _ in range(2))
    live.sync()
    live.advance(hours=1, seconds=2)
    unreadable(live, bad)
    assert live.sync().quarantined == 1
    assert live.held(good)["status"] == "breached"
    waits = []
    for _ in range(4):
        (row,) = kept(live)
        waits.append(row.attempts)
        live.advance(minutes=4)
        assert live.sync().quarantined == 0  # not yet
        live.advance(minutes=5 * 2 ** (row.attempts - 1))
        assert live.sync().quarantined == 1
    assert waits == [1, 2, 3, 4]
    live.running.faults.clear()
    live.advance(days=1)
    live.sync()
    assert live.held(bad)["status"] == "breached"
    assert kept(live) == []


def test_what_is_ours_is_invalid_and_what_is_hubspot_s_is_rejected(live: World) -> None:
    odd = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    take_option(live, "sla_resolution_status", "paused")
    refused = live.ticket(hs_pipeline_stage="2")
    live.advance(hours=1, seconds=2)
    unreadable(live, odd)
    live.sync()
    assert {row.record.record_id: row.word for row in kept(live)} == {odd: "invalid", refused: "rejected"}


def test_what_is_retried_by_hand_is_tried_by_the_next_sync(live: World) -> None:
    catalogue = live.portal.catalogue(TICKETS)
    whole = catalogue.get("sla_resolution_status")
    take_option(live, "sla_resolution_status", "paused")
    one, two = (live.ticket(hs_pipeline_stage="2") for _ in range(2))
    live.sync()
    catalogue.define(whole)
    assert live.sync().properties_written == 0
    assert retry(live, one, "no such ticket") == 1
    assert live.sync().properties_written == 1
    assert live.held(one)["status"] == "running" or live.held(one)["resolution_status"] == "paused"
    assert [row.record.record_id for row in kept(live)] == [two]
    assert retry(live) == 1
    live.sync()
    assert kept(live) == []


def test_a_ticket_that_cannot_be_judged_stops_nobody_and_is_judged_when_it_can_be(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hubspot_sla.flows.judging.decide import decide
    from hubspot_sla.flows.reading import evaluate_page

    bad, good = live.ticket(), live.ticket()

    def fails(record: object, *rest: object) -> object:
        if record.ref.record_id == bad:  # type: ignore[attr-defined]  # RecordFacts
            raise ValueError("an odd fact")
        return decide(record, *rest)  # type: ignore[arg-type]  # passed on

    with monkeypatch.context() as patched:
        patched.setattr(evaluate_page, "decide", fails)
        assert live.sync().quarantined == 1
    assert live.held(good)["status"] == "running"
    (row,) = kept(live)
    assert (row.record.record_id, row.word, row.reason) == (bad, "invalid", "an odd fact")
    assert row.again_at is not None
    assert row.again_at - row.since_at == 5 * MINUTE_MS
    live.advance(minutes=6)
    live.sync()
    assert live.held(bad)["status"] == "running"
    assert kept(live) == []
    assert replace(row, step="task").word == "rejected"


def test_a_row_that_never_could_be_read_is_let_go_once_its_ticket_is_archived(live: World) -> None:
    """There is no ticket to end: without this it would be asked for at every sync."""
    bad = live.ticket()
    with database.open_for_writing(live.folder / "ledger.db") as ledger, ledger.transaction() as db:
        quarantine.put(db, {RecordRef.of(bad): "unreadable"}, step=quarantine.JUDGING, run_id="test", at=0)
    live.portal.archive("tickets", bad)
    live.sync()
    assert kept(live) == []
