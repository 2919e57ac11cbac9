"""A job under way gives way to a deadline that is due: between two pages, and while it waits for one."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

import pytest

from altered import alter
from flows.test_worker import Napless
from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.flows.inspection import audit_replay
from hubspot_sla.flows.inspection.whole_audit import verify_audit
from hubspot_sla.flows.runs import judged_again, rebuild_outcomes
from hubspot_sla.flows.runs import sweep as sweeping
from hubspot_sla.flows.runs.deadlines import watch
from hubspot_sla.flows.runs.sync import sync
from hubspot_sla.flows.worker.job_files import discover
from hubspot_sla.flows.worker.worker import Worker
from hubspot_sla.hubspot import batches, concurrency, crm_records, search_changes
from hubspot_sla.ledger import database, row_proof, state, sync_health
from proofs.lanes import giving_way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flows.world import World
    from hubspot_sandbox.request_log import Request, RequestLine
    from hubspot_sla.flows.context.context import Context

PAGE = 5
PATIENCE_S = 20.0
SEARCH, UPDATE, LIST = "/tickets/search", "/tickets/batch/update", "/2026-09/tickets"


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few records fill many pages."""
    monkeypatch.setattr(search_changes, "PAGE", PAGE)
    monkeypatch.setattr(crm_records, "ASSOCIATION_BATCH", PAGE)
    monkeypatch.setattr(crm_records, "BATCH", PAGE)
    monkeypatch.setattr(crm_records, "BATCH_WITH_HISTORY", PAGE)
    monkeypatch.setattr(batches, "BATCH_WITH_HISTORY", PAGE)
    monkeypatch.setattr(sweeping, "HISTORIES", PAGE)


@pytest.fixture
def desk(live: World, small_pages: None) -> Desk:
    return Desk(live)


class Desk:
    """Tickets that come due one after the other, a minute apart, and many that have changed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.due: list[str] = []

    def open_tickets(self, number: int) -> list[str]:
        return [self.world.ticket() for _ in range(number)]

    def coming_due(self, number: int) -> None:
        """Due in one hour, the next ones a minute later each; all known to the ledger."""
        for _ in range(number):
            self.world.advance(minutes=1)
            self.due.append(self.world.ticket(hs_ticket_priority="HIGH"))
        with self.world.impatient() as context:
            sync(context)
        self.world.advance(minutes=60 - number)

    def work(self, *jobs: str) -> None:
        """Each job once, with the worker's deadlines."""
        loaded, _ = discover(self.world.folder / "jobs")
        with self.world.impatient() as context:
            context.portal.schema.account()
            Worker(context, [job for job in loaded if job.name in (*jobs, "watch")], Napless()).run()

    def after(self, path: str, what: Callable[[], None]) -> None:
        """Do `what` in the portal after every request to this path, before its answer leaves."""
        ended = self.world.running.request_log.end

        def end(request: Request, *arguments: object, **more: object) -> None:
            ended(request, *arguments, **more)
            if request.path.endswith(path):
                what()

        self.world.running.request_log.end = end  # type: ignore[method-assign]

    def walk_again(self) -> None:
        """The next sync reads the whole list, as if nobody ever had."""
        with database.open_for_writing(self.world.folder / "ledger.db") as ledger, ledger.transaction() as db:
            state.forget(db, state.CURSOR)

    def a_minute_later(self) -> None:
        self.world.advance(minutes=1)

    def flagged(self) -> list[str]:
        return [id_ for id_ in self.due if self.world.held(id_)["breached"] == "true"]

    def gave_way(self, command: str) -> int:
        """How often the last run of this command did; it and what it gave way to came to a good end."""
        outcome = "outcome ->> 'error', outcome ->> 'stopped'"
        rows = self.world.rows(f"select command, started_at, ended_at, {outcome} from runs order by rowid")
        last = max(place for place, row in enumerate(rows) if row[0] == command)
        within = [row for row in rows[last:] if row[0] == "watch" and row[1] <= rows[last][2]]
        assert all(row[3:] == (None, None) for row in (rows[last], *within))
        return len(within)

    def written_since(self, index: int) -> list[str]:
        """The tickets in the order in which they were written to, each once."""
        writes = self.world.running.log.writes()[index:]
        return list(dict.fromkeys(str(write.record_id) for write in writes if write.type == "tickets"))

    def nothing_is_left_to_write(self) -> None:
        before, asked = (self.world.all_held(), self.world.task_keys()), len(self.world.running.requests)
        self.work("sync")
        assert paths(self.world.running.requests_since(asked), UPDATE) == []
        assert (self.world.all_held(), self.world.task_keys()) == before


def paths(lines: list[RequestLine], *ends: str) -> list[str]:
    return [end for line in lines for end in ends if line.path.endswith(end)]


