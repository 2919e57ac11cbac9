"""A tier that `ranks` does not know falls to no other source and to no default: the ticket says that it is unknown."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from channels.receivers import Answer, Receiver
from cli.conftest import Command
from flows.world import NOW, world
from hubspot_sandbox.seed import seeded_portal
from hubspot_sla.flows.inspection.unmatched import UnrankedTier
from hubspot_sla.flows.inspection.unranked import unranked_problems
from hubspot_sla.policy.customers import CompanyView, ContactView
from hubspot_sla.policy.loader import load
from policy.mapping_texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World

TIERS = """\
ranks: [gold, silver, bronze]
sources:
  - company_property: customer_tier
default: bronze
"""
TIERED = """\
policies:
  - id: gold
    when: {tier: gold}
    calendar: always
    targets: {resolution: 6h}
  - id: nobody-special
    when: {tier: {known: false}}
    calendar: always
    targets: {resolution: 24h}
  - id: bronze
    when: {tier: bronze}
    calendar: always
    targets: {resolution: 48h}
"""
FOR_ALL = """
  - id: everybody
    calendar: always
    targets: {resolution: {by: tier, gold: 6h, default: 48h}, first_response: 4h}
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    """Company 5021 is platinum; `ranks` does not know that, and everybody else is bronze."""
    made = world(seeded_portal(NOW, tickets=0), tmp_path, TIERED)
    made.edit("tiers.yaml", lambda _: TIERS)
    made.portal.update("companies", "5021", {"customer_tier": "platinum"}, at=made.now)
    made.set_up()
    made.sync()
    made.advance(minutes=1)
    yield made
    made.close()


def test_the_ticket_is_unknown_and_says_which_tier_is_not_ranked(desk: World) -> None:
    ticket = desk.ticket(company="5021")
    desk.sync()
    held = desk.held(ticket)
    assert held["status"] == "unknown"
    assert held["tier"] == "not ranked: platinum"
    assert "the tier is not ranked: platinum" in held["reason"]
    assert "bronze" not in held["reason"]


def test_a_policy_that_asks_for_no_tier_still_applies_and_promises_nothing_by_tier(desk: World) -> None:
    desk.edit("policies.yaml", lambda text: text + FOR_ALL)
    ticket = desk.ticket(company="5021")
    desk.sync()
    held = desk.held(ticket)
    assert held["first_response_status"] == "running"
    assert held["resolution_status"] == "no_sla"
    assert "Resolution: the tier is not ranked: platinum" in held["reason"]


def test_the_run_warns_of_it(desk: World, caplog: pytest.LogCaptureFixture) -> None:
    desk.ticket(company="5021")
    with caplog.at_level(logging.WARNING, "hubspot_sla.sync"):
        stats = desk.sync()
    assert stats.unranked == {"platinum": 1}
    assert "the tier 'platinum' is not ranked" in caplog.text


def test_once_it_is_ranked_the_ticket_is_promised_something(desk: World) -> None:
    ticket = desk.ticket(company="5021")
    desk.sync()
    desk.edit("tiers.yaml", lambda text: text.replace("ranks: [gold", "ranks: [platinum, gold"))
    desk.edit("policies.yaml", lambda text: text.replace("tier: gold", "tier: [gold, platinum]"))
    desk.sync()
    assert desk.held(ticket)["resolution_status"] == "running"
    assert desk.held(ticket)["tier"] == "platinum"


