"""The account around the records: its owners, what it is, and how much of its day is used up."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hubspot_sandbox import refusals
from hubspot_sandbox.instants import to_ms, to_wire
from hubspot_sandbox.json_views import Answer, Json, account_json, owner_json

if TYPE_CHECKING:
    from hubspot_sandbox.account import Owner
    from hubspot_sandbox.routes.call import Call

_OWNERS_PAGE, _LARGEST_OWNERS_PAGE = 100, 500


def list_owners(call: Call) -> Answer:
    """A page of owners in order of id; `after` is the id of the last one seen."""
    limit = call.query.get("limit") or str(_OWNERS_PAGE)
    after = call.query.get("after") or "0"
    if not (limit.isdecimal() and 1 <= int(limit) <= _LARGEST_OWNERS_PAGE and after.isdecimal()):
        raise refusals.invalid(f"limit must be between 1 and {_LARGEST_OWNERS_PAGE}, and after a number.")
    owners = [owner for owner in _owners(call) if int(owner.id) > int(after)]
    page = owners[: int(limit)]
    body: Json = {"results": [owner_json(owner) for owner in page]}
    if len(page) < len(owners):
        link = str(call.url.include_query_params(after=page[-1].id))
        body["paging"] = {"next": {"after": page[-1].id, "link": link}}
    return Answer(200, body)


def get_owner(call: Call) -> Answer:
    """One owner, by owner id or by user id."""
    owner_id, archived = call.params["owner_id"], call.flag("archived")
    by_user = call.query.get("idProperty") == "userId"
    for owner in call.portal.owners.values():
        if owner.archived == archived and (str(owner.user_id) if by_user else owner.id) == owner_id:
            return Answer(200, owner_json(owner))
    raise refusals.no_such_record()


def account_details(call: Call) -> Answer:
    """What account-info answers."""
    return Answer(200, account_json(call.portal))


def api_usage(call: Call) -> Answer:
    """Requests of the day, which ends at midnight in the account's time zone."""
    used, limit = call.limits.usage()
    row: Json = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": limit,
        "currentUsage": used,
        "collectedAt": to_wire(call.now_ms),
        "fetchStatus": "SUCCESS",
        "resetsAt": to_wire(_next_midnight_ms(call)),
    }
    return Answer(200, {"results": [row]})


def _next_midnight_ms(call: Call) -> int:
    here = call.portal.clock.now().astimezone(ZoneInfo(call.portal.account.time_zone))
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), here.tzinfo)
    return to_ms(midnight)


def _owners(call: Call) -> list[Owner]:
    email, archived = call.query.get("email"), call.flag("archived")
    owners = (owner for owner in call.portal.owners.values() if owner.archived == archived)
    return sorted(
        (owner for owner in owners if not email or owner.email.lower() == email.lower()),
        key=lambda owner: int(owner.id),
    )
