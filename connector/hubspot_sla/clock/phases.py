"""How a metric was defined over time: from when on each definition counts for one ticket.

An edit of the mappings may define a metric anew, and so may a change that makes another policy match. As any change it
takes effect when the ticket is open: made while the ticket is closed it counts from the reopening on, and behind a
closing that is final it never does. A ticket that stays closed does not change by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.clock.promise import OnChange, Reopen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from hubspot_sla.clock.closings import PromiseAt
    from hubspot_sla.clock.metrics import Definition
    from hubspot_sla.clock.promise import PromiseChange
    from hubspot_sla.clock.timeline import Pause


class Phase(NamedTuple):
    """From `since` on (epoch ms; 0: ever since) the metric is defined so. A date without a time begins in `zone`.
    `keeps_running`: a cycle that runs when the phase begins still ends by the definition before."""

    since: int
    definition: Definition
    zone: tzinfo
    keeps_running: bool = False


def phases_of(
    promises: Sequence[PromiseChange], closed: Sequence[Pause], promise_at: PromiseAt, now: int
) -> list[Phase]:
    """The phases up to `now`, oldest first; the first definition holds from the beginning. `closed` are the closings of
    the ticket, and `promise_at(at)` is what was promised at an instant."""
    phases: list[Phase] = []
    for change in promises:
        promise = change.promise
        if promise is None:
            continue
        if not phases:
            phases.append(Phase(0, promise.definition, promise.calendar.zone))
            continue
        since = _takes_effect_at(change.at, closed)
        if since is None or since > now:
            continue
        if phases[-1].since == since:  # of several in one instant the last one counts
            phases.pop()
        before = phases[-1].definition
        if is_same(promise.definition, before) or _is_over(before, since, closed, promise_at):
            continue
        keeps = promise.on_change.of(change.cause) is OnChange.KEEP
        phases.append(Phase(since, promise.definition, promise.calendar.zone, keeps))
    return phases


def is_same(definition: Definition, other: Definition) -> bool:
    return definition is other or definition == other


def _takes_effect_at(changed_at: int, closed: Sequence[Pause]) -> int | None:
    """None: the ticket was closed then and still is."""
    return next((closing.end for closing in closed if closing.covers(changed_at)), changed_at)


def _is_over(definition: Definition, at: int, closed: Sequence[Pause], promise_at: PromiseAt) -> bool:
    """Whether a clock of this definition ended for good with a closing before."""
    if not definition.notices_closing:
        return False
    reopened = [(closing.start, closing.end) for closing in closed if closing.end is not None and closing.end <= at]
    return any(promise_at(end).reopening(start, end) is Reopen.IGNORE for start, end in reopened)
