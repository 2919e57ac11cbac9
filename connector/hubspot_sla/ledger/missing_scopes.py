"""What rests because HubSpot denies it to the token, mostly for want of a scope: kinds of what is to be sent, and the
reading of customers.

It is tried again like anything that was refused; the first success ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.ledger import state
from hubspot_sla.plan.records import COMPANIES

if TYPE_CHECKING:
    import sqlite3


COMPANY_PROPERTIES: Final = "properties of companies"
"""What rests where the token may not make, read or write them."""


def part_of(object_type: str, kind: str) -> str:
    """What rests together: one kind of item of the outbox, about records of one object type."""
    if object_type == COMPANIES and kind == "properties":
        return COMPANY_PROPERTIES
    return state.of(object_type, kind)


def note(db: sqlite3.Connection, kind: str, reason: str) -> None:
    """This kind rests from now on, or still."""
    _write(db, {**load(db), kind: reason})


def end(db: sqlite3.Connection, kind: str) -> None:
    """HubSpot has answered for this kind."""
    reasons = load(db)
    if reasons.pop(kind, None) is not None:
        _write(db, reasons)


def load(db: sqlite3.Connection) -> dict[str, str]:
    """The reason for each kind that rests."""
    known = state.read(db, state.RESTING)
    return dict(orjson.loads(known)) if known else {}


def _write(db: sqlite3.Connection, reasons: dict[str, str]) -> None:
    if reasons:
        state.write(db, state.RESTING, orjson.dumps(reasons).decode())
    else:
        state.forget(db, state.RESTING)
