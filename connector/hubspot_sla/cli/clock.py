"""`sla clock`: calendar arithmetic."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.errors import UsageProblem, WrongInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, tzinfo
    from pathlib import Path

    from hubspot_sla.business_time import Calendar
    from hubspot_sla.clock.calendar import Calendar as MsCalendar
    from hubspot_sla.clock.opening_days import Day

CALENDARS = "calendars.yaml"
LOOK_AHEAD = timedelta(days=366)
MOST_DAYS = 3660
EPILOG = """\b
Examples:
  sla clock due 2026-11-20T15:00+01:00 4h --calendar berlin
  sla clock before now 1bd --calendar berlin
  sla clock elapsed 2026-11-20T15:00+01:00 2026-11-23T10:00+01:00 --calendar always
  sla clock show --calendar berlin --from 2026-12-20
"""


@click.group("clock", epilog=EPILOG)
def command() -> None:
    """Ask a calendar of the mappings: when is something due, how much business time has run, is it open?

    Works offline. Instants carry their offset (2026-11-20T15:00+01:00, or Z), or are `now`; durations are written as
    in policies.yaml (90s, 15m, 4h, 2bd). `always` is built in.
    """


def _asks(function: Callable[..., None]) -> Callable[..., None]:
    """The options that every question has."""
    named = click.option("--calendar", "name", metavar="NAME", help="Which calendar (default: the only one there is).")
    return named(environment.mappings_option(terminal.json_option(function)))


@command.command("due", epilog="Example: sla clock due 2026-11-20T15:00+01:00 4h --calendar berlin")
@click.argument("start")
@click.argument("duration")
@_asks
def due(start: str, duration: str, name: str | None, mappings: str | None, *, as_json: bool) -> None:
    """When has DURATION of business time run since START?"""
    with _usage():
        calendar = _calendar(name, mappings)
        at, seconds = _instant(start), _seconds(duration, calendar)
        _tell(calendar, "due", calendar.due(at, seconds), {"start": _utc(at), "seconds": seconds}, as_json=as_json)


@command.command("before", epilog="Example: sla clock before 2026-11-23T10:00+01:00 4h --calendar berlin")
@click.argument("end")
@click.argument("duration")
@_asks
def before(end: str, duration: str, name: str | None, mappings: str | None, *, as_json: bool) -> None:
    """What is the latest instant from which DURATION of business time remains until END?"""
    with _usage():
        calendar = _calendar(name, mappings)
        at, seconds = _instant(end), _seconds(duration, calendar)
        question = {"end": _utc(at), "seconds": seconds}
        _tell(calendar, "before", calendar.before(at, seconds), question, as_json=as_json)


@command.command(
    "elapsed",
    epilog="Example: sla clock elapsed 2026-11-20T15:00+01:00 2026-11-23T10:00+01:00 --calendar berlin",
)
@click.argument("start")
@click.argument("end")
@_asks
def elapsed(start: str, end: str, name: str | None, mappings: str | None, *, as_json: bool) -> None:
    """How much business time lies between START and END?"""
    with _usage():
        calendar = _calendar(name, mappings)
        first, last = _instant(start), _instant(end)
        seconds = calendar.elapsed(first, last)
    if as_json:
        terminal.print_json(
            {"calendar": calendar.name, "start": _utc(first), "end": _utc(last), "seconds": _number(seconds)}
        )
    else:
        terminal.say(_span(seconds))


@command.command("open", epilog="Example: sla clock open now --calendar berlin")
@click.argument("at", default="now")
@_asks
def is_open(at: str, name: str | None, mappings: str | None, *, as_json: bool) -> None:
    """Is it business time at AT (default: now), and until when?"""
    with _usage():
        calendar = _calendar(name, mappings)
        instant = _instant(at)
        is_so, until = calendar.is_open(instant), _next_change(calendar, instant)
    if as_json:
        state = {
            "calendar": calendar.name,
            "at": _utc(instant),
            "open": is_so,
            "until": _utc(until) if until else None,
        }
        terminal.print_json(state)
    else:
        ends = f" until {_local(until, calendar.zone)}" if until else ""
        terminal.say(f"{'open' if is_so else 'closed'}{ends}")


@command.command("show", epilog="Example: sla clock show --calendar berlin --from 2026-12-20 --days 14")
@click.option("--from", "first", metavar="DATE", help="The first day (default: today, in the calendar's zone).")
@click.option("--days", default=14, type=click.IntRange(1, MOST_DAYS), show_default=True, help="How many days.")
@_asks
def show(first: str | None, days: int, name: str | None, mappings: str | None, *, as_json: bool) -> None:
    """Show a calendar day by day: when it is open, for how long, and what closes it."""
    from hubspot_sla.clock import opening_days

    with _usage():
        calendar = _ms_calendar(name, mappings)
        opening = list(opening_days.days(calendar, _first_day(first, calendar.zone), days))
    if as_json:
        terminal.print_json(_agenda_json(calendar, opening))
        return
    length = f"1bd = {_span(calendar.business_day_ms / 1000)}" if calendar.business_day_ms else "1bd is not said"
    terminal.say(f"{calendar.name}: {calendar.zone}, {length}")
    terminal.table(["date", "day", "open", "business time", "why"], [_row(day, calendar.zone) for day in opening])


@contextmanager
def _usage() -> Iterator[None]:
    """What a calendar refuses is the command line's fault: exit code 2."""
    try:
        yield
    except WrongInput:
        raise
    except (ValueError, OverflowError) as error:
        raise UsageProblem(str(error), remedy=getattr(error, "remedy", "")) from error


