"""What a subscription of portal.yaml is sent: of which period, when, and as which document.

A lead gets every business day what is late and what comes due by the end of the next one; a manager every week the week
that ended, an executive every month the month that ended.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.flows.reporting import as_of, lists
from hubspot_sla.flows.reporting.compose import composed, facts_of
from hubspot_sla.flows.reporting.gather import gathered, selected
from hubspot_sla.flows.reporting.labels import Labels
from hubspot_sla.flows.reporting.listing import listed
from hubspot_sla.flows.reporting.query import ReportQuery, zone_of
from hubspot_sla.flows.reporting.report import WORTH_TWO, last_sync, terms_of
from hubspot_sla.language import numbers
from hubspot_sla.ledger import report_lists, temporary_tables
from hubspot_sla.ledger.one_state import one_state_twice
from hubspot_sla.measure.periods import Period, add_months
from hubspot_sla.policy.subscriptions import Role
from hubspot_sla.render.report.document import Document, Section, Table

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import date, tzinfo

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.flows.reporting.compose import Terms
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.subscriptions import Subscription

_BY: Final = {Role.MANAGER: ("team",), Role.EXECUTIVE: ("customer",)}
_IN_LETTER: Final = {
    Role.LEAD: ("late", "coming"),
    Role.MANAGER: ("attainment", "bottlenecks", "people", "objectives", "late"),
    Role.EXECUTIVE: ("attainment", "trend", "objectives", "outside"),
}
"""The sections that stand in the mail; the file has all of them."""
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_LONGEST_BREAK: Final = 30
"""Days that are searched for a business day."""


def period_due(role: Role, now: int, mappings: Mappings) -> Period | None:
    """The period whose report is due now: today, the last whole week, the last whole month. None: nothing is due, since
    no calendar of the policies is open today."""
    zone = zone_of(mappings)
    today = local_date(now, zone)
    match role:
        case Role.LEAD:
            return Period(today, today + _DAY, zone) if is_business_day(today, zone, calendars_of(mappings)) else None
        case Role.MANAGER:
            monday = today - timedelta(days=today.weekday())
            return Period(monday - _WEEK, monday, zone)
        case Role.EXECUTIVE:
            first = today.replace(day=1)
            return Period(add_months(first, -1), first, zone)


def reached_at(role: Role, period: Period) -> int:
    """Since when its report can be made (epoch ms): the beginning of the day for a lead, else the end of the period."""
    return period.start_at if role is Role.LEAD else period.end_at


def label(period: Period) -> str:
    """`2026-11-27`, `2026-W47`, `2026-10`."""
    if period.end - period.start == _DAY:
        return period.start.isoformat()
    if period.end - period.start == _WEEK:
        year, week, _ = period.start.isocalendar()
        return f"{year}-W{week:02}"
    return period.name


def calendars_of(mappings: Mappings) -> list[Calendar]:
    """Those that the policies go by."""
    return [calendar for name, calendar in mappings.calendars.items() if name in mappings.policy_set.calendars_used]


def is_business_day(day: date, zone: tzinfo, calendars: Sequence[Calendar]) -> bool:
    """Whether any of the calendars is open on that day of the zone; without calendars each day is."""
    of_day = Period(day, day + _DAY, zone)
    return not calendars or any(calendar.elapsed(of_day.start_at, of_day.end_at) for calendar in calendars)


def next_business_day(day: date, zone: tzinfo, calendars: Sequence[Calendar]) -> date:
    """The first business day after `day`; the next day where none is near."""
    days = (day + number * _DAY for number in range(1, _LONGEST_BREAK))
    return next((each for each in days if is_business_day(each, zone, calendars)), day + _DAY)


def document_of(db: sqlite3.Connection, subscription: Subscription, period: Period, mappings: Mappings) -> Document:
    """The whole report, of one state of the ledger. Raises UsageProblem."""
    with one_state_twice(db, WORTH_TWO) as second:
        by = _BY.get(subscription.role, ("metric",))
        query = ReportQuery(period, by, subscription.when, subscription.when_text, last_sync(db))
        if query.as_of is not None:
            as_of.stand(db, query.as_of, earlier=False)
        if second is not None:
            temporary_tables.copy(db, second)
        terms = terms_of(db, mappings)
        if subscription.role is Role.LEAD:
            return _for_lead(db, query, mappings, terms)
        return composed(gathered(db, query, mappings, second), terms)


def in_letter(document: Document, role: Role) -> Document:
    """What of a report stands in a mail."""
    wanted = _IN_LETTER[role]
    return replace(document, sections=[section for section in document.sections if section.key in wanted])


def _for_lead(db: sqlite3.Connection, query: ReportQuery, mappings: Mappings, terms: Terms) -> Document:
    texts, zone, today = terms.texts, query.period.zone, query.period.start
    selection, notes = selected(db, query, mappings)
    next_day = next_business_day(today, zone, calendars_of(mappings))
    end_at = Period(today, next_day + _DAY, zone).end_at
    since_at = query.period.start_at if query.as_of is None else query.as_of
    late = report_lists.late_now(db, selection)
    coming = report_lists.coming_due(db, selection, since_at, end_at)
    labels = Labels(db, query.period.end_at)
    until = texts.text("by the end of {day}", day=numbers.whole_day(next_day, texts))

    def section(key: str, title: str, row_ids: Iterable[int]) -> Section:
        cycles = listed(db, list(row_ids), labels.owners, labels.customers)
        rows = [lists.row(cycle, texts, terms.links, zone) for cycle in cycles]
        table = Table(key, title, lists.columns(texts), rows, empty=texts.text("None."), heading=False)
        return Section(key, title, [lists.without(table, "ended_at")])

    return Document(
        title=texts.text("Late and due next, {day}", day=numbers.whole_day(today, texts)),
        sentence=texts.text(
            "{day}: {late} {coming}",
            day=numbers.whole_day(today, texts),
            late=texts.plural(
                "{count} promise is late.",
                "{count} promises are late.",
                len(late),
                count=numbers.whole(len(late), texts),
            ),
            coming=texts.plural(
                "{count} more comes due next.",
                "{count} more come due next.",
                len(coming),
                count=numbers.whole(len(coming), texts),
            ),
        ),
        facts=[
            *(fact for fact in facts_of(query, texts) if fact[0] != texts.text("Period")),
            (texts.text("Due next"), until),
        ],
        sections=[
            section("late", texts.text("Late and still open"), late),
            section("coming", texts.text("Due next"), coming),
        ],
        zone=zone,
        language=texts.language,
        as_of=query.as_of,
        notes=notes,
    )
