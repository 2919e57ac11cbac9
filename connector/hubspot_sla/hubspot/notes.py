"""HubSpot notes, made once: like tasks, each carries a key, in a marker property or in its text."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.engagements import LINE_BREAK, Created, Engagement, Engagements, Markers, Sort
from hubspot_sla.hubspot.key_references import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.hubspot.associations import Associations
    from hubspot_sla.hubspot.transport import Transport
    from hubspot_sla.plan.records import RecordRef

BODY: Final = "hs_note_body"
NOTES: Final = Sort("notes", "hs_note_body", ("hs_note_body", "hs_timestamp"), ("hs_timestamp",))
LONGEST_REFERENCE: Final = len(LINE_BREAK) + LONGEST
LONGEST_BODY: Final = 65_536
"""Characters of a note body, as HubSpot's notes guide says."""


@dataclass(frozen=True, slots=True)
class NewNote:
    """A note to make. `key` is ours and unique; `body` is plain text, its line breaks kept."""

    key: str
    record: RecordRef
    body: str
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

    def find_markers(self, object_type: str, record_ids: Iterable[str]) -> Markers:
        """Our notes on these records; never by search, whose index lags."""
        return self._records.find_markers(object_type, record_ids)

    def is_same(self, engagement: Engagement, note: NewNote, *, edited: bool) -> bool:
        """Whether a note that carries no key is this one; `edited` as for `Engagements`."""
        return self._records.is_same(engagement, _properties(note), edited=edited)


def as_html(body: str) -> str:
    """Plain text as the HTML that HubSpot keeps: nothing in it is markup, lines stay lines; cut between two of them
    where it is longer than a note may be, with a reference behind it."""
    html_lines: list[str] = []
    room = LONGEST_BODY - LONGEST_REFERENCE
    for line in body.splitlines():
        shown = escape(line)
        room -= len(shown) + len(LINE_BREAK)
        if room < 0:
            break
        html_lines.append(shown)
    return LINE_BREAK.join(html_lines)


def _properties(note: NewNote) -> Mapping[str, str]:
    properties = {"hs_timestamp": wire_time.to_wire(note.at_ms), BODY: as_html(note.body)}
    owner = {"hubspot_owner_id": note.owner_id} if note.owner_id else {}
    return properties | owner
