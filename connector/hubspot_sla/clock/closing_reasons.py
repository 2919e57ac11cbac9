"""What the clocks of a ticket are worth that was closed as spam, as a duplicate, or because it was cancelled.

Nothing is owed to spam, and what is owed for a duplicate is owed on the other ticket: every clock ends
`not_applicable`, and an earlier breach is kept as withdrawn. A cancelled ticket asks for nothing more: what ran ends
`not_applicable`, what was late is missed, and what was met stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.timeline import ClosingKind
from hubspot_sla.clock.verdict import OPEN, Onset, Status, Withdrawal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.clock.closings import LastClosing
    from hubspot_sla.clock.cycle_state import CycleState

_REASONS = {
    ClosingKind.SPAM: "the ticket was closed as spam",
    ClosingKind.DUPLICATE: "the ticket was closed as a duplicate",
    ClosingKind.CANCELLED: "the ticket was cancelled",
}


def reason_of(closing: LastClosing) -> str:
    """A clause for the explanation."""
    return _REASONS[closing.kind]


def apply_closing(closing: LastClosing, states: Iterable[CycleState]) -> None:
    """Turn what a closing ended or met in the ordinary way into what this closing makes of it."""
    for state in states:
        if closing.kind is ClosingKind.CANCELLED:
            _cancel(state, closing)
        else:
            _void(state, closing)


def _void(state: CycleState, closing: LastClosing) -> None:
    if state.breached_at is not None:
        state.withdrawn += (Withdrawal(state.breached_at, closing.said_at, reason_of(closing), closing.by),)
    _end_without_verdict(state, closing)


def _cancel(state: CycleState, closing: LastClosing) -> None:
    if state.status is Status.BREACHED:  # a clock that does not notice closings
        state.status, state.ended_at, state.next_at = Status.MISSED, closing.said_at, None
    elif state.status in OPEN or _ended_unmet(state, closing.closed_at):
        _end_without_verdict(state, closing)


def _ended_unmet(state: CycleState, closed_at: int) -> bool:
    """Whether this closing ended it, and it was not late by then."""
    in_time = state.status is Status.NOT_APPLICABLE or state.onset is Onset.CLOSING
    return state.ended_at == closed_at and in_time


def _end_without_verdict(state: CycleState, closing: LastClosing) -> None:
    if state.ended_at is None:
        state.ended_at = closing.said_at
    state.status, state.reason = Status.NOT_APPLICABLE, reason_of(closing)
    state.due_at = state.breached_at = state.onset = state.next_at = state.at_risk_at = None
