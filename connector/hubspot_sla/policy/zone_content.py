"""One time zone resolved into values: its offsets from FIRST_YEAR to LAST_YEAR, as JSON that makes the same zone again.

Whatever made it, the same offsets give the same bytes: how a machine packs its zone files makes no difference. Before
the first year and after the last one the zone stands still.
"""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

FIRST_YEAR, LAST_YEAR = 1970, 2099
_DAY_S: Final = 86_400
_WEEK_S: Final = 7 * _DAY_S
_KEPT: Final = 64

_Kind = tuple[int, int, str]
"""Seconds east of UTC, 1 in summer time, what the clock is called."""


@lru_cache(maxsize=_KEPT)
def installed(name: str) -> bytes:
    """The content of a zone of this machine. ZoneInfoNotFoundError: it has none of this name."""
    zone = ZoneInfo(name)
    kinds: list[_Kind] = []
    changes: list[list[int]] = []
    for at, kind in _changes(zone, date(FIRST_YEAR, 1, 1), date(LAST_YEAR + 1, 1, 1), _DAY_S):
        if kind not in kinds:
            kinds.append(kind)
        changes.append([at, kinds.index(kind)])
    return orjson.dumps({"zone": name, "from": FIRST_YEAR, "to": LAST_YEAR, "kinds": kinds, "changes": changes})


@lru_cache(maxsize=_KEPT)
def zone_of(content: bytes) -> ZoneInfo:
    """The zone; of the same content the same object, for zones are compared by identity."""
    said = orjson.loads(content)
    return ZoneInfo.from_file(BytesIO(_as_zone_file(said["kinds"], said["changes"])), key=said["zone"])


def differs(content: bytes, first: date, last: date) -> bool:
    """Whether this machine's zone of that name shows another time on any of these dates. No zone changes for less than
    a week."""
    kept = zone_of(content)
    return _offsets(kept, first, last) != _offsets(ZoneInfo(kept.key), first, last)


def _offsets(zone: tzinfo, first: date, last: date) -> list[tuple[int, int]]:
    offsets: list[tuple[int, int]] = []
    for at, (offset, _, _) in _changes(zone, first, last + timedelta(days=1), _WEEK_S):
        if not offsets or offsets[-1][1] != offset:
            offsets.append((at, offset))
    return offsets


def _changes(zone: tzinfo, first: date, last: date, step: int) -> Iterator[tuple[int, _Kind]]:
    """What holds at the beginning of `first`, then each change until that of `last`, with its instant (s); those of
    less than `step` seconds are passed over."""
    start, end = _begin_s(first), _begin_s(last)
    kind = _kind_at(start, zone)
    yield start, kind
    for before, after in pairwise([*range(start, end, step), end]):
        while (later := _kind_at(after, zone)) != kind:
            before = _first_other(before, after, kind, zone)
            kind = _kind_at(before, zone)
            yield before, kind
            if kind == later:
                break


def _first_other(before: int, after: int, kind: _Kind, zone: tzinfo) -> int:
    """The instant of the change between these, found by bisection."""
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _kind_at(middle, zone) == kind else (before, middle)
    return after


def _kind_at(at: int, zone: tzinfo) -> _Kind:
    local = datetime.fromtimestamp(at, zone)
    offset = local.utcoffset()
    return int(offset.total_seconds()) if offset else 0, int(bool(local.dst())), local.tzname() or ""


def _begin_s(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _as_zone_file(kinds: Sequence[Sequence[Any]], changes: Sequence[Sequence[int]]) -> bytes:
    """As RFC 8536 has it, version 2, with an empty block of version 1: the form that `zoneinfo` reads at full speed."""
    names = "".join(f"{name}\0" for name in dict.fromkeys(kind[2] for kind in kinds))
    table = b"".join(
        struct.pack(">lbB", offset, summer, f"\0{names}".index(f"\0{name}\0")) for offset, summer, name in kinds
    )
    return b"".join(
        [
            _header(0, 0, 0),
            _header(len(changes), len(kinds), len(names)),
            struct.pack(f">{len(changes)}q", *(at for at, _ in changes)),
            bytes(kind for _, kind in changes),
            table,
            names.encode(),
            b"\n\n",
        ]
    )


def _header(changes: int, kinds: int, letters: int) -> bytes:
    return struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, changes, kinds, letters)
