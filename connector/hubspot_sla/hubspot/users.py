"""The users of a portal as their profiles show them: time zone, working hours, job title."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.hubspot.json_fields import Json, next_after, objects
from hubspot_sla.hubspot.parse_records import id_of, properties_of, read_rows
from hubspot_sla.hubspot.sdk import sdk_api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.hubspot.response import Response
    from hubspot_sla.hubspot.transport import Transport

_PAGE: Final = 100
_USERS: Final = "users"
_DEACTIVATED: Final = "hs_deactivated"
_PROPERTIES: Final = {
    "email": "hs_email",
    "owner_id": "hubspot_owner_id",
    "job_title": "hs_job_title",
    "time_zone": "hs_standard_time_zone",
    "working_hours": "hs_working_hours",
}


@dataclass(frozen=True, slots=True)
class User:
    """Everything as HubSpot has it, "" where it has nothing. `working_hours` is JSON:
    `[{"days": "MONDAY_TO_FRIDAY", "startMinute": 540, "endMinute": 1020}]`."""

    id: str
    email: str
    owner_id: str
    job_title: str
    time_zone: str
    working_hours: str


class Users:
    """The users of one portal. Needs the scope `crm.objects.users.read`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def every(self) -> list[User]:
        """All that are not deactivated; 100 a call. A row that cannot be read is left out."""
        rows = [row for page in self._pages() for row in page]
        users, _unreadable = read_rows(rows, _user)
        return [user for user in users if user is not None]

    def _pages(self) -> Iterator[list[Json]]:
        after: str | None = None
        while True:
            response: Response = self._api.get_page(
                _USERS,
                limit=_PAGE,
                properties=[*_PROPERTIES.values(), _DEACTIVATED],
                archived=False,
                _preload_content=False,
                **({} if after is None else {"after": after}),
            )
            yield objects(response.body, "results")
            after = next_after(response.body)
            if not after:
                return

    @cached_property
    def _api(self) -> Any:
        return sdk_api(self._transport, "hubspot.crm.objects", "BasicApi")


def _user(row: Json) -> User | None:
    """None for one that was deactivated."""
    values = properties_of(row)
    if values.get(_DEACTIVATED) == "true":
        return None
    return User(id_of(row), **{field: values.get(name) or "" for field, name in _PROPERTIES.items()})
