"""How a contract stands now: each objective, each right, and the worst of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.chronic import standings
from hubspot_sla.contract.measuring import Kind
from hubspot_sla.contract.statement import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubspot_sla.contract.chronic import Standing
    from hubspot_sla.contract.statement import Line, Statement
    from hubspot_sla.contract.terms import Contract, Objective

TERMINATE: Final = "terminate"


class ContractState(StrEnum):
    """From the best to the worst."""

    OK = "ok"
    AT_RISK = "at_risk"  # one broken promise more, and the objective is missed
    BELOW = "below"  # the objective is missed so far
    CHRONIC = "chronic"  # a right after chronic failure holds
    TERMINABLE = "terminable"  # the right to end the contract holds


_ORDER: Final = tuple(ContractState)


@dataclass(frozen=True, slots=True)
class ObjectiveState:
    """Of one objective (of one value of its dimension, `key`) in the window that runs, or of a right, by its name."""

    objective: str
    key: str | None
    state: ContractState


@dataclass(frozen=True, slots=True)
class HeldRight:
    """A right that holds, without a break since the end of the window of `since`."""

    standing: Standing
    since: Statement

    @property
    def state(self) -> ContractState:
        return _of_right(self.standing)

    @property
    def subject(self) -> str:
        """By what it goes: its objective, else what it allows."""
        right = self.standing.right
        return right.objective or right.action


def held_rights(contract: Contract, ended: Sequence[Statement]) -> list[HeldRight]:
    """Those that hold now; `ended` as for `states`."""
    found = []
    for number, standing in enumerate(standings(contract, ended)):
        if standing.holds:
            since = len(ended)
            while since > 1 and standings(contract, ended[: since - 1])[number].holds:
                since -= 1
            found.append(HeldRight(standing, ended[since - 1]))
    return found


def states(contract: Contract, ended: Sequence[Statement], running: Statement | None) -> list[ObjectiveState]:
    """`ended` are the statements of the windows that have ended, the oldest first: rights follow from them alone. What
    is measured so far says how objectives stand; those that are not measured are in no state."""
    found = []
    for standing in standings(contract, ended):
        if standing.holds:
            subject = standing.right.objective or standing.right.action
            found.append(ObjectiveState(subject, None, _of_right(standing)))
    for line in running.lines if running is not None else ():
        if line.state.is_measured:
            state = _of_line(line, contract.objective(line.objective))
            found.append(ObjectiveState(line.objective, line.key, state))
    return found


def _of_right(standing: Standing) -> ContractState:
    return ContractState.TERMINABLE if standing.right.action == TERMINATE else ContractState.CHRONIC


def _of_line(line: Line, objective: Objective) -> ContractState:
    if line.state is State.MISSED:
        return ContractState.BELOW
    return ContractState.AT_RISK if _is_one_from_missing(line, objective) else ContractState.OK


def _is_one_from_missing(line: Line, objective: Objective) -> bool:
    """Of promises: whether the objective would be missed, had the last kept one been broken."""
    measure, sample = objective.measure, line.sample
    if objective.promised is None or measure.kind not in (Kind.ATTAINMENT, Kind.MISSES) or not sample.good:
        return False
    value = measure.value(replace(sample, good=sample.good - 1, bad=sample.bad + 1))
    return value is not None and measure.compared(value) not in objective.promised


def worst(found: Iterable[ObjectiveState]) -> ContractState:
    """OK where nothing is measured and no right holds."""
    return max((each.state for each in found), key=_ORDER.index, default=ContractState.OK)
