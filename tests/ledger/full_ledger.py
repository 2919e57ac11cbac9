"""A month with something in every table: what is said of all rows is tried on these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.conversation_desk import agent_of
from flows.test_sweep import run_sweep
from flows.world import NOW, world
from hubspot_sandbox.native_sla import Goals
from seeded import copied_portal

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Command
    from flows.world import World

MONTH, COMPANY = "2026-11", "5015"
CONTRACTS = """\
contracts:
  - id: acme
    name: Support of Acme
    customer: "5015"
    currency: EUR
    timezone: UTC
    valid_from: 2026-09-16
    fees: {support: 999.99}
    objectives:
      - id: resolution
        measure: {attainment: resolution}
        promised: 95%
        credit: {bands: [{below: 95%, at_least: 90%, pays: 5%}, {below: 90%, pays: 10%}]}
      - id: uptime
        measure: {uptime: web}
        promised: 99.9%
        credit: {bands: [{below: 99.9%, pays: 10%}]}
    exclusions:
      - {waived: [customer's fault]}
    claim: {closes: {days: 30}}
feeds: {web: {csv: web.csv}}
"""
OUTAGES = "from,to,kind,announced\n2026-11-25T10:00:00Z,2026-11-25T11:00:00Z,,\n"
BY_CONTACT = "sources:\n  - contact_property: firstname\n"


def desk_in(folder: Path) -> World:
    """A portal with goals of its own, set up without a ticket; conversations are read, and tiers of contacts."""
    made = world(copied_portal(NOW, tickets=0), folder)
    made.portal.set_native_sla(Goals(first_response=60, close=480))
    made.go_live()
    mappings = folder / "mappings"
    (mappings / "contracts.yaml").write_text(CONTRACTS, encoding="utf-8")
    (mappings / "web.csv").write_text(OUTAGES, encoding="utf-8")
    made.edit("tiers.yaml", lambda text: text.replace("sources:\n", BY_CONTACT))
    made.edit("portal.yaml", lambda text: text + "messages: {sources: [threads]}\n")
    return made


def lived_through(desk: World, sla: Command) -> str:
    """Closed, restated, waived, answered late, set aside, claimed. The id of a ticket that was late."""
    desk.advance(minutes=1)
    late = desk.ticket(hs_ticket_priority="HIGH", company=COMPANY, hubspot_owner_id="3002")
    contact = desk.portal.create("contacts", {"firstname": "gold"}, at=desk.now)
    desk.portal.associate("tickets", late, "contacts", contact, at=desk.now)
    thread = desk.portal.start_thread(late, at=desk.now)
    desk.write_message(thread, text="It is down.")
    done, gone, poor = desk.ticket(company=COMPANY), desk.ticket(), desk.ticket()
    desk.sync()
    desk.advance(minutes=5)
    desk.change(done, hs_pipeline_stage="4", hubspot_owner_id="3002")
    desk.portal.archive("tickets", gone)
    desk.sync()
    desk.advance(hours=30)
    desk.write_message(thread, agent_of(desk), "Have you tried it again?")
    desk.sync()
    must(sla, "waive", done, "--reason", "agreed", "--by", "Ada")
    must(sla, "waiver", "revoke", "1", "--reason", "not agreed", "--by", "Ada")
    desk.change(done, sla_status="breached")
    desk.advance(days=7)
    desk.sync()
    run_sweep(desk)
    must(sla, "run", "contract_states")
    must(sla, "period", "close", MONTH, "--by", "Ada")
    must(sla, "contract", "close", "acme", "--period", MONTH, "--by", "Ada")
    must(
        sla, "contract", "claim", "acme", "--period", MONTH, "--objective", "uptime", "--state", "filed", "--by", "Ada"
    )
    must(sla, "waive", late, "--reason", "an outage of theirs", "--by", "Ada")
    desk.advance(minutes=1)
    desk.change(poor, hs_pipeline_stage="4")
    with desk.running.faults.during("poison_rows", ids=[poor], route="batch_update"):
        desk.sync()
    return late


def must(sla: Command, *arguments: str) -> None:
    ended = sla(*arguments)
    assert ended.code == 0, ended.err
