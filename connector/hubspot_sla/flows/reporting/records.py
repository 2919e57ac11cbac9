"""Figures about records and hours rather than cycles: to whom nothing was promised, and when nobody ever answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.calendar import ALWAYS
from hubspot_sla.flows.reporting.listing import SHOWN
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.ledger import report_coverage, report_rows
from hubspot_sla.measure.true_hours import hour_of, promised_hours, true_hours

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.flows.reporting.query import ReportQuery
    from hubspot_sla.measure.coverage import Coverage
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.measure.true_hours import Hour, TrueHours
    from hubspot_sla.policy.mappings import Mappings


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A record to which nothing was promised."""

    object_type: str
    record_id: str
    subject: str
    created_at: int | None


@dataclass(frozen=True, slots=True)
class UncoveredRecords:
    """`latest` of `number`."""

    number: int
    latest: Sequence[Uncovered]


def coverage(
    db: sqlite3.Connection, query: ReportQuery, months: Sequence[Period], mappings: Mappings
) -> tuple[list[Coverage], UncoveredRecords]:
    """By month of creation, and of the period the records to which nothing was promised."""
    start_at, end_at = query.period.start_at, query.period.end_at
    turns = [*(month.start_at for month in months), months[-1].end_at]
    report_coverage.gather(db, created_in(mappings), min(turns[0], start_at), turns[-1])
    by_month = report_coverage.by_month(db, turns)
    return by_month, UncoveredRecords(
        report_coverage.count_uncovered(db, start_at, end_at), uncovered(db, query.period, mappings, SHOWN)
    )


def created_in(mappings: Mappings) -> dict[str, str]:
    """The property that holds when a record was created, by object type."""
    return {object_type: profile_of(object_type).created for object_type in mappings.object_types}


def uncovered(db: sqlite3.Connection, period: Period, mappings: Mappings, most: int) -> list[Uncovered]:
    """The latest so many records of the period to which nothing was promised; -1: all."""
    latest = report_coverage.latest_uncovered(db, period.start_at, period.end_at, most)
    subjects = {
        (object_type, record_id): title
        for object_type in mappings.object_types
        for record_id, title in report_rows.titles(
            db,
            object_type,
            [one.record_id for one in latest if one.object_type == object_type],
            profile_of(object_type).title,
        ).items()
    }
    return [
        Uncovered(
            one.object_type,
            one.record_id,
            subjects.get((one.object_type, one.record_id), ""),
            wire_time.parse(one.created),
        )
        for one in latest
    ]


def hours(
    db: sqlite3.Connection, query: ReportQuery, months: Sequence[Period], mappings: Mappings
) -> dict[str, TrueHours]:
    """Of every calendar by which answers were promised, over the months of the trend up to the last sync."""
    start, end = months[0].start_at, min(months[-1].end_at, query.as_of or months[-1].end_at)
    if end <= start:
        return {}
    answered: dict[str, Counter[Hour]] = {}
    calendars: Mapping[str, Calendar] = {ALWAYS.name: ALWAYS, **mappings.calendars}
    for answer in report_coverage.answers(db, start, end):
        calendar = calendars.get(answer.calendar)
        if calendar is not None:
            answered.setdefault(answer.calendar, Counter())[hour_of(answer.quarter_at, calendar.zone)] += answer.number
    return {
        name: true_hours(promised_hours(calendars[name], start, end), of_hours, end - start)
        for name, of_hours in sorted(answered.items())
    }
