"""A ledger that somebody has altered, and one that is as it would have been had things gone otherwise."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from hubspot_sla.ledger import append_only, database

if TYPE_CHECKING:
    from pathlib import Path


def alter(ledger: Path, *statements: str) -> None:
    """As whoever owns the file can, with any program: no seal is renewed."""
    with closing(sqlite3.connect(ledger, isolation_level=None)) as db:
        append_only.lift(db)
        for statement in statements:
            assert db.execute(statement).rowcount > 0, statement
        append_only.guard(db)


def rewrite(ledger: Path, *statements: str) -> None:
    """As an earlier version of ours could have written it: sealed as it is then."""
    with database.open_for_writing(ledger) as opened, opened.transaction() as db, append_only.lifted(db):
        for statement in statements:
            assert db.execute(statement).rowcount > 0, statement
