"""An owner that HubSpot refuses: the task is for the lead then, else for nobody, and says so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.runs.sync import sync

if TYPE_CHECKING:
    from flows.world import World

GONE, LEAD, ALSO_GONE = "3001", "3002", "3003"
OWNER = "hubspot_owner_id"

RUNG = """\
ladders:
  default:
    rungs:
      - at: breach
        do: {actions}
"""

ESCALATIONS = """\
leads: {leads}
ladders:
  default:
    rungs:
      - at: breach
        do: [{{task: owner}}]
"""


@pytest.mark.parametrize("version", ["2026-09", "2026-03"])
@pytest.mark.parametrize(
    ("table", "owner", "remark"),
    [
        (f'{{default: "{LEAD}"}}', LEAD, "is for the lead"),
        ("{}", None, "is for nobody"),
        (f'{{default: "{ALSO_GONE}"}}', None, "is for nobody"),
    ],
    ids=["a lead", "no lead", "a lead who left too"],
)
def test_a_task_for_somebody_who_left_goes_to_the_lead_else_to_nobody(
    live: World, version: str, table: str, owner: str | None, remark: str
) -> None:
    (live.folder / "mappings/escalations.yaml").write_text(ESCALATIONS.format(leads=table), encoding="utf-8")
    tickets = [live.ticket(hs_ticket_priority="HIGH", hubspot_owner_id=GONE) for _ in range(3)]
    other = live.ticket(hs_ticket_priority="HIGH", hubspot_owner_id=LEAD)
    live.sync()
    live.advance(hours=1, seconds=2)
    for who in (GONE, ALSO_GONE):
        live.running.faults.add("owner_deactivated", owner=who)
    with wired(replace(live.settings(), api_version=version)) as context:
        stats = sync(context)
    assert (stats.tasks_created, stats.quarantined) == (4, 0)
    for ticket in tickets:
        (task,) = live.tasks()[ticket]
        assert task.get("hubspot_owner_id") == owner
        assert "HubSpot refuses the owner" in task["hs_task_body"] or owner is None
        assert remark in task["hs_task_body"]
    (task,) = live.tasks()[other]
    assert task["hubspot_owner_id"] == LEAD


@pytest.mark.parametrize("version", ["2026-09", "2026-03"])
@pytest.mark.parametrize(
    "actions",
    [
        f'[set: {{hs_ticket_category: GENERAL_INQUIRY}}, reassign: "{GONE}"]',
        f'[set: {{hs_ticket_category: GENERAL_INQUIRY, {OWNER}: "{GONE}"}}]',
    ],
    ids=["of two actions", "of one"],
)
def test_a_refused_owner_keeps_no_other_property_from_being_set(live: World, version: str, actions: str) -> None:
    (live.folder / "mappings/escalations.yaml").write_text(RUNG.format(actions=actions), encoding="utf-8")
    live.sync()
    ticket = live.ticket(hs_ticket_priority="HIGH", hubspot_owner_id=LEAD)
    live.sync()
    live.advance(hours=1, seconds=2)
    left = live.running.faults.add("owner_deactivated", owner=GONE)
    settings = replace(live.settings(), api_version=version)
    with wired(settings) as context:
        assert sync(context).quarantined == 1
    assert owned(live, ticket) == ("GENERAL_INQUIRY", LEAD)
    ((state, reason),) = live.rows("select state, reason from rungs")
    assert state == "failed"
    assert "owner" in str(reason).lower()
    live.advance(minutes=1)
    live.change(ticket, hs_ticket_category="PRODUCT_ISSUE")  # from then on it is the people's
    live.running.faults.remove(left.id)
    live.advance(minutes=10)
    with wired(settings) as context:
        assert sync(context).quarantined == 0
    assert owned(live, ticket) == ("PRODUCT_ISSUE", GONE)
    assert live.rows("select state, reason from rungs") == [("fired", None)]
    live.require_whole_chain()


def owned(live: World, ticket: str) -> tuple[str, str]:
    values = live.portal.read("tickets", ticket)
    return values["hs_ticket_category"], values["hubspot_owner_id"]
