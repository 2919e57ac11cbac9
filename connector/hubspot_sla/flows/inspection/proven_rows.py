"""Whether what one record is judged by follows from the audit chain, for `sla explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.ledger import records, row_proof, row_seals

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.ledger.row_proof import RowProblem
    from hubspot_sla.plan.records import RecordRef


def problems_of(db: sqlite3.Connection, record: RecordRef) -> list[RowProblem]:
    """Of its own rows, its companies, the versions of the mappings, and the go-live."""
    row = records.load(db, record.object_type, [record.record_id]).get(record.record_id)
    companies = [id_ for id_, _ in row.companies or ()] if row else []
    versions = [str(row[0]) for row in db.execute("select seq from policy_versions order by seq")]
    kinds = (
        (record.object_type, [record.record_id]),
        (":companies", companies),
        (":policy_versions", versions),
        (":meta", ["go_live_at"]),
    )
    return [problem for kind, ids in kinds if ids for problem in row_proof.of_subjects(db, kind, ids)]


def require_none(problems: Sequence[RowProblem]) -> None:
    """LedgerDamaged: there are some, and these are the rows."""
    if problems:
        told = "; ".join(map(str, problems[: row_proof.SHOWN]))
        raise LedgerDamaged(
            f"what stands here rests on rows that do not follow from the audit chain: {told}", remedy=row_seals.REMEDY
        )
