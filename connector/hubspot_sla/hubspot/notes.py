"""HubSpot notes, made once: like tasks, each carries a key, in a marker property or in its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.engagements import Created, Engagement, Engagements, Markers, Sort

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.hubspot.associations import Associations
    from hubspot_sla.hubspot.transport import Transport
    from hubspot_sla.plan.records import RecordRef

BODY: Final = "hs_note_body"
NOTES: Final = Sort("notes", "hs_note_body", ("hs_note_body", "hs_timestamp"), ("hs_timestamp",))


@dataclass(frozen=True, slots=True)
class NewNote:
    """A note to make. `key` is ours and unique; `html` is its body as HubSpot keeps it, in which nothing of a stranger
    is markup (`html_text.as_html` makes it of plain text)."""

    key: str
    record: RecordRef
    html: str
    at_ms: int
    owner_id: str | None = None


class Notes:
    """The notes of one portal. `marker_property` is a text property of notes that holds our key."""

    def __init__(self, transport: Transport, marker_property: str, associations: Associations) -> None:
        self._records = Engagements(transport, NOTES, marker_property, associations)

    def create(self, notes: Sequence[NewNote], *, marked: bool = True) -> Created:
        """Make notes, each associated with its record in the same call, 100 a call; `marked` as for `Engagements`.

        Never sent twice. Raises OutcomeUnknown when an answer did not come: `find_markers` finds out which exist.
        """
        return self._records.create(notes, _properties, marked=marked)

    def read(self, note_ids: Iterable[str], properties: Sequence[str]) -> list[Engagement]:
        """The notes that exist, in no order; 100 a call."""
        return self._records.read(note_ids, properties)

    def there(self, records_by_key: Mapping[str, RecordRef]) -> Markers:
        """Our notes of these keys; their records are of one object type."""
        return self._records.there(records_by_key)

    def find_markers(self, object_type: str, record_ids: Iterable[str]) -> Markers:
        """Our notes on these records; never by search, whose index lags."""
        return self._records.find_markers(object_type, record_ids)

    def is_same(self, engagement: Engagement, note: NewNote, *, edited: bool) -> bool:
        """Whether a note that carries no key is this one; `edited` as for `Engagements`."""
        return self._records.is_same(engagement, _properties(note), edited=edited)


def _properties(note: NewNote) -> Mapping[str, str]:
    properties = {"hs_timestamp": wire_time.to_wire(note.at_ms), BODY: note.html}
    owner = {"hubspot_owner_id": note.owner_id} if note.owner_id else {}
    return properties | owner
