"""What people recorded of claims under contracts: filed, answered, refused, paid. Appended, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.claims import ClaimState

if TYPE_CHECKING:
    import sqlite3

ClaimKey = tuple[str, date, str]
"""A contract, the first day of its window, an objective."""


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """What became of a claim on the day `on`; `amount` is a decimal, "" where none was said. `entry` is the number of
    the audit entry that covers it."""

    contract: str
    start: date
    objective: str
    state: ClaimState
    on: date
    amount: str
    note: str
    recorded_at: int
    recorded_by: str
    entry: int

    @property
    def key(self) -> ClaimKey:
        return self.contract, self.start, self.objective


_COLUMNS: Final = 'contract, start, objective, state, "on", amount, note, recorded_at, recorded_by, entry'


def record(db: sqlite3.Connection, claim: ClaimRecord) -> None:
    values = (
        *(claim.contract, claim.start.isoformat(), claim.objective, claim.state.value, claim.on.isoformat()),
        *(claim.amount, claim.note, claim.recorded_at, claim.recorded_by, claim.entry),
    )
    db.execute(f"insert into contract_claims ({_COLUMNS}) values ({','.join('?' * len(values))})", values)


def by_key(db: sqlite3.Connection) -> dict[ClaimKey, list[ClaimRecord]]:
    """All of them, the oldest first."""
    found: dict[ClaimKey, list[ClaimRecord]] = {}
    for row in db.execute(f"select {_COLUMNS} from contract_claims order by id"):
        contract, start, objective, state, on, *more = row
        days = date.fromisoformat(start), date.fromisoformat(on)
        claim = ClaimRecord(contract, days[0], objective, ClaimState(state), days[1], *more)
        found.setdefault(claim.key, []).append(claim)
    return found
