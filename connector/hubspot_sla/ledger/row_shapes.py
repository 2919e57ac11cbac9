"""Whether the rows that no digest covers have the shape in which they are written.

Nothing is decided by them, so nobody holds them against the audit chain; but whoever altered one may have left what no
command can show. This is asked once something could not be read, to tell damage from a defect of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

from hubspot_sla.ledger import packed_properties, state, sync_health
from hubspot_sla.ledger.covered_tables import LEFT_OUT, PARTS
from hubspot_sla.ledger.validation_rules import SeenRule

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from pydantic import TypeAdapter

FURTHEST: Final = 253_402_300_799_999
"""No number in any column is larger: the last millisecond of the year 9999."""
_PROVEN_OTHERWISE: Final = ("audit", "audit_tree", "row_seals", "_sqlite_migrations")
REMEDY: Final = "`sla outcomes rebuild` computes outcomes again; for any other row restore a backup"
_ELSEWHERE: Final = {("records", "written"), ("meta", "value")}
"""Columns whose values are of several types."""


@dataclass(frozen=True, slots=True)
class _Markers:
    marked: list[str]
    without: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Watch:
    jobs: list[str]
    within_ms: int


@cache
def _json_columns() -> dict[tuple[str, str], TypeAdapter[Any]]:
    """What the JSON in these columns is."""
    from pydantic import TypeAdapter

    shapes: dict[tuple[str, str], Any] = {
        ("runs", "outcome"): dict[str, object],
        ("message_reading", "threads"): dict[str, int],
        ("outcomes", "dimensions"): dict[str, str | None],
        ("outcomes", "withdrawn"): list[tuple[int, int]],
        ("outcomes", "pauses"): list[tuple[str, int, int, int]],
        ("outcomes", "spans"): tuple[list[tuple[str, str]], list[int]],
    }
    return {column: TypeAdapter(shape) for column, shape in shapes.items()}


@cache
def _states() -> dict[str, TypeAdapter[Any]]:
    """What the JSON of these single values is; any other value is a text."""
    from pydantic import Field, TypeAdapter

    instant = Annotated[int, Field(ge=-FURTHEST, le=FURTHEST)]
    names = dict[str, str]
    shapes: dict[str, Any] = {
        **dict.fromkeys((state.CURSOR, state.OFFSET, state.CLOCKS_AGREED, state.JUDGED_UNTIL), instant),
        **dict.fromkeys((sync_health.POLLED, sync_health.SLOW_CURSOR), instant),
        state.LISTING: tuple[instant, list[tuple[object, ...]] | str | None, bool],
        state.DAY: tuple[instant, int, bool],
        state.QUOTA: dict[str, object],
        state.WATCHED: _Watch,
        **dict.fromkeys((state.OWNER_IDS, state.NAMES_REFUSED, state.RESTING), names),
        state.REBUILT: tuple[str, str],
        state.CHECKED: dict[str, object],
        state.VALIDATION_RULES: list[SeenRule],
        state.MARKERS: _Markers,
        state.UNIQUE: list[str],
        state.CONTRACT_RIGHTS: dict[str, names],
        **sync_health.SHAPES,
    }
    return {key: TypeAdapter(shape) for key, shape in shapes.items()}


def first_misshapen(db: sqlite3.Connection, model: sqlite3.Connection) -> str:
    """The first of these rows that makes no sense, for people; "" where every one does. `model` is an empty ledger,
    whose tables say what their columns hold."""
    found = (*_wrong_columns(db, model), *_wrong_json(db), *_wrong_states(db), *_wrong_properties(db))
    return next(iter(found), "")


def _wrong_columns(db: sqlite3.Connection, model: sqlite3.Connection) -> Iterator[str]:
    for table in (*LEFT_OUT, *dict.fromkeys(part.table for part in PARTS)):
        if table in _PROVEN_OTHERWISE:
            continue
        declared = model.execute(f"pragma table_info({table})").fetchall()
        key = [row["name"] for row in declared if row["pk"]]
        for column in declared:
            name, type_ = column["name"], str(column["type"]).lower()
            if (table, name) not in _ELSEWHERE:
                allowed = [f"'{type_}'"] if column["notnull"] else [f"'{type_}'", "'null'"]
                wrong = f'typeof("{name}") not in ({", ".join(allowed)}) or (typeof("{name}") = \'integer\' and'
                wrong += f' "{name}" not between -{FURTHEST} and {FURTHEST})'
                for row in db.execute(f"select * from {table} where {wrong} limit 1"):
                    yield _told(table, name, key, row)


def _wrong_json(db: sqlite3.Connection) -> Iterator[str]:
    for (table, name), shape in _json_columns().items():
        key = [row["name"] for row in db.execute(f"pragma table_info({table})") if row["pk"]]
        for row in db.execute(f'select * from {table} where "{name}" is not null'):
            if not _fits(shape, row[name]):
                yield _told(table, name, key, row)


def _wrong_states(db: sqlite3.Connection) -> Iterator[str]:
    for row in db.execute("select key, value from meta"):
        key = str(row["key"]).rpartition(":")[2]  # each object type has some of its own
        shape = _states().get(key)
        value = row["value"]
        if not isinstance(value, str) or not (_fits(shape, value) if shape else _is_zone(key, value)):
            yield _told("meta", "value", ["key"], row)


def _wrong_properties(db: sqlite3.Connection) -> Iterator[str]:
    for row in db.execute("select object_type, record_id, written from records"):
        try:
            fits = isinstance(packed_properties.unpacked(row["written"]), dict)
        except (TypeError, ValueError):
            fits = False
        if not fits:
            yield _told("records", "written", ["object_type", "record_id"], row)


def _fits(shape: TypeAdapter[Any], text: object) -> bool:
    from pydantic import ValidationError

    try:
        shape.validate_json(text, strict=True)  # type: ignore[arg-type] # what is no text does not fit
    except (ValidationError, TypeError):
        return False
    return True


def _is_zone(key: str, name: str) -> bool:
    """So is every text of another key."""
    try:
        return key != state.TIME_ZONE or bool(ZoneInfo(name))
    except (LookupError, ValueError, OSError):
        return False


def _told(table: str, name: str, key: Sequence[str], row: sqlite3.Row) -> str:
    which = ", ".join(f"{each} {row[each]}" for each in key)
    return f"table {table}, the row {which}: {name} makes no sense"
