"""One record: its properties by group, what happened to it, its tasks, and what it is associated with."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from textwrap import shorten
from typing import TYPE_CHECKING

from hubspot_sandbox.instants import parse_instant
from hubspot_sandbox.object_types import ALL, NOTES, TASKS, TICKETS, ObjectType
from hubspot_sandbox.page.formatting import Formatter, safe_html, source_name, tone

if TYPE_CHECKING:
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.records import Record, Version

MOST_EVENTS = 60
_LONGEST_TITLE = 120
_TITLED = ("subject", "hs_task_subject", "name", "hs_title", "hs_email_subject", "hs_body_preview", "email")
CALCULATED = "CALCULATED"
_MESSAGES = {"in": "hs_last_message_received_at", "out": "hs_last_message_sent_at"}
_WROTE = {"in": "The customer wrote", "out": "An agent answered"}
_CAUSES = ("hs_object_id", "hs_pipeline_stage", "hubspot_owner_id")
_MESSAGE = re.compile("message|reply")
_Versions = list[tuple[str, "Version"]]


@dataclass(frozen=True, slots=True)
class Field:
    """A property that is set, as people read it; `name` and `raw` are what the API says."""

    name: str
    label: str
    shown: str
    raw: str
    tone: str


@dataclass(frozen=True, slots=True)
class Section:
    """A property group."""

    label: str
    own: bool
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class Change:
    """One property getting a value; `shown` is empty when it was cleared."""

    label: str
    name: str
    shown: str


@dataclass(frozen=True, slots=True)
class Event:
    """Everything that changed in one instant by one hand."""

    title: str
    icon: str
    source: str
    at: str
    distance: str
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class History:
    """The last events, newest first, and how many there were before them."""

    shown: list[Event]
    earlier: int


@dataclass(frozen=True, slots=True)
class Linked:
    """Another record that this one is associated with."""

    type_id: str
    id: str
    title: str
    note: str
    done: bool
    body: str = ""


def title_of(record: Record) -> str:
    """What a record is called, whatever its type."""
    values = record.values
    person = f"{values.get('firstname', '')} {values.get('lastname', '')}".strip()
    names = (values.get(name) for name in _TITLED)
    return shorten(person or next(filter(None, names), f"Record {record.id}"), _LONGEST_TITLE, placeholder=" ...")


class RecordPage:
    """Looks up what the page of one record shows."""

    def __init__(self, portal: Portal, kind: ObjectType, record: Record) -> None:
        self._portal = portal
        self._kind = kind
        self._record = record
        self._formatter = Formatter(portal)

    def sections(self) -> list[Section]:
        """Properties that are set, by group; what the account defined itself comes first."""
        catalogue = self._portal.catalogue(self._kind)
        fields: dict[tuple[bool, str], list[Field]] = defaultdict(list)
        for definition in catalogue.listed():
            raw = self._record.values.get(definition.name)
            if raw is not None:
                own = not definition.hubspot_defined
                fields[own, definition.group].append(self._field(definition.name, definition.label, raw, own=own))
        labels = {group.name: group.label for group in catalogue.groups()}
        ordered = sorted(fields.items(), key=lambda entry: (not entry[0][0], entry[0][1]))
        return [Section(labels.get(group, group), own, inside) for (own, group), inside in ordered]

    def _field(self, name: str, label: str, raw: str, *, own: bool) -> Field:
        text = self._formatter.value(self._kind, name, raw)
        return Field(name, label, text, raw, tone(raw) if own and name.endswith("status") else "")

    def history(self) -> History:
        """What happened. Nothing that HubSpot only calculated stands alone when its cause is known."""
        versions = sorted(self._versions(), key=lambda named_version: (-named_version[1].at_ms, named_version[0]))
        instants = [list(same) for _, same in groupby(versions, key=lambda named_version: named_version[1].at_ms)]
        together = [hand for same in instants for hand in _hands(same)]
        events = [self._event(hand) for hand in together[:MOST_EVENTS]]
        return History(events, len(together) - len(events))

    def _versions(self) -> _Versions:
        names = [
            definition.name
            for definition in self._portal.catalogue(self._kind).listed()
            if definition.name != self._kind.modified
        ]
        return [(name, version) for name in names for version in self._record.versions(name)]

    def _event(self, together: _Versions) -> Event:
        values = {name: version.value for name, version in together}
        first = next((version for _, version in together if version.source != CALCULATED), together[0][1])
        icon, title = self._headline(values, first)
        return Event(
            title=title,
            icon=icon,
            source="" if icon in _MESSAGES else source_name(first.source),
            at=self._formatter.instant(first.at_ms),
            distance=self._formatter.distance(first.at_ms),
            changes=[self._change(name, version.value) for name, version in together],
        )

    def _headline(self, values: dict[str, str], first: Version) -> tuple[str, str]:
        if "hs_object_id" in values:
            return "new", f"{self._kind.singular.capitalize()} created"
        for icon, name in _MESSAGES.items():
            if values.get(name):
                return icon, _WROTE[icon]
        if values.get("hs_pipeline_stage"):
            stage = self._formatter.value(self._kind, "hs_pipeline_stage", values["hs_pipeline_stage"])
            return "move", f"Moved to {stage}"
        if values.get("hubspot_owner_id"):
            return "owner", f"Assigned to {self._formatter.owner(values['hubspot_owner_id'])}"
        return self._count(len(values), first)

    def _count(self, count: int, first: Version) -> tuple[str, str]:
        many = "1 property" if count == 1 else f"{count} properties"
        if first.source == CALCULATED:
            return "calculated", f"HubSpot calculated {many}"
        return ("app" if first.source in ("INTEGRATION", "API") else "edit"), f"{many} changed"

    def _change(self, name: str, value: str) -> Change:
        definition = self._portal.catalogue(self._kind).find(name)
        label = definition.label if definition else name
        return Change(label, name, self._formatter.value(self._kind, name, value))

    def tasks(self) -> list[Linked]:
        """Open ones first, then by due time."""
        return sorted(self._linked(TASKS), key=lambda task: (task.done, task.note))

    def associations(self) -> list[tuple[str, list[Linked]]]:
        """Every other type that has any, under its plural."""
        by_type = [(kind.name.capitalize(), self._linked(kind)) for kind in ALL if kind is not TASKS]
        return [(name, linked) for name, linked in by_type if linked]

    def _linked(self, target: ObjectType) -> list[Linked]:
        linked = self._portal.links.of(self._kind, self._record.id, target)
        records = (self._portal.table(target).find(other_id) for other_id in sorted(linked))
        return [self._row(target, record) for record in records if record is not None]

    def _row(self, kind: ObjectType, record: Record) -> Linked:
        done = record.values.get("hs_task_status") == "COMPLETED"
        if kind is NOTES:
            body = safe_html(record.values.get("hs_note_body", ""))
            return Linked(kind.type_id, str(record.id), "Note", self._note(kind, record), done, body)
        return Linked(kind.type_id, str(record.id), title_of(record), self._note(kind, record), done)

    def _note(self, kind: ObjectType, record: Record) -> str:
        values = record.values
        if kind is TASKS:
            due = values.get("hs_timestamp")
            return f"due {self._formatter.short_instant(parse_instant(due))}" if due else ""
        if kind is TICKETS:
            return self._formatter.value(kind, "hs_pipeline_stage", values.get("hs_pipeline_stage", ""))
        return values.get("email") or values.get("domain") or self._formatter.short_instant(record.created_ms)


def _hands(same: _Versions) -> list[_Versions]:
    """What changed in one instant, by who did it. What was calculated goes with the move or assignment behind it."""
    by_source: dict[str, _Versions] = defaultdict(list)
    for named_version in same:
        by_source[named_version[1].source].append(named_version)
    calculated = by_source.pop(CALCULATED, [])
    written = [named_version for named_version in calculated if _MESSAGE.search(named_version[0])]
    rest = [named_version for named_version in calculated if named_version not in written]
    cause = next((hand for hand in by_source.values() if {name for name, _ in hand} & {*_CAUSES}), None)
    if cause is not None:
        cause += rest
        rest = []
    if cause is not None and any(name == "hs_object_id" for name, _ in cause):
        cause += written
        written = []
    return [hand for hand in (written, rest, *by_source.values()) if hand]
