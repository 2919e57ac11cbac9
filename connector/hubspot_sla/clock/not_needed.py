"""Tickets that need no answer: the clocks that wait for one are not applicable.

What was answered in time stays met; a breach that was there by then is kept as withdrawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.verdict import Status, Withdrawal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.clock.cycle_state import CycleState
    from hubspot_sla.clock.timeline import NotNeeded


def apply_not_needed(not_needed: NotNeeded, states: Iterable[CycleState]) -> None:
    """End every cycle that was not answered in time."""
    for state in states:
        if state.status is Status.MET:
            continue
        if state.breached_at is not None and state.breached_at <= not_needed.at:
            state.withdrawn += (Withdrawal(state.breached_at, not_needed.at, not_needed.why, not_needed.by),)
        if state.over_at is None:
            state.ended_at = max(not_needed.at, state.started_at)
        state.status, state.reason = Status.NOT_APPLICABLE, not_needed.why
        state.due_at = state.breached_at = state.onset = state.next_at = state.at_risk_at = None
