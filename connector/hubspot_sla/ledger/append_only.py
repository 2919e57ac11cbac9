"""Tables whose rows are appended and never changed: SQLite itself refuses to update or delete them.

A guard against accidents, not against the owner of the file, who can remove it: what was changed all the same is found
by `sla audit verify`. Migrations and an erasure lift it on purpose, inside their transaction.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

TABLES: Final = (
    *("audit", "audit_texts", "facts", "policy_versions"),
    *("waivers", "waiver_revocations", "outcome_editions", "periods", "period_outcomes"),
    *("calendar_data", "version_calendars"),
    *("contract_closings", "contract_promises", "contract_feeds", "contract_claims"),
)
_CHANGES: Final = ("update", "delete")


def guard(db: sqlite3.Connection) -> None:
    """From now on SQLite refuses to change these rows; twice is as once."""
    for table in TABLES:
        for change in _CHANGES:
            db.execute(
                f"create trigger if not exists {table}_refuse_{change} before {change} on {table}"
                f" begin select raise(abort, '{table} is append-only'); end"
            )


def lift(db: sqlite3.Connection) -> None:
    """Within the caller's transaction, which guards them again before it ends: these rows may be changed."""
    for table in TABLES:
        for change in _CHANGES:
            db.execute(f"drop trigger if exists {table}_refuse_{change}")


@contextmanager
def lifted(db: sqlite3.Connection) -> Iterator[None]:
    """As `lift`, for a block inside a transaction: on an error the transaction takes back everything."""
    lift(db)
    yield
    guard(db)
