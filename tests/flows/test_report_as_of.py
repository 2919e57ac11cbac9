"""A report as of the instant of an earlier sync is, to the byte, the report that was made then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from flows.test_forget import forgotten
from flows.test_restatements import waived
from flows.test_sweep import merge
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reporting.report import Asked, report, standing
from hubspot_sla.flows.runs import forget
from hubspot_sla.ledger import database, runs
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.render.report.page import page
from hubspot_sla.render.report.workbook import workbook
from reporting.lists import every_cycle, late_now

if TYPE_CHECKING:
    from flows.world import World

MADE = (report, every_cycle, late_now)


def made(world: World, at: int | None = None, period: str = "2026-11") -> list[bytes]:
    """Every report that there is, as a page and as a workbook."""
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        documents = [of(ledger.db, Asked(period=period, by="customer,owner,metric", at=at)) for of in MADE]
    return [form(document) for document in documents for form in (page, workbook)]


def synced_at(world: World) -> int:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        good = runs.last_success(ledger.db, "sync")
    assert good is not None
    assert good.ended_at is not None
    return good.ended_at


class Diary:
    """After each sync the reports are made and kept."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.kept: dict[int, list[bytes]] = {}

    def sync(self, **advanced: float) -> None:
        self.world.advance(**advanced)
        self.world.sync()
        self.kept[synced_at(self.world)] = made(self.world)

    def require_the_same(self) -> None:
        for number, (at, before) in enumerate(self.kept.items()):
            for part, (now, then) in enumerate(zip(made(self.world, at), before, strict=True)):
                assert now.decode("latin-1").splitlines() == then.decode("latin-1").splitlines(), (
                    number,
                    part,
                    wire(at),
                )


def test_whatever_was_learned_since_the_report_is_the_one_that_was_made_then(live: World) -> None:
    diary = Diary(live)
    company = live.portal.create("companies", {"name": "Bolt"}, at=live.now)
    answered, waiting, reopened, gone = (
        live.ticket(company=company, hs_ticket_priority="HIGH", hubspot_owner_id=owner)
        for owner in ("101", "102", "101", "102")
    )
    diary.sync(minutes=1)
    live.change(waiting, hs_pipeline_stage="2")
    live.portal.send_agent_message(answered, live.now)
    diary.sync(hours=2)  # first responses of the others are late by now
    live.portal.update("companies", company, {"name": "Bolt & Sons"}, at=live.now)
    live.change(reopened, hs_pipeline_stage="4")
    live.portal.send_agent_message(waiting, live.now - timedelta(hours=1, minutes=45))  # back-dated
    diary.sync(hours=1)
    live.advance(minutes=1)
    waived(live, gone)
    diary.sync(minutes=10)
    live.change(reopened, hs_pipeline_stage="1", hs_ticket_priority="LOW")
    live.edit("policies.yaml", lambda text: text.replace("resolution: {HIGH: 8h", "resolution: {HIGH: 5h"))
    diary.sync(hours=3)
    merge(live, answered, reopened)
    late_one = live.ticket(company=company, age=timedelta(hours=6))
    diary.sync(minutes=30)
    live.change(late_one, hs_pipeline_stage="4")
    live.portal.archive("tickets", gone)
    diary.sync(hours=5)
    assert len({part for kept in diary.kept.values() for part in kept}) > 3 * len(diary.kept)
    diary.require_the_same()


def test_what_is_open_is_judged_as_of_the_report_however_long_ago_it_was_looked_at(live: World) -> None:
    live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(minutes=50)
    live.sync()
    judged_at = [at for (at,) in live.rows("select distinct judged_at from outcomes")]
    with database.open_for_reading(live.folder / "ledger.db") as ledger, standing(ledger.db, Asked()):
        elapsed = ledger.db.execute("select min(elapsed_ms), max(elapsed_ms) from outcomes").fetchone()
    assert max(judged_at) <= synced_at(live) - 49 * 60_000
    assert min(elapsed) >= 50 * 60_000 > max(ms for (ms,) in live.rows("select elapsed_ms from outcomes"))
    assert max(elapsed) - min(elapsed) == 0


def test_before_the_portal_was_set_up_nothing_is_reported(live: World) -> None:
    with pytest.raises(UsageProblem, match="not set up yet"):
        made(live, int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000))


def test_what_rests_on_erased_values_is_refused_by_name_and_the_last_sync_is_not(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    at = synced_at(live)
    live.advance(hours=2)
    live.sync()
    forgotten(live, forget.Asked(ticket=ticket))
    with pytest.raises(UsageProblem, match=f"ticket {ticket} cannot be judged as of then: it rests on values"):
        made(live, at)
    assert made(live)
