"""What becomes of the rungs that a clock which ran ahead reached too early."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hubspot_sla.plan.clock_ran_ahead import ClockCorrection, corrected_rungs
from hubspot_sla.plan.ladder import Outcome, Reached
from hubspot_sla.plan.records import RecordRef

MINUTE = 60_000
NOW = 1_000 * MINUTE
TICKET = RecordRef("tickets", "28100042")
CORRECTION = ClockCorrection(until=NOW + 90 * MINUTE, ahead_ms=90 * MINUTE)


def reached(at: int, due_at: int, outcome: Outcome = Outcome.FIRED) -> Reached:
    """The breach rung, due and reached so many minutes from now."""
    instants = (NOW + due_at * MINUTE, NOW + at * MINUTE)
    return Reached("k", TICKET, "resolution", 1, "default", "breach", 1, 1, outcome, *instants)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_whatever_became_of_a_rung_it_is_withdrawn_where_its_instant_is_to_come(outcome: Outcome) -> None:
    standing, withdrawn = corrected_rungs({"k": reached(60, 30, outcome)}, CORRECTION, NOW)
    assert standing == {"k": withdrawn[0]}
    assert withdrawn[0] == replace(
        reached(0, 30, Outcome.WITHDRAWN), reason="the clock had run 90 min ahead and was corrected"
    )


def test_of_rungs_whose_instant_has_come_only_one_that_was_passed_by_is_unsettled() -> None:
    settled = {"fired": reached(60, -5), "skipped": reached(60, -5, Outcome.SKIPPED)}
    assert corrected_rungs(settled, CORRECTION, NOW) == ({"fired": settled["fired"]}, ())


@pytest.mark.parametrize("at", [0, 91], ids=["reached by the right time", "reached after the last wrong judgement"])
def test_a_rung_that_the_wrong_clock_did_not_reach_stays_as_it_is(at: int) -> None:
    settled = {"k": reached(at, 95)}
    assert corrected_rungs(settled, CORRECTION, NOW) == (settled, ())


def test_without_a_correction_every_rung_stays() -> None:
    settled = {"k": reached(60, 30)}
    assert corrected_rungs(settled, None, NOW) == (settled, ())


def test_a_long_run_ahead_is_told_in_hours() -> None:
    assert replace(CORRECTION, ahead_ms=180 * MINUTE).cause == "the clock had run 3 h ahead and was corrected"
