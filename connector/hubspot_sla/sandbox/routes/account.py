"""The account around the records: pipelines, owners, account-info, and what a token may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.sandbox import refusals
from hubspot_sla.sandbox.intake import TokenIn, read
from hubspot_sla.sandbox.object_types import TICKETS
from hubspot_sla.sandbox.views import (
    Answer,
    Json,
    account_json,
    owner_json,
    pipeline_json,
    stage_json,
)

if TYPE_CHECKING:
    from hubspot_sla.sandbox.people import Owner
    from hubspot_sla.sandbox.pipelines import Pipeline
    from hubspot_sla.sandbox.routes.call import Call

_OWNERS_PAGE, _LARGEST_OWNERS_PAGE = 100, 500
_SERVICE_USER_ID, _SERVICE_APP_ID = 61_000_001, 2_900_001


def list_pipelines(call: Call) -> Answer:
    """All pipelines of tickets; there is no paging."""
    return Answer(200, {"results": [pipeline_json(one) for one in _pipelines(call).values()]})


def get_pipeline(call: Call) -> Answer:
    """One pipeline."""
    return Answer(200, pipeline_json(_pipeline(call)))


def list_stages(call: Call) -> Answer:
    """The stages of one pipeline."""
    return Answer(200, {"results": [stage_json(stage) for stage in _pipeline(call).stages]})


def get_stage(call: Call) -> Answer:
    """One stage."""
    stage = _pipeline(call).stage(call.params["stage_id"])
    if stage is None:
        raise refusals.not_found(f"Stage {call.params['stage_id']} does not exist")
    return Answer(200, stage_json(stage))


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
    wanted, archived = call.params["owner_id"], call.flag("archived")
    by_user = call.query.get("idProperty") == "userId"
    for owner in call.portal.owners.values():
        if owner.archived == archived and (str(owner.user_id) if by_user else owner.id) == wanted:
            return Answer(200, owner_json(owner))
    raise refusals.no_such_record()


def account_details(call: Call) -> Answer:
    """What account-info tells."""
    return Answer(200, account_json(call.portal))


def token_info(call: Call) -> Answer:
    """The scopes of a token; undocumented, widely used, and works for service keys."""
    scopes = call.access.scopes(read(TokenIn, call.body).token_key)
    if scopes is None:
        raise refusals.no_such_record()
    return Answer(
        200,
        {
            "userId": _SERVICE_USER_ID,
            "hubId": call.portal.account.portal_id,
            "appId": _SERVICE_APP_ID,
            "scopes": list(scopes),
        },
    )


def _owners(call: Call) -> list[Owner]:
    email, archived = call.query.get("email"), call.flag("archived")
    kept = (one for one in call.portal.owners.values() if one.archived == archived)
    return sorted((one for one in kept if not email or one.email == email), key=lambda one: int(one.id))


def _pipelines(call: Call) -> dict[str, Pipeline]:
    """Only tickets have pipelines here."""
    return call.portal.pipelines if call.kind is TICKETS else {}


def _pipeline(call: Call) -> Pipeline:
    found = _pipelines(call).get(call.params["pipeline_id"])
    if found is None:
        raise refusals.not_found(f"Pipeline {call.params['pipeline_id']} does not exist")
    return found
