"""How contracts stand is written to companies by the daily job alone, where contracts.yaml asks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.context.failpoints import Failpoint
from hubspot_sla.flows.context.run_result import NOTHING
from hubspot_sla.flows.inspection.doctor import examine
from hubspot_sla.flows.inspection.look_ahead import look_ahead
from hubspot_sla.flows.reading.company_properties import COMPANIES, NAMES, RESTS
from hubspot_sla.flows.runs.contract_states import write_states
from hubspot_sla.ledger import database, missing_scopes

if TYPE_CHECKING:
    from flows.world import World

CONTRACTS = """\
company_properties: true
contracts:
  - id: acme
    customer: "5004"
    currency: EUR
    valid_from: 2026-01-01
    fees: {support: 1000}
    objectives:
      - id: answers
        measure: {attainment: first_response}
        promised: 90%
        credit: {bands: [{below: 90%, pays: 5%}]}
  - id: gone
    customer: "999999"
    currency: EUR
    valid_from: 2026-01-01
    objectives: [{id: answers, measure: {attainment: first_response}, promised: 90%}]
"""


def asked_for(world: World, text: str = CONTRACTS) -> None:
    (world.folder / "mappings" / "contracts.yaml").write_text(text, encoding="utf-8")


def run_job(world: World) -> object:
    with wired(world.settings()) as context:
        return write_states(context)


def on_company(world: World) -> dict[str, str | None]:
    values = world.portal.read(COMPANIES, "5004")
    return {key: values.get(name) for key, name in NAMES.items()}


def test_the_daily_job_writes_what_differs_and_nothing_twice(live: World) -> None:
    asked_for(live)
    live.set_up()
    live.ticket(company="5004", hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=3)
    live.sync()
    assert on_company(live)["contract_state"] in (None, "")
    assert run_job(live) == "wrote how the contracts of 1 company stand; HubSpot has no company 999999"
    assert on_company(live) == {
        "contract": "acme",
        "contract_state": "below",
        "attainment_30d": "0.0",
        "attainment_period": "0.0",
        "breaches_30d": "1",
        "credit_period": "EUR 50.00",
    }
    assert run_job(live) == "HubSpot has no company 999999"
    (asked,) = live.entries("contract_states")
    assert asked["plan"][0]["changes"]["sla_contract"] == "acme"
    assert live.rows("select count(*) from audit where kind = 'write' and object_type = 'companies'") == [(1,)]
    assert live.rows("select count(*) from outbox where object_type = 'companies'") == [(0,)]
    live.require_whole_chain()


def test_unless_it_is_asked_for_nothing_is_made_or_written(live: World) -> None:
    asked_for(live, CONTRACTS.replace("company_properties: true\n", ""))
    live.set_up()
    live.sync()
    assert run_job(live) is NOTHING
    assert not set(NAMES.values()) & set(live.portal._catalogues[COMPANIES]._properties)


def test_without_the_scope_the_properties_rest_and_everything_else_goes_on(live: World) -> None:
    asked_for(live)
    live.running.faults.add("missing_scope", scopes=["crm.schemas.companies.write"], path="*companies*groups*")
    live.set_up()
    ticket = live.ticket(company="5004")
    live.sync()
    assert live.held(ticket)["policy"]
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        assert RESTS in missing_scopes.load(ledger.db)


def resting(of: World) -> list[str]:
    """What the doctor says of it."""
    found = examine(of.settings(), round(of.now.timestamp() * 1000))
    return [one.message for one in found if one.check == "resting" and one.level == "warn"]


def test_a_write_that_hubspot_denies_rests_until_it_lets_us_and_the_doctor_says_so(live: World) -> None:
    asked_for(live)
    live.set_up()
    ticket = live.ticket(company="5004", hs_ticket_priority="HIGH")
    live.sync()
    denied = live.running.faults.add(
        "missing_scope", scopes=["crm.objects.companies.write"], path="*/companies/batch/update"
    )
    assert f"the {RESTS} rest: " in str(run_job(live))
    (line,) = resting(live)
    assert line.startswith(f"{RESTS}: ")
    assert "crm.objects.companies.write" in line
    assert on_company(live)["contract"] in (None, "")
    assert len(live.entries("contract_states")) == 1
    assert live.rows("select state from outbox where key = 'properties:companies:5004'") == [("refused",)]
    live.require_whole_chain()
    live.change(ticket, subject="Still on fire")
    live.sync()
    assert live.held(ticket)["status"] == "running"
    live.running.faults.remove(denied.id)
    live.advance(minutes=10)
    assert "wrote how the contracts of 1 company stand" in str(run_job(live))
    assert resting(live) == []
    live.require_whole_chain()


class Killed(BaseException):
    """The process is no more."""


def killed(of: World, point: Failpoint) -> bool:
    """Whether the job died when it passed the point."""

    def die(passed: Failpoint) -> None:
        if passed is point:
            raise Killed

    try:
        with wired(of.settings()) as context:
            write_states(replace(context, reached=die))
    except Killed:
        return True
    return False


@pytest.mark.parametrize("point", [Failpoint.RECORDED, Failpoint.CLAIMED, Failpoint.SENT, Failpoint.SETTLED])
def test_wherever_the_job_dies_what_it_was_to_write_is_written(live: World, point: Failpoint) -> None:
    asked_for(live)
    live.set_up()
    live.sync()
    assert killed(live, point)
    live.require_whole_chain()
    live.sync()
    assert on_company(live)["contract"] == "acme"
    assert live.rows("select count(*) from outbox where object_type = 'companies'") == [(0,)]
    assert run_job(live) == "HubSpot has no company 999999"
    assert len(live.entries("contract_states")) == 1
    live.require_whole_chain()


def test_what_waits_and_is_not_wanted_any_more_is_replaced(live: World) -> None:
    asked_for(live)
    live.set_up()
    live.ticket(company="5004", hs_ticket_priority="HIGH")
    live.sync()
    denied = live.running.faults.add("access_denied", path="*/companies/batch/update")
    run_job(live)
    live.advance(hours=3)
    live.sync()
    live.running.faults.remove(denied.id)
    run_job(live)
    assert on_company(live)["contract_state"] == "below"
    assert len(live.entries("contract_states")) == 2
    live.require_whole_chain()


@pytest.mark.parametrize(
    "then",
    [
        CONTRACTS.replace("2026-01-01", "2026-01-01\n    valid_to: 2026-11-30", 1),
        CONTRACTS.replace('"5004"', '"999999"'),
    ],
)
def test_a_company_whose_contract_has_ended_or_is_gone_says_nothing_any_more(live: World, then: str) -> None:
    asked_for(live)
    live.set_up()
    live.sync()
    run_job(live)
    asked_for(live, then)
    live.sync()
    live.advance(days=10)
    assert on_company(live)["contract"] == "acme"
    live.sync()
    assert run_job(live) == "wrote how the contracts of 1 company stand; HubSpot has no company 999999"
    assert set(on_company(live).values()) <= {"", None}
    assert run_job(live) == "HubSpot has no company 999999"


def test_a_plan_shows_what_the_job_would_write_and_writes_nothing(live: World) -> None:
    asked_for(live)
    live.set_up()
    live.sync()
    with wired(live.settings()) as context:
        ahead = look_ahead(context, (), lambda _: None)
    (write,) = ahead.contracts
    assert (write.key, write.changes["sla_contract"]) == ("properties:companies:5004", "acme")
    assert on_company(live)["contract"] in (None, "")


def test_properties_that_were_never_made_rest_and_the_reason_stays(live: World) -> None:
    asked_for(live)
    live.running.faults.add("missing_scope", scopes=["crm.schemas.companies.write"], path="*companies*groups*")
    live.set_up()
    live.sync()
    assert "company 5004 was refused: " in str(run_job(live))
    (line,) = resting(live)
    assert line.startswith(f"{RESTS}: ")


def test_a_teardown_archives_what_setup_made_on_companies(live: World) -> None:
    asked_for(live)
    live.set_up()
    assert set(NAMES.values()) <= set(live.tear_down()[COMPANIES])


def test_what_rested_for_want_of_a_scope_rests_no_more_where_nothing_is_to_be_written(
    live: World,
) -> None:
    asked_for(live)
    live.set_up()
    live.ticket(company="5004", hs_ticket_priority="HIGH")
    live.sync()
    run_job(live)
    denied = live.running.faults.add(
        "missing_scope", scopes=["crm.objects.companies.read"], path="*/companies/batch/read"
    )
    run_job(live)
    assert len(resting(live)) == 1
    live.running.faults.remove(denied.id)
    run_job(live)
    assert resting(live) == []
