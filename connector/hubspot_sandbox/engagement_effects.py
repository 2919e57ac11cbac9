"""What HubSpot itself sets on tasks and e-mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from hubspot_sandbox.instants import to_wire
from hubspot_sandbox.object_types import EMAILS, TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sandbox.object_types import ObjectType

Changes = dict[str, "str | None"]


def consequences(kind: ObjectType, before: Mapping[str, str], changes: Mapping[str, str | None], at_ms: int) -> Changes:
    """What follows from `changes` to a record of this type."""
    if kind is TASKS and "hs_task_status" in changes:
        return _task(before, changes["hs_task_status"], at_ms)
    if kind is EMAILS and changes.get("hs_email_headers"):
        return _email(changes["hs_email_headers"] or "")
    return {}


def _task(before: Mapping[str, str], status: str | None, at_ms: int) -> Changes:
    """Completed or not, and since when."""
    if status != "COMPLETED":
        return {"hs_task_is_completed": "false", "hs_task_completion_date": None}
    since = before.get("hs_task_completion_date") or to_wire(at_ms)
    return {"hs_task_is_completed": "true", "hs_task_completion_date": since}


def _email(headers: str) -> Changes:
    """Who wrote to whom, from the JSON in `hs_email_headers`; anything else in there says nothing."""
    try:
        seen = orjson.loads(headers)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(seen, dict):
        return {}
    sender = seen.get("from")
    sender = sender if isinstance(sender, dict) else {}
    to = seen.get("to")
    receivers = [one.get("email") for one in to if isinstance(one, dict)] if isinstance(to, list) else []
    return {
        "hs_email_from_email": _text(sender.get("email")),
        "hs_email_from_firstname": _text(sender.get("firstName")),
        "hs_email_from_lastname": _text(sender.get("lastName")),
        "hs_email_to_email": ";".join(one for one in receivers if isinstance(one, str)) or None,
    }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
