"""Histories of property values as companies and contacts keep them: each value with its instant, and with the number
of the audit entry that first covered it. Pure.

Values are only ever added. So what was known at any entry of the log follows from what is known now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Changes = list[tuple[int, str | None]]
History = dict[str, Changes]
"""Property name to (since ms, value), oldest first."""
Numbered = dict[str, list[tuple[int, str | None, int]]]
"""The same with the number of the entry that covers each; 0 for values that are older than such numbers."""


def read(text: str) -> Numbered:
    """A stored history; the first ledgers stored values without a number. ValueError: it was altered."""
    try:
        stored = orjson.loads(text).items()
        return {
            name: [(at, value, entry[0] if entry else 0) for at, value, *entry in history] for name, history in stored
        }
    except (TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"this is no history of values: {text!r:.60}") from error


def packed(numbered: Numbered) -> str:
    return orjson.dumps(numbered).decode()


def plain(numbered: Numbered, until: int | None = None) -> History:
    """Without the numbers; only what was covered up to entry `until`, where that is said."""
    return {
        name: [(at, value) for at, value, entry in changes if until is None or entry <= until]
        for name, changes in numbered.items()
    }


def extended(numbered: Numbered, changes_by_name: Mapping[str, Changes], entry: int) -> Numbered:
    """With what was seen now and was not known, covered by `entry`; those of one instant in the order in which they
    were seen."""
    history = {name: list(changes) for name, changes in numbered.items()}
    for name, at, value in _unknown(numbered, changes_by_name):
        history.setdefault(name, []).append((at, value, entry))
    for name in changes_by_name:
        history.setdefault(name, []).sort(key=lambda change: change[0])
    return history


def has_news(numbered: Numbered, changes_by_name: Mapping[str, Changes]) -> bool:
    """Whether any value was seen that is not known."""
    return next(_unknown(numbered, changes_by_name), None) is not None


def _unknown(numbered: Numbered, changes_by_name: Mapping[str, Changes]) -> Iterator[tuple[str, int, str | None]]:
    for name, changes in changes_by_name.items():
        known = {(at, value) for at, value, _ in numbered.get(name, ())}
        for at, value in dict.fromkeys(changes):
            if (at, value) not in known:
                yield name, at, value
