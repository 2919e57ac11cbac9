"""What Datasette asks of us: records as links to HubSpot, and no answer to another machine.

Requests must name this machine as their host, so that no web site can have a browser read the ledger for it (DNS
rebinding).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from datasette import hookimpl
from markupsafe import Markup

from hubspot_sla.plan.records import TICKETS

if TYPE_CHECKING:
    import sqlite3

    from datasette.app import Datasette

NAME: Final = "hubspot-sla"
LINKS: Final = "links"
"""In the configuration of this plugin: the address of a record up to its id, by object type."""
_LOOPBACK: Final = ("127.0.0.1", "localhost")
_REFUSED: Final = b"This address serves this machine only."

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


@hookimpl  # type: ignore[untyped-decorator]
def render_cell(row: sqlite3.Row, value: object, column: str, datasette: Datasette) -> Markup | None:
    """A query that leaves out the object type speaks of tickets."""
    if column != "record_id" or not value:
        return None
    object_type = row["object_type"] if "object_type" in row.keys() else TICKETS  # noqa: SIM118 - a row of SQLite
    link = (datasette.plugin_config(NAME) or {}).get(LINKS, {}).get(object_type)
    return None if link is None else Markup('<a href="{}{}" rel="noreferrer">{}</a>').format(link, value, value)


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper() -> Callable[[App], App]:
    """For every request, before it is answered."""
    return this_machine_only


def this_machine_only(app: App) -> App:
    """Refuses every request whose host is another name than this machine's."""

    async def guarded(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _host(scope) not in _LOOPBACK:
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": _REFUSED})
            return
        await app(scope, receive, send)

    return guarded


def _host(scope: Message) -> str:
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    return hosts[0].rpartition(":")[0] or hosts[0] if len(hosts) == 1 else ""
