"""How long a create is left alone whose answer never came.

HubSpot may still be at work on it: a search that comes too soon does not find it, and a second one would be made.
Where HubSpot keeps the marker unique the second is refused, so nobody has to wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger import markers
from hubspot_sla.ledger.outbox import Kind

if TYPE_CHECKING:
    from hubspot_sla.flows.context.context import Context

OBJECT_TYPES: Final = {Kind.TASK: "tasks", Kind.NOTE: "notes"}
"""What is created, and as which type of object."""


def grace_ms(context: Context, kind: Kind) -> int:
    """For so long after an unknown outcome: the total deadline of a request."""
    object_type = OBJECT_TYPES.get(kind)
    if object_type is None or markers.is_unique(context.ledger.db, object_type):
        return 0
    return context.portal.transport.deadline_ms