def test_check_with_the_portal_names_the_value_with_companies_and_tickets(
    desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ticket(company="5021")
    desk.ticket(company="5021")
    ended = Command(desk, monkeypatch)("check", "--portal")
    assert ended.code == 2
    assert "the tier 'platinum' is not ranked" in ended.err
    assert "of 1 company with 2 open tickets" in ended.err
    assert "tiers.yaml:1:1" in ended.err


def test_only_the_company_that_decides_is_counted(desk: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = desk.ticket(company="5021")
    desk.portal.associate("tickets", ticket, "companies", "5022", at=desk.now)
    assert "of 1 company with 1 open ticket" in Command(desk, monkeypatch)("check", "--portal").err


def test_warnings_of_the_portal_are_shown_beside_the_error(desk: World, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ticket(company="5021")
    desk.edit("tiers.yaml", lambda text: text.replace("default", "  - csv: more.csv\ndefault"))
    (desk.folder / "mappings/more.csv").write_text("company_id,tier\n999999,gold\n")
    ended = Command(desk, monkeypatch)("check", "--portal")
    assert ended.code == 2
    assert "more.csv:2:1: HubSpot has no company 999999" in ended.out
    assert "the tier 'platinum' is not ranked" in ended.err


def test_the_remedy_is_where_the_value_stands(desk: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ticket(company="5021")
    remedies = []
    rows = b'[{"company_id": 5021, "tier": "diamond"}, {"company_id": 999999, "tier": "gold"}]'
    receiver.always("/tiers", Answer(body=rows))
    for source in ("company_property: customer_tier", f"http: {receiver.url}/tiers"):
        desk.edit("tiers.yaml", lambda _, source=source: f"ranks: [gold, silver, bronze]\nsources:\n  - {source}\n")
        ended = Command(desk, monkeypatch)("check", "--portal")
        remedies.append(ended.err)
    assert "company property customer_tier says so of 1 company" in remedies[0]
    assert "or change it in HubSpot" in remedies[0]
    assert f"not ranked: {receiver.url}/tiers says so of 1 company with 1 open ticket" in remedies[1]
    assert "or change it there" in remedies[1]
    assert f"{receiver.url}/tiers: HubSpot has no company 999999" in ended.out


def test_doctor_names_the_value_by_the_last_sync_and_by_the_options_of_the_property(
    desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.edit("tiers.yaml", lambda text: text.replace("[gold,", "[platinum, gold,"))
    desk.sync()
    assert "ok\ttiers\t4 ranked" in Command(desk, monkeypatch)("doctor").out
    desk.edit("tiers.yaml", lambda text: text.replace("[platinum, gold, silver,", "[gold,"))
    desk.ticket(company="5021")
    desk.sync()
    ended = Command(desk, monkeypatch)("doctor")
    assert ended.code == 2
    assert "fail\ttiers\ttiers.yaml:1:1: the tier 'platinum' is not ranked: 1 open record has it" in ended.out
    assert "the tier 'silver' is not ranked: the company property customer_tier can be so" in ended.out


def test_in_the_first_grammar_the_next_source_decides_as_it_did() -> None:
    given = texts(tiers="ranks: [gold, silver]\nsources:\n  - company_property: customer_tier\n  - csv: tiers.csv\n")
    history = {"customer_tier": ((0, "platinum"),)}
    of_company = [CompanyView("1", primary=True, property_history=history)]
    at = 1_772_000_000_000
    assert load(given, grammar=1).tiers.of(of_company, at, at).tier == "gold"
    now = load(given).tiers.of(of_company, at, at)
    assert (now.tier, now.unranked, now.shown) == (None, "platinum", "not ranked: platinum")


def test_a_contact_whose_tier_is_not_ranked_may_be_the_best() -> None:
    given = texts(tiers="ranks: [gold, silver]\nsources:\n  - contact_property: vip\n")
    contacts = [ContactView("1", {"vip": ((0, "gold"),)}), ContactView("2", {"vip": ((0, "diamond"),)})]
    assert load(given).tiers.of([], 1, 1, contacts).unranked == "diamond"
    assert load(given, grammar=1).tiers.of([], 1, 1, contacts).tier == "gold"


def test_what_a_contact_says_is_counted_by_tickets() -> None:
    mappings = load(texts(tiers="ranks: [gold, silver]\nsources:\n  - contact_property: vip\n"))
    tier = UnrankedTier("contact property vip", open_tickets=2)
    (problem,) = unranked_problems(mappings, lambda _: {}, {"diamond": tier})
    assert "'diamond' is not ranked: contact property vip says so of 2 open tickets (add it" in str(problem)
