"""The life of one record as a file has it: how it began, and what changed when.

A history says when a property changed; a property without one has had its value since the beginning, unless HubSpot
calculates it: then it came at the instant it names, or at the last change. What HubSpot calculates from a stage or an
owner follows from those changes and is taken from the file only where the file tells its history.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sandbox.instants import parse_instant
from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.records import CALCULATED, Record, Version

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from hubspot_sandbox.object_types import ObjectType
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.portal_files import RecordIn, VersionIn

STAGE = "hs_pipeline_stage"
_OF_A_STAGE = ("closed_date", "hs_is_closed", "hs_last_closed_date", "hs_ticket_reopened_at")
_ENTERED = "hs_v2_date_"


@dataclass(slots=True)
class Moment:
    """What happened to a record at an instant. `bumps` tells whether HubSpot moves the modification time for it."""

    at_ms: int
    changes: dict[str, Version] = field(default_factory=dict)
    bumps: bool = True
    archives: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """`first` is the record as it was made. On the properties of `fixed_names` the file has the last word: those whose
    history it holds, and those it says are empty.
    """

    kind: ObjectType
    first: Record
    moments: list[Moment]
    fixed_names: frozenset[str]

    @property
    def last_ms(self) -> int:
        """When the last thing happened."""
        return self.moments[-1].at_ms if self.moments else self.first.updated_ms


def timeline_of(portal: Portal, kind: ObjectType, row: RecordIn) -> Timeline:
    """The story of a record of a file."""
    past = {name: history(rows) for name, rows in row.properties_with_history.items() if rows}
    values = {name: value for name, value in row.properties.items() if value and name != kind.modified}
    created_ms, updated_ms = first_ms(row, past), last_ms(row, past)
    moments: dict[tuple[int, int, bool], Moment] = {}
    fixed_names = frozenset({*past, *(name for name, value in row.properties.items() if value is None and _free(name))})
    first = Record(row.id, created_ms, created_ms, {"hs_object_id": str(row.id)})
    for name, version in _changes(portal, kind, values, past, created_ms, updated_ms):
        if version.at_ms <= created_ms:
            _begin(first, name, version)
        else:
            _note(moments, name, version)
    if updated_ms > max((at_ms for at_ms, _, bumps in moments if bumps), default=created_ms):
        moments[updated_ms, 0, True] = Moment(updated_ms)
    ordered = [moments[key] for key in sorted(moments)]
    if kind is TICKETS:
        _begin_ticket(portal, first, fixed_names)
        _close_when_told(portal, first, ordered, values.get("closed_date"), fixed_names)
    if row.archived:
        ordered.append(Moment(max(row.archived_at or updated_ms, updated_ms), bumps=False, archives=True))
    return Timeline(kind, first, ordered, fixed_names)


def _note(moments: dict[tuple[int, int, bool], Moment], name: str, version: Version) -> None:
    """Changes at one instant are one moment, unless they are of one property: then they follow each other."""
    bumps, turn = version.source != CALCULATED, 0
    while name in moments.setdefault((version.at_ms, turn, bumps), Moment(version.at_ms, bumps=bumps)).changes:
        turn += 1
    moments[version.at_ms, turn, bumps].changes[name] = version


def apply(
    portal: Portal, kind: ObjectType, record: Record, moment: Moment, fixed_names: Iterable[str]
) -> dict[str, Version]:
    """The versions a moment makes of a record: the changes of the file, and what HubSpot adds of its own accord."""
    if kind is not TICKETS:
        return moment.changes
    values = {name: version.value or None for name, version in moment.changes.items()}
    added = portal.consequences(TICKETS, record.values, values, moment.at_ms)
    fixed = {*fixed_names, *moment.changes}
    follows = {
        name: Version(value or "", moment.at_ms, CALCULATED) for name, value in added.items() if name not in fixed
    }
    return follows | moment.changes


def history(rows: Sequence[VersionIn]) -> list[Version]:
    """Oldest first; HubSpot tells the newest first, and several of one instant in that order too."""
    versions = [Version(row.value or "", row.timestamp, row.source_type, row.source_id) for row in rows][::-1]
    return sorted(versions, key=lambda version: version.at_ms)


def first_ms(row: RecordIn, past: Mapping[str, list[Version]]) -> int:
    """When the record was made."""
    if row.created_at is not None:
        return row.created_at
    if created := row.properties.get("createdate"):
        return parse_instant(created)
    return min((rows[0].at_ms for rows in past.values()), default=0)


def last_ms(row: RecordIn, past: Mapping[str, list[Version]]) -> int:
    """When it was last modified."""
    if row.updated_at is not None:
        return row.updated_at
    if modified := row.properties.get("hs_lastmodifieddate"):
        return parse_instant(modified)
    return max((rows[-1].at_ms for rows in past.values()), default=first_ms(row, past))


def _changes(
    portal: Portal,
    kind: ObjectType,
    values: Mapping[str, str],
    past: Mapping[str, list[Version]],
    created_ms: int,
    updated_ms: int,
) -> Iterator[tuple[str, Version]]:
    for name, rows in past.items():
        yield from ((name, version) for version in rows)
    for name, value in values.items():
        if name not in past and (STAGE not in past or _free(name)):
            at_ms, source = _appears(portal, kind, name, value, created_ms, updated_ms)
            yield name, Version(value, at_ms, source)


def _appears(
    portal: Portal, kind: ObjectType, name: str, value: str, created_ms: int, updated_ms: int
) -> tuple[int, str]:
    """When a value without a history came."""
    definition = portal.catalogue(kind).find(name)
    if definition is None or not definition.calculated:
        return created_ms, "CRM_UI"
    if definition.type == "datetime":
        return parse_instant(value), CALCULATED
    return max(created_ms, updated_ms), CALCULATED


def _free(name: str) -> bool:
    """Whether the property does not follow from the stages."""
    return name not in _OF_A_STAGE and not name.startswith(_ENTERED)


def _begin(first: Record, name: str, version: Version) -> None:
    """A record holds only the histories that say more than its values."""
    plain = version == Version(version.value, first.created_ms, first.source)
    if name in first.past or not plain or first.values.get(name, version.value) != version.value:
        first.put(name, version)
    else:
        first.values[name] = version.value


def _begin_ticket(portal: Portal, first: Record, fixed_names: Container[str]) -> None:
    first.values.setdefault("hs_ticket_id", str(first.id))
    added = portal.consequences(TICKETS, {}, dict(first.values), first.created_ms) if STAGE in first.values else {}
    for name, value in added.items():
        if value and name not in fixed_names:
            first.values.setdefault(name, value)


def _close_when_told(
    portal: Portal, first: Record, moments: list[Moment], closed: str | None, fixed_names: Container[str]
) -> None:
    """The file's close date is that of the last closing, whose instant may be another."""
    if not closed or "closed_date" in fixed_names:
        return
    shut = {stage.id for pipeline in portal.pipelines.values() for stage in pipeline.stages if stage.closed}
    for moment in reversed(moments):
        version = moment.changes.get(STAGE)
        if version is not None and version.value in shut:
            moment.changes["closed_date"] = Version(closed, moment.at_ms, version.source)
            return
    if not moments or first.values.get(STAGE) in shut:
        first.values["closed_date"] = closed
