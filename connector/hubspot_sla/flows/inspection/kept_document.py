"""What would have kept the promises that were broken in a period, as a document: by holder, and promise by promise."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Clock, Kind
from hubspot_sla.clock.verdict import Status
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.mappings_version import VersionsByType
from hubspot_sla.flows.context.portal_binding import record_link
from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.flows.inspection.hands import called
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.would_have_kept import broken, would_have_kept
from hubspot_sla.flows.records.property_history import history_of
from hubspot_sla.flows.reporting.compose import period_name
from hubspot_sla.flows.reporting.labels import Labels
from hubspot_sla.flows.reporting.query import period_of, zone_of
from hubspot_sla.flows.reporting.report import SYNC, mappings_of
from hubspot_sla.flows.runs.judged_again import PAGE, as_last_judged
from hubspot_sla.language import forms, numbers
from hubspot_sla.language.texts import texts_of
from hubspot_sla.ledger import outcomes, periods, runs
from hubspot_sla.ledger.one_state import one_state
from hubspot_sla.measure.restatement import key_of
from hubspot_sla.measure.standing import counted_at
from hubspot_sla.measure.whose_time import TeamChange
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.render.names import clock_name
from hubspot_sla.render.report.document import Column, Count, Document, Instant, Length, Section, Table, Text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from hubspot_sla.flows.judging.would_have_kept import Hands, WouldHaveKept
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.ledger.outcomes import Judged
    from hubspot_sla.ledger.periods import RecordCycle
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.render.report.document import Cell


@dataclass(frozen=True, slots=True)
class AskedKept:
    """A period as a person names it, "" for the month of the last sync, or for all time of one record; a record, "" for
    all; `most` rows of the list of promises, None for all."""

    period: str = ""
    record: str = ""
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """One promise that was missed, and what would have kept it."""

    record: RecordRef
    kept: WouldHaveKept


def kept_document(db: sqlite3.Connection, asked: AskedKept) -> Document:
    """Raises UsageProblem: for a period that is none or has not begun, and a record that the ledger does not know."""
    with one_state(db):
        mappings = mappings_of(db)
        good = runs.last_success(db, SYNC)
        as_of = None if good is None else good.ended_at
        zone = zone_of(mappings)
        is_of_all_time = bool(asked.record) and not asked.period
        period = None if is_of_all_time else period_of(asked.period or None, None, None, zone, as_of)
        if period is not None and (as_of is None or period.start_at > as_of):
            raise UsageProblem(f"{period.name} has not begun as of the last sync", remedy="name a period that has")
        found = _Missed.of(db, period, RecordRef.of(asked.record) if asked.record else None)
        texts = texts_of(mappings.portal.language)
        links = {object_type: record_link(db, object_type) for object_type in mappings.object_types}
        teams = Labels(db, (as_of or 0) + 1 if period is None else period.end_at).teams
        writer = _Writer(list(found.promises(db)), found, period, zone, asked, texts, links, teams)
        return writer.document(as_of)


@dataclass(frozen=True, slots=True)
class _Missed:
    """The cycles of customers' promises that were missed in a period, by record; `came_due` is how many count in it,
    `still_open` are late and open."""

    cycles: Mapping[RecordRef, Collection[tuple[str, int]]]
    came_due: int
    still_open: int

    @classmethod
    def of(cls, db: sqlite3.Connection, period: Period | None, record: RecordRef | None) -> _Missed:
        """UsageProblem: the ledger knows no such record. `period` None: ever, of `record`."""
        due = _of_record(db, record) if record else {}
        if period is not None and record is None:
            due = periods.due_between(db, period.start_at, period.end_at).cycles
        elif period is not None:
            due = {cycle: outcome for cycle, outcome in due.items() if period.holds(_counted_at(outcome))}
        counting = {
            cycle: outcome
            for cycle, outcome in due.items()
            if outcome.excluded is None and Clock.of(cycle[1]).kind is Kind.SLA
        }
        missed = sorted(cycle for cycle, outcome in counting.items() if outcome.status is Status.MISSED)
        of_records = groupby(missed, key=lambda cycle: cycle[0])
        return cls(
            {ref: {(clock, number) for _, clock, number in cycles} for ref, cycles in of_records},
            len(counting),
            sum(outcome.status is Status.BREACHED for outcome in counting.values()),
        )

    @property
    def number(self) -> int:
        return sum(map(len, self.cycles.values()))

    def promises(self, db: sqlite3.Connection) -> Iterator[Broken]:
        """Judged as they were judged last. One that is not missed by the present rules of the clock is left out."""
        versions = VersionsByType(in_force(db))
        for object_type, refs in groupby(self.cycles, key=lambda ref: ref.object_type):
            ids = [ref.record_id for ref in refs]
            for first in range(0, len(ids), PAGE):
                stored = outcomes.load(db, object_type, ids[first : first + PAGE])
                known = as_last_judged(db, object_type, {id_: one.judged for id_, one in stored.items()})
                for id_, facts in known.items():
                    yield from self._of_record(facts, stored[id_].judged, versions)

    def _of_record(self, record: RecordFacts, judged: Judged, versions: VersionsByType) -> Iterator[Broken]:
        of_type = versions.of(record.ref.object_type)[: judged.mappings]
        judgement = judgement_of(record, of_type, judged.at)
        team = history_of(record, of_type[-1].mappings.portal.properties.team)
        teams = [TeamChange(fact.at, fact.value or "") for fact in team]
        for clock, cycle in broken(judgement):
            if (clock.key, cycle.number) in self.cycles[record.ref]:
                yield Broken(record.ref, would_have_kept(judgement, clock, cycle, judged.at, teams))


def _of_record(db: sqlite3.Connection, record: RecordRef) -> Mapping[RecordCycle, Outcome]:
    """Its cycles that count in any period. UsageProblem: the ledger has none."""
    stored = outcomes.load(db, record.object_type, [record.record_id])
    if not stored:
        raise UsageProblem(f"the ledger has no outcome of {record.key}", remedy="`sla list` shows what it has")
    every = {(record, *key_of(outcome)): outcome for outcome in stored[record.record_id].outcomes}
    return {cycle: outcome for cycle, outcome in every.items() if _counted_at(outcome) is not None}


def _counted_at(outcome: Outcome) -> int | None:
    return counted_at(outcome.when.due_at, outcome.when.breached_at)


@dataclass(frozen=True, slots=True)
class _Writer:
    """`period` None: of one record, ever."""

    promises: Sequence[Broken]
    missed: _Missed
    period: Period | None
    zone: tzinfo
    asked: AskedKept
    texts: Texts
    links: Mapping[str, str]
    teams: Mapping[str, str]

    def document(self, as_of: int | None) -> Document:
        texts, zone = self.texts, self.zone
        name = self.asked.record if self.period is None else period_name(self.period, texts)
        told = texts.text("no sync yet") if as_of is None else forms.instant(as_of, zone, texts)
        return Document(
            title=texts.text("What would have kept the promises, {period}", period=name),
            sentence=self._sentence(name),
            facts=[(texts.text("As of"), told)],
            sections=[
                Section("holders", texts.text("In whose hands"), [self._holders()]),
                Section("promises", texts.text("Broken promises"), [self._promises()]),
            ],
            zone=zone,
            language=texts.language,
            as_of=as_of,
            notes=self._notes(),
        )

    def _sentence(self, name: str) -> str:
        texts, number = self.texts, len(self.promises)
        if not self.missed.came_due:
            return texts.text("{period}: no promise came due.", period=name)
        if not (self.missed.number or self.missed.still_open):
            return texts.text("{period}: no promise was broken.", period=name)
        if not number:
            return texts.text("{period}: no promise that was broken is over.", period=name)
        alone = sum(bool(one.kept.alone) for one in self.promises)
        return texts.plural(
            "{period}: of {count} broken promise one stretch less would have kept {alone}, several together {together}"
            " more, and nothing {none}.",
            "{period}: of {count} broken promises one stretch less would have kept {alone}, several together"
            " {together} more, and nothing {none}.",
            number,
            period=name,
            count=numbers.whole(number, texts),
            alone=numbers.whole(alone, texts),
            together=numbers.whole(number - alone - self._none, texts),
            none=numbers.whole(self._none, texts),
        )

    @property
    def _none(self) -> int:
        return sum(not one.kept.together for one in self.promises)

    def _notes(self) -> list[str]:
        texts, notes = self.texts, []
        if self.missed.still_open:
            text = texts.plural(
                "{count} promise is late and still open: what would have kept it is not known before it is over.",
                "{count} promises are late and still open: what would have kept them is not known before they are"
                " over.",
                self.missed.still_open,
            )
            notes.append(text)
        if left_out := self.missed.number - len(self.promises):
            text = texts.plural(
                "{count} broken promise is not listed here: it was judged by older rules of the clock, or rests on"
                " erased values.",
                "{count} broken promises are not listed here: they were judged by older rules of the clock, or rest on"
                " erased values.",
                left_out,
            )
            notes.append(text)
        return notes

    def _holders(self) -> Table:
        texts = self.texts
        stretch: Counter[Hands] = Counter()
        whole: Counter[Hands] = Counter()
        needed: Counter[Hands] = Counter()
        for one in self.promises:
            stretch.update({each.hands for each in one.kept.alone})
            whole.update(one.kept.enough)
            needed.update(() if one.kept.enough else one.kept.together)
        columns = [
            Column("holder", texts.text("Holder")),
            Column("one_stretch", texts.text("One stretch alone")),
            Column("all_time", texts.text("All its time alone")),
            Column("with_others", texts.text("Only with others")),
        ]
        every = sorted({*stretch, *whole, *needed}, key=lambda hands: (-whole[hands], -stretch[hands], hands))
        rows: list[list[Cell]] = [
            [Text(self._called(hands)), Count(stretch[hands]), Count(whole[hands]), Count(needed[hands])]
            for hands in every
        ]
        rows.append([Text(texts.text("nothing would have kept it")), Count(self._none), Count(0), Count(0)])
        note = texts.text(
            "A stretch in which the clock ran is turned into a pause, and the clock judges anew. Several stretches, and"
            " several holders, may each be enough, so columns are no sums; of hands the fewest are named, then those"
            " with the least time."
        )
        return Table("holders", texts.text("In whose hands"), columns, rows, note, heading=False)

    def _promises(self) -> Table:
        texts = self.texts
        columns = [
            Column("record", texts.text("Ticket")),
            Column("clock", texts.text("Promise")),
            Column("due_at", texts.text("Due")),
            Column("holder", texts.text("Holder")),
            Column("stretch", texts.text("What")),
            Column("from", texts.text("From")),
            Column("to", texts.text("To")),
            Column("business", texts.text("Business time")),
            Column("together", texts.text("The fewest hands")),
        ]
        rows = [row for one in self.promises for row in self._of_promise(one)]
        most = self.asked.most
        note = ""
        if most is not None and len(rows) > most:
            note = texts.text(
                "and {number} more: {command}",
                number=numbers.whole(len(rows) - most, texts),
                command=f"sla report kept {self._whom} --format csv --table promises",
            )
        return Table(
            "promises", texts.text("Broken promises"), columns, rows[:most], note, texts.text("None."), heading=False
        )

    def _of_promise(self, one: Broken) -> Iterator[list[Cell]]:
        """A row for each stretch that alone is enough; one row where none is."""
        kept, texts = one.kept, self.texts
        link = self.links.get(one.record.object_type, "")
        together = ", ".join(map(self._called, kept.together)) or texts.text("nothing would have kept it")
        begin: list[Cell] = [
            Text(one.record.key, f"{link}{one.record.record_id}" if link else ""),
            Text(clock_name(kept.clock, texts)),
            Instant(kept.cycle.due_at),
        ]
        for stretch in kept.alone:
            yield [
                *begin,
                Text(self._called(stretch.hands)),
                Text(stretch.why),
                Instant(stretch.start),
                Instant(stretch.end),
                Length(stretch.business_ms),
                Text(together),
            ]
        if not kept.alone:
            yield [
                *begin,
                Text(texts.text("none")),
                Text(""),
                Instant(None),
                Instant(None),
                Length(None),
                Text(together),
            ]

    @property
    def _whom(self) -> str:
        of_period = "" if self.period is None else f"--period {self.period.name}"
        of_record = f"--ticket {self.asked.record}" if self.asked.record else ""
        return " ".join(filter(None, (of_period, of_record)))

    def _called(self, hands: Hands) -> str:
        return called(hands, self.teams, self.texts)
