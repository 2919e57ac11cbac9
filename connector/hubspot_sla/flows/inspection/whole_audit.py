"""The nightly look at the whole audit log and all rows that follow from it, as a job.

It reads the ledger as it stood when it began, by a connection of its own. So it can give way to a deadline, and what is
written then makes no difference to it.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from hubspot_sla.ledger import audit_verification, database

if TYPE_CHECKING:
    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.ledger.audit_verification import Verification


def verify_audit(of: Context | sqlite3.Connection) -> Verification:
    """Raises LedgerDamaged for a log that does not hold, or rows that do not follow from it. A connection, which job
    files of earlier versions give, is read in one piece."""
    if isinstance(of, sqlite3.Connection):
        return audit_verification.require_whole(of)
    with database.open_for_reading(of.ledger.path) as snapshot, snapshot.telling_damage():
        snapshot.db.execute("begin")
        return audit_verification.require_whole(snapshot.db, of.give_way)
