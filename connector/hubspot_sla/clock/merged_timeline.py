"""The tickets of one lineage as one timeline: a merge goes on with the clocks of what it merged.

HubSpot may give the survivor a new id, whose own history begins with the merge.
"""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from hubspot_sla.clock.timeline import Message, OwnerChange, PropertyChange, StageChange, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_instant = attrgetter("at")
Fact = TypeVar("Fact", bound=StageChange | OwnerChange | PropertyChange)


def joined(survivor: Timeline, absorbed: Sequence[Timeline]) -> Timeline:
    """The survivor's timeline with everything said on the absorbed tickets, from the oldest creation on.

    Stages, owners and values of properties are the survivor's from its own creation on, and before that those of the
    oldest ticket.
    What was waived of one of them is waived of all.
    An absorbed ticket that cannot be told (no creation time, a defect) adds its messages only.
    """
    if not absorbed:
        return survivor
    usable = [timeline for timeline in absorbed if timeline.created_at is not None and not timeline.defects]
    oldest = min(
        (timeline for timeline in (survivor, *usable) if timeline.created_at is not None),
        key=_created_at,
        default=survivor,
    )
    every = (survivor, *absorbed)
    return replace(
        survivor,
        created_at=oldest.created_at,
        stages=_before(oldest.stages, survivor.stages),
        owners=_before(oldest.owners, survivor.owners, survivor.created_at),
        first_replies=_messages(timeline.first_replies for timeline in every),
        agent_messages=_messages(timeline.agent_messages for timeline in every),
        customer_messages=_messages(timeline.customer_messages for timeline in every),
        waivers=tuple(dict.fromkeys(waiver for each in every for waiver in each.waivers)),
        stopped=tuple(dict.fromkeys(stop for each in every for stop in each.stopped)),
        blind=survivor.blind if all(timeline.blind for timeline in every) else "",
        properties={
            name: _before(oldest.properties.get(name, ()), own, survivor.created_at)
            for name, own in survivor.properties.items()
        },
    )


def _created_at(timeline: Timeline) -> int:
    return timeline.created_at or 0


def _before(old: tuple[Fact, ...], own: tuple[Fact, ...], since: int | None = None) -> tuple[Fact, ...]:
    """`own`, and what `old` says of the time before it begins."""
    if old is own:
        return own
    begins = own[0].at if own else since
    return (*(fact for fact in old if begins is None or fact.at < begins), *own)


def _messages(message_lists: Iterable[Iterable[Message]]) -> tuple[Message, ...]:
    """One for each instant: a merge may copy a message to the survivor."""
    message_by_instant = {message.at: message for messages in message_lists for message in messages}
    return tuple(sorted(message_by_instant.values(), key=_instant))
