"""What waivers of every kind mean to a contract: they leave a promise out only where it names their reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.properties import Property
from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
from hubspot_sla.flows.reporting.contracts.statement import Asked, drawn_window
from hubspot_sla.flows.reporting.report import mappings_of
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.contract.sample import Sample

CONTRACT = """\
contracts:
  - id: acme
    customer: "5004"
    currency: EUR
    valid_from: 2026-01-01
    objectives: [{id: answers, measure: {attainment: first_response}, promised: 90%}]
    exclusions: [{waived: [customer's fault]}]
"""


def sample(world: World) -> Sample:
    """What the statement of the window that runs counts."""
    settings = world.settings()
    with database.open_for_reading(settings.ledger) as ledger:
        now = round(world.now.timestamp() * 1000)
        asked = Asked("acme", "2026-11", FeedReader(settings.mappings, settings.secret), now)
        drawn = drawn_window(ledger.db, mappings_of(ledger.db), asked)
    return drawn.settled.statement.lines[0].sample


@pytest.fixture
def late(live: World) -> str:
    """A ticket of the contract's customer whose first response is late, in a portal where a property waives."""
    (live.folder / "mappings" / "contracts.yaml").write_text(CONTRACT, encoding="utf-8")
    reason = Property("waiver_reason", "Why it is excused", "string", "text", "ticketinformation")
    live.portal.catalogue(TICKETS).define(reason)
    live.edit("portal.yaml", lambda text: text.replace("\nproperties:\n", "\nproperties:\n  waiver: waiver_reason\n"))
    live.set_up()
    ticket = live.ticket(company="5004", hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=2)
    live.sync()
    return ticket


STOPPED = """\
waivers:
  - {{customer: "5004", reason: "{reason}", from: 2026-11-23T08:00:00Z, to: 2026-11-23T10:00:00Z, stop: true}}
"""


def stop(world: World, reason: str) -> None:
    """From 08:00 to 10:00 the clocks of the customer stand still."""
    (world.folder / "mappings" / "waivers.yaml").write_text(STOPPED.format(reason=reason), encoding="utf-8")
    world.set_up()
    world.advance(minutes=1)
    world.sync()


def waive(world: World, ticket: str, reason: str) -> None:
    world.change(ticket, waiver_reason=reason)
    world.advance(minutes=1)
    world.sync()


def test_a_reason_in_the_mapped_property_leaves_out_what_the_contract_names(live: World, late: str) -> None:
    assert (sample(live).bad, sample(live).excluded) == (1, ())
    waive(live, late, "a bad day")
    assert live.held(late)["first_response_status"] == "waived"
    assert (sample(live).bad, sample(live).excluded) == (1, ())
    waive(live, late, "customer's fault")
    assert (sample(live).bad, sample(live).excluded) == (0, (("customer's fault", 1),))
    waive(live, late, "")
    assert (sample(live).bad, sample(live).excluded) == (1, ())


def test_what_was_over_before_go_live_stays_out_when_it_is_waived_afterwards(empty: World) -> None:
    (empty.folder / "mappings" / "contracts.yaml").write_text(CONTRACT, encoding="utf-8")
    reason = Property("waiver_reason", "Why it is excused", "string", "text", "ticketinformation")
    empty.portal.catalogue(TICKETS).define(reason)
    empty.edit("portal.yaml", lambda text: text.replace("\nproperties:\n", "\nproperties:\n  waiver: waiver_reason\n"))
    ticket = empty.ticket(company="5004", hs_ticket_priority="HIGH")
    empty.advance(hours=4)
    empty.change(ticket, hs_pipeline_stage="4")
    empty.advance(minutes=1)
    empty.set_up()
    empty.sync()
    assert counts(empty) == [("missed", "before_go_live")]
    assert sample(empty).number == 0
    waive(empty, ticket, "a bad day")
    assert counts(empty) == [("waived", "waived")]
    assert (sample(empty).number, sample(empty).excluded) == (0, ())
    waive(empty, ticket, "customer's fault")
    assert (sample(empty).number, sample(empty).excluded) == (0, ())


def counts(world: World) -> list[tuple[object, ...]]:
    """How the first response stands in the ledger."""
    return world.rows("select status, excluded from outcomes where metric = 'first_response'")


def test_what_only_a_stopped_clock_kept_is_broken_unless_the_contract_names_the_reason(live: World, late: str) -> None:
    """Resolution within six hours, measured by the same contract: created at 08:01, closed at 15:31. It is kept where
    08:00 to 10:00 do not count."""
    live.edit("contracts.yaml", lambda text: text.replace("attainment: first_response", "attainment: resolution"))
    live.advance(hours=5.5)
    live.change(late, hs_pipeline_stage="4")
    live.set_up()
    live.advance(minutes=1)
    live.sync()
    assert (sample(live).good, sample(live).bad) == (0, 1)
    stop(live, "our outage")
    assert live.held(late)["resolution_status"] == "met"
    assert (sample(live).good, sample(live).bad, sample(live).excluded) == (0, 1, ())
    stop(live, "customer's fault")
    assert (sample(live).good, sample(live).bad, sample(live).excluded) == (0, 0, (("customer's fault", 1),))
