"""By what our tasks and notes are found again: a marker property where the portal has it, else a reference in the text.

Kept by object type. A ledger of before this was known has the marker for every type: setup did not end without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger import state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping


def note(db: sqlite3.Connection, marked: Iterable[str], unique: Iterable[str], without: Mapping[str, str]) -> None:
    """The types that have their marker, those of which HubSpot keeps it unique, and the reason of each one without."""
    state.write(db, state.MARKERS, orjson.dumps({"marked": sorted(marked), "without": dict(without)}).decode())
    state.write(db, state.UNIQUE, orjson.dumps(sorted(unique)).decode())


def lose(db: sqlite3.Connection, object_type: str, reason: str) -> None:
    """The marker of this type is not there any more."""
    known = state.read(db, state.MARKERS)
    marked: list[str] = orjson.loads(known)["marked"] if known else ["notes", "tasks"]
    others = [name for name in marked if name != object_type]
    unique = [name for name in _unique(db) if name != object_type]
    note(db, others, unique, {**without(db), object_type: reason})


def is_marked(db: sqlite3.Connection, object_type: str) -> bool:
    """Whether records of this type carry their key in the marker property."""
    known = state.read(db, state.MARKERS)
    return known is None or object_type in orjson.loads(known)["marked"]


def is_unique(db: sqlite3.Connection, object_type: str) -> bool:
    """Whether HubSpot refuses a second record with the same key."""
    return is_marked(db, object_type) and object_type in _unique(db)


def without(db: sqlite3.Connection) -> dict[str, str]:
    """The types whose marker is not there, with the reason."""
    known = state.read(db, state.MARKERS)
    return dict(orjson.loads(known)["without"]) if known else {}


def _unique(db: sqlite3.Connection) -> list[str]:
    text = state.read(db, state.UNIQUE)
    return list(orjson.loads(text)) if text else []
