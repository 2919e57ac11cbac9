"""Every cycle that a figure counts, or that is late now, a line each: read and worded as it is written."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.clock.promise import Clock
from hubspot_sla.flows.reporting import lists
from hubspot_sla.flows.reporting.compose import facts_of, period_name
from hubspot_sla.flows.reporting.gather import selected
from hubspot_sla.flows.reporting.labels import Labels
from hubspot_sla.flows.reporting.report import standing, terms_of
from hubspot_sla.hubspot.objects.table import PROFILES
from hubspot_sla.language import numbers
from hubspot_sla.language.texts import texts_of
from hubspot_sla.ledger import whole_lists
from hubspot_sla.ledger.whole_lists import Course
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.render.names import clock_name
from hubspot_sla.render.report.document import Document, Instant, Section, Table, Text
from hubspot_sla.render.report.streamed import Streamed

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from hubspot_sla.flows.reporting.compose import Terms
    from hubspot_sla.flows.reporting.query import ReportQuery
    from hubspot_sla.flows.reporting.report import Asked
    from hubspot_sla.ledger.whole_lists import Which
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.render.report.document import Cell
    from hubspot_sla.render.report.streamed import Line

_INSTANTS: Final = frozenset({"due_at", "ended_at"})
_COURSES: Final = 16_384
"""So many are remembered in words: most cycles went as many others did."""


@contextmanager
def counted(db: sqlite3.Connection, asked: Asked) -> Iterator[Streamed]:
    """Every cycle that counts in the period and fulfils the conditions, the latest first. Within it the lines can be
    read. Raises UsageProblem, MappingInvalid."""
    with standing(db, asked) as (query, mappings, _):
        selection, notes = selected(db, query, mappings)
        which = whole_lists.that_count(selection, query.period.start_at, query.period.end_at)
        title = texts_of(mappings.portal.language).text("Cycles that count")
        yield _streamed(db, query, mappings, which, title, notes)


@contextmanager
def late(db: sqlite3.Connection, asked: Asked) -> Iterator[Streamed]:
    """What is late now and still open, the latest due first: a morning's list. As `counted`."""
    with standing(db, asked) as (query, mappings, _):
        selection, notes = selected(db, query, mappings)
        title = texts_of(mappings.portal.language).text("Late and still open")
        yield _streamed(db, query, mappings, whole_lists.that_are_late(selection), title, notes)


def whole(streamed: Streamed) -> Document:
    """The document with all its rows, for a form that cannot be written row by row."""
    document = streamed.document
    rows = [_cells(line, streamed) for line in streamed.lines]
    sections = [
        replace(section, tables=[replace(table, rows=rows) for table in section.tables])
        for section in document.sections
    ]
    return replace(document, sections=sections)


def _cells(line: Line, streamed: Streamed) -> list[Cell]:
    record = RecordRef.of(str(line[0]))
    link = streamed.links.get(record.object_type, "")
    cells: list[Cell] = [
        Instant(value) if column.key in streamed.instants else Text(value)  # type: ignore[arg-type]
        for column, value in zip(streamed.table.columns, line, strict=True)
    ]
    cells[0] = Text(str(line[0]), f"{link}{record.record_id}" if link else "")
    return cells


def _streamed(
    db: sqlite3.Connection, query: ReportQuery, mappings: Mappings, which: Which, title: str, notes: Sequence[str]
) -> Streamed:
    terms, labels, number = terms_of(db, mappings), Labels(db, query.period.end_at), whole_lists.number(db, which)
    texts = terms.texts
    table = Table("list", title, lists.columns(texts), [], empty=texts.text("None."), heading=False)
    document = Document(
        title=f"{title}, {period_name(query.period, texts)}",
        sentence=texts.plural("{count} cycle.", "{count} cycles.", number, count=numbers.whole(number, texts)),
        facts=facts_of(query, texts),
        sections=[Section("list", title, [table])],
        zone=query.period.zone,
        language=texts.language,
        as_of=query.as_of,
        notes=notes,
    )
    titles = {name: profile.title for name, profile in PROFILES.items()}
    lines = _lines(whole_lists.rows(db, which, titles), query, terms, labels)
    return Streamed(document, lines, number, _INSTANTS, terms.links)


def _lines(rows: Iterator[tuple[Any, ...]], query: ReportQuery, terms: Terms, labels: Labels) -> Iterator[Line]:
    owners, customers, texts, zone = labels.owners, labels.customers, terms.texts, query.period.zone

    @lru_cache(maxsize=_COURSES)
    def why(*course: Any) -> str:
        return lists.why(Course(*course), texts, zone)

    @cache
    def called(clock: str) -> str:
        return clock_name(Clock.of(clock), texts)

    for object_type, record_id, subject, clock, company, owner, due_at, done_at, *course in rows:
        yield (
            RecordRef(object_type, record_id).key,
            subject,
            called(clock),
            customers.get(company or "", company or ""),
            owners.get(owner or "", owner or ""),
            due_at,
            done_at,
            why(*course),
        )
