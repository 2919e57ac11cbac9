"""How a contract stands: from what is measured so far, and from the windows that have ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest

from contract.made_contracts import OCTOBER, at_least, contract, promises, settled_once
from hubspot_sla.contract.measuring import Kind, Measure
from hubspot_sla.contract.rights import Right
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.states import ContractState, held_rights, states, worst
from hubspot_sla.contract.terms import Objective
from hubspot_sla.measure.periods import month

KEPT = Objective("kept", Measure(Kind.ATTAINMENT), at_least("90"))
ENDING = Right("terminate", objective="kept", misses=2, of=3)
ASKING = replace(ENDING, action="renegotiate", misses=1)


@pytest.mark.parametrize(
    ("good", "bad", "state"),
    [
        (0, 0, ContractState.OK),
        (99, 1, ContractState.OK),
        (10, 1, ContractState.AT_RISK),
        (18, 2, ContractState.AT_RISK),
        (17, 3, ContractState.BELOW),
    ],
)
def test_an_objective_is_at_risk_when_one_broken_promise_more_would_miss_it(
    good: int, bad: int, state: ContractState
) -> None:
    one = contract(KEPT)
    running = settled_once(one, promises(good, bad))
    assert worst(states(one, [], running)) is state


@pytest.mark.parametrize(
    ("misses", "state"), [(0, ContractState.OK), (1, ContractState.CHRONIC), (2, ContractState.TERMINABLE)]
)
def test_rights_follow_from_the_windows_that_have_ended(misses: int, state: ContractState) -> None:
    one = contract(KEPT, rights=(ENDING, ASKING))
    windows = [OCTOBER.before().before(), OCTOBER.before(), OCTOBER]
    ended = [
        settled_once(one, promises(99, 50 if number < misses else 0), window) for number, window in enumerate(windows)
    ]
    assert worst(states(one, ended, None)) is state
    running = settled_once(one, promises(99, 0))
    assert worst(states(one, ended, running)) is state


def test_what_is_not_measured_is_in_no_state() -> None:
    one = contract(KEPT)
    assert states(one, [], settled_once(one, Sample())) == []
    assert worst([]) is ContractState.OK


def test_a_right_holds_since_the_first_window_of_an_unbroken_run() -> None:
    one = contract(KEPT, rights=(ENDING,))
    windows = [month(2026, number, UTC) for number in range(1, 9)]
    missed = (1, 1, 0, 0, 1, 1, 1, 0)  # two of the last three: in February, March, and from June on
    ended = [settled_once(one, promises(99, 50 * each), of) for each, of in zip(missed, windows, strict=True)]
    assert [held_rights(one, ended[:number]) for number in (0, 1, 4, 5)] == [[], [], [], []]
    for number, since in ((2, "2026-02"), (3, "2026-02"), (6, "2026-06"), (7, "2026-06"), (8, "2026-06")):
        (held,) = held_rights(one, ended[:number])
        assert (held.since.window.name, held.subject, held.state) == (since, "kept", ContractState.TERMINABLE)
