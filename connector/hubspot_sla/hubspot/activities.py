"""E-mails, calls, notes and meetings that are logged on a record: who reached whom, and when.

Texts and addresses are in the rows, because something may have to be recognised by them; whoever reads rows keeps
neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.clock.messages import ActorKind, Direction, MessageKind
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.conversations import actor_id_of
from hubspot_sla.hubspot.json_fields import Json, text
from hubspot_sla.hubspot.key_references import references_in
from hubspot_sla.hubspot.parse_records import properties_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.hubspot.parse_records import Properties

_AT, _OWNER, _MADE_BY, _MADE_THROUGH = "hs_timestamp", "hubspot_owner_id", "hs_created_by_user_id", "hs_object_source"
_COMMON: Final = (_AT, _OWNER, _MADE_BY, _MADE_THROUGH)
_BODY: Final = "hs_note_body"
PROPERTIES: Final = {
    "emails": (
        *_COMMON,
        "hs_email_direction",
        "hs_email_status",
        "hs_email_headers",
        "hs_email_from_email",
        "hs_email_subject",
        "hs_email_text",
    ),
    "calls": (*_COMMON, "hs_call_direction", "hs_call_disposition", "hs_call_status", "hs_call_duration"),
    "notes": (*_COMMON, _BODY),
    "meetings": (*_COMMON, "hs_meeting_outcome"),
}
"""What is read of each kind."""
_KINDS: Final = {
    "emails": MessageKind.EMAIL,
    "calls": MessageKind.CALL,
    "notes": MessageKind.NOTE,
    "meetings": MessageKind.MEETING,
}
CONNECTED: Final = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
"""The outcome "Connected" of a call, the same in every portal."""
_INCOMING: Final = frozenset({"INCOMING_EMAIL", "INBOUND"})
_FORWARDED: Final = "FORWARDED_EMAIL"
"""Somebody sent to HubSpot what was written to somebody, some time before."""
_NOT_DELIVERED: Final = frozenset({"FAILED", "BOUNCED"})
_DRAFT: Final = "DRAFT_EMAIL"
_NOT_SENT: Final = frozenset({"SCHEDULED", "SENDING"})
_HELD: Final = "COMPLETED"
_TO_NOBODY: Final = ("notes", "meetings")
_MACHINES: Final = {
    "AUTOMATION_PLATFORM": ActorKind.SYSTEM,
    "WORKFLOWS": ActorKind.SYSTEM,
    "BOT": ActorKind.BOT,
    "INTEGRATION": ActorKind.INTEGRATION,
}
_SAYS_AUTOMATIC: Final = ("auto-submitted", "x-autoreply", "x-autorespond", "x-auto-response-suppress")
_PRECEDENCES: Final = frozenset({"auto_reply", "bulk", "junk"})


@dataclass(frozen=True, slots=True)
class Activity:
    """One e-mail, call, note or meeting. `at` is None where it has no readable time. `actor_id` is the owner whose it
    is, else the user who made it, as messages name users; "" for nobody, and for what somebody wrote to us.
    `header` is the one that calls an e-mail automatic; `ours`: we have made it ourselves. `text` holds subject and
    text. `unsent`: it is a draft, or waits to be sent. `connected`: the call, or the meeting, took place."""

    id: str
    kind: MessageKind
    at: int | None
    direction: Direction = Direction.NONE
    actor_id: str = ""
    actor_kind: ActorKind = ActorKind.UNKNOWN
    address: str = ""
    header: str = ""
    text: str = ""
    failed: bool = False
    unsent: bool = False
    connected: bool = False
    ours: bool = False


def activity_of(kind: str, row: Json, note_marker: str) -> Activity:
    """ValueError: it has no id, or a property is no text."""
    values = properties_of(row)
    is_incoming = _word(values, "hs_email_direction", "hs_call_direction") in _INCOMING
    is_note = kind == "notes"
    actor_kind = _actor_kind(values, is_incoming=is_incoming and kind == "emails")
    body = values.get(_BODY) or ""
    headers = _headers(values.get("hs_email_headers"))
    return Activity(
        id=text(row, "id"),
        kind=_KINDS[kind],
        at=_instant(values),
        direction=_direction(kind, values, is_incoming=is_incoming),
        actor_id=_actor_id(values, actor_kind),
        actor_kind=actor_kind,
        address=values.get("hs_email_from_email") or _sender_in(headers),
        header=_automatic_header(headers),
        text="\n".join(part for name in ("hs_email_subject", "hs_email_text") if (part := values.get(name))),
        failed=values.get("hs_email_status") in _NOT_DELIVERED,
        unsent=values.get("hs_email_direction") == _DRAFT or values.get("hs_email_status") in _NOT_SENT,
        connected=_is_connected(values) or values.get("hs_meeting_outcome") == _HELD,
        ours=is_note and bool(values.get(note_marker) or references_in(body)),
    )


def _direction(kind: str, values: Properties, *, is_incoming: bool) -> Direction:
    if kind in _TO_NOBODY or values.get("hs_email_direction") == _FORWARDED:
        return Direction.NONE
    return Direction.INCOMING if is_incoming else Direction.OUTGOING


def _word(values: Properties, *names: str) -> str:
    return next((value for name in names if (value := values.get(name))), "")


def _instant(values: Properties) -> int | None:
    try:
        return wire_time.parse(values.get(_AT))
    except ValueError:
        return None


def _actor_kind(values: Properties, *, is_incoming: bool) -> ActorKind:
    """A machine that logs what a person did names the person."""
    if is_incoming:
        return ActorKind.EMAIL
    if values.get(_OWNER):
        return ActorKind.PERSON
    machine = _MACHINES.get(values.get(_MADE_THROUGH) or "")
    if machine is not None:
        return machine
    return ActorKind.PERSON if values.get(_MADE_BY) else ActorKind.UNKNOWN


def _actor_id(values: Properties, kind: ActorKind) -> str:
    if kind is ActorKind.EMAIL:
        return ""
    made_by = values.get(_MADE_BY) if kind is ActorKind.PERSON else ""
    return values.get(_OWNER) or (actor_id_of(made_by) if made_by else "")


def _is_connected(values: Properties) -> bool:
    disposition = values.get("hs_call_disposition")
    if disposition:
        return disposition == CONNECTED
    duration = values.get("hs_call_duration") or ""
    return values.get("hs_call_status") == "COMPLETED" and duration.isdecimal() and int(duration) > 0


def _headers(written: str | None) -> Mapping[str, object]:
    """By name in lower case, as far as HubSpot keeps any."""
    try:
        document = orjson.loads(written or "{}")
    except orjson.JSONDecodeError:
        return {}
    return {str(name).lower(): value for name, value in document.items()} if isinstance(document, dict) else {}


def _sender_in(headers: Mapping[str, object]) -> str:
    sender = headers.get("from")
    address = sender.get("email") if isinstance(sender, dict) else None
    return address if isinstance(address, str) else ""


def _automatic_header(headers: Mapping[str, object]) -> str:
    """The header that calls an e-mail automatic; "" where none does."""
    for name in _SAYS_AUTOMATIC:
        value = str(headers.get(name) or "").strip().lower()
        if value and value != "no":
            return name
    return "precedence" if str(headers.get("precedence") or "").strip().lower() in _PRECEDENCES else ""
