"""Whether what a rung of a contract announced is over, so that its task need not be done any more.

A day that has passed is not over by itself: somebody may still have to do what was to be done by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.claims import RECORDED, ClaimState
from hubspot_sla.contract.states import ContractState, states
from hubspot_sla.plan.contract_rungs import Place

if TYPE_CHECKING:
    from collections.abc import Collection

    from hubspot_sla.flows.reporting.contracts.claims import LookedAt
    from hubspot_sla.flows.reporting.contracts.history import Settled

_SO_FAR: Final = (Place.AT_RISK, Place.BELOW)
_RIGHTS: Final = (Place.CHRONIC, Place.TERMINABLE)
_WAITING_FOR: Final = {Place.ANSWER_DUE: ClaimState.FILED, Place.PAYMENT_DUE: ClaimState.ANSWERED}


@dataclass(frozen=True)
class OccasionsOver:
    """Of one contract. `rights` that hold go by subject and state; None where nothing is known of them now."""

    looked_at: LookedAt
    rights: Collection[str] | None

    def is_over(self, place: Place, subject: str, window: str) -> bool:
        """How an objective stands so far may come back while its window runs, and fires no second time: that is over
        when the window has ended and the objective was kept. A right is over when it holds no more; a claim when what
        was to be done about it is recorded, or the window was closed and owes nothing."""
        if place in _SO_FAR:
            return self._was_kept(subject, window)
        if place in _RIGHTS:
            return self.rights is not None and f"{subject}:{place.value}" not in self.rights
        state = self._claims.get((subject, window))
        if place is Place.CLAIM_CLOSES:
            return state in RECORDED or (state is None and self._owes_nothing(subject, window))
        return place in _WAITING_FOR and state in RECORDED and state is not _WAITING_FOR[place]

    def _was_kept(self, subject: str, window: str) -> bool:
        settled = self._ended.get(window)
        if settled is None:
            return False
        every = states(settled.terms, (), settled.statement)
        found = [each.state for each in every if subject_of(each.objective, each.key) == subject]
        return bool(found) and ContractState.BELOW not in found

    def _owes_nothing(self, objective: str, window: str) -> bool:
        """By what is sealed: a feed may say so today and otherwise tomorrow."""
        sealed = self._sealed.get(window)
        lines = () if sealed is None else sealed.statement.lines
        owed = (line for line in lines if line.objective == objective and (line.money or line.points or line.days))
        return sealed is not None and not any(owed)

    @cached_property
    def _sealed(self) -> dict[str, Settled]:
        closed = (each.settled for each in self.looked_at.windows if each.closing is not None)
        return {settled.statement.window.name: settled for settled in closed}

    @cached_property
    def _ended(self) -> dict[str, Settled]:
        windows = ((each.settled.statement.window, each.settled) for each in self.looked_at.windows)
        return {window.name: settled for window, settled in windows if window.end_at <= self.looked_at.now}

    @cached_property
    def _claims(self) -> dict[tuple[str, str], ClaimState]:
        return {(each.objective, each.period): each.state for each in self.looked_at.claims}


def subject_of(objective: str, key: str | None) -> str:
    """What stands in the key of a rung: the objective, with the value of its dimension."""
    return objective if key is None else f"{objective}/{key}"