def test_a_deadline_that_comes_while_a_poll_reads_many_pages_is_met_first_and_the_poll_ends_whole(desk: Desk) -> None:
    desk.coming_due(3)
    new = desk.open_tickets(30)
    asked, written = len(desk.world.running.requests), len(desk.world.running.log.writes())
    desk.after(SEARCH, desk.a_minute_later)
    desk.work("sync")
    in_order = paths(desk.world.running.requests_since(asked), SEARCH, UPDATE)
    assert in_order.index(UPDATE) < in_order.count(SEARCH) - 3
    first, *others = desk.written_since(written)
    assert first in desk.due  # what else waits to be sent waits for the search
    assert set(new) <= set(others)
    assert desk.flagged() == desk.due
    assert desk.gave_way("sync")
    desk.world.require_whole_chain()
    desk.nothing_is_left_to_write()


def test_a_deadline_is_met_while_a_page_is_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page comes only when the deadline has been met, or patience ends."""
    changed = desk.open_tickets(10)
    desk.coming_due(1)
    for id_ in changed:
        desk.world.change(id_, hs_ticket_priority="URGENT")
    met, patience = Event(), []
    pages = search_changes.Poll.pages

    def withheld(self: search_changes.Poll) -> Iterator[search_changes.Results]:
        for number, page in enumerate(pages(self)):
            if number == 1:
                patience.append(met.wait(PATIENCE_S))
            yield page

    monkeypatch.setattr(search_changes.Poll, "pages", withheld)
    monkeypatch.setattr(concurrency, "PULSE_S", 0.01)
    desk.after(SEARCH, desk.a_minute_later)
    desk.after(UPDATE, met.set)
    desk.work("sync")
    assert patience[0]
    assert desk.flagged() == desk.due


def test_a_sweep_that_gives_way_at_every_page_comes_to_its_end(desk: Desk) -> None:
    desk.open_tickets(30)
    desk.coming_due(6)
    asked = len(desk.world.running.requests)
    desk.after(LIST, desk.a_minute_later)
    desk.work("sweep")
    listed = [one for one in desk.world.running.requests_since(asked) if one.path.endswith(LIST)]
    assert desk.flagged() == desk.due
    assert desk.gave_way("sweep") > 1
    assert len(listed) == 8  # of five each: no page was asked for twice
    with database.open_for_reading(desk.world.folder / "ledger.db") as ledger:
        last = sync_health.last_sweep(ledger.db)
    assert last is not None
    assert (last.listed, last.drift) == (36, 0)
    desk.world.require_whole_chain()


def test_a_walk_through_all_tickets_gives_way_too(desk: Desk) -> None:
    desk.open_tickets(20)
    desk.coming_due(4)
    desk.walk_again()
    desk.after(LIST, desk.a_minute_later)
    desk.work("sync")
    assert desk.flagged() == desk.due
    assert desk.gave_way("sync")
    desk.nothing_is_left_to_write()


def test_a_page_that_was_read_before_a_deadline_was_met_does_not_undo_what_was_learned_then(desk: Desk) -> None:
    desk.coming_due(2 * PAGE)
    desk.walk_again()
    read, lists, is_due = Event(), [], [True]

    def listed() -> None:
        lists.append(1)
        if len(lists) == 2:
            read.set()

    desk.after(LIST, listed)
    asked = len(desk.world.running.requests)
    with desk.world.impatient() as context:

        def meet() -> None:
            is_due.clear()
            assert read.wait(PATIENCE_S)
            desk.world.advance(minutes=1 + 2 * PAGE)
            context.portal.schema.account()
            watch(context.within(inner=True))

        sync(replace(context, urgent=lambda: bool(is_due), do_urgent=meet))
    assert desk.flagged() == desk.due
    assert paths(desk.world.running.requests_since(asked), UPDATE) == [UPDATE]
    assert desk.world.entries("edit") == []
    desk.nothing_is_left_to_write()


@pytest.mark.parametrize("scan", [audit_replay.check, rebuild_outcomes.check, verify_audit])
def test_a_scan_of_the_ledger_gives_way_and_finds_nothing_wrong(
    desk: Desk, scan: Callable[[Context], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judged_again, "PAGE", 1)
    monkeypatch.setattr(row_proof, "_PAGE", 1)
    desk.coming_due(2)
    desk.world.advance(minutes=3)
    with desk.world.impatient() as context:
        context.portal.schema.account()
        scan(giving_way(context))
    assert desk.flagged() == desk.due
    desk.world.require_whole_chain()


def test_an_altered_row_is_found_though_the_look_gave_way(desk: Desk) -> None:
    desk.coming_due(2)
    desk.world.advance(minutes=3)
    alter(desk.world.folder / "ledger.db", "update facts set value = 'LOW' where name = 'hs_ticket_priority'")
    with desk.world.impatient() as context, pytest.raises(LedgerDamaged):
        verify_audit(replace(context, urgent=lambda: True))
