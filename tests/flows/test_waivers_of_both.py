"""Statements and simulations hold the same waivers against a promise: those that it was judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.test_contract_waivers import late
from flows.test_simulate import request
from flows.test_simulated_credits import PAYS, agreeing, write
from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.flows.reporting.contracts.ledger_waivers import LedgerWaivers
from hubspot_sla.flows.reporting.contracts.waiving import CycleWaivers, WaivedCycle
from hubspot_sla.flows.runs import waive
from hubspot_sla.flows.simulation.contract_promises import JudgedWaivers
from hubspot_sla.flows.simulation.ledger_source import opened_ledger
from hubspot_sla.ledger import database
from hubspot_sla.ledger.waivers import WaiverTerms
from hubspot_sla.plan.records import RecordRef
from proofs import people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.world import World

__all__ = ["late"]

HOUR_MS = 3_600_000
NAMED = "customer's fault"


def now_of(world: World) -> int:
    return round(world.now.timestamp() * 1000)


def granted(world: World, asked: waive.Asked, reason: str = NAMED, **terms: int | bool) -> None:
    """Judged by it as of a minute later."""
    with database.open_beside(world.folder / "ledger.db") as ledger:
        waive.grant(ledger, asked, WaiverTerms(reason, "Ada", now_of(world), **terms))  # type: ignore[arg-type]
    world.advance(minutes=1)
    world.sync()


def span_to(world: World) -> dict[str, int | bool]:
    """The three hours up to now."""
    return {"since": now_of(world) - 3 * HOUR_MS, "until": now_of(world), "stops": True}


def test_a_waiver_of_another_company_of_the_ticket_leaves_out_what_the_contract_names(live: World, late: str) -> None:
    write(live, PAYS)
    live.ticket(company="5022")
    of_two = live.ticket(company="5004", hs_ticket_priority="HIGH")
    live.portal.associate("tickets", of_two, "companies", "5022", at=live.now)
    live.sync()
    live.advance(hours=2)
    live.sync()
    assert agreeing(live) == (2, True)
    granted(live, waive.Asked(company="5022"), **(span_to(live) | {"stops": False}))
    assert live.held(of_two)["first_response_status"] == "waived"
    assert agreeing(live) == (1, True)


@pytest.mark.parametrize("stops", [False, True])
def test_a_waiver_of_a_ticket_that_was_merged_counts_for_the_one_that_it_went_into(
    live: World, late: str, *, stops: bool
) -> None:
    """Resolution within six hours: created at 08:01, closed some seven hours later, of which three are stopped."""
    write(live, PAYS.replace("attainment: first_response", "attainment: resolution"))
    granted(live, waive.Asked(record=late), **(span_to(live) if stops else {}))
    live.advance(minutes=1)
    other = live.ticket(company="5004", hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=5)
    survivor = people.merge(live, other, late)
    live.change(survivor, hs_pipeline_stage="4")
    live.advance(minutes=1)
    live.sync()
    assert live.held(survivor)["resolution_status"] == ("met" if stops else "waived")
    assert agreeing(live) == (0, False)


def test_a_waiver_that_expired_before_a_promise_was_over_leaves_nothing_out(live: World, late: str) -> None:
    """It is waived still, for another reason that the contract does not name."""
    write(live, PAYS)
    granted(live, waive.Asked(record=late), expires_at=now_of(live) + HOUR_MS)
    assert agreeing(live) == (0, False)
    granted(live, waive.Asked(record=late), "a bad day")
    live.advance(hours=2)
    live.sync()
    assert live.held(late)["first_response_status"] == "waived"
    assert agreeing(live) == (1, True)


def test_both_hold_the_same_waivers_against_every_cycle(live: World, late: str) -> None:
    """Of each scope, limit and kind that there is."""
    write(live, PAYS)
    live.ticket(company="5022", hs_ticket_priority="HIGH")
    live.advance(hours=3)
    live.sync()
    at = now_of(live)
    spans = [{}, {"since": at - 6 * HOUR_MS, "until": at - HOUR_MS}, {"expires_at": at + 1}]
    stopped = {"since": at - HOUR_MS // 2, "until": at - HOUR_MS // 6}
    scopes = [
        waive.Asked(record=late),
        waive.Asked(record=late, metric="resolution"),
        waive.Asked(company="5004"),
        waive.Asked(company="5022"),
        waive.Asked(pipeline="Support Pipeline"),
        waive.Asked(pipeline="Onboarding"),
    ]
    with database.open_beside(live.folder / "ledger.db") as ledger:
        for number, (scope, span) in enumerate((scope, span) for scope in scopes for span in spans):
            if scope.record or "since" in span:
                waive.grant(ledger, scope, WaiverTerms(f"reason {number}", "Ada", at, **span))
            if "since" in span:
                waive.grant(ledger, scope, WaiverTerms(f"stop {number}", "Ada", at, stops=True, **stopped))
    live.advance(minutes=1)
    live.sync()
    excusing, stopping, cycles = set[str](), set[str](), 0
    for stated, simulated in of_both(live):
        cycles += 1
        assert stated.excusing() == simulated.excusing()
        assert stated.stopping() == simulated.stopping()
        for reasons in (stated.stopping(), {"stop 1"}, set[str]()):
            assert stated.without(reasons) == simulated.without(reasons)
        excusing |= stated.excusing()
        stopping |= stated.stopping()
    assert cycles == 4
    assert excusing == {f"reason {number}" for number in (0, 1, 3, 7, 10, 13)}
    assert stopping == {f"stop {number}" for number in (1, 4, 7, 10, 13)}


def of_both(world: World) -> Iterator[tuple[CycleWaivers, CycleWaivers]]:
    """The waivers of each cycle, as a statement and as a simulation has them."""
    query = (
        "select object_type, record_id, clock, cycle, started_at, coalesce(stopped_at, ended_at), breached_at,"
        " judged_at from outcomes where metric in ('first_response', 'resolution')"
    )
    with (
        opened_ledger(world.folder / "ledger.db", request(world)) as source,
        database.open_for_reading(world.folder / "ledger.db") as ledger,
    ):
        of_ledger = LedgerWaivers(ledger.db, in_force(ledger.db), now_of(world))
        facts_by_ref = {facts.ref: facts for part in source.parts() for facts, _ in source.facts(part)}
        for row in ledger.db.execute(query).fetchall():
            ref, at = RecordRef(row[0], row[1]), row[-1]
            judged = source.after.judge(facts_by_ref[ref], at)
            assert judged.judgement is not None
            one = judged.cycles[row[2], row[3]].cycle
            clock = next(clock for clock in judged.judgement.promised if clock.key == row[2])
            stated = CycleWaivers(of_ledger.of(ref), WaivedCycle(clock, *row[3:-1]))
            cycle = WaivedCycle(clock, one.number, one.started_at, one.over_at, one.breached_at)
            yield stated, CycleWaivers(JudgedWaivers(judged, at), cycle)
