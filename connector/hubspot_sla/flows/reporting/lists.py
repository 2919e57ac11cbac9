"""The records behind the figures, with one line on each."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Clock
from hubspot_sla.flows.reporting.parts.words import CAUSES, metric_name
from hubspot_sla.flows.reporting.where import all_of
from hubspot_sla.language import forms, numbers
from hubspot_sla.ledger.whole_lists import Course
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.render.names import clock_name
from hubspot_sla.render.report.document import Column, Instant, Section, Table, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from hubspot_sla.flows.reporting.figures import Figures
    from hubspot_sla.flows.reporting.listing import Listed, Listing
    from hubspot_sla.flows.reporting.query import ReportQuery
    from hubspot_sla.flows.reporting.records import Uncovered
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.ledger.report_lists import ListedCycle
    from hubspot_sla.render.report.document import Cell


def late(figures: Figures, texts: Texts, links: Mapping[str, str]) -> Section:
    """The broken promises of the period, the latest first."""
    name = texts.text("Broken promises")
    more = "status: [missed, breached], excluded: {known: false}"
    table = listing("late", name, figures.late, figures, texts, links, more, heading=False)
    return Section("late", name, [table])


def behind(figures: Figures, texts: Texts, links: Mapping[str, str]) -> Section:
    """What the figures above link to."""
    tables = []
    for key, of_figure in figures.lists.items():
        kind, _, value = key.partition(":")
        tables.append(
            listing(f"{kind}-{value}", _title(kind, value, texts), of_figure, figures, texts, links, of_figure.where)
        )
    return Section("lists", texts.text("The records behind the figures"), tables)


def _title(kind: str, value: str, texts: Texts) -> str:
    match kind:
        case "excluded":
            return texts.text("Excluded: {cause}", cause=texts.text(CAUSES[Excluded(value)]))
        case "paused":
            return texts.text("Kept only by pauses: {metric}", metric=metric_name(value, texts))
    return texts.text("Broken: {metric}", metric=metric_name(value, texts))


def listing(
    key: str,
    name: str,
    shown: Listing,
    figures: Figures,
    texts: Texts,
    links: Mapping[str, str],
    where: str,
    *,
    heading: bool = True,
) -> Table:
    note = and_more(shown.number - len(shown.rows), command(figures, where), texts)
    zone = figures.query.period.zone
    return Table(
        key,
        name,
        columns(texts),
        [row(listed, texts, links, zone) for listed in shown.rows],
        note,
        texts.text("None."),
        heading,
    )


def and_more(number: int, command: str, texts: Texts) -> str:
    """What stands below a list that does not show all; "" below one that does."""
    if number <= 0:
        return ""
    return texts.text("and {number} more: {command}", number=numbers.whole(number, texts), command=command)


def command(figures: Figures, where: str) -> str:
    """What prints the whole of a list."""
    return _command("list", figures.query, all_of(where, figures.query.where_text))


def table_command(query: ReportQuery, key: str) -> str:
    """What prints the whole of a table."""
    return f"{_command('', query, query.where_text)} --table {key}"


def _command(name: str, query: ReportQuery, where: str) -> str:
    when = f"--period {query.period.name}"
    if ".." in query.period.name:
        first, _, last = query.period.name.partition("..")
        when = f"--from {first} --to {last}"
    return " ".join(filter(None, ("sla report", name, when))) + (f" --where {shlex.quote(where)}" if where else "")


def uncovered(latest: Sequence[Uncovered], texts: Texts, links: Mapping[str, str], name: str) -> Table:
    """Records to which nothing was promised."""
    rows: list[list[Cell]] = [
        [
            Text(RecordRef(one.object_type, one.record_id).key, _link(links, one.object_type, one.record_id)),
            Text(one.subject),
            Instant(one.created_at),
        ]
        for one in latest
    ]
    columns = [
        Column("record", texts.text("Ticket")),
        Column("subject", texts.text("Subject")),
        Column("created_at", texts.text("Created")),
    ]
    return Table("uncovered", name, columns, rows, empty=texts.text("None."))


def uncovered_command(query: ReportQuery) -> str:
    """What prints all of them."""
    return _command("uncovered", query, query.where_text)


def _link(links: Mapping[str, str], object_type: str, record_id: str) -> str:
    link = links.get(object_type, "")
    return f"{link}{record_id}" if link else ""


def columns(texts: Texts) -> Sequence[Column]:
    return [
        Column("record", texts.text("Ticket")),
        Column("subject", texts.text("Subject")),
        Column("clock", texts.text("What")),
        Column("customer", texts.text("Customer")),
        Column("owner", texts.text("Owner")),
        Column("due_at", texts.text("Due")),
        Column("ended_at", texts.text("Done")),
        Column("why", texts.text("Why")),
    ]


def row(listed: Listed, texts: Texts, links: Mapping[str, str], zone: tzinfo) -> list[Cell]:
    cycle = listed.cycle
    return [
        Text(RecordRef(cycle.object_type, cycle.record_id).key, _link(links, cycle.object_type, cycle.record_id)),
        Text(listed.subject),
        Text(clock_name(Clock.of(cycle.clock), texts)),
        Text(listed.customer),
        Text(listed.owner),
        Instant(cycle.due_at),
        Instant(cycle.stopped_at if cycle.stopped_at is not None else cycle.ended_at),
        Text(why(course_of(cycle), texts, zone)),
    ]


def without(table: Table, key: str) -> Table:
    """The table without one of its columns."""
    kept = [place for place, column in enumerate(table.columns) if column.key != key]
    columns = [table.columns[place] for place in kept]
    return replace(table, columns=columns, rows=[[row[place] for place in kept] for row in table.rows])


def course_of(cycle: ListedCycle) -> Course:
    """What is said of it."""
    is_stopped, is_ended = cycle.stopped_at is not None, cycle.ended_at is not None
    return Course(
        cycle.excluded,
        cycle.policy,
        cycle.target_ms,
        is_stopped,
        is_ended,
        cycle.late_ms != 0,
        cycle.breached_at is not None,
        None if is_stopped or is_ended else cycle.breached_at,
        cycle.late_wall_ms,
    )


def why(course: Course, texts: Texts, zone: tzinfo) -> str:
    """One line: `late by 2 hours 5 minutes; promised 4 hours by gold-support`."""
    if course.excluded is not None:
        return texts.text(CAUSES[Excluded(course.excluded)])
    promised = ""
    if course.target_ms is not None:
        promised = texts.text(
            "promised {length} by {policy}",
            length=forms.length(course.target_ms, texts),
            policy=course.policy or "",
        )
    if course.is_ended and not course.is_stopped and not course.is_late:
        return "; ".join([texts.text("closed without it"), promised])
    if not course.is_broken:
        return promised
    text = (
        texts.text("late by {length}", length=forms.length(course.late_ms, texts, days=True))
        if course.late_since is None
        else texts.text("late since {at}", at=forms.day_and_zone(course.late_since, zone, texts))
    )
    return f"{text}; {promised}" if promised else text
