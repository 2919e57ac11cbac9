"""The owners of a portal: who may own a ticket or a task, by id and by e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hubspot_sla.hubspot.json_fields import Json, next_after, objects, text
from hubspot_sla.hubspot.response import word
from hubspot_sla.hubspot.sdk import sdk_api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.hubspot.response import Response
    from hubspot_sla.hubspot.transport import Transport

PAGE = 100


@dataclass(frozen=True, slots=True)
class Team:
    """`name` is "" where HubSpot shows none."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Owner:
    """`email` is "" where HubSpot shows none; `name` falls back on it. `teams` begins with the primary one.
    `user_id` is another number, the same person as a user, by which messages tell who wrote; "" where none is shown."""

    id: str
    email: str
    name: str
    teams: tuple[Team, ...] = ()
    user_id: str = ""


class Owners:
    """The owners of one portal."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def every(self, *, archived: bool = False) -> list[Owner]:
        """All that are active, or all that were deactivated; 100 a call."""
        return list(self._pages(archived=archived))

    def _pages(self, *, archived: bool) -> Iterator[Owner]:
        after: str | None = None
        while True:
            response: Response = self._api.get_page(
                limit=PAGE, archived=archived, _preload_content=False, **_past(after)
            )
            yield from map(_owner, objects(response.body, "results"))
            after = next_after(response.body)
            if not after:
                return

    @cached_property
    def _api(self) -> Any:
        return sdk_api(self._transport, "hubspot.crm.owners", "OwnersApi")


def _past(after: str | None) -> dict[str, str]:
    return {} if after is None else {"after": after}


def _owner(row: Json) -> Owner:
    email = word(row, "email") or ""
    name = " ".join(part for key in ("firstName", "lastName") if (part := word(row, key)))
    teams = sorted(objects(row, "teams"), key=lambda team: team.get("primary") is not True)
    return Owner(text(row, "id"), email, name or email, tuple(map(_team, teams)), _user_id(row))


def _user_id(row: Json) -> str:
    """Whoever was deactivated keeps only the second of these keys."""
    ids = (row.get(key) for key in ("userId", "userIdIncludingInactive"))
    return next((str(id_) for id_ in ids if isinstance(id_, int | str) and id_), "")


def _team(row: Json) -> Team:
    return Team(text(row, "id"), word(row, "name") or "")
