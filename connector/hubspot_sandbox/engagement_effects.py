"""What HubSpot itself sets on tasks, notes and e-mails."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING

import orjson

from hubspot_sandbox.instants import to_wire
from hubspot_sandbox.object_types import CALLS, EMAILS, MEETINGS, NOTES, TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sandbox.object_types import ObjectType

Changes = dict[str, "str | None"]
_ENGAGEMENTS = (TASKS, NOTES, EMAILS, CALLS, MEETINGS)
_BODIES = {TASKS.name: "hs_task_body", NOTES.name: "hs_note_body"}
_LONGEST_PREVIEW = 512
_TAG = re.compile(r"<[^>]*>")


def at_creation(kind: ObjectType, record_id: int, source: str, user_id: str) -> Changes:
    """What every new one carries: where it came from, and which user made it, "" for a machine."""
    if kind not in _ENGAGEMENTS:
        return {}
    coordinates = {"hs_obj_coords": f"{kind.type_id}-{record_id}"} if kind.name in _BODIES else {}
    return {
        **coordinates,
        "hs_object_source": source,
        "hs_object_source_label": source,
        "hs_created_by_user_id": user_id or None,
    }


def consequences(kind: ObjectType, before: Mapping[str, str], changes: Mapping[str, str | None], at_ms: int) -> Changes:
    """What follows from `changes` to a record of this type."""
    added: Changes = {}
    body = _BODIES.get(kind.name)
    if body is not None and body in changes:
        added |= _preview(changes[body] or "")
    if kind is TASKS and "hs_task_status" in changes:
        added |= _task(before, changes["hs_task_status"], at_ms)
    if kind is EMAILS and changes.get("hs_email_headers"):
        added |= _email(changes["hs_email_headers"] or "")
    return added


def _preview(body: str) -> Changes:
    """The text of a body without its markup, cut where it is long."""
    text = " ".join(unescape(_TAG.sub(" ", body)).split())
    preview = text[:_LONGEST_PREVIEW]
    page = f"<html>\n <head></head>\n <body>\n  {escape(preview)}\n </body>\n</html>" if preview else None
    return {
        "hs_body_preview": preview or None,
        "hs_body_preview_html": page,
        "hs_body_preview_is_truncated": ("true" if len(text) > len(preview) else "false") if preview else None,
    }


def _task(before: Mapping[str, str], status: str | None, at_ms: int) -> Changes:
    """Completed or not, and since when."""
    if status != "COMPLETED":
        return {"hs_task_is_completed": "0", "hs_task_completion_date": None}
    since = before.get("hs_task_completion_date") or to_wire(at_ms)
    return {"hs_task_is_completed": "1", "hs_task_completion_date": since}


def _email(headers: str) -> Changes:
    """Who wrote to whom, from the JSON in `hs_email_headers`; anything else in there says nothing."""
    try:
        parsed = orjson.loads(headers)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(parsed, dict):
        return {}
    sender, sent_by = (_person(parsed.get(name)) for name in ("from", "sender"))
    to = parsed.get("to")
    receivers = [address.get("email") for address in to if isinstance(address, dict)] if isinstance(to, list) else []
    return {
        "hs_email_from_email": _text(sender.get("email")),
        "hs_email_from_firstname": _text(sender.get("firstName")),
        "hs_email_from_lastname": _text(sender.get("lastName")),
        "hs_email_sender_email": _text(sent_by.get("email")),
        "hs_email_to_email": ";".join(address for address in receivers if isinstance(address, str)) or None,
    }


def _person(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
