"""calendars.yaml from the working hours of users and the hours of HubSpot's own SLA."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.hours import DAY_MINUTES
from hubspot_sla.flows.installation.from_portal.yaml_text import comment, duration, slug
from hubspot_sla.policy.calendar_documents import WEEKDAYS
from hubspot_sla.policy.inference.user_hours import Profile, WorkingWeek, weeks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.flows.installation.from_portal.portal_reading import PortalReading
    from hubspot_sla.policy.inference.fit_zone import ZonedHours
    from hubspot_sla.policy.inference.user_hours import SharedWeek, WeeksOfUsers
    from hubspot_sla.policy.inference.week_hours import DayHours

ALWAYS = "always"
_MOST_WEEKS = 6


@dataclass(frozen=True, slots=True)
class NamedCalendar:
    """An entry of calendars.yaml, and where its hours come from."""

    name: str
    week: WorkingWeek
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Calendars:
    """Every entry, and what there is to say about users whose hours are in none of them."""

    entries: tuple[NamedCalendar, ...]
    remarks: tuple[str, ...] = ()

    def name_of(self, hours: ZonedHours) -> str:
        """The calendar with exactly these hours."""
        if hours.hours.is_always:
            return ALWAYS
        week = WorkingWeek.of_rule(hours.zone, hours.hours)
        return next(entry.name for entry in self.entries if entry.week == week)


def calendars_of(reading: PortalReading, used: Iterable[ZonedHours]) -> Calendars:
    """`used` are the hours of HubSpot's own SLA that policies will run on."""
    profiles = [Profile(user.time_zone, user.working_hours) for user in reading.users]
    of_users = weeks_of(profiles, reading.account.time_zone)
    reasons: dict[WorkingWeek, list[str]] = {}
    for hours in used:
        if not hours.hours.is_always:
            week = WorkingWeek.of_rule(hours.zone, hours.hours)
            reasons.setdefault(week, []).append("the hours of HubSpot's own SLA, inferred from its due instants")
    for shared in of_users.shared[:_MOST_WEEKS]:
        reasons.setdefault(shared.week, []).append(f"the working hours in the profiles of {_people(shared.users)}")
    names = _names(list(reasons))
    entries = tuple(
        NamedCalendar(name, week, tuple(dict.fromkeys(reasons[week])))
        for name, week in zip(names, reasons, strict=True)
    )
    return Calendars(entries, tuple(_remarks(reading, of_users)))


def calendars_text(calendars: Calendars) -> str:
    lines = [
        "# yaml-language-server: $schema=schema/calendars.json",
        *comment("calendars.yaml: when business time runs. Checked by `sla check`."),
        *comment(
            "`always` (every hour of every day) is built in. Neither HubSpot's SLA nor a profile knows holidays: add "
            "`holidays: {country: DE, subdivision: BE}` and `closed:` dates, which move due instants."
        ),
        *(line for remark in calendars.remarks for line in comment(remark)),
        "",
    ]
    if not calendars.entries:
        return "\n".join([*lines, "calendars: {}", ""])
    return "\n".join([*lines, "calendars:", *(line for entry in calendars.entries for line in _entry(entry)), ""])


def _entry(entry: NamedCalendar) -> Iterator[str]:
    yield from comment(f"{entry.name}: {'; '.join(entry.reasons)}.", 2)
    yield f"  {entry.name}:"
    yield f"    timezone: {entry.week.zone}"
    yield "    hours:"
    for days, spans in _alike(entry.week):
        texts = ", ".join(f'"{_time(start)}-{_time(end)}"' for start, end in spans)
        yield f"      {days}: [{texts}]"
    yield f"    business_day: {duration(_business_day(entry.week))}"


def _alike(week: WorkingWeek) -> Iterator[tuple[str, tuple[DayHours, ...]]]:
    """Weekdays that follow each other and have the same hours, as `mon-fri`."""
    runs: list[tuple[int, int, tuple[DayHours, ...]]] = []
    for day, spans in week.days:
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == spans:
            runs[-1] = (runs[-1][0], day, spans)
        else:
            runs.append((day, day, spans))
    for first, last, spans in runs:
        yield WEEKDAYS[first] if first == last else f"{WEEKDAYS[first]}-{WEEKDAYS[last]}", spans


def _time(minute: int) -> str:
    """`24:00` ends a day; later minutes are of the next one."""
    within = minute if minute <= DAY_MINUTES else minute - DAY_MINUTES
    return f"{within // 60:02}:{within % 60:02}"


def _business_day(week: WorkingWeek) -> int:
    """The length that most of its days have, in minutes."""
    lengths = Counter(sum(end - start for start, end in spans) for _, spans in week.days)
    return lengths.most_common(1)[0][0]


def _names(weeks: Sequence[WorkingWeek]) -> list[str]:
    """The city of the zone; of several in one zone all but the first get a number."""
    names: list[str] = []
    for week in weeks:
        city = slug(week.zone.rpartition("/")[2]) or "calendar"
        taken = {ALWAYS, *names}
        numbered = (city if number == 1 else f"{city}-{number}" for number in range(1, len(weeks) + 2))
        names.append(next((name for name in numbered if name not in taken), city))
    return names


def _remarks(reading: PortalReading, of_users: WeeksOfUsers) -> Iterator[str]:
    if "users" in reading.refused:
        yield f"The working hours of users were not read: {reading.refused['users']}"
        return
    left_out: Sequence[SharedWeek] = of_users.shared[_MOST_WEEKS:]
    if left_out:
        yield f"{len(left_out)} more weeks, of {_people(sum(week.users for week in left_out))}, are left out."
    if of_users.without:
        yield f"No working hours stand in the profiles of {_people(of_users.without)}."
    if of_users.unreadable:
        yield f"The working hours in the profiles of {_people(of_users.unreadable)} make no sense."


def _people(count: int) -> str:
    return "1 user" if count == 1 else f"{count} users"
