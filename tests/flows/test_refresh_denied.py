"""A refresh without one of the scopes it uses: what needs it rests, the others go on, and the doctor says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.test_doctor import findings
from flows.test_refresh import rename, warnings
from hubspot_sla.errors import ScopeMissing
from hubspot_sla.flows.runs.refresh import refresh
from hubspot_sla.flows.runs.sync import sync

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.flows.sending.commit import RunStats

VERSIONS = ["2026-09", "2026-03"]
COMPANIES, CONTACTS, OWNERS = "crm.objects.companies.read", "crm.objects.contacts.read", "crm.objects.owners.read"
PATHS = {
    COMPANIES: ("*/companies/batch/read", "*/associations/*/tickets/companies/*", "*/properties/*/companies"),
    CONTACTS: ("*/contacts/batch/read", "*/associations/*/tickets/contacts/*", "*/properties/*/contacts"),
    OWNERS: ("*/owners*",),
}


def deny(world: World, scope: str) -> None:
    for path in PATHS[scope]:
        world.running.faults.add("missing_scope", path=path, scopes=[scope])


def refreshed(world: World, version: str) -> RunStats:
    with world.impatient(version) as context:
        return refresh(context)


def resting(world: World) -> list[str]:
    return [one.message for one in findings(world) if one.check == "resting" and one.level == "warn"]


def names_refused(world: World) -> list[str]:
    return [one.message for one in findings(world) if one.check == "names" and one.level == "warn"]


@pytest.mark.parametrize("version", VERSIONS)
def test_without_companies_owners_are_named_and_stages_looked_at_and_no_ticket_changes(
    live: World, version: str
) -> None:
    ticket = live.ticket(company="5004", hubspot_owner_id="3001")
    live.sync()
    live.advance(hours=2)
    deny(live, COMPANIES)
    rename(live, "0", "2", "Waiting for nobody")
    before = live.held(ticket)
    stats = refreshed(live, version)
    assert (stats.exit_code, stats.tickets_seen, stats.judged, stats.quarantined) == (3, 1, 0, 0)
    assert live.held(ticket) == before
    assert any("Waiting for nobody" in warning for warning in warnings(live))
    assert live.rows("select count(*) from names where kind = 'owner'") != [(0,)]
    lines = resting(live)
    assert any(line.startswith("customers: ") and COMPANIES in line for line in lines)
    assert any(line.startswith("check of the portal: ") and COMPANIES in line for line in lines)
    assert any(COMPANIES in line for line in names_refused(live))
    live.running.faults.clear()
    assert refreshed(live, version).exit_code == 0
    assert resting(live) == names_refused(live) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_new_company_that_may_not_be_read_does_not_take_the_tier_away(live: World, version: str) -> None:
    """The associations may be read, the company itself may not."""
    ticket = live.ticket(company="5004")
    live.sync()
    before = live.held(ticket)
    assert before["tier"] == "gold"
    live.advance(hours=2)
    live.portal.associate("tickets", ticket, "companies", "5021", primary=True, at=live.now)
    live.running.faults.add("missing_scope", path="*/companies/batch/read", scopes=[COMPANIES])
    assert refreshed(live, version).exit_code == 3
    assert live.held(ticket)["tier"] == "gold"
    live.running.faults.clear()
    refreshed(live, version)
    assert live.held(ticket)["tier"] != "gold"


@pytest.mark.parametrize("version", VERSIONS)
def test_without_contacts_the_tier_they_gave_stays_and_companies_are_read(live: World, version: str) -> None:
    live.edit("tiers.yaml", lambda text: text.replace("sources:\n", "sources:\n  - contact_property: company\n", 1))
    contact = live.portal.create("contacts", {"email": "vip@example.com", "company": "platinum"}, at=live.now)
    of_contact = live.ticket()
    live.portal.associate("tickets", of_contact, "contacts", contact, at=live.now)
    live.sync()
    live.sync()
    assert live.held(of_contact)["tier"] == "platinum"
    live.advance(hours=2)
    deny(live, CONTACTS)
    stats = refreshed(live, version)
    assert (stats.exit_code, stats.quarantined, live.held(of_contact)["tier"]) == (3, 0, "platinum")
    assert any(line.startswith("customers: ") and CONTACTS in line for line in resting(live))
    new = live.ticket(company="5004")
    with live.impatient(version) as context:
        assert sync(context).exit_code == 3
    assert live.held(new) == {}
    live.running.faults.clear()
    live.advance(minutes=6)
    with live.impatient(version) as context:
        sync(context)
    assert refreshed(live, version).exit_code == 0
    assert live.held(new)["tier"] == "gold"
    assert resting(live) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_without_owners_customers_are_refreshed_and_ids_stand_for_names(live: World, version: str) -> None:
    """escalations.yaml names people, so the portal cannot be held against the mappings."""
    live.edit("tiers.yaml", lambda text: text.replace("as_of: creation", "as_of: now"))
    ticket = live.ticket(company="5015")
    live.sync()
    live.advance(hours=2)
    live.portal.update("companies", "5015", {"customer_tier": "gold"}, at=live.now)
    live.advance(minutes=5)
    deny(live, OWNERS)
    stats = refreshed(live, version)
    assert (stats.judged, live.held(ticket)["tier"]) == (1, "gold")
    assert any(OWNERS in line for line in names_refused(live))
    assert stats.exit_code == 3
    (line,) = resting(live)
    assert line.startswith("check of the portal: ")
    assert OWNERS in line


def test_without_the_scope_for_tickets_a_refresh_ends(live: World) -> None:
    live.ticket()
    live.sync()
    live.running.faults.add("missing_scope", path="*/associations/*", scopes=["tickets"])
    with pytest.raises(ScopeMissing):
        refreshed(live, "2026-09")
