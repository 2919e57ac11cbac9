"""Due and elapsed per call: this calendar beside workclock and businesstimedelta, one workload, one run.

    uv run --group bench python benchmarks/business_time.py [--calls 10000] [--json]

Calendar A is Monday to Friday 09:00-17:30 in Europe/Berlin with Berlin's public holidays. Calendar B adds
00:00-06:00 on Saturday and Sunday, so that clocks change inside open hours. Budgets run 1 to 40 hours, spans
up to 60 days, starts fall on any second of 2025 and 2026. Every answer is compared with an oracle that looked at each
minute of those years; a peer's wrong answers are counted, and its rate is still shown.
"""

from __future__ import annotations

import argparse
import json
import random
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import businesstimedelta
import holidays
import pytz
import workclock

from hubspot_sla import Calendar
from hubspot_sla.policy.calendar_from_values import calendar_from_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ZONE = "Europe/Berlin"
YEARS = range(2024, 2029)
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
OFFICE, NIGHT = (time(9), time(17, 30)), (time(0), time(6))
WEEKDAYS, WEEKEND = (0, 1, 2, 3, 4), (5, 6)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ROUNDS = 5
SLOW_CALLS = 300
"""How many calls a peer gets that needs a second for a few hundred."""


@dataclass(frozen=True)
class Work:
    """The questions: starts with budgets (s), starts with ends; and the right answers (s)."""

    starts: list[datetime]
    budgets: list[int]
    ends: list[datetime]
    due: list[datetime]
    elapsed: list[int]


@dataclass(frozen=True)
class Peer:
    """One library on one calendar: a round of `due` and one of `elapsed`, each over so many calls; wrong answers."""

    name: str
    due: Callable[[], None]
    elapsed: Callable[[], None]
    calls: int
    wrong: int
    rounds: int = ROUNDS


@dataclass(frozen=True)
class Row:
    """What one peer did on one calendar: calls a second, and how many of the answers asked were wrong."""

    peer: str
    due_rate: float
    elapsed_rate: float
    wrong: int
    asked: int


