"""The users and teams of the account, as its settings show them. Roles are not modelled: there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.json_views import Answer, Json, user_json

if TYPE_CHECKING:
    from hubspot_sandbox.account import Owner
    from hubspot_sandbox.routes.call import Call

_PAGE = 100


def list_users(call: Call) -> Answer:
    """A page in order of user id; `after` is the id of the last one seen."""
    limit, after = call.query.get("limit") or str(_PAGE), call.query.get("after") or "0"
    if not (limit.isdecimal() and 1 <= int(limit) <= _PAGE and after.isdecimal()):
        raise refusals.invalid(f"limit must be between 1 and {_PAGE}, and after a number.")
    users = [user for user in _users(call) if user.user_id > int(after)]
    page = users[: int(limit)]
    body: Json = {"results": [user_json(user) for user in page]}
    if len(page) < len(users):
        following = str(page[-1].user_id)
        body["paging"] = {"next": {"after": following, "link": str(call.url.include_query_params(after=following))}}
    return Answer(200, body)


def get_user(call: Call) -> Answer:
    """One user, by user id or e-mail."""
    user_id = call.params["user_id"]
    by_email = call.query.get("idProperty", "").upper() == "EMAIL"
    for user in _users(call):
        if (user.email.lower() if by_email else str(user.user_id)) == user_id.lower():
            return Answer(200, user_json(user))
    raise refusals.no_such_record()


def list_teams(call: Call) -> Answer:
    """All teams with the user ids of their members; there is no paging."""
    teams: dict[str, Json] = {}
    for user in _users(call):
        for team in user.teams:
            row = teams.setdefault(team.id, {"id": team.id, "name": team.name, "userIds": [], "secondaryUserIds": []})
            members = row["userIds" if team.primary else "secondaryUserIds"]
            assert isinstance(members, list)  # noqa: S101 - for the type checker; it was made two lines up
            members.append(str(user.user_id))
    return Answer(200, {"results": list(teams.values())})


def list_roles(_call: Call) -> Answer:
    """None."""
    return Answer(200, {"results": []})


def _users(call: Call) -> list[Owner]:
    active = (owner for owner in call.portal.owners.values() if not owner.archived and owner.user_id)
    return sorted(active, key=lambda owner: owner.user_id)
