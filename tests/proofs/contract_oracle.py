"""Three contracts worked out a second time: SQL over the ledger's outcomes, decimals, and nothing of the product.

What each contract says stands in `test_contract_year.CONTRACTS`; here it is written once more, as arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import sqlite3

DAY = timedelta(days=1)
NONE = Decimal(0)
CALENDAR_CLOSED = date(2016, 12, 26)
_PROMISES = """
    select o.status, o.excluded, o.priority,
      (select w.reason from waivers as w where w.record_id = o.record_id and w.object_type = o.object_type) as reason
    from outcomes as o
    where o.kind = 'sla' and o.company_id = :company and (:metric = '' or o.metric = :metric)
      and (o.excluded = 'waived' or o.excluded is null and o.status in ('met', 'missed', 'breached'))
      and min(coalesce(o.due_at, o.breached_at), coalesce(o.breached_at, o.due_at)) >= :since
      and min(coalesce(o.due_at, o.breached_at), coalesce(o.breached_at, o.due_at)) < :until
"""


@dataclass
class Expected:
    """A line of a statement. `figure` is what is compared: a share, or a number; None: nothing was measured."""

    kept: int
    broken: int
    excluded: int
    figure: Decimal | None
    state: str
    band: int | None = None
    credit: Decimal = NONE
    points: Decimal = NONE


@dataclass
class Window:
    """A statement. `claim` is the last day of a claim for what was missed, and the first instant after it (epoch ms);
    `rights` are how much of each is reached, and whether it holds."""

    start: date
    end: date
    lines: dict[str, Expected]
    owed: Decimal = NONE
    payable: Decimal = NONE
    not_payable: list[Decimal] = field(default_factory=list)
    points: Decimal = NONE
    claim: tuple[date, int] | None = None
    rights: list[tuple[Decimal, bool]] = field(default_factory=list)

    @property
    def is_missed(self) -> bool:
        return any(line.state == "missed" for line in self.lines.values())


def month_on(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000


def coins(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def business_day(event: date, number: int) -> date:
    """So many business days after a day."""
    day = event
    for _ in range(number):
        day += DAY
        while day.weekday() > 4 or day == CALENDAR_CLOSED:
            day += DAY
    return day


@dataclass
class Desk:
    """The promises to one customer; a waiver of a reason in `excused` leaves its promise out."""

    db: sqlite3.Connection
    company: str
    zone: ZoneInfo
    excused: frozenset[str] = frozenset()

    def count(self, start: date, end: date, metric: str = "", priorities: tuple[str, ...] = ()) -> tuple[int, int, int]:
        """Kept, broken, left out."""
        asked = {
            "company": self.company,
            "metric": metric,
            "since": midnight(start, self.zone),
            "until": midnight(end, self.zone),
        }
        kept = broken = excluded = 0
        for row in self.db.execute(_PROMISES, asked):
            if priorities and row["priority"] not in priorities:
                continue
            if row["excluded"] == "waived" and row["reason"] in self.excused:
                excluded += 1
            elif row["excluded"] is None and row["status"] == "met":
                kept += 1
            else:
                broken += 1
        return kept, broken, excluded


def of_bands(counted: tuple[int, int, int], promised: str, floors: list[str], least: int = 1) -> Expected:
    """`floors` are the lower ends of the bands, the best first; the last band has none."""
    kept, broken, excluded = counted
    number = kept + broken
    share = Decimal(kept) / number if number else None
    if share is None or number < least:
        return Expected(kept, broken, excluded, share, "not_measured" if share is None else "too_few")
    if share >= Decimal(promised):
        return Expected(kept, broken, excluded, share, "kept")
    band = sum(share < Decimal(floor) for floor in floors)
    return Expected(kept, broken, excluded, share, "missed", band)


def is_repeat(past: list[Window], objective: str) -> bool:
    """Whether the newest window in which it was measured was a miss."""
    measured = [each.lines[objective].state for each in past if each.lines[objective].state in ("kept", "missed")]
    return measured[-1:] == ["missed"]


def monthly(db: sqlite3.Connection, since: date, months: int) -> list[Window]:
    """Euros by the month in Berlin: bands, a repeat counts twice, capped by the month and over twelve months."""
    zone, fee = ZoneInfo("Europe/Berlin"), Decimal("1234.57")
    desk = Desk(db, "204", zone, frozenset({"agreed by phone"}))
    found: list[Window] = []
    for number in range(months):
        start, end = month_on(since, number), month_on(since, number + 1)
        every = of_bands(desk.count(start, end, "resolution"), "0.9", ["0.8", "0.6"])
        urgent = desk.count(start, end, "resolution", ("HIGH", "URGENT"))
        window = Window(start, end, {"all": every, "urgent": of_bands(urgent, "0.95", ["0.5"], least=3)})
        for name, rates in {"all": ["0.05", "0.125", "0.333"], "urgent": ["0.0775", "0.2"]}.items():
            line = window.lines[name]
            if line.band is not None:
                twice = 2 if name == "all" and is_repeat(found, "all") else 1
                line.credit = coins(Decimal(rates[line.band]) * twice * fee, 2)
        window.owed = sum((line.credit for line in window.lines.values()), NONE)
        of_month = (fee * Decimal("0.075")).quantize(Decimal("0.01"), ROUND_DOWN)
        paid = sum((each.payable for each in found if each.start >= month_on(end, -12)), NONE)
        after = min(window.owed, of_month)
        window.payable = min(after, max(Decimal(100) - paid, NONE))
        window.not_payable = [part for part in (window.owed - after, after - window.payable) if part]
        window.claim = (end - DAY + 30 * DAY, midnight(end + 30 * DAY, zone))
        recent = [*found, window][-6:]
        misses = sum(each.lines["all"].state == "missed" for each in recent)
        window.rights = [(Decimal(misses), misses >= 3)]
        found.append(window)
    return found


def quarterly(db: sqlite3.Connection, since: date, quarters: int) -> list[Window]:
    """Yen by the quarter in Tokyo: every miss after the first two, of a fee by the quarter, capped by the year."""
    zone, fee = ZoneInfo("Asia/Tokyo"), Decimal(1_000_001)
    desk = Desk(db, "161", zone)
    found: list[Window] = []
    for number in range(quarters):
        start, end = month_on(since, 3 * number), month_on(since, 3 * number + 3)
        kept, broken, excluded = desk.count(start, end)
        if kept + broken:
            line = Expected(kept, broken, excluded, Decimal(broken), "kept" if broken <= 2 else "missed")
            line.credit = coins(max(broken - 2, 0) * Decimal("0.0075") * fee, 0)
        else:
            line = Expected(kept, broken, excluded, None, "not_measured")
        window = Window(start, end, {"misses": line}, owed=line.credit)
        paid = sum((each.payable for each in found if each.start.year == start.year), NONE)
        window.payable = min(window.owed, max(Decimal(60_000) - paid, NONE))
        beyond = [window.owed - window.payable] if window.owed > window.payable else []
        if window.payable and not window.payable > 37_500:
            beyond.append(window.payable)
            window.payable = NONE
        window.not_payable = beyond
        last_day = business_day(end - DAY, 10)
        window.claim = (last_day, midnight(last_day + DAY, zone))
        found.append(window)
    return found


def rolling(db: sqlite3.Connection, since: date, months: int) -> list[Window]:
    """Dinars by the month in New York: a line over twelve months, points of the month, chronic failure."""
    zone, fee = ZoneInfo("America/New_York"), Decimal("333.333")
    desk = Desk(db, "143", zone)
    found: list[Window] = []
    for number in range(months):
        start, end = month_on(since, number), month_on(since, number + 1)
        level = of_bands(desk.count(max(since, month_on(end, -12)), end, "resolution"), "0.98", [])
        level.band = None
        if level.state == "missed" and level.figure is not None:
            level.credit = coins((Decimal("0.98") - level.figure) * Decimal("0.35") * fee, 3)
        kept, broken, excluded = desk.count(start, end)
        share = Decimal(kept) / (kept + broken) if kept + broken else None
        if share is not None:
            share = (share * 100).quantize(Decimal("0.1"), ROUND_DOWN) / 100
        state = "not_measured" if share is None else "kept" if share >= Decimal("0.9") else "missed"
        points = Expected(kept, broken, excluded, share, state)
        if share is not None and state == "missed":
            points.band = 0 if share >= Decimal("0.75") else 1
            points.points = Decimal((1, 3)[points.band] * (2 if is_repeat(found, "points") else 1))
        window = Window(start, end, {"level": level, "points": points}, points=points.points)
        window.owed = level.credit + coins(points.points * Decimal("1.1115"), 3)
        window.payable = window.owed
        every = [*found, window]
        misses = sum(each.lines["points"].state == "missed" for each in every[-4:])
        reached = sum((each.points for each in every if each.start >= month_on(end, -3)), NONE)
        window.rights = [(Decimal(misses), misses >= 2), (reached, reached >= 5)]
        found.append(window)
    return found


def exactly(db: sqlite3.Connection) -> dict[str, list[Window]]:
    """By contract, its windows from March 2016 to February 2017; the quarters of 2016."""
    with localcontext(prec=60):
        return {
            "monthly": monthly(db, date(2016, 3, 1), 12),
            "quarterly": quarterly(db, date(2016, 1, 1), 4),
            "rolling": rolling(db, date(2016, 3, 1), 12),
        }
