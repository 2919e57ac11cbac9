"""Removing what the ledger holds of a ticket, a contact, a company or a person, on request and for good.

One transaction removes the values and appends the audit entry that says so. The file is rewritten afterwards, for
SQLite leaves earlier copies of a row in pages that it no longer uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import LedgerLocked, UsageProblem
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.mappings_version import VersionsByType
from hubspot_sla.flows.records.hubspot_facts import GONE
from hubspot_sla.flows.records.merges import lineages_of
from hubspot_sla.flows.runs.job_run import new_run_id
from hubspot_sla.hubspot.objects.profile import MERGED_FROM
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.ledger import append_only, audit, erasures, records
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.erasures import Erased, Subjects
from hubspot_sla.plain_text import counted
from hubspot_sla.plan.records import TICKETS, RecordRef
from hubspot_sla.policy.object_words import singular_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sla.ledger.database import Ledger

_BUSY: Final = "another process reads the ledger, so that what was removed may still stand in {}-wal"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose values are to be removed: one of these is said."""

    ticket: str = ""
    contact: str = ""
    company: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed, or would be; and `left` what is still elsewhere, in words."""

    subjects: Subjects
    erased: Erased
    left: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "records": [record.key for record in self.subjects.records],
            "contacts": list(self.subjects.contacts),
            "companies": list(self.subjects.companies),
            "owners": list(self.subjects.owners),
            "rows": self.erased.rows,
            "entries": len(self.erased.entries),
            "not_reached": list(self.left),
        }


def foretell(db: sqlite3.Connection, asked: Asked, backups: Path) -> Forgotten:
    """What would be removed. UsageProblem: the ledger knows nothing of it."""
    subjects = subjects_of(db, asked)
    erased = erasures.counted(db, subjects, _kept_names(db, subjects))
    return Forgotten(subjects, erased, tuple(_left(db, asked, subjects, backups)))


def forget(ledger: Ledger, asked: Asked, now: int, backups: Path) -> Forgotten:
    """Remove it. UsageProblem: the ledger knows nothing of it. LedgerLocked: it is removed, but another process keeps
    the file from being rewritten."""
    ledger.db.execute("pragma secure_delete = on")
    with ledger.transaction() as db:
        subjects = subjects_of(db, asked)
        left = tuple(_left(db, asked, subjects, backups))
        ledger.renew_salts()
        with append_only.lifted(db):
            erased = erasures.erase(db, subjects, _kept_names(db, subjects))
        if not erased.is_empty:
            audit.append(db, at=now, run_id=new_run_id(), entries=[_entry(subjects, erased)])
    rewrite(ledger)
    return Forgotten(subjects, erased, left)


def rewrite(ledger: Ledger) -> None:
    """Leave nothing in unused pages and in the write-ahead log."""
    with ledger.telling_damage():
        ledger.db.execute("vacuum")
        (busy, *_) = ledger.db.execute("pragma wal_checkpoint(truncate)").fetchone()
    if busy:
        raise LedgerLocked(_BUSY.format(ledger.path), remedy="end it, and run the same command again")


def _entry(subjects: Subjects, erased: Erased) -> Entry:
    """Its digest covers what is left of the facts of a record."""
    first, *absorbed = subjects.records or (None,)
    body = {
        "absorbed": [record.record_id for record in absorbed if record],
        "erased": {
            "contacts": list(subjects.contacts),
            "companies": list(subjects.companies),
            "owners": list(subjects.owners),
        },
        "counted": [[table, number] for table, number in sorted(erased.rows.items())],
        "entries": erased.entries,
    }
    return Entry(erasures.KIND, {key: said for key, said in body.items() if said}, first)


def subjects_of(db: sqlite3.Connection, asked: Asked) -> Subjects:
    """A ticket with those merged into it. UsageProblem: the ledger knows nothing of it."""
    if asked.ticket:
        record = RecordRef.of(asked.ticket)
        if not records.load(db, record.object_type, [record.record_id]):
            raise _unknown(singular_of(record.object_type), record.key)
        return Subjects(records=(record, *_absorbed(db, record)))
    for word, id_, query in (
        ("contact", asked.contact, "select 1 from contacts where contact_id = ? limit 1"),
        ("company", asked.company, "select 1 from companies where id = ? limit 1"),
        ("owner", asked.owner, "select 1 from names where kind in ('owner', 'user') and id = ? limit 1"),
    ):
        if id_ and db.execute(query, (id_,)).fetchone() is None:
            raise _unknown(word, id_)
    return Subjects(
        contacts=(asked.contact,) if asked.contact else (),
        companies=(asked.company,) if asked.company else (),
        owners=(asked.owner,) if asked.owner else (),
    )


def _unknown(word: str, id_: str) -> UsageProblem:
    return UsageProblem(f"the ledger knows no {word} {id_}", remedy="check the id in HubSpot")


def _absorbed(db: sqlite3.Connection, record: RecordRef) -> list[RecordRef]:
    """Whatever went into it, also by way of others."""
    rows = {record.record_id: records.load(db, record.object_type, [record.record_id])[record.record_id]}
    while True:
        lineages = lineages_of({id_: row.inputs for id_, row in rows.items()})
        known = db.execute(
            "select record_id from records where object_type = ? and merged_into is not null", (record.object_type,)
        )
        merged = {str(row[0]) for row in known}
        missing = ({id_ for ids in lineages.values() for id_ in ids} & merged) - rows.keys()
        if not missing:
            return [RecordRef(record.object_type, id_) for id_ in sorted(rows.keys() - {record.record_id})]
        rows |= records.load(db, record.object_type, missing)


def _kept_names(db: sqlite3.Connection, subjects: Subjects) -> frozenset[str]:
    """Of every version of the mappings, the properties that hold stages, instants, ids and words of HubSpot's own."""
    object_type = subjects.records[0].object_type if subjects.records else TICKETS
    profile = profile_of(object_type)
    names = {profile.pipeline, profile.stage, profile.created, profile.escalated, MERGED_FROM, GONE}
    for version in VersionsByType(versions_in_force.in_force(db)).of(object_type):
        words, closing = version.mappings.portal.properties, version.mappings.portal.closing
        names |= {words.priority, words.owner, words.team, words.source, words.category, *words.first_agent_reply}
        names |= {words.customer_message, words.agent_message, closing.property if closing else ""}
    return frozenset(name for name in names if name)


