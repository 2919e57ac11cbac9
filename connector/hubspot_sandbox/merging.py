"""Two records become one.

The survivor has a new id unless the account keeps the primary one. What the primary lacks comes from the other, with
its history; links move over, and the conversations of both tickets; the creation is that of the older. The ids that
went are noted in `merged_ids`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.conversations import threads_of
from hubspot_sandbox.instants import to_wire
from hubspot_sandbox.object_types import ALL, TICKETS
from hubspot_sandbox.records import Record, Version

if TYPE_CHECKING:
    from hubspot_sandbox.object_types import ObjectType
    from hubspot_sandbox.portal import Portal

_SOURCE = "MERGE_OBJECTS"
_MERGED = "hs_merged_object_ids"


def merge(portal: Portal, kind: ObjectType, primary: Record, other: Record, at_ms: int) -> Record:
    """The survivor. Raises `Refused` 400 for a type that cannot be merged, or a record with itself."""
    if not kind.mergeable:
        raise refusals.invalid(f"Objects of type {kind.type_id} cannot be merged")
    if primary.id == other.id:
        raise refusals.invalid(f"Cannot merge object {primary.id} with itself")
    if portal.behaviour.merges_keep_the_primary_id:
        return _kept(portal, kind, primary, other, at_ms)
    return _new(portal, kind, primary, other, at_ms)


def _new(portal: Portal, kind: ObjectType, primary: Record, other: Record, at_ms: int) -> Record:
    table = portal.table(kind)
    record_id = table.take_id()
    older = min(primary, other, key=lambda record: record.created_ms)
    past = _history(primary, other)
    values = {name: rows[-1].value for name, rows in past.items() if rows[-1].value}
    values |= _identity(kind, record_id, _went(primary, other, record_id), to_wire(older.created_ms))
    for name in values.keys() & past.keys() & _identity(kind, 0, "", "").keys():
        del past[name]
    survivor = Record(record_id, older.created_ms, at_ms, values, primary.source, past)
    for merged in (other, primary):  # the primary one last: its primary company is the one that stays
        _hand_over(portal, kind, merged, record_id)
        if kind is TICKETS:
            portal.hand_over_threads(merged, record_id)
    table.add(survivor)
    for merged in (other, primary):
        table.remove(merged)
        portal.merged_ids.note(kind, merged.id, record_id)
    return survivor


def _kept(portal: Portal, kind: ObjectType, primary: Record, other: Record, at_ms: int) -> Record:
    added = {name: value for name, value in other.values.items() if name not in primary.values}
    added[_MERGED] = _went(primary, other, primary.id)
    versions = {name: Version(value, at_ms, _SOURCE) for name, value in added.items()}
    if kind is TICKETS:
        for thread in threads_of(portal, primary.id):
            portal.stored(thread)
        portal.hand_over_threads(other, primary.id)
    _hand_over(portal, kind, other, primary.id, keep_primary=True)
    table = portal.table(kind)
    table.write(primary, versions, modified_ms=at_ms)
    table.remove(other)
    portal.merged_ids.note(kind, other.id, primary.id)
    return primary


def _identity(kind: ObjectType, record_id: int, merged_ids: str, created: str) -> dict[str, str]:
    values = {"hs_object_id": str(record_id), _MERGED: merged_ids, kind.created: created}
    return values | ({"hs_ticket_id": str(record_id)} if kind is TICKETS else {})


def _went(primary: Record, other: Record, survivor_id: int) -> str:
    ids = [
        record_id
        for record in (primary, other)
        for record_id in (*record.values.get(_MERGED, "").split(";"), str(record.id))
    ]
    return ";".join(dict.fromkeys(record_id for record_id in ids if record_id and record_id != str(survivor_id)))


def _history(primary: Record, other: Record) -> dict[str, list[Version]]:
    """Of each property, the primary's versions, or the other's where the primary has no value."""
    chosen = dict.fromkeys({*other.values, *other.past}, other)
    chosen |= dict.fromkeys(primary.values, primary)
    return {name: record.versions(name)[::-1] for name, record in chosen.items()}


def _hand_over(
    portal: Portal, kind: ObjectType, merged: Record, survivor_id: int, *, keep_primary: bool = False
) -> None:
    """Move the links of a record to another. `keep_primary`: what the other has as its primary one stays so."""
    types = portal.links.types
    for target in ALL:
        has_primary = any(
            types.get(type_id).primary for ids in portal.links.of(kind, survivor_id, target).values() for type_id in ids
        )
        for other_id, type_ids in portal.links.of(kind, merged.id, target).items():
            for link in map(types.get, type_ids):
                portal.links.unlink(link, merged.id, other_id)
                if not (link.primary and keep_primary and has_primary):
                    portal.links.link(link, survivor_id, other_id)
