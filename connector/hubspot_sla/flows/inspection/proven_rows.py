"""Whether what one record is judged by follows from the audit chain, for `sla explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.flows.records import merges
from hubspot_sla.ledger import audit_proof, records, row_proof, row_seals
from hubspot_sla.ledger.row_problem import RowProblem
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.ledger.records import RecordRow


def problems_of(db: sqlite3.Connection, record: RecordRef) -> list[RowProblem]:
    """Of its own rows and those of the records that it absorbed, their companies, and what every record is judged by:
    the versions of the mappings, waivers, the go-live; and of the audit entries about them."""
    lineage = _with_absorbed(db, record)
    companies = [id_ for row in lineage.values() for id_, _ in row.companies or ()]
    problems = row_proof.of_subjects(db, record.object_type, [record.record_id, *lineage])
    for kind, ids in ((":companies", companies), *((kind, row_seals.ids_of(db, kind)) for kind in row_seals.SETTINGS)):
        problems += row_proof.of_subjects(db, kind, ids)
    for id_ in {record.record_id: None, **dict.fromkeys(lineage)}:
        problems += [
            RowProblem("audit", record.object_type, id_, f"entry {seq} was altered")
            for seq in audit_proof.altered_entries(db, RecordRef(record.object_type, id_))
        ]
    return problems


def _with_absorbed(db: sqlite3.Connection, record: RecordRef) -> dict[str, RecordRow]:
    """By id, as far as the ledger has them."""
    rows: dict[str, RecordRow] = {}
    missing = {record.record_id}
    while missing:
        loaded = records.load(db, record.object_type, missing)
        rows |= loaded
        missing = {id_ for row in loaded.values() for id_ in merges.merged_ids(row.inputs)} - rows.keys()
    return rows


def require_none(problems: Sequence[RowProblem]) -> None:
    """LedgerDamaged: there are some, and these are the rows."""
    if problems:
        told = "; ".join(map(str, problems[: row_proof.SHOWN]))
        raise LedgerDamaged(
            f"what stands here rests on rows that do not follow from the audit chain: {told}", remedy=row_seals.REMEDY
        )
