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
    from hubspot_sla.flows.inspection.contract_accruals import Accrual, Accruals

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
    assert row.row()[-1] == "33.30 EUR (0.00 to 100.00), 1 open, by 4 or more that ended"


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


def of_contract(world: World, text: str) -> Accrual:
    """What is expected with this in contracts.yaml."""
    (world.folder / "mappings" / "contracts.yaml").write_text(text, encoding="utf-8")
    world.set_up()
    world.advance(minutes=1)
    world.sync()
    (row,) = accrued(world).rows
    return row


@pytest.mark.parametrize(
    "measure", ["mean_lateness: first_response", "percentile: 90, of: first_response", "mean: first_response"]
)
def test_how_long_promises_take_is_expected_by_how_long_they_took_before(december: World, measure: str) -> None:
    """One is open since 91 minutes: of three that took longer, one took 6 hours, which is late by two."""
    text = PAYS.replace("attainment: first_response", measure)
    bound = "1m" if "lateness" in measure else "4h"
    row = of_contract(december, text.replace("below: 90%", f"above: {bound}").replace("90%", bound))
    assert row.expected is not None
    assert (row.expected.mean, row.expected.least, row.expected.most) == (
        *(Decimal("33.30"), Decimal("0.00")),
        Decimal("100.00"),
    )
    assert (row.expected.open, row.expected.ended, row.expected.not_estimated) == (1, 4, ())


def test_what_goes_by_the_calendar_is_not_estimated_by_chances_of_business_time(december: World) -> None:
    text = PAYS.replace("attainment: first_response", "mean: first_response, time: calendar")
    of_contract(december, text.replace("below: 90%", "above: 4h").replace("90%", "4h"))
    said = "acme 2026-12: not estimated: what answers owes goes by the calendar, and chances by business time"
    assert said in accrued(december).notes


def test_what_each_promise_owes_by_how_late_it_is_is_not_estimated_and_the_reason_said(december: World) -> None:
    each = "each_late: {step: 1h, pays: 1%}"
    row = of_contract(december, PAYS.replace("bands: [{below: 90%, pays: 10%}]", each))
    assert row.to_accrue is None
    assert row.row()[-1] == "not estimated"
    said = "acme 2026-12: not estimated: what answers owes goes by how late each promise is"
    assert said in accrued(december).notes
    assert [total.expected for total in accrued(december).totals] == [None]


UPTIME = """\
contracts:
  - id: host
    vendor: Hoster
    currency: EUR
    valid_from: 2026-01-01
    fees: {hosting: 1000}
    objectives:
      - id: uptime
        measure: {uptime: web}
        promised: 99.9%
        credit: {bands: [{below: 99.9%, at_least: 99%, pays: 10%}, {below: 99%, pays: 50%}]}
feeds: {web: {csv: web.csv}}
"""


def test_of_a_feed_nothing_further_is_taken_to_happen_and_that_is_said(december: World) -> None:
    """An hour of two days is 2 %, of a whole month 0.13 %."""
    held = "Waiting on us: {role: open, vendor: Hoster}"
    december.edit("portal.yaml", lambda text: text.replace("Waiting on us: open", held))
    web = december.folder / "mappings" / "web.csv"
    web.write_text("from,to\n2026-12-01T10:00:00Z,2026-12-01T11:00:00Z\n", encoding="utf-8")
    row = of_contract(december, UPTIME)
    assert row.expected is not None
    assert (row.payable, row.expected.mean, row.side) == (Decimal("500.00"), Decimal("100.00"), "vendor")
    (note,) = accrued(december).notes
    assert note == "host 2026-12: nothing further is taken to happen until the window ends: uptime"
    (total,) = accrued(december).totals
    assert (total.side, total.provisional, total.expected) == ("vendor", Decimal("500.00"), Decimal("100.00"))
    web.write_text("at,value\n", encoding="utf-8")
    assert "host 2026-12: not estimated: the feed of uptime is of another form" in accrued(december).notes
    web.unlink()
    assert [row.row()[-1] for row in accrued(december).rows] == ["not estimated"]
    assert "host 2026-12: not estimated: the feed of uptime cannot be read" in accrued(december).notes


HELD = """\
contracts:
  - id: hoster
    vendor: Hoster
    currency: USD
    valid_from: 2026-01-01
    fees: {desk: 1000}
    objectives:
      - id: answers
        measure: {attainment: first_response, when: {policy: hoster-desk}}
        promised: 90%
        credit: {bands: [{below: 90%, pays: 10%}]}
"""
DESK = """\
policies:
  - id: hoster-desk
    kind: uc
    when: {pipeline: Support Pipeline}
    calendar: berlin
    targets: {first_response: 4h}
"""


def test_what_a_vendor_is_likely_to_owe_us_goes_by_what_vendors_promised(live: World) -> None:
    live.edit("policies.yaml", lambda text: text.replace("policies:\n", DESK, 1))
    held = "Waiting on us: {role: open, vendor: Hoster}"
    live.edit("portal.yaml", lambda text: text.replace("Waiting on us: open", held))
    both = PAYS + HELD.removeprefix("contracts:\n")
    (live.folder / "mappings" / "contracts.yaml").write_text(both, encoding="utf-8")
    live.set_up()
    tickets(live, 1, 2, 3, 6)
    live.advance(hours=7)
    live.sync()
    live.advance(days=9)
    live.ticket(company="5030", hs_ticket_priority="LOW")
    live.advance(hours=1.5)
    live.sync()
    found = accrued(live)
    assert [(row.contract, row.expected.open if row.expected else 0, row.to_accrue) for row in found.rows] == [
        ("acme", 1, Decimal("33.30")),
        ("hoster", 1, Decimal("33.30")),
    ]
    assert [(total.side, total.currency, total.expected) for total in found.totals] == [
        ("customer", "EUR", Decimal("33.30")),
        ("vendor", "USD", Decimal("33.30")),
    ]


def test_a_credit_whose_fee_is_not_said_is_not_estimated(december: World) -> None:
    row = of_contract(december, PAYS.replace("{support: 1000}", "{support: {amounts: {2026-11: 1000}}}"))
    assert row.expected is not None
    assert row.expected.not_estimated == ("the contract says no fee 'support' for 2026-12",)
