"""What two connections work out at the same time is what one works out alone, and an error of either ends both."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from flows.test_report_as_of import synced_at
from hubspot_sla.flows.reporting import report as reports
from hubspot_sla.flows.reporting.beside import beside
from hubspot_sla.flows.reporting.report import Asked, report, statement
from hubspot_sla.ledger import database
from hubspot_sla.render.report.page import page

if TYPE_CHECKING:
    from flows.world import World

ENDLESS = "with recursive counted(n) as (select 1 union all select n + 1 from counted) select max(n) from counted"


def pages(world: World, at: int) -> list[bytes]:
    asked = Asked(period="2026-11", by="customer,metric", at=at)
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        documents = [report(ledger.db, asked), statement(ledger.db, asked, "Bolt")]
    return [page(document) for document in documents]


def test_two_connections_make_the_report_that_one_makes(live: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of the first sync, when nothing was late, and as of the last: then five hours were over."""
    instants: list[int] = []
    for name in ("Bolt", "Nut"):
        company = live.portal.create("companies", {"name": name}, at=live.now)
        for priority in ("HIGH", "LOW"):
            live.ticket(company=company, hs_ticket_priority=priority, hubspot_owner_id="101")
    for minutes in (1, 300):
        live.advance(minutes=minutes)
        live.sync()
        instants.append(synced_at(live))
    by_one = [pages(live, at) for at in instants]
    monkeypatch.setattr(reports, "WORTH_TWO", 0)
    assert [pages(live, at) for at in instants] == by_one
    assert len({of_all for of_all, _ in by_one}) == len(instants)


def test_what_ends_the_first_ends_the_second() -> None:
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as second:
        with (
            pytest.raises(KeyboardInterrupt),
            beside(second, second, lambda db: db.execute(ENDLESS).fetchone()),
        ):
            raise KeyboardInterrupt
        assert second.execute("select 1").fetchone() == (1,)


def test_an_error_of_the_second_is_raised_where_its_work_is_asked_for() -> None:
    with (
        closing(sqlite3.connect(":memory:", check_same_thread=False)) as second,
        beside(second, second, lambda db: db.execute("select no_such_column")) as found,
        pytest.raises(sqlite3.OperationalError, match="no_such_column"),
    ):
        found()


def test_without_a_second_the_first_does_the_work_when_it_is_asked_for() -> None:
    done: list[str] = []
    with closing(sqlite3.connect(":memory:")) as db, beside(db, None, lambda _: done.append("beside")) as found:
        done.append("first")
        found()
    assert done == ["first", "beside"]