def _left(db: sqlite3.Connection, asked: Asked, subjects: Subjects, backups: Path) -> Iterator[str]:
    """What this does not reach."""
    yield "HubSpot: delete it there too; what the next sync reads is kept again"
    for record in subjects.records:
        row = records.load(db, record.object_type, [record.record_id]).get(record.record_id)
        if row is not None and not row.gone:
            yield f"{singular_of(record.object_type)} {record.key} is still in HubSpot, as far as the last sync saw"
    copies = sorted(path.name for path in backups.iterdir()) if backups.is_dir() else []
    named = f"{counted(len(copies), 'file')} in {backups}" if copies else "wherever they are"
    yield f"backups of the ledger: {named}"
    yield "what was exported, sent or printed: reports, receipts, plans, notifications, logs"
    first_form = _of_first_form(db, subjects)
    if first_form:
        yield f"{first_form} audit entries of ledgers up to version 4, whose texts are in the chain itself"
    if asked.contact:
        linked = db.execute("select distinct record_id from contacts where contact_id = ?", (asked.contact,))
        tickets = ", ".join(sorted(str(row[0]) for row in linked))
        yield f"what was written about the contact on tickets: forget these too: {tickets}"
    if asked.owner:
        yield "texts of tasks, notes and notifications that name the person"


def _of_first_form(db: sqlite3.Connection, subjects: Subjects) -> int:
    query = "select count(*) from audit where record_id = ? and object_type = ? and typeof(hash) = 'text'"
    return sum(db.execute(query, (record_id, type_)).fetchone()[0] for type_, record_id in subjects.records)
