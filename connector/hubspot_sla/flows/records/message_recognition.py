"""What is read of a message made into what is kept of it: flags in place of its text and of its sender's address. Pure.

Whether a message is automatic, and whether its sender writes from outside the help desk, is decided here and once: what
it is decided by is not kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.defects import SKEW_MS
from hubspot_sla.clock.messages import ActorKind, MessageKind, SourceMessage
from hubspot_sla.hubspot.conversations import Actor, address_in, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubspot_sla.hubspot.activities import Activity
    from hubspot_sla.hubspot.conversations import ThreadEntry
    from hubspot_sla.policy.messages import Recognition

UNREADABLE: Final = "a part of it is not as HubSpot documents it"
NO_TIME: Final = "it has no time"
NEW_KIND: Final = "it is of a kind that is not known here"
DELETED: Final = "it was deleted"
UNSENT: Final = "it has not been sent"
TO_COME: Final = "it is dated in the future"
WAITED_FOR: Final = (UNSENT, TO_COME)
"""What makes an activity one to be looked at again."""
_NO_ADDRESS: Final = re.compile(r"[A-Za-z]+-[A-Za-z0-9_-]+|")
OURS: Final = (ActorKind.PERSON, ActorKind.AI_AGENT, ActorKind.BOT, ActorKind.SYSTEM, ActorKind.INTEGRATION)


def message_of_entry(
    entry: ThreadEntry, actors: Mapping[str, Actor], recognition: Recognition, seen_at: int
) -> SourceMessage:
    """`actors` by id; one that is absent goes by the prefix of its id. `seen_at` (epoch ms) stands for a time that is
    missing."""
    actor = actors.get(entry.actor_id) or Actor(entry.actor_id, kind_of(entry.actor_id))
    assigned = actors.get(entry.assigned_to) or Actor(entry.assigned_to, kind_of(entry.assigned_to))
    return SourceMessage(
        id=entry.id,
        at=seen_at if entry.at is None else entry.at,
        kind=entry.kind or MessageKind.STATUS,
        direction=entry.direction,
        actor=kept_id(entry.actor_id),
        actor_kind=actor.kind,
        channel=entry.channel,
        thread=entry.thread_id,
        client=entry.client,
        automatic=_marker(entry.text, recognition) if entry.kind is MessageKind.MESSAGE else "",
        outside=_outside(actor.kind, (entry.address, actor.address, address_in(entry.actor_id)), recognition),
        failed=entry.failed,
        assigned_to=kept_id(entry.assigned_to),
        assigned_kind=assigned.kind if entry.assigned_to else None,
        defect=_defect(entry),
    )


def _defect(entry: ThreadEntry) -> str:
    if entry.unreadable:
        return UNREADABLE
    if entry.at is None:
        return NO_TIME
    if entry.kind is None:
        return NEW_KIND
    return DELETED if entry.archived else ""


def message_of_activity(activity: Activity, recognition: Recognition, seen_at: int) -> SourceMessage:
    """As of a thread's entry. Ids of activities of several kinds may be the same, so each says its kind. What is
    planned stands at `seen_at` until it has happened."""
    is_email, defect = activity.kind is MessageKind.EMAIL, _defect_of_activity(activity, seen_at)
    outside = _outside(activity.actor_kind, (activity.address,), recognition) if is_email else ""
    return SourceMessage(
        id=f"{activity.kind.value}:{activity.id}",
        at=seen_at if activity.at is None or defect == TO_COME else activity.at,
        kind=activity.kind,
        direction=activity.direction,
        actor=activity.actor_id,
        actor_kind=activity.actor_kind,
        automatic=_automatic(activity, recognition),
        outside=outside,
        failed=activity.failed,
        connected=activity.connected,
        defect=defect,
    )


def _defect_of_activity(activity: Activity, seen_at: int) -> str:
    if activity.at is None:
        return NO_TIME
    if activity.unsent:
        return UNSENT
    return TO_COME if activity.at > seen_at + SKEW_MS else ""


def _automatic(activity: Activity, recognition: Recognition) -> str:
    if activity.ours:
        return "sla wrote it"
    if activity.header:
        return f"header {activity.header}"
    return _marker(activity.text, recognition)


def _marker(text: str, recognition: Recognition) -> str:
    lower = text.lower()
    marker = next((one for one in recognition.markers if one in lower), "")
    return f"marker {marker}" if marker else ""


def _outside(kind: ActorKind, addresses: Iterable[str], recognition: Recognition) -> str:
    """Only of senders who are not known as ours already."""
    if kind in OURS:
        return ""
    return next((entry for address in addresses if (entry := recognition.outside_entry(address))), "")


def kept_id(actor_id: str) -> str:
    """The id of an actor as it may be kept: that of somebody known by an address only holds the address, and what is no
    id of HubSpot's may be a number to call."""
    if kind_of(actor_id) is not ActorKind.EMAIL and _NO_ADDRESS.fullmatch(actor_id):
        return actor_id
    return actor_id[:1] if actor_id[:1].isalpha() else ""
