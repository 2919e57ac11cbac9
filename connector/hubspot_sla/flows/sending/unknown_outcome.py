"""How long a create is left alone whose answer never came.

HubSpot may still be at work on it: whoever looks too soon does not find it, makes another, and then there are two.
Where HubSpot keeps the marker unique the second is refused, so nobody has to wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.ledger import state
from hubspot_sla.ledger.outbox import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.flows.context.context import Context

OBJECT_TYPES: Final = {Kind.TASK: "tasks", Kind.NOTE: "notes"}
"""What is created, and as which type of object."""


def grace_ms(context: Context, kind: Kind) -> int:
    """For so long after an unknown outcome: the total deadline of a request."""
    unique = orjson.loads(state.read(context.ledger.db, state.UNIQUE) or "[]")
    return 0 if OBJECT_TYPES.get(kind) in (None, *unique) else context.portal.transport.deadline_ms


def note_unique(context: Context, object_types: Iterable[str]) -> None:
    """HubSpot takes the markers of these types once only."""
    with context.ledger.transaction() as db:
        state.write(db, state.UNIQUE, orjson.dumps(sorted(object_types)).decode())
