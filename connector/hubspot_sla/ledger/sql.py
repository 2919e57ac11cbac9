"""Binding many values to one statement, within SQLite's limits."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence


def chunks(values: Iterable[str], size: int = 500) -> Iterator[list[str]]:
    """`values` in lists of at most `size`; older SQLite builds bind 999 values at most."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def marks(values: Sequence[str]) -> str:
    """`?,?,?`: one mark for each value."""
    return ",".join("?" * len(values))


def by_object_type(rows: Iterable[sqlite3.Row]) -> dict[str, list[str]]:
    """Record ids by object type, in the order of `rows`."""
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        ids[row["object_type"]].append(row["record_id"])
    return dict(ids)
