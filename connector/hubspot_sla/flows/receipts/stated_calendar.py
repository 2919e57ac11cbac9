"""A time zone and holidays that are said by value, where otherwise libraries know them. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_SECOND = timedelta(seconds=1)
_DAY_S = 86_400
_LONGEST_S = _DAY_S - 1


@dataclass(frozen=True, eq=False)
class StatedZone(tzinfo):
    """`changes` are (instant in s, offset in s), oldest first; the first one also holds before its instant."""

    name: str
    changes: tuple[tuple[int, int], ...]
    _at: list[int] = field(init=False, repr=False)
    _shown: tuple[list[int], list[int]] = field(init=False, repr=False)
    """From when on, by the clock on the wall, each offset but the first holds: by fold."""

    def __post_init__(self) -> None:
        if not self.changes or any(abs(offset) > _LONGEST_S for _, offset in self.changes):
            raise ValueError("a zone has at least one offset, of less than a day")
        instants = [at for at, _ in self.changes[1:]]
        if instants != sorted(instants):
            raise ValueError("the changes of a zone are in their order")
        turns = [(at, before, after) for (_, before), (at, after) in pairwise(self.changes)]
        object.__setattr__(self, "_at", instants)
        object.__setattr__(
            self,
            "_shown",
            ([at + max(before, after) for at, before, after in turns], [at + min(b, a) for at, b, a in turns]),
        )

    def utcoffset(self, when: datetime | None) -> timedelta:
        if when is None:
            return timedelta(seconds=self.changes[0][1])
        shown = (when.replace(tzinfo=None, microsecond=0, fold=0) - _EPOCH) // _SECOND
        return timedelta(seconds=self.changes[bisect_right(self._shown[when.fold], shown)][1])

    def dst(self, when: datetime | None) -> None:  # noqa: ARG002 - nobody asks a clock for its summer time
        return None

    def tzname(self, when: datetime | None) -> str:  # noqa: ARG002 - it has one name
        return self.name

    def fromutc(self, when: datetime) -> datetime:
        at = (when.replace(tzinfo=None, microsecond=0) - _EPOCH) // _SECOND
        place = bisect_right(self._at, at)
        offset = self.changes[place][1]
        shown_twice = place > 0 and at < self.changes[place][0] + self.changes[place - 1][1] - offset
        return (when + timedelta(seconds=offset)).replace(fold=int(shown_twice))

    def __str__(self) -> str:
        return self.name


def stated_zone(zone: tzinfo, years: range) -> StatedZone:
    """What a zone says of these years. Changes that last less than a day are none."""
    start, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (years.start, years.stop))
    changes = [(start, _offset_s(start, zone))]
    for day in range(start, end, _DAY_S):
        before, after = day, min(day + _DAY_S, end)
        if (offset := _offset_s(after, zone)) != changes[-1][1]:
            while after - before > 1:
                middle = (before + after) // 2
                before, after = (before, middle) if _offset_s(middle, zone) == offset else (middle, after)
            changes.append((after, offset))
    return StatedZone(str(zone), tuple(changes))


def _offset_s(at: int, zone: tzinfo) -> int:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    return 0 if offset is None else offset // _SECOND


@dataclass(frozen=True)
class StatedHolidays:
    """The holidays of some years. LookupError: it is asked for another one."""

    by_year: Mapping[int, Mapping[date, str]]

    def __call__(self, year: int) -> Mapping[date, str]:
        if year not in self.by_year:
            raise LookupError(f"the receipt says nothing of the holidays of {year}")
        return self.by_year[year]
