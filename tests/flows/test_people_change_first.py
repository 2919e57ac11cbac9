"""A person changes what a rung is about to set, after it was decided and before it is sent: the person wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import Unreachable
from hubspot_sla.flows.runs import sync as syncing

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.flows.sending.commit import RunStats

VERSIONS = ["2026-09", "2026-03"]
OWNER, LEAD, COLLEAGUE = "3001", "3002", "3003"
ESCALATIONS = """\
ladders:
  default:
    rungs:
      - at: breach
        do:
          - set: {hs_ticket_priority: URGENT, hs_ticket_category: GENERAL_INQUIRY}
          - {reassign: "3002"}
"""


@pytest.fixture
def desk(live: World) -> World:
    (live.folder / "mappings/escalations.yaml").write_text(ESCALATIONS, encoding="utf-8")
    live.sync()
    live.advance(minutes=1)
    return live


def synced(of: World, version: str) -> RunStats:
    with of.impatient(version) as context:
        return syncing.sync(context)


def decided_and_not_sent(of: World, version: str) -> str:
    """A late ticket whose rung has fired, and HubSpot has taken no write."""
    ticket = of.ticket(hs_ticket_priority="HIGH", hubspot_owner_id=OWNER)
    of.advance(hours=1, seconds=2)
    with of.running.faults.during("server_error", route="batch_update"), pytest.raises(Unreachable):
        synced(of, version)
    assert of.rows("select count(*) from outbox where kind = 'fields'") == [(2,)]
    of.advance(minutes=1)
    return ticket


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "changed",
    [
        {"hs_ticket_priority": "LOW"},
        {"hs_ticket_category": "PRODUCT_ISSUE"},
        {"hubspot_owner_id": COLLEAGUE},
        {"hs_ticket_priority": "LOW", "hs_ticket_category": "PRODUCT_ISSUE", "hubspot_owner_id": COLLEAGUE},
    ],
    ids=["a property that is judged by", "one that is not", "the owner", "all of them"],
)
def test_what_a_person_changed_meanwhile_stays_and_the_rest_is_set(
    desk: World, version: str, changed: dict[str, str]
) -> None:
    ticket = decided_and_not_sent(desk, version)
    desk.change(ticket, **changed)
    desk.advance(minutes=1)
    stats = synced(desk, version)
    asked = {"hs_ticket_priority": "URGENT", "hs_ticket_category": "GENERAL_INQUIRY", "hubspot_owner_id": LEAD}
    values = desk.portal.read("tickets", ticket)
    assert {name: values[name] for name in asked} == asked | changed
    assert stats.quarantined == 0
    withdrawn = desk.entries("withdrawn", ticket)
    assert {name: value for entry in withdrawn for name, value in entry["theirs"].items()} == changed
    for _ in range(2):
        desk.advance(minutes=10)
        synced(desk, version)
    assert {name: desk.portal.read("tickets", ticket)[name] for name in asked} == asked | changed
    desk.require_whole_chain()


@pytest.mark.parametrize("version", VERSIONS)
def test_where_nobody_changed_anything_all_is_set_though_the_answer_was_lost(desk: World, version: str) -> None:
    ticket = decided_and_not_sent(desk, version)
    assert synced(desk, version).fields_written == 2
    values = desk.portal.read("tickets", ticket)
    assert (values["hs_ticket_priority"], values["hubspot_owner_id"]) == ("URGENT", LEAD)
    assert desk.entries("withdrawn") == []


def test_what_was_withdrawn_is_told_with_its_rung(desk: World) -> None:
    ticket = decided_and_not_sent(desk, "2026-09")
    desk.change(ticket, hubspot_owner_id=COLLEAGUE)
    desk.advance(minutes=1)
    synced(desk, "2026-09")
    ((state, reason),) = desk.rows("select state, reason from rungs")
    assert state == "fired"
    assert "somebody changed hubspot_owner_id before it was set" in str(reason)


def test_a_later_rung_sets_what_an_earlier_one_has_set_in_the_same_run(desk: World) -> None:
    later = ESCALATIONS + "      - {at: +1h, do: [{set: {hs_ticket_priority: LOW}}]}\n"
    (desk.folder / "mappings/escalations.yaml").write_text(later, encoding="utf-8")
    ticket = desk.ticket(hs_ticket_priority="HIGH", hubspot_owner_id=OWNER)
    desk.sync()
    desk.advance(hours=2, seconds=2)
    with desk.running.faults.during("server_error", route="batch_update"), pytest.raises(Unreachable):
        synced(desk, "2026-09")
    desk.advance(minutes=1)
    synced(desk, "2026-09")
    assert desk.portal.read("tickets", ticket)["hs_ticket_priority"] in ("URGENT", "LOW")
    assert desk.entries("withdrawn") == []
