"""The ids of the thirty tickets of the portal in conftest.py, ascending."""

from __future__ import annotations

from hubspot_sandbox.ids import ClusteredIds
from hubspot_sandbox.object_types import TICKETS

_ids = ClusteredIds(TICKETS.first_id)
TICKET_IDS = [str(record_id) for record_id in sorted(_ids.take() for _ in range(30))]