def _calendar(name: str | None, mappings: str | None) -> Calendar:
    from hubspot_sla.business_time import Calendar

    return Calendar(_ms_calendar(name, mappings))


def _ms_calendar(name: str | None, mappings: str | None) -> MsCalendar:
    from hubspot_sla.clock.calendar import ALWAYS

    if name == ALWAYS.name:
        return ALWAYS
    from hubspot_sla.flows.context.kept_calendars import calendars_of
    from hubspot_sla.flows.context.start_cache import StartCache
    from hubspot_sla.policy.value_errors import nearest

    settings = environment.settings(mappings=mappings)
    file = settings.mappings / CALENDARS
    calendars = calendars_of(CALENDARS, _read(file), time.time_ns() // 1_000_000, StartCache(settings.cache))
    own = [calendar for calendar in calendars if calendar != ALWAYS.name]
    if name is None and len(own) == 1:
        return calendars[own[0]]
    if name is None:
        raise UsageProblem(f"{file} has {len(own)} calendars: say which with --calendar", remedy=nearest("", calendars))
    if name not in calendars:
        raise UsageProblem(f"there is no calendar {name!r} in {file}", remedy=nearest(name, calendars))
    return calendars[name]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageProblem(f"{file} is not UTF-8 text", remedy="save the file as UTF-8") from None
    except OSError as error:
        raise UsageProblem(f"{file} cannot be read: {error.strerror}", remedy="`sla init` writes one") from None


def _instant(written: str) -> datetime:
    if written == "now":
        return datetime.fromtimestamp(time.time_ns() // 1_000_000_000, UTC)
    from hubspot_sla.policy.times import parse_instant

    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=parse_instant(written))


def _first_day(written: str | None, zone: tzinfo) -> date:
    if written is None:
        return _instant("now").astimezone(zone).date()
    from hubspot_sla.policy.times import parse_date

    return parse_date(written)


def _seconds(written: str, calendar: Calendar) -> int:
    from hubspot_sla.policy.durations import parse_duration

    length = calendar.business_day
    return parse_duration(written).on(None if length is None else round(1000 * length)) // 1000


def _next_change(calendar: Calendar, at: datetime) -> datetime | None:
    """The next closing or opening; None: there is none in the year to come."""
    ahead = calendar.segments(at, at + LOOK_AHEAD)
    if not ahead:
        return None
    start, end = ahead[0]
    if start > at:
        return start
    return end if end < at + LOOK_AHEAD else None


def _tell(calendar: Calendar, key: str, at: datetime, more: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        local = at.astimezone(calendar.zone).isoformat()
        terminal.print_json({"calendar": calendar.name, **more, key: _utc(at), f"{key}_local": local})
    else:
        terminal.say(_local(at, calendar.zone))


def _agenda_json(calendar: MsCalendar, days: list[Day]) -> dict[str, object]:
    return {
        "calendar": calendar.name,
        "timezone": str(calendar.zone),
        "business_day_seconds": None if calendar.business_day_ms is None else calendar.business_day_ms // 1000,
        "days": [
            {
                "date": day.on.isoformat(),
                "open": [{"from": _utc(_at(start)), "to": _utc(_at(end))} for start, end in day.open],
                "seconds": _number(day.open_ms / 1000),
                "why": list(day.notes),
            }
            for day in days
        ],
    }


def _row(day: Day, zone: tzinfo) -> list[str]:
    hours = " ".join(f"{_time(start, day.on, zone)}-{_time(end, day.on, zone)}" for start, end in day.open)
    return [
        day.on.isoformat(),
        f"{day.on:%a}",
        hours or "closed",
        _span(day.open_ms / 1000) if day.open_ms else "-",
        ", ".join(day.notes),
    ]


def _time(at_ms: int, on: date, zone: tzinfo) -> str:
    at = _at(at_ms).astimezone(zone)
    if at.date() > on:
        return "24:00"
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _local(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%a %Y-%m-%d %H:%M:%S %Z (UTC%z)")


def _span(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}h {minutes:02}m {rest:06.3f}s" if rest % 1 else f"{hours}h {minutes:02}m {int(rest):02}s"


def _number(seconds: float) -> float:
    return int(seconds) if seconds == int(seconds) else seconds
