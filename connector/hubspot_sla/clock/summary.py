"""What a timeline says by itself, whatever is promised and whenever it is asked: read once, and kept with it.

A ticket is judged more than once: a sync judges it, looks for its pauses again for ladders and outcomes, and judges it
without them; a simulation judges it under two mappings.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.closings import last_closing, only_closing
from hubspot_sla.clock.stays import stays, waits_and_closings
from hubspot_sla.clock.timeline import Role

if TYPE_CHECKING:
    from hubspot_sla.clock.timeline import Timeline

FOREVER, NEVER = 2**62, -(2**62)
_OPEN: Final = Role.OPEN  # to look up a member of an enum takes longer than a call
_role = attrgetter("role")


class Summary:
    """Instants are epoch ms; lists are sorted.

    `latest` is the newest instant any fact speaks of. `waits` are the stays in waiting stages and `closed` the
    closings. `closing` says why the ticket is closed, where that is not because its work is done. `closings` are what
    clocks make of the closings, by `Definition.closing_means`; None: it depends on what is promised. `reopened` counts
    the reopenings. What stopped by `settled_until` met its goal or missed it, and nothing later counts: it is the first
    closing of a ticket that was reopened, for what stopped before it never had to go on; NEVER where something outside
    of the promises counts. `defect` is "" where the facts are whole, and `is_plain` says that none of them is odd.
    """

    __slots__ = (
        "closed",
        "closing",
        "closings",
        "defect",
        "has_more_to_say",
        "is_plain",
        "latest",
        "reopened",
        "replied_before_creation",
        "settled_until",
        "waits",
    )

    def __init__(self, timeline: Timeline) -> None:
        standing = stays(timeline, without=_OPEN)  # those in which a clock may stand still
        self.latest = timeline.latest
        self.waits, self.closed = _, closed = waits_and_closings(standing)
        is_closed = bool(closed) and closed[-1][1] is None
        self.reopened = len(closed) - is_closed
        self.closing = closing = last_closing(timeline, closed[-1][0], standing[-1]) if is_closed else None
        self.closings = only_closing(closed, reaches_goal=closing is None)
        outside = timeline.waivers or timeline.stopped or closing or timeline.not_needed
        self.has_more_to_say = bool(outside or timeline.blind)  # to be blind means nothing to what has stopped
        self.settled_until = NEVER if outside else closed[0][0] if self.reopened else FOREVER
        self.replied_before_creation = bool(timeline.first_replies) and _replied_before_creation(timeline)
        self.defect = _defect(timeline)
        self.is_plain = not (self.defect or timeline.merged or timeline.gaps or self.replied_before_creation)


def summary_of(timeline: Timeline) -> Summary:
    """Made when first asked for: a timeline never changes."""
    summary: Summary | None = timeline.summary
    if summary is None:
        summary = Summary(timeline)
        object.__setattr__(timeline, "summary", summary)  # safe to do twice from two threads
    return summary


def _replied_before_creation(timeline: Timeline) -> bool:
    """Whether what may count as the first response is older than the ticket. Of one that was merged nobody asks."""
    first, created_at = timeline.first_replies[0], timeline.created_at
    return timeline.merged is None and created_at is not None and first.at < created_at


def _defect(timeline: Timeline) -> str:
    """What is missing or impossible whenever it is asked."""
    if timeline.defects:
        return "; ".join(timeline.defects)
    if timeline.created_at is None:
        return "the ticket has no creation time"
    if None in map(_role, timeline.stages):
        unknown = next(change.label for change in timeline.stages if change.role is None)
        return f"portal.yaml does not know the stage {unknown}"
    return ""
