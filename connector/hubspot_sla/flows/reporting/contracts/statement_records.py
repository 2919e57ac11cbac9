"""What stands behind the figures of a statement: its promises one by one, and the outages and requests of feeds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.promise import Clock
from hubspot_sla.contract.measuring import VALUES, Kind
from hubspot_sla.contract.promises import Result
from hubspot_sla.flows.reporting.contracts import figure_words
from hubspot_sla.flows.reporting.contracts.evidence import beyond, feed_of, span_of
from hubspot_sla.language import forms, numbers
from hubspot_sla.language.texts import marked
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.render.names import clock_name
from hubspot_sla.render.report.document import Column, Count, Instant, Section, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.contract.promises import CountedPromise
    from hubspot_sla.contract.terms import Objective
    from hubspot_sla.flows.reporting.contracts.evidence import Evidence
    from hubspot_sla.flows.reporting.contracts.history import Settled
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.written_contracts import WrittenContract
    from hubspot_sla.render.report.document import Cell

MOST_KEPT: Final = 200
"""So many kept promises of an objective are listed: those that were broken or left out are listed all."""
RESULTS: Final = {
    Result.KEPT: marked("kept"),
    Result.BROKEN: marked("broken"),
    Result.LEFT_OUT: marked("left out"),
}


def key_of(objective: Objective) -> str:
    """The name of its table, which figures link to."""
    return f"records-{objective.id}"


def behind(settled: Settled, evidence: Evidence, texts: Texts, most: int | None = MOST_KEPT) -> Section:
    """A table for each objective that has a line, with so many kept promises at most; None: all."""
    tables = []
    for objective in settled.terms.objectives:
        span = span_of(settled.terms, objective, settled.statement.window)
        if span is not None:
            tables.append(_table(settled, evidence, objective, span, texts, most))
    return Section("records", texts.text("The records behind the figures"), tables)


def _table(
    settled: Settled, evidence: Evidence, objective: Objective, span: Period, texts: Texts, most: int | None
) -> Table:
    name, source = objective.name or objective.id, settled.written.sources[objective.id]
    if source.feed is None:
        promises = evidence.promises(settled.written, objective, settled.statement.window, span)
        return _of_promises(objective, name, promises, texts, most, in_days=source.on_the_wall)
    columns, rows = _of_feed(evidence, settled.written, objective, source.feed, span, texts)
    return Table(key_of(objective), name, columns, rows, empty=texts.text("None."))


def _of_promises(
    objective: Objective,
    name: str,
    promises: Sequence[CountedPromise],
    texts: Texts,
    most: int | None,
    *,
    in_days: bool,
) -> Table:
    """Lateness is in days of 24 hours only where it is by the calendar: a business day has fewer."""
    ordered = sorted(promises, key=lambda each: (each.counted_at, each.record_id, each.clock, each.cycle))
    kept = [promise for promise in ordered if promise.result is Result.KEPT]
    shown = [promise for promise in ordered if promise.result is not Result.KEPT] + kept[:most]
    note, more = "", len(promises) - len(shown)
    if more:
        note = texts.plural(
            "and {count} more that was kept",
            "and {count} more that were kept",
            more,
            count=numbers.whole(more, texts),
        )
    columns = [
        Column("record", texts.text("Ticket")),
        Column("clock", texts.text("What")),
        *([Column("of", texts.text("Of"))] if objective.each else []),
        Column("due_at", texts.text("Due")),
        Column("result", texts.text("Result")),
        Column("why", texts.text("Why")),
    ]
    rows = [_promise(promise, texts, with_key=bool(objective.each), in_days=in_days) for promise in shown]
    return Table(key_of(objective), name, columns, rows, note, texts.text("None."))


def _promise(promise: CountedPromise, texts: Texts, *, with_key: bool, in_days: bool) -> list[Cell]:
    length = forms.length(promise.late_ms, texts, days=in_days)
    late = texts.text("late by {length} of business time", length=length)
    if in_days:
        late = texts.text("late by {length}", length=length)
    return [
        Text(RecordRef(promise.object_type, promise.record_id).key),
        Text(clock_name(Clock.of(promise.clock), texts)),
        *([Text(promise.key or "")] if with_key else []),
        Instant(promise.counted_at, dated=True),
        Text(texts.text(RESULTS[promise.result])),
        Text(promise.reason or (late if promise.result is Result.BROKEN and promise.late_ms else "")),
    ]


def _of_feed(
    evidence: Evidence, written: WrittenContract, objective: Objective, name: str, span: Period, texts: Texts
) -> tuple[list[Column], list[list[Cell]]]:
    """The outages that touch the span, its intervals in which requests failed, or its values outside of the limit or of
    what is promised."""
    feed, end_at = feed_of(evidence, written, objective), min(span.end_at, evidence.seen_until(name))
    columns = [Column("from", texts.text("From")), Column("to", texts.text("To"))]
    of = [Column("of", texts.text("Of"))] if objective.each else []
    if objective.measure.kind in (Kind.REQUESTS, Kind.REQUEST_RATES):
        more = [Column("requests", texts.text("Requests")), Column("failed", texts.text("Failed"))]
        intervals = feed.requests if feed else ()
        rows: Iterator[list[Cell]] = (
            [*_ends(row.start_at, row.end_at), *_key(objective, row.key), Count(row.number), Count(row.failed)]
            for row in intervals
            if row.failed and span.start_at <= row.start_at < end_at
        )
        return [*columns, *of, *more], list(rows)
    if objective.measure.kind in (*VALUES, Kind.VALUES_WITHIN):
        each = replace(objective, measure=objective.measure.of_one_value)
        beyond_it = beyond(feed, objective, span, end_at) if feed else ()
        rows = (
            [
                *_ends(row.start_at, row.end_at),
                *_key(objective, row.key),
                Text(figure_words.figure(row.value, each, texts)),
            ]
            for row in beyond_it
        )
        return [*columns, *of, Column("value", texts.text("Value"))], list(rows)
    more = [
        Column("why", texts.text("Why")),
        Column("announced", texts.text("Announced")),
        Column("affected", texts.text("Affected")),
    ]
    rows = (
        [
            *_ends(row.start_at, row.end_at),
            *_key(objective, row.key),
            Text(row.kind),
            Instant(row.announced_at, dated=True),
            Text(figure_words.share(row.affected, texts)),
        ]
        for row in (feed.outages if feed else ())
        if row.start_at < end_at and row.end_at > span.start_at
    )
    return [*columns, *of, *more], list(rows)


def _ends(start_at: int, end_at: int) -> list[Cell]:
    return [Instant(start_at, dated=True), Instant(end_at, dated=True)]


def _key(objective: Objective, key: str) -> list[Cell]:
    return [Text(key)] if objective.each else []
