"""The activities that are logged on a portal's records, read from HubSpot."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hubspot_sla.hubspot.activities import PROPERTIES, activity_of
from hubspot_sla.hubspot.batches import batch_read, chunks
from hubspot_sla.hubspot.sdk import sdk_api

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.hubspot.activities import Activity
    from hubspot_sla.hubspot.associations import Associations
    from hubspot_sla.hubspot.transport import Transport

_TOGETHER: Final = 1_000


class Activities:
    """Those of one portal."""

    def __init__(self, transport: Transport, associations: Associations, note_marker: str) -> None:
        self._transport = transport
        self._associations = associations
        self._note_marker = note_marker

    def ids_on(self, kind: str, object_type: str, record_ids: Iterable[str]) -> dict[str, list[str]]:
        """Ids of activities of one kind by the record they are logged on; a record that cannot be read is absent. 1,000
        records a call."""
        links = self._associations.read(object_type, kind, record_ids)
        return {record_id: [link.to_id for link in of_record] for record_id, of_record in links.items()}

    def read(self, kind: str, ids: Iterable[str]) -> dict[str, Activity]:
        """Those that exist and can be read, by id; 100 a call."""
        api = sdk_api(self._transport, f"hubspot.crm.objects.{kind}", "BatchApi")
        names = (*PROPERTIES[kind], *([self._note_marker] if kind == "notes" else []))
        activities: dict[str, Activity] = {}
        for some in chunks(ids, _TOGETHER):
            for row in batch_read(self._transport.flight, api.read, some, names, ()).rows:
                with suppress(ValueError):  # asked for again whenever something is logged on its record
                    activity = activity_of(kind, row, self._note_marker)
                    activities[activity.id] = activity
        return activities
