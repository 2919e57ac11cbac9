"""Why a figure moved, as a document: the parts, the kinds of ticket behind them, and the cycles that moved."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.promise import Clock
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.portal_binding import record_link
from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.flows.inspection.why_moved import Part, why_moved
from hubspot_sla.flows.reporting.compose import period_name
from hubspot_sla.flows.reporting.outcome_values import names_in
from hubspot_sla.flows.reporting.parts.words import heading, metric_name, value_name
from hubspot_sla.flows.reporting.query import period_of, zone_of
from hubspot_sla.flows.reporting.report import SYNC, mappings_of
from hubspot_sla.flows.reporting.selection import Selection
from hubspot_sla.flows.reporting.where import all_of, parsed_where
from hubspot_sla.language import forms, numbers
from hubspot_sla.language.texts import marked, texts_of
from hubspot_sla.ledger import report_rows, runs
from hubspot_sla.ledger.one_state import one_state
from hubspot_sla.policy.value_errors import nearest
from hubspot_sla.policy.yaml_writer import flow
from hubspot_sla.render.names import clock_name
from hubspot_sla.render.report.cells import percent, points
from hubspot_sla.render.report.document import Change, Column, Count, Document, Section, Share, Table, Text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from hubspot_sla.flows.inspection.why_moved import Cell as Kind
    from hubspot_sla.flows.inspection.why_moved import Moved, WhyMoved
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.measure.difference import CellDifference, Tally
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.render.report.document import Cell

PARTS: Final = {
    Part.RESTATED: marked("restated since the month was closed"),
    Part.MIX: marked("another mix of tickets"),
    Part.PERFORMANCE: marked("tickets of one kind fared otherwise"),
    Part.NEW_KINDS: marked("new kinds of ticket"),
    Part.MAPPINGS: marked("other mappings"),
    Part.TIERS: marked("other tiers of customers"),
    Part.CALENDAR_DATA: marked("other holidays or time zones"),
    Part.WAIVERS: marked("waivers"),
}
_DIMENSIONS: Final = ("policy", "tier", "priority", "metric")


@dataclass(frozen=True, slots=True)
class AskedWhy:
    """Two periods as a person names them, and the metrics that count; none for all. `most`: so many rows of a list at
    most, None for all. `where`: conditions as a person writes them, "" for none."""

    before: str
    after: str
    metrics: Sequence[str] = ()
    most: int | None = None
    where: str = ""


def why_document(db: sqlite3.Connection, asked: AskedWhy) -> Document:
    """Raises UsageProblem: for a period or a metric that is none, one that has not begun, or one without figures, and
    for conditions on what no outcome has. MappingInvalid: conditions that cannot be read."""
    with one_state(db):
        mappings = mappings_of(db)
        good = runs.last_success(db, SYNC)
        as_of = None if good is None else good.ended_at
        zone = zone_of(mappings)
        before, after = (period_of(text, None, None, zone, as_of) for text in (asked.before, asked.after))
        _require_in_order(before, after, as_of)
        _require_known(db, asked.metrics)
        names = names_in(db, in_force(db)[-1])
        selection = Selection(parsed_where(asked.where), names, mappings.portal.dimensions)
        found = why_moved(db, before, after, asked.metrics, selection)
        texts = texts_of(mappings.portal.language)
        links = {object_type: record_link(db, object_type) for object_type in mappings.object_types}
        return _Writer(found, before, after, asked, texts, links).document(as_of)


def _require_in_order(before: Period, after: Period, as_of: int | None) -> None:
    if before.end > after.start:
        raise UsageProblem(
            f"{before.name} does not end before {after.name} begins", remedy="name the earlier period first"
        )
    if as_of is None or after.start_at > as_of:
        raise UsageProblem(f"{after.name} has not begun as of the last sync", remedy="name a period that has")


def _require_known(db: sqlite3.Connection, metrics: Sequence[str]) -> None:
    known = [metric for metric in report_rows.distinct(db, "o.metric") if metric]
    for metric in metrics:
        if metric not in known:
            remedy = nearest(metric, known) or f"there are {', '.join(known)}"
            raise UsageProblem(f"nothing was ever promised of the metric {metric!r}", remedy=remedy)


@dataclass(frozen=True, slots=True)
class _Writer:
    found: WhyMoved
    before: Period
    after: Period
    asked: AskedWhy
    texts: Texts
    links: Mapping[str, str]

    def document(self, as_of: int | None) -> Document:
        texts, zone = self.texts, self.after.zone
        before, after = (period_name(period, texts) for period in (self.before, self.after))
        title = texts.text("Why {after} is not {before}", after=after, before=before)
        told = texts.text("no sync yet") if as_of is None else forms.instant(as_of, zone, texts)
        return Document(
            title=title,
            sentence=self._sentence(before, after),
            facts=[(texts.text("As of"), told), *self._facts()],
            sections=[
                Section("parts", texts.text("What moved"), [self._parts()]),
                Section("cells", texts.text("Kinds of ticket"), [self._cells()]),
                Section("moved", texts.text("What counts otherwise"), [self._moved()]),
            ],
            zone=zone,
            language=texts.language,
            as_of=as_of,
            notes=self._notes(),
        )

    def _sentence(self, before: str, after: str) -> str:
        found, texts = self.found, self.texts
        part, most = _largest(found)
        shares = (percent(tally.rate, texts) for tally in (found.before, found.after))
        was, is_now = shares
        if not any(found.parts.values()):
            return texts.text(
                "{after}: {share} of promises kept, as in {before}.", after=after, share=is_now, before=before
            )
        if not found.difference:
            return texts.text(
                "{after}: {share} of promises kept, as in {before}: what moved it adds up to nothing, most of all"
                " {part} ({most}).",
                after=after,
                share=is_now,
                before=before,
                part=texts.text(PARTS[part]),
                most=points(most, texts),
            )
        return texts.text(
            "{after}: {share} of promises kept, after {earlier} in {before}: {points} points, most of it by {part}"
            " ({most}).",
            after=after,
            share=is_now,
            earlier=was,
            before=before,
            points=points(found.difference, texts),
            part=texts.text(PARTS[part]),
            most=points(most, texts),
        )

    def _facts(self) -> list[tuple[str, str]]:
        only = [metric_name(metric, self.texts) for metric in self.asked.metrics]
        only += [self.asked.where.strip()] if self.asked.where.strip() else []
        return [(self.texts.text("Only"), ", ".join(only))] if only else []

    def _notes(self) -> list[str]:
        texts, notes = self.texts, []
        if not self.found.edition:
            text = texts.text(
                "{before} was not closed: what was restated of it since is not known, and stands in its figure.",
                before=self.before.name,
            )
            notes.append(text)
        if self.found.as_recorded:
            notes.append(
                texts.plural(
                    "{count} ticket was judged by older rules of the clock, or rests on erased values:"
                    " it counts as it was recorded.",
                    "{count} tickets were judged by older rules of the clock, or rest on erased values:"
                    " they count as they were recorded.",
                    self.found.as_recorded,
                )
            )
        return notes

    def _parts(self) -> Table:
        texts, found = self.texts, self.found
        columns = [
            Column("part", texts.text("Part")),
            Column("what", texts.text("What")),
            Column("points", texts.text("Points")),
            Column("exact", texts.text("Exactly")),
            Column("number", texts.text("How many")),
        ]
        rows: list[list[Cell]] = [
            [
                Text(part.value),
                Text(texts.text(PARTS[part])),
                Change(share),
                Text(_exact(share)),
                Count(self._number(part)),
            ]
            for part, share in found.parts.items()
        ]
        total = found.difference
        rows.append([Text("difference"), Text(texts.text("together")), Change(total), Text(_exact(total)), Count(0)])
        note = texts.text(
            "In percentage points; {before} kept {was}, {after} {now}. The parts sum to the difference exactly.",
            before=self.before.name,
            was=_exact_tally(found.before),
            after=self.after.name,
            now=_exact_tally(found.after),
        )
        return Table("parts", texts.text("What moved"), columns, rows, note, heading=False)

    def _number(self, part: Part) -> int:
        """Of kinds of ticket or of cycles."""
        cells = self.found.cells.values()
        match part:
            case Part.MIX:
                return sum(bool(cell.mix) for cell in cells)
            case Part.PERFORMANCE:
                return sum(bool(cell.performance) for cell in cells)
            case Part.NEW_KINDS:
                return sum(not cell.before.judged for cell in cells)
        return sum(moved.part is part for moved in self.found.moved)

    def _cells(self) -> Table:
        texts = self.texts
        columns = [
            *(Column(word, heading(word, texts)) for word in _DIMENSIONS),
            Column("judged_before", texts.text("Came due before")),
            Column("attainment_before", texts.text("Kept before")),
            Column("judged", texts.text("Came due")),
            Column("attainment", texts.text("Kept")),
            Column("mix", texts.text("By the mix")),
            Column("performance", texts.text("By how it fared")),
            Column("new_kind", texts.text("As a new kind")),
            Column("exact", texts.text("Exactly")),
            Column("list", texts.text("Its list")),
        ]
        order = sorted(self.found.cells.items(), key=lambda item: (-abs(_weight(item[1])), str(item[0])))
        rows = [self._cell(kind, cell) for kind, cell in order[: self.asked.most]]
        note = self._more(len(order), "cells")
        return Table("cells", texts.text("Kinds of ticket"), columns, rows, note, texts.text("None."), heading=False)

    def _cell(self, kind: Kind, cell: CellDifference) -> list[Cell]:
        names = [value_name(word, value or "", self.texts) for word, value in zip(_DIMENSIONS, kind, strict=True)]
        shares = [(Part.MIX, cell.mix), (Part.PERFORMANCE, cell.performance), (Part.NEW_KINDS, cell.new_kind)]
        exact = [(part, _exact(share)) for part, share in shares if share]
        said = ", ".join(f"{self.texts.text(PARTS[part])} {share}" for part, share in exact)
        return [
            *map(Text, names),
            Count(cell.before.judged),
            Share(cell.before.rate),
            Count(cell.after.judged),
            Share(cell.after.rate),
            Change(cell.mix),
            Change(cell.performance),
            Change(cell.new_kind),
            Text(said, key=", ".join(f"{part.value} {share}" for part, share in exact)),
            Text(self._list_of(kind)),
        ]

    def _list_of(self, kind: Kind) -> str:
        """What prints the cycles of the later period that stand in this kind now."""
        of_kind = ", ".join(f"{word}: {_wish(value)}" for word, value in zip(_DIMENSIONS, kind, strict=True))
        where = all_of(self.asked.where, of_kind)
        return f"sla report list --period {self.after.name} --where {shlex.quote(where)}"

    def _moved(self) -> Table:
        texts = self.texts
        columns = [
            Column("part", texts.text("Part")),
            Column("record", texts.text("Ticket")),
            Column("clock", texts.text("Promise")),
            Column("was", texts.text("Before")),
            Column("now", texts.text("Then")),
        ]
        moved = list(self.found.moved)
        rows = [self._of_cycle(one) for one in moved[: self.asked.most]]
        note = self._more(len(moved), "moved")
        return Table(
            "moved", texts.text("What counts otherwise"), columns, rows, note, texts.text("None."), heading=False
        )

    def _of_cycle(self, moved: Moved) -> list[Cell]:
        record, clock, cycle = moved.cycle
        link = self.links.get(record.object_type, "")
        name = clock_name(Clock.of(clock), self.texts)
        return [
            Text(self.texts.text(PARTS[moved.part]), key=moved.part.value),
            Text(record.key, f"{link}{record.record_id}" if link else ""),
            Text(name if cycle == 1 else f"{name} {numbers.whole(cycle, self.texts)}"),
            Text(self._counted(moved.was)),
            Text(self._counted(moved.now)),
        ]

    def _counted(self, met: bool | None) -> str:
        if met is None:
            return self.texts.text("not counted")
        return self.texts.text("kept") if met else self.texts.text("broken")

    def _more(self, number: int, key: str) -> str:
        most = self.asked.most
        if most is None or number <= most:
            return ""
        return self.texts.text(
            "and {number} more: {command}",
            number=numbers.whole(number - most, self.texts),
            command=f"{self._command()} --format csv --table {key}",
        )

    def _command(self) -> str:
        """What was asked, to be asked again."""
        options = [word for metric in self.asked.metrics for word in ("--metric", metric)]
        options += ["--where", self.asked.where] if self.asked.where.strip() else []
        return shlex.join(["sla", "report", "why", self.before.name, self.after.name, *options])


def _wish(value: str | None) -> str:
    """As a condition says it."""
    return flow({"known": False} if value is None else value)


def _weight(cell: CellDifference) -> Fraction:
    return max((cell.mix, cell.performance, cell.new_kind), key=abs)


def _exact(share: Fraction) -> str:
    return f"{share.numerator}/{share.denominator}" if share else "0"


def _exact_tally(tally: Tally) -> str:
    return f"{tally.met}/{tally.judged}"


def _largest(found: WhyMoved) -> tuple[Part, Fraction]:
    """The part that moved the figure most, the way that it went."""
    same_way = {part: share for part, share in found.parts.items() if share * found.difference > 0}
    return max((same_way or found.parts).items(), key=lambda item: abs(item[1]))