class Minutes:
    """The oracle: whether work is done in each minute, by what the clock on the wall shows in it."""

    def __init__(self, *, nights: bool) -> None:
        zone = ZoneInfo(ZONE)
        off = holidays.country_holidays("DE", subdiv="BE", years=YEARS)
        count = int(timedelta(days=3 * 366) / timedelta(minutes=1))
        shown = ((FIRST + timedelta(minutes=n)).astimezone(zone) for n in range(count))
        self.open = [int(_works(at, off, nights=nights)) for at in shown]
        self.before = [0, *accumulate(self.open)]

    def worked_until(self, at: datetime) -> int:
        """Business seconds from FIRST to `at`."""
        minute, second = divmod(int((at - FIRST).total_seconds()), 60)
        return 60 * self.before[minute] + second * self.open[minute]

    def due(self, start: datetime, budget: int) -> datetime:
        goal = self.worked_until(start) + budget
        minute = bisect_left(self.before, -(-goal // 60)) - 1
        return FIRST + timedelta(minutes=minute, seconds=goal - 60 * self.before[minute])


def _works(at: datetime, off: holidays.HolidayBase, *, nights: bool) -> bool:
    if at.date() in off:
        return False
    if at.weekday() in WEEKDAYS:
        return OFFICE[0] <= at.time() < OFFICE[1]
    return nights and NIGHT[0] <= at.time() < NIGHT[1]


def work(count: int, minutes: Minutes) -> Work:
    chance = random.Random(20261123)  # noqa: S311 - a workload, not a secret
    starts = [FIRST + timedelta(seconds=chance.randrange(2 * 365 * 86_400)) for _ in range(count)]
    budgets = [chance.randrange(3_600, 40 * 3_600) for _ in range(count)]
    ends = [start + timedelta(seconds=chance.randrange(60 * 86_400)) for start in starts]
    elapsed = [minutes.worked_until(end) - minutes.worked_until(start) for start, end in zip(starts, ends, strict=True)]
    due = [minutes.due(start, budget) for start, budget in zip(starts, budgets, strict=True)]
    return Work(starts, budgets, ends, due, elapsed)


def entry(*, nights: bool) -> dict[str, object]:
    hours = {NAMES[day]: "09:00-17:30" for day in WEEKDAYS}
    if nights:
        hours |= {NAMES[day]: "00:00-06:00" for day in WEEKEND}
    return {"timezone": ZONE, "hours": hours, "holidays": {"country": "DE", "subdivision": "BE"}}


def asking(ask: Callable[..., object], lefts: Sequence[object], rights: Sequence[object]) -> Callable[[], None]:
    """One round: every question once."""

    def one_round() -> None:
        for left, right in zip(lefts, rights, strict=True):
            ask(left, right)

    return one_round


def seconds(one_round: Callable[[], None]) -> float:
    began = perf_counter()
    one_round()
    return perf_counter() - began


def measured(peers: Sequence[Peer]) -> list[Row]:
    """The median of some rounds after one that warms up. The peers take turns: a busy machine slows all alike."""
    due: dict[str, list[float]] = {peer.name: [] for peer in peers}
    elapsed: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for number in range(ROUNDS + 1):
        for peer in peers:
            if number <= peer.rounds:
                due[peer.name].append(seconds(peer.due))
                elapsed[peer.name].append(seconds(peer.elapsed))
    return [
        Row(
            peer.name,
            peer.calls / median(due[peer.name][1:]),
            peer.calls / median(elapsed[peer.name][1:]),
            peer.wrong,
            peer.calls,
        )
        for peer in peers
    ]


def ours_in_datetimes(questions: Work, *, nights: bool) -> Peer:
    calendar = Calendar.from_mapping(entry(nights=nights))
    wrong = sum(
        calendar.due(start, budget) != due or calendar.elapsed(start, end) != elapsed
        for start, budget, end, due, elapsed in _rows(questions)
    )
    return Peer(
        "hubspot_sla.Calendar",
        asking(calendar.due, questions.starts, questions.budgets),
        asking(calendar.elapsed, questions.starts, questions.ends),
        len(questions.starts),
        wrong,
    )


def ours_in_integers(questions: Work, *, nights: bool) -> Peer:
    calendar = calendar_from_entry("bench", entry(nights=nights))
    starts, ends = [_ms(at) for at in questions.starts], [_ms(at) for at in questions.ends]
    budgets = [1000 * budget for budget in questions.budgets]
    wrong = sum(
        calendar.due(_ms(start), 1000 * budget) != _ms(due) or calendar.elapsed(_ms(start), _ms(end)) != 1000 * elapsed
        for start, budget, end, due, elapsed in _rows(questions)
    )
    return Peer(
        "the same on integers (ms)",
        asking(calendar.due, starts, budgets),
        asking(calendar.elapsed, starts, ends),
        len(starts),
        wrong,
    )


def workclocks(questions: Work, *, nights: bool) -> Peer:
    rules: list[workclock.Rule] = [
        workclock.WorkDay(*OFFICE, days=WEEKDAYS),
        workclock.Holidays(holidays.country_holidays("DE", subdiv="BE", years=YEARS)),
    ]
    if nights:
        rules.append(workclock.WorkDay(*NIGHT, days=WEEKEND))
    schedule = workclock.Schedule(rules, time_zone=ZONE)
    deltas = [timedelta(seconds=budget) for budget in questions.budgets]
    wrong = sum(
        schedule.add(start, timedelta(seconds=budget)) != due
        or schedule.between(start, end) != timedelta(seconds=elapsed)
        for start, budget, end, due, elapsed in _rows(questions)
    )
    return Peer(
        f"workclock {_version('workclock')}",
        asking(schedule.add, questions.starts, deltas),
        asking(schedule.between, questions.starts, questions.ends),
        len(deltas),
        wrong,
    )


def businesstimedeltas(questions: Work, *, nights: bool) -> Peer:
    zone = pytz.timezone(ZONE)
    found = [businesstimedelta.WorkDayRule(*OFFICE, list(WEEKDAYS), tz=zone)]
    if nights:
        found.append(businesstimedelta.WorkDayRule(*NIGHT, list(WEEKEND), tz=zone))
    off = holidays.country_holidays("DE", subdiv="BE", years=YEARS)
    rules = businesstimedelta.Rules([*found, businesstimedelta.HolidayRule(off, tz=zone)])

    def add(start: datetime, budget: int) -> datetime:
        due: datetime = start + businesstimedelta.BusinessTimeDelta(rules, seconds=budget)
        return due

    def between(start: datetime, end: datetime) -> int:
        delta = rules.difference(start, end)
        seconds: int = delta.hours * 3600 + delta.seconds
        return seconds

    few = Work(*(column[:SLOW_CALLS] for column in vars(questions).values()))
    wrong = sum(
        add(start, budget) != due or between(start, end) != elapsed for start, budget, end, due, elapsed in _rows(few)
    )
    return Peer(
        f"businesstimedelta {_version('businesstimedelta')}",
        asking(add, few.starts, few.budgets),
        asking(between, few.starts, few.ends),
        len(few.starts),
        wrong,
        rounds=1,
    )


def _rows(questions: Work) -> zip[tuple[datetime, int, datetime, datetime, int]]:
    return zip(*vars(questions).values(), strict=True)


def _ms(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _version(name: str) -> str:
    from importlib.metadata import version

    return version(name)


def main() -> None:
    parser = argparse.ArgumentParser(description="Business-time arithmetic, side by side.")
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    told = {}
    for name, nights in (("A", False), ("B", True)):
        questions = work(arguments.calls, Minutes(nights=nights))
        peers = (workclocks, ours_in_datetimes, ours_in_integers, businesstimedeltas)
        told[name] = measured([peer(questions, nights=nights) for peer in peers])
    if arguments.json:
        print(json.dumps({name: [vars(row) for row in rows] for name, rows in told.items()}, indent=2))
        return
    for name, rows in told.items():
        print(f"calendar {name}: {arguments.calls} calls each ({SLOW_CALLS} for businesstimedelta)")
        print(f"  {'':<28}{'due/s':>12}{'ratio':>8}{'elapsed/s':>14}{'ratio':>8}{'wrong':>8}")
        base = rows[0]
        for row in rows:
            print(
                f"  {row.peer:<28}{row.due_rate:>12,.0f}{row.due_rate / base.due_rate:>8.2f}"
                f"{row.elapsed_rate:>14,.0f}{row.elapsed_rate / base.elapsed_rate:>8.2f}{row.wrong:>8}"
            )


if __name__ == "__main__":
    main()
