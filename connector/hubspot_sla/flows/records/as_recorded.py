"""A record as an audit entry knew it: with the facts, companies, contacts and merges that the entry refers to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.records.assemble import assemble, contact_views
from hubspot_sla.hubspot.objects.profile import MERGED_FROM
from hubspot_sla.ledger import contacts, records
from hubspot_sla.ledger.audit_references import Reference
from hubspot_sla.ledger.contacts import ContactRow
from hubspot_sla.ledger.value_history import plain

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.records import RecordRow
    from hubspot_sla.plan.records import RecordRef


def as_recorded(
    db: sqlite3.Connection, record: RecordRef, entry: int, body: Mapping[str, object]
) -> RecordFacts | None:
    """What entry number `entry` about `record` rests on, by its body; None where the ledger has no such record.

    Of the mapped properties as last seen only those count here that never change. TypeError: the body was altered.
    """
    row = records.load(db, *_type_and_id(record)).get(record.record_id)
    if row is None:
        return None
    reference = Reference.of(entry, record, body)
    known = assemble(db, record.object_type, [row_as_recorded(row, reference, body)], known_until=entry)
    return with_contacts(db, known.records[record.record_id].facts, reference)


def row_as_recorded(row: RecordRow, reference: Reference, body: Mapping[str, object]) -> RecordRow:
    """The record with the companies and merges that an entry names."""
    links = body.get("companies")
    return replace(
        row,
        companies=tuple((str(id_), bool(primary)) for id_, primary in links) if isinstance(links, list) else (),
        inputs={**row.inputs, MERGED_FROM: ";".join(reference.absorbed)},
        merged_into=str(body["merged_into"]) if "merged_into" in body else None,
    )


def with_contacts(db: sqlite3.Connection, known: RecordFacts, reference: Reference) -> RecordFacts:
    """The record with the contacts that an entry names."""
    return replace(known, contacts=contact_views(_contacts(db, reference)))


def _type_and_id(record: RecordRef) -> tuple[str, list[str]]:
    return record.object_type, [record.record_id]


def _contacts(db: sqlite3.Connection, reference: Reference) -> list[ContactRow]:
    """Those that were its contacts then."""
    if not reference.contacts or reference.record is None:
        return []
    object_type, ids = _type_and_id(reference.record)
    histories = contacts.numbered(db, object_type, ids)[ids[0]]
    return [ContactRow(id_, plain(histories.get(id_, {}), reference.entry)) for id_ in reference.contacts]
