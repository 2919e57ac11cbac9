"""How well the reading goes: what the fast lane missed, how far HubSpot's search index lags, what the sweep found.

Single values, kept beside the cursor; all instants are epoch ms by HubSpot's clock.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import orjson

from hubspot_sla.ledger import state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

POLLED = "polled_at"
"""When the last poll that came to its end began; one for each object type. The cursor may lie behind it: nothing has
changed since."""
SLOW_CURSOR = "slow_cursor"
"""Everything changed before this instant has been seen by the slow lane."""
PLACES = (state.CURSOR, state.LISTING, POLLED, SLOW_CURSOR)
"""Where reading goes on: what each object type has one of."""
_SLOW_LANE, _INDEX_LAG, _SWEEP, _HISTORIES = "slow_lane", "index_lag", "sweep", "histories"
_PORTAL = "portal_warnings"


@dataclass(frozen=True, slots=True)
class SlowLane:
    """Changes that the fast lane had passed by. `oldest_ms`: the longest that one of them had been waiting."""

    caught: int = 0
    last_caught_at: int | None = None
    oldest_ms: int = 0


@dataclass(frozen=True, slots=True)
class IndexLag:
    """By how much the search index was at least behind, where that could be seen."""

    last_ms: int = 0
    last_at: int | None = None
    longest_ms: int = 0
    longest_at: int | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """What the last sweep found: `drift` is how many tickets the ledger had not as HubSpot has them."""

    ended_at: int = 0
    listed: int = 0
    drift: int = 0
    gone: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True)
class Histories:
    """Properties whose history HubSpot had shortened: `longest` is how many values it told of one at most."""

    shortened: int = 0
    last_at: int | None = None
    property: str = ""
    longest: int = 0


SHAPES: Final = {
    _SLOW_LANE: SlowLane,
    _INDEX_LAG: IndexLag,
    _SWEEP: Sweep,
    _HISTORIES: Histories,
    _PORTAL: list[str],
}
"""What the JSON of these values is, by key."""


def polled_at(db: sqlite3.Connection) -> int | None:
    """When the last poll began that came to its end: of several object types, that of the one it was longest ago for.
    None before the first."""
    return min(state.instants(db, POLLED), default=None)


def slow_lane(db: sqlite3.Connection) -> SlowLane:
    return _read(db, _SLOW_LANE, SlowLane)


def index_lag(db: sqlite3.Connection) -> IndexLag:
    return _read(db, _INDEX_LAG, IndexLag)


def last_sweep(db: sqlite3.Connection) -> Sweep | None:
    """None before the first one has ended."""
    sweep = _read(db, _SWEEP, Sweep)
    return sweep if sweep.ended_at else None


def histories(db: sqlite3.Connection) -> Histories:
    return _read(db, _HISTORIES, Histories)


def portal_warnings(db: sqlite3.Connection) -> list[str]:
    """What was worth a look when pipelines and properties were last read."""
    text = state.read(db, _PORTAL)
    return [] if text is None else [str(warning) for warning in orjson.loads(text)]


def warned(db: sqlite3.Connection, warnings: Sequence[str]) -> None:
    state.write(db, _PORTAL, orjson.dumps(list(warnings)).decode())


def caught(db: sqlite3.Connection, number: int, oldest_ms: int, at: int) -> None:
    """The slow lane came upon so many; the oldest had changed so long ago."""
    before = slow_lane(db)
    _write(db, _SLOW_LANE, SlowLane(before.caught + number, at, max(before.oldest_ms, oldest_ms)))


def lagged(db: sqlite3.Connection, ms: int, at: int) -> None:
    """The index was seen to be behind by so much."""
    before = index_lag(db)
    longest = (ms, at) if ms > before.longest_ms else (before.longest_ms, before.longest_at)
    _write(db, _INDEX_LAG, IndexLag(ms, at, *longest))


def swept(db: sqlite3.Connection, sweep: Sweep) -> None:
    _write(db, _SWEEP, sweep)


def shortened(db: sqlite3.Connection, lengths: Mapping[str, int], at: int) -> None:
    """Property to how many values HubSpot told of it, where the ledger knows older ones."""
    before = histories(db)
    name, longest = max(lengths.items(), key=lambda item: item[1])
    _write(db, _HISTORIES, Histories(before.shortened + len(lengths), at, name, max(before.longest, longest)))


_Kept = TypeVar("_Kept", SlowLane, IndexLag, Sweep, Histories)


def _read(db: sqlite3.Connection, key: str, kind: type[_Kept]) -> _Kept:
    text = state.read(db, key)
    return kind() if text is None else kind(**orjson.loads(text))


def _write(db: sqlite3.Connection, key: str, value: _Kept) -> None:
    state.write(db, key, orjson.dumps(asdict(value)).decode())
