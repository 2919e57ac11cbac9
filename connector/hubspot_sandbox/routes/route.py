"""What a route is, where the dialects put it, and the scopes it may ask for.

v3 and v4 put the version before the API's name (`/crm/v3/objects`), dated versions after it (`/crm/objects/2026-09`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sandbox import access
from hubspot_sandbox.object_types import COMPANIES, CONTACTS, NOTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sandbox.routes.call import Call, Handler, Scopes

MARCH, SEPTEMBER = "2026-03", "2026-09"
DATED = (MARCH, SEPTEMBER)
V3 = ("v3", *DATED)
V4 = ("v4", *DATED)
V3_AND_V4 = ("v3", "v4", *DATED)
V4_AND_MARCH = ("v4", MARCH)  # the 2026-09 edition dropped the per-record list of associations


@dataclass(frozen=True, slots=True)
class Route:
    """One path and method. `kind` names what the limits, headers and counts go by; `public` ones need no token."""

    method: str
    path: str
    kind: str
    handler: Handler
    scopes: Scopes
    version: str
    public: bool = False


class Entry(NamedTuple):
    """A route of the CRM in several dialects; `rest` is what follows the API's name and version."""

    api: str
    versions: tuple[str, ...]
    method: str
    rest: str
    kind: str
    handler: Handler
    scopes: Scopes


def spread(entries: Iterable[Entry]) -> Iterator[Route]:
    """Every entry in every dialect that has it."""
    for entry in entries:
        for version in entry.versions:
            yield Route(
                entry.method, base(entry.api, version) + entry.rest, entry.kind, entry.handler, entry.scopes, version
            )


def base(api: str, version: str) -> str:
    """Where an API of the CRM begins."""
    return f"/crm/{version}/{api}" if version.startswith("v") else f"/crm/{api}/{version}"


def read(call: Call) -> Sequence[str]:
    """To read records of the type in the path."""
    return call.kind.read_scopes


def write(call: Call) -> Sequence[str]:
    """To write them."""
    return call.kind.write_scopes


def read_schema(call: Call) -> Sequence[str]:
    """To read what is defined for the type in the path."""
    return call.kind.schema_read_scopes


def write_schema(call: Call) -> Sequence[str]:
    """To define."""
    scopes = call.kind.schema_write_scopes
    if call.portal.behaviour.contacts_scopes_define_activities and call.kind.read_scopes == CONTACTS.read_scopes:
        return (*scopes, *CONTACTS.schema_write_scopes)
    return scopes


def any_object(_call: Call) -> Sequence[str]:
    """Any scope of any object type."""
    return access.ANY_OBJECT


def owners(_call: Call) -> Sequence[str]:
    """To read owners."""
    return access.OWNERS_READ


def settings_users(_call: Call) -> Sequence[str]:
    """To read the users of the account."""
    return access.SETTINGS_USERS_READ


def teams(_call: Call) -> Sequence[str]:
    """To read its teams."""
    return access.TEAMS_READ


def conversations(_call: Call) -> Sequence[str]:
    """To read threads and messages."""
    return access.CONVERSATIONS_READ


def conversations_write(_call: Call) -> Sequence[str]:
    """To write messages, and to change threads."""
    return access.CONVERSATIONS_WRITE


def companies(_call: Call) -> Sequence[str]:
    """To read companies where no type is in the path."""
    return COMPANIES.read_scopes


def engagements(_call: Call) -> Sequence[str]:
    """To read notes, tasks and the like where no type is in the path."""
    return NOTES.read_scopes


def engagements_write(_call: Call) -> Sequence[str]:
    """To write them."""
    return NOTES.write_scopes
