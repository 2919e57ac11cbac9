"""The forecast of a ledger: chances by hand, what had been seen at a cut, and what cannot be asked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flows.test_restatements import waived
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.inspection.forecast_document import AskedForecast, forecast_document
from hubspot_sla.flows.inspection.seen_clocks import SeenClocks
from hubspot_sla.ledger import database, known_by
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.render.report.as_json import as_json

if TYPE_CHECKING:
    from flows.world import World

HOUR = 3_600_000


def tickets(world: World, *hours: float | None) -> list[str]:
    """A LOW ticket for each, answered after so many hours. A first response is promised within four."""
    made = [world.ticket(hs_ticket_priority="LOW") for _ in hours]
    for ticket, after in zip(made, hours, strict=True):
        if after is not None:
            world.portal.send_agent_message(ticket, world.now + timedelta(hours=after))
    return made


def forecast(world: World, **asked: Any) -> dict[str, Any]:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return as_json(forecast_document(ledger.db, AskedForecast(**asked)))


@pytest.fixture
def december(live: World) -> World:
    """In November four were answered after 1, 2, 3 and 6 hours; on 2 December one has waited for an hour and a half."""
    tickets(live, 1, 2, 3, 6)
    live.advance(hours=7)
    live.sync()
    live.advance(days=9)
    tickets(live, None)
    live.advance(hours=1.5)
    live.sync()
    return live


def test_the_chance_of_an_open_promise_by_hand(december: World) -> None:
    """Three of four took longer than 1:30, one longer than four hours: a third. After two hours it is one of two, as
    likely as not, and after three it is certain."""
    (row,) = (row for row in forecast(december)["tables"]["open"] if row["clock"] == "First response")
    assert row["chance_late"] == pytest.approx(1 / 3, abs=1e-6)
    assert row["naive"] == 0.25
    created_at = int((december.now - timedelta(hours=1.5)).timestamp() * 1000)
    assert row["likelier_late_at"] == wire(created_at + 3 * HOUR)
    assert row["due_at"] == wire(created_at + 4 * HOUR)


def test_the_end_of_the_month_by_policy(december: World) -> None:
    """The first response is met by 2 of 3; of four resolutions none was ever seen in time, so this one is not."""
    (row,) = forecast(december)["tables"]["policies"]
    assert (row["policy"], row["judged"], row["to_come"], row["unlike"]) == ("support", 0, 2, 0)
    assert row["expected"] == pytest.approx((2 / 3 + 0) / 2, abs=1e-6)
    assert row["naive"] == pytest.approx((3 / 4 + 0) / 2, abs=1e-6)


def test_what_ended_after_the_month_began_counts_as_open_at_its_beginning(live: World) -> None:
    """1, 2, 3 and 6 hours, and two hours of one that was answered in December. Four of five are above 1:30; of them
    three quarters above 2:00, and of the two that are left then one is above 4:00."""
    tickets(live, 1, 2, 3, 6)
    live.advance(days=7, hours=13, minutes=59)
    tickets(live, 3)
    live.advance(hours=36)
    tickets(live, None)
    live.advance(hours=1.5)
    live.sync()
    (row,) = (row for row in forecast(live)["tables"]["open"] if row["clock"] == "First response")
    assert row["chance_late"] == pytest.approx(3 / 4 * 1 / 2, abs=1e-6)


def test_the_end_of_the_month_counts_what_customers_are_promised_in_it_and_is_not_waived(december: World) -> None:
    """Three first responses are late, of which one is waived, and one of Onboarding, whose resolution is due in
    January. The department promises a first response too."""
    acme, *_ = december.portal.ids("companies")
    when = "when: {pipeline: Support Pipeline}, calendar: always"
    desk = f"  - {{id: desk, kind: ola, {when}, targets: {{first_response: 1h}}}}\n"
    december.edit("policies.yaml", lambda text: text.replace("resolution: 48h", "resolution: 960h") + desk)
    december.sync()
    _, excused = tickets(december, None, None)
    december.ticket(company=acme, hs_pipeline="204880101", hs_pipeline_stage="981230001")
    december.advance(hours=4.6)
    december.sync()
    waived(december, excused, "first_response")
    december.advance(minutes=1)
    december.sync()
    tables = forecast(december)["tables"]
    assert {row["policy"]: (row["judged"], row["met"], row["to_come"]) for row in tables["policies"]} == {
        "onboarding": (1, 0, 0),
        "support": (2, 0, 3),
    }
    assert {row["customer"]: row["judged"] for row in tables["customers"]} == {"Customer 01": 1, "none": 2}
    of_policy = forecast(december, policy="onboarding")["tables"]
    assert [(row["policy"], row["judged"]) for row in of_policy["policies"]] == [("onboarding", 1)]
    assert {row["policy"] for row in of_policy["open"]} == {"onboarding"}


def test_only_what_had_been_seen_at_a_cut_counts(live: World) -> None:
    (ticket,) = tickets(live, None)
    live.sync()
    begun_at = int(live.now.timestamp() * 1000)
    live.portal.send_agent_message(ticket, live.now + timedelta(minutes=20))
    live.advance(hours=2)
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        before = known_by.newest_entry(ledger.db, begun_at + HOUR)
    live.sync()
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        after = known_by.newest_entry(ledger.db, begun_at + 3 * HOUR)
        seen, known = (SeenClocks(ledger.db).at(begun_at + HOUR, entry) for entry in (before, after))
    assert {one.outcome.clock: one.outcome.when.elapsed_ms for one in seen.open} == {
        "first_response": HOUR,
        "resolution": HOUR,
    }
    assert {one.outcome.clock for one in known.open} == {"resolution"}


def test_what_is_waived_and_what_departments_promise_teaches_nothing_of_open_promises(live: World) -> None:
    when = "when: {pipeline: Support Pipeline}, calendar: always"
    desk = f"  - {{id: desk, kind: ola, {when}, targets: {{first_response: 1h}}}}\n"
    live.edit("policies.yaml", lambda text: text + desk)
    live.sync()
    excused, _ = tickets(live, None, None)
    live.advance(hours=5)
    live.sync()
    waived(live, excused, "first_response")
    live.advance(minutes=1)
    live.sync()
    now = int(live.now.timestamp() * 1000)
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        seen = SeenClocks(ledger.db).at(now, known_by.newest_entry(ledger.db, now))
    taught = sorted((life.kind.metric, life.kind.policy) for life in seen.lives)
    assert taught == [("first_response", "support"), ("resolution", "support"), ("resolution", "support")]


def paused(world: World, *until: float) -> list[str]:
    """A LOW ticket for each, which waits for the customer after an hour; closed after so many hours, or 72 hours after
    its creation where it is taken up again then."""
    made = tickets(world, *([0.5] * len(until)))
    for ticket, closed in zip(made, until, strict=True):
        for hours, stage in ((1, "2"), *(((closed, "4"),) if closed < 72 else ((closed, "3"), (closed + 40, "4")))):
            world.portal.update("tickets", ticket, {"hs_pipeline_stage": stage}, at=world.now + timedelta(hours=hours))
    return made


def test_the_chance_of_a_paused_promise_is_that_of_those_seen_standing_still_by_hand(live: World) -> None:
    """Three waited from the second hour on when they were looked at on 24 November, a week before December. Two were
    closed in their wait, one was taken up again and took 41 hours of 24: a third. So few count however old it is."""
    paused(live, 30, 40, 72)
    live.advance(days=6)
    live.sync()
    live.advance(days=3)
    young, old = tickets(live, 0.5, 0.5)
    for ticket, hours in ((young, 0.75), (old, 2)):
        live.portal.update("tickets", ticket, {"hs_pipeline_stage": "2"}, at=live.now + timedelta(hours=hours))
    live.advance(hours=5)
    live.sync()
    found = forecast(live)
    rows = {row["record"]: row for row in found["tables"]["open"]}
    assert rows[young]["chance_late"] == pytest.approx(1 / 3, abs=1e-6)
    assert (rows[young]["ended"], rows[young]["naive"]) == (3, pytest.approx(1 / 3, abs=1e-6))
    assert (rows[young]["likelier_late_at"], rows[young]["due_at"]) == (None, None)
    assert (rows[old]["chance_late"], rows[old]["ended"]) == (rows[young]["chance_late"], 3)
    assert [row["to_come"] for row in found["tables"]["policies"]] == [0]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"period": "2026-11"}, "2026-11 is over"),
        ({"period": "2027-01"}, "2027-01 has not begun"),
        ({"policy": "suport"}, "there is no policy 'suport'"),
        ({"backtest": 1}, "can be tried out in 2026-11"),
    ],
)
def test_what_cannot_be_forecast(december: World, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageProblem, match=said):
        forecast(december, **asked)
