"""What accruals expect of a window that runs: the chances of the forecast, and the bands of the contract."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from flows.test_forecast import tickets
from flows.test_simulated_credits import PAYS as OF_ANOTHER
from hubspot_sla.flows.inspection.contract_accruals import accruals
from hubspot_sla.flows.inspection.journal import journal
from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.flows.inspection.contract_accruals import Accruals

PAYS = OF_ANOTHER.replace("5004", "5030")


def accrued(world: World) -> Accruals:
    settings = world.settings()
    with database.open_for_reading(settings.ledger) as ledger:
        now = round(world.now.timestamp() * 1000)
        return accruals(ledger.db, FeedReader(settings.mappings, settings.secret), now)


@pytest.fixture
def december(live: World) -> World:
    """In November four were answered after 1, 2, 3 and 6 hours; on 2 December one of the contract's customer has waited
    for an hour and a half of four: of three that took longer, one was late."""
    (live.folder / "mappings" / "contracts.yaml").write_text(PAYS, encoding="utf-8")
    live.set_up()
    tickets(live, 1, 2, 3, 6)
    live.advance(hours=7)
    live.sync()
    live.advance(days=9)
    live.ticket(company="5030", hs_ticket_priority="LOW")
    live.advance(hours=1.5)
    live.sync()
    return live


def test_a_running_window_is_expected_to_come_to_the_chance_times_the_credit(december: World) -> None:
    found = accrued(december)
    (row,) = found.rows
    assert row.expected is not None
    assert (row.standing, row.payable, row.expected.open) == ("running", Decimal("0.00"), 1)
    amounts = row.expected.mean, row.expected.least, row.expected.most
    assert amounts == (Decimal("33.30"), Decimal("0.00"), Decimal("100.00"))
    assert [(total.provisional, total.expected) for total in found.totals] == [(Decimal("0.00"), Decimal("33.30"))]
    assert row.row()[-1] == "33.30 EUR (0.00 to 100.00)"


def test_once_it_is_late_or_kept_the_plain_statement_is_expected(december: World) -> None:
    december.advance(hours=3)
    december.sync()
    (row,) = accrued(december).rows
    assert row.expected is not None
    assert row.payable == row.expected.mean == row.expected.least == row.expected.most == Decimal("100.00")


def test_the_journal_books_what_is_expected_and_balances(december: World) -> None:
    lines = [line.split(",") for line in journal(accrued(december)).splitlines()]
    assert lines[0] == ["date", "account", "debit", "credit", "currency", "contract", "party", "period", "standing"]
    assert [line[:5] for line in lines[1:]] == [
        ["2026-12-31", "service_credits", "33.30", "", "EUR"],
        ["2026-12-31", "accrued_service_credits", "", "33.30", "EUR"],
    ]


def test_how_long_promises_take_is_not_forecast_and_said(december: World) -> None:
    text = PAYS.replace("attainment: first_response", "mean_lateness: first_response")
    text = text.replace("below: 90%", "above: 1m").replace("90%", "1m")
    (december.folder / "mappings" / "contracts.yaml").write_text(text, encoding="utf-8")
    december.set_up()
    december.advance(minutes=1)
    december.sync()
    found = accrued(december)
    assert found.rows[0].to_accrue == found.rows[0].payable
    assert any("not forecast, and counted as they stand: answers" in note for note in found.notes)
