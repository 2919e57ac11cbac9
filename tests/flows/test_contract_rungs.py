"""Rungs of contracts fire once for each entry into a state and once for each day, through the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.context.run_result import NOTHING
from hubspot_sla.flows.runs.contract_states import write_states

if TYPE_CHECKING:
    from flows.world import World

OWNER, MAIL = "3001", "mara.lindqvist@support.example"
CONTRACTS = """\
contracts:
  - id: acme
    name: Acme support
    customer: "5004"
    owner: mara.lindqvist@support.example
    currency: EUR
    valid_from: 2026-01-01
    fees: {support: 1000}
    objectives:
      - id: answers
        name: First answers
        measure: {attainment: first_response}
        promised: 90%
        credit: {bands: [{below: 90%, pays: 5%}]}
"""
ESCALATIONS = """\
leads: {default: mara.lindqvist@support.example}
contracts:
  - contract: acme
    rungs:
      - {at: below, do: [{task: owner}]}
"""


def asked_for(of: World, contracts: str = CONTRACTS, escalations: str = ESCALATIONS) -> None:
    (of.folder / "mappings" / "contracts.yaml").write_text(contracts, encoding="utf-8")
    (of.folder / "mappings" / "escalations.yaml").write_text(escalations, encoding="utf-8")


def run_job(of: World) -> object:
    with wired(of.settings()) as context:
        return write_states(context)


def tasks(of: World) -> list[dict[str, str | None]]:
    """Those of contracts."""
    return [task for task in of._all("tasks") if "contract:" in (task.get("sla_task_key") or "")]


def late_answer(of: World) -> None:
    """A first answer to the customer is late: the objective is missed so far."""
    of.set_up()
    of.ticket(company="5004", hs_ticket_priority="HIGH")
    of.sync()
    of.advance(hours=3)
    of.sync()


def test_a_missed_objective_makes_one_task_on_the_company(live: World) -> None:
    asked_for(live)
    late_answer(live)
    assert run_job(live) == "1 rung of contracts fired"
    (task,) = tasks(live)
    assert task["sla_task_key"] == "task:contract:acme:answers:2026-11:below"
    assert task["hs_task_subject"] == "Objective missed so far: First answers - Acme support"
    assert task["hubspot_owner_id"] == OWNER
    assert run_job(live) is NOTHING
    assert len(tasks(live)) == 1
    live.require_whole_chain()


HOSTER = """\
contracts:
  - id: hoster
    vendor: Hoster
    owner: "3002"
    currency: EUR
    valid_from: 2026-01-01
    objectives: [{id: uptime, measure: {uptime: website}, promised: 99.9%}]
    dates: [{what: review, on: 2026-12-01}, {what: renewal, on: 2027-01-01, notice: {months: 1}}]
feeds: {website: {csv: outages.csv}}
"""
DAYS = """\
contracts:
  - side: vendor
    rungs:
      - {at: date, before: {days: 14}, do: [{task: owner}]}
      - {at: date, before: {days: 30}, do: [{task: owner}]}
      - {at: notice_ends, before: {business_days: 9, calendar: always}, do: [{task: owner}]}
"""


def hosted(of: World) -> None:
    asked_for(of, HOSTER, DAYS)
    (of.folder / "mappings" / "outages.csv").write_text("from,to\n", encoding="utf-8")
    of.edit(
        "portal.yaml", lambda text: text.replace("Waiting on us: open", "Waiting on us: {role: open, vendor: Hoster}")
    )
    of.set_up()
    of.sync()


def test_days_of_a_vendor_come_up_in_a_task_that_hangs_on_nothing_once(live: World) -> None:
    hosted(live)
    assert run_job(live) == "2 rungs of contracts fired, 1 passed by"
    made = {task["sla_task_key"]: task for task in tasks(live)}
    assert made.keys() == {
        "task:contract:hoster:review:2026-12-01:date-14d",
        "task:contract:hoster:renewal:2027-01-01:notice_ends-9bd",
    }
    assert {task["hubspot_owner_id"] for task in made.values()} == {"3002"}
    assert run_job(live) is NOTHING
    live.require_whole_chain()
