"""The forecast of a month as a document: the month's end by policy and customer, each open clock, and a back-test."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.clock.calendar import ALWAYS
from hubspot_sla.clock.promise import Clock
from hubspot_sla.clock.promise import Kind as OfPromise
from hubspot_sla.clock.verdict import Status
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.mappings_version import VersionsByType
from hubspot_sla.flows.context.portal_binding import record_link
from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.flows.inspection.backtest import backtest
from hubspot_sla.flows.inspection.backtest_tables import backtest_tables
from hubspot_sla.flows.inspection.seen_clocks import RUNNING, SeenClocks, prospect_of
from hubspot_sla.flows.inspection.seen_standing import seen_standing
from hubspot_sla.flows.reporting.compose import period_name
from hubspot_sla.flows.reporting.labels import Labels
from hubspot_sla.flows.reporting.query import period_of, zone_of
from hubspot_sla.flows.reporting.report import SYNC, mappings_of
from hubspot_sla.language import forms, numbers
from hubspot_sla.language.texts import texts_of
from hubspot_sla.ledger import known_by, periods, runs
from hubspot_sla.ledger.one_state import one_state
from hubspot_sla.measure.periods import month_of, months_up_to
from hubspot_sla.measure.prospects import Past
from hubspot_sla.measure.standing import JUDGED, Standing, standing
from hubspot_sla.policy.value_errors import nearest
from hubspot_sla.render.names import clock_name
from hubspot_sla.render.report.cells import percent
from hubspot_sla.render.report.document import Column, Count, Document, Instant, Section, Share, Table, Text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.flows.inspection.backtest import Backtest
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.measure.prospects import Prospect
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.render.report.document import Cell

MOST_MONTHS = 12


@dataclass(frozen=True, slots=True)
class AskedForecast:
    """The month as a person names it, "" for that of the last sync; a policy, "" for all; how many months before to try
    the forecast out on, 0 for none; `most` rows of the open clocks, None for all."""

    period: str = ""
    policy: str = ""
    backtest: int = 0
    most: int | None = None


class Expected(NamedTuple):
    """One clock that is not over. `prospect` is None where it is like nothing before; `turns_at` (epoch ms) is when
    being late becomes likelier than not, should nothing pause it until then, None while it stands still."""

    record: RecordRef
    outcome: Outcome
    prospect: Prospect | None
    turns_at: int | None


@dataclass
class MonthEnd:
    """One policy or customer: what was judged so far, what comes due before the end, and what of that is likely to be
    met, by the curves and by the naive share."""

    met: int = 0
    judged: int = 0
    to_come: int = 0
    unlike: int = 0
    met_later: float = 0.0
    naive_later: float = 0.0

    def share(self, later: float) -> Fraction | None:
        number = self.judged + self.to_come - self.unlike
        return Fraction(self.met + later) / number if number else None


def forecast_document(db: sqlite3.Connection, asked: AskedForecast) -> Document:
    """Raises UsageProblem: for a month that is none, is over or has not begun, a policy that nobody knows, and where
    too little is known to try the forecast out."""
    with one_state(db):
        mappings = mappings_of(db)
        good = runs.last_success(db, SYNC)
        if good is None or good.ended_at is None:
            raise UsageProblem("no sync has ended well yet", remedy="run `sla sync`")
        as_of, zone = good.ended_at, zone_of(mappings)
        month = period_of(asked.period or None, None, None, zone, as_of)
        _require_present(month, as_of)
        forecast = _Forecast.of(db, month, as_of)
        forecast.require_policy(asked.policy, [policy.id for policy in mappings.policy_set.policies])
        tried = None
        if asked.backtest:
            earlier = months_up_to(month_of(month.start, zone), asked.backtest + 1)[:-1]
            tried = backtest(db, earlier)
        texts = texts_of(mappings.portal.language)
        links = {object_type: record_link(db, object_type) for object_type in mappings.object_types}
        labels = Labels(db, month.end_at).customers
        return _Writer(forecast, tried, asked, texts, links, labels).document()


def _require_present(month: Period, as_of: int) -> None:
    if month.start_at > as_of:
        raise UsageProblem(f"{month.name} has not begun as of the last sync", remedy="name the month that runs")
    if month.end_at <= as_of:
        raise UsageProblem(
            f"{month.name} is over: there is nothing left to forecast", remedy=f"`sla report --period {month.name}`"
        )


@dataclass(frozen=True, slots=True)
class _Forecast:
    """Curves are those of the month's beginning, by all that is known now of the time before it."""

    month: Period
    as_of: int
    clocks: Sequence[Expected]
    judged: Sequence[Outcome]

    @classmethod
    def of(cls, db: sqlite3.Connection, month: Period, as_of: int) -> _Forecast:
        seen = SeenClocks(db)
        entry = known_by.newest_entry(db, as_of)
        past = Past.of(seen.at(month.start_at, entry).lives, seen_standing(db, seen, month.start_at, entry))
        calendars = _Calendars(db)
        clocks = []
        for record, outcome in seen.at(as_of, entry).open:
            prospect, turns_at = prospect_of(past, outcome), None
            if prospect is not None and prospect.turns_ms is not None:
                turns_at = calendars.after(record, outcome, as_of, prospect.turns_ms - outcome.when.elapsed_ms)
            clocks.append(Expected(record, outcome, prospect, turns_at))
        due = periods.due_between(db, month.start_at, month.end_at).cycles.values()
        judged = [
            outcome
            for outcome in due
            if standing(outcome.status, outcome.excluded) in JUDGED and Clock.of(outcome.clock).kind is OfPromise.SLA
        ]
        return cls(month, as_of, clocks, judged)

    def require_policy(self, name: str, known: Sequence[str]) -> None:
        every = {*known, *(outcome.promised.policy or "" for outcome in self.judged)}
        if name and name not in every:
            remedy = nearest(name, sorted(every)) or f"there are {', '.join(sorted(every))}"
            raise UsageProblem(f"there is no policy {name!r}", remedy=remedy)

    def of_policy(self, name: str) -> _Forecast:
        if not name:
            return self
        clocks = [one for one in self.clocks if one.outcome.promised.policy == name]
        judged = [outcome for outcome in self.judged if outcome.promised.policy == name]
        return _Forecast(self.month, self.as_of, clocks, judged)

    def month_ends(self, dimension: str) -> dict[str, MonthEnd]:
        """By `policy` or `customer` (its id); "" for none, and for `all`."""
        ends: defaultdict[str, MonthEnd] = defaultdict(MonthEnd)
        for outcome in self.judged:
            end = ends[_value(outcome, dimension)]
            end.judged += 1
            end.met += standing(outcome.status, outcome.excluded) is Standing.MET
        for one in self.clocks:
            due_at = one.outcome.when.due_at
            if one.outcome.status in RUNNING and due_at is not None and self.month.holds(due_at):
                end = ends[_value(one.outcome, dimension)]
                end.to_come += 1
                if one.prospect is None:
                    end.unlike += 1
                else:
                    end.met_later += 1 - one.prospect.chance
                    end.naive_later += 1 - one.prospect.naive
        return dict(ends)


def _value(outcome: Outcome, dimension: str) -> str:
    match dimension:
        case "policy":
            return outcome.promised.policy or ""
        case "customer":
            return outcome.who.company_id or ""
    return ""


@dataclass
class _Calendars:
    """The calendars of the versions of the mappings, by name."""

    db: sqlite3.Connection
    _versions: VersionsByType | None = field(default=None)

    def after(self, record: RecordRef, outcome: Outcome, at: int, business_ms: int) -> int | None:
        """When so much business time has passed since `at`; None where the calendar never opens again."""
        try:
            return self._calendar(record, outcome).due(at, max(business_ms, 0))
        except ValueError:
            return None

    def _calendar(self, record: RecordRef, outcome: Outcome) -> Calendar:
        if self._versions is None:
            self._versions = VersionsByType(in_force(self.db))
        promised = outcome.promised
        version = self._versions.of(record.object_type)[(promised.mappings or 1) - 1]
        return version.mappings.calendars.get(promised.calendar or "", ALWAYS)


@dataclass(frozen=True, slots=True)
class _Writer:
    whole: _Forecast
    tried: Backtest | None
    asked: AskedForecast
    texts: Texts
    links: Mapping[str, str]
    customers: Mapping[str, str]

    def document(self) -> Document:
        texts, forecast = self.texts, self.whole.of_policy(self.asked.policy)
        month = forecast.month
        name = period_name(month, texts)
        sections = [
            Section(
                "month_end",
                texts.text("The end of the month"),
                [
                    self._month_ends("policies", "policy", texts.text("By policy"), forecast),
                    self._month_ends("customers", "customer", texts.text("By customer"), forecast),
                ],
            ),
            Section("open", texts.text("Open promises"), [self._open(forecast)]),
        ]
        if self.tried is not None:
            sections.append(
                Section("backtest", texts.text("How good the forecast was"), backtest_tables(self.tried, texts))
            )
        facts = [(texts.text("As of"), forms.instant(forecast.as_of, month.zone, texts))]
        if self.asked.policy:
            facts.append((texts.text("Only"), self.asked.policy))
        return Document(
            title=texts.text("Forecast, {period}", period=name),
            sentence=self._sentence(forecast, name),
            facts=facts,
            sections=sections,
            zone=month.zone,
            language=texts.language,
            as_of=forecast.as_of,
            notes=self._notes(forecast),
        )

    def _sentence(self, forecast: _Forecast, name: str) -> str:
        texts = self.texts
        total = forecast.month_ends("all").get("", MonthEnd())
        share = total.share(total.met_later)
        if share is None:
            return texts.text("{period}: no promise has come due, and none that is open can be forecast.", period=name)
        return texts.plural(
            "{period}: {share} expected at the end of the month; {met} of {count} promise kept so far, {to_come} to"
            " come.",
            "{period}: {share} expected at the end of the month; {met} of {count} promises kept so far, {to_come} to"
            " come.",
            total.judged,
            period=name,
            share=percent(share, texts),
            met=numbers.whole(total.met, texts),
            count=numbers.whole(total.judged, texts),
            to_come=numbers.whole(total.to_come, texts),
        )

    def _notes(self, forecast: _Forecast) -> list[str]:
        texts, notes = self.texts, []
        unlike = sum(one.prospect is None for one in forecast.clocks)
        if unlike:
            notes.append(
                texts.plural(
                    "{count} open promise is like nothing that was seen before this month: it has no chance, and stands"
                    " outside.",
                    "{count} open promises are like nothing that was seen before this month: they have no chance, and"
                    " stand outside.",
                    unlike,
                )
            )
        return notes

    def _month_ends(self, key: str, dimension: str, title: str, forecast: _Forecast) -> Table:
        texts = self.texts
        columns = [
            Column(dimension, texts.text("Policy") if dimension == "policy" else texts.text("Customer")),
            Column("judged", texts.text("Came due")),
            Column("met", texts.text("Kept")),
            Column("to_come", texts.text("To come")),
            Column("expected", texts.text("Expected"), bar=True),
            Column("naive", texts.text("By the past share")),
            Column("unlike", texts.text("Like nothing before")),
        ]
        names = self.customers if dimension == "customer" else {}
        ends = {names.get(value, value): end for value, end in forecast.month_ends(dimension).items()}
        rows: list[list[Cell]] = [
            [
                Text(name or texts.text("none")),
                Count(end.judged),
                Count(end.met),
                Count(end.to_come),
                Share(end.share(end.met_later)),
                Share(end.share(end.naive_later)),
                Count(end.unlike),
            ]
            for name, end in sorted(ends.items(), key=lambda item: (not item[0], item[0]))
        ]
        return Table(key, title, columns, rows[: self.asked.most], empty=texts.text("None."))

    def _open(self, forecast: _Forecast) -> Table:
        texts = self.texts
        columns = [
            Column("record", texts.text("Ticket")),
            Column("clock", texts.text("Promise")),
            Column("policy", texts.text("Policy")),
            Column("customer", texts.text("Customer")),
            Column("due_at", texts.text("Due")),
            Column("chance_late", texts.text("Chance of being late")),
            Column("likelier_late_at", texts.text("Likelier late from")),
            Column("naive", texts.text("By the past share")),
            Column("ended", texts.text("Rests on")),
        ]
        order = sorted(forecast.clocks, key=lambda one: (-(one.prospect.chance if one.prospect else -1), one.record))
        rows = [self._clock(one) for one in order[: self.asked.most]]
        note = texts.text(
            "The chance is that of clocks of its kind that ran as long. A paused promise has that of those that stood"
            " still with as much of their target used, and comes due in no month before it runs again."
        )
        return Table("open", texts.text("Open promises"), columns, rows, note, texts.text("None."), heading=False)

    def _clock(self, one: Expected) -> list[Cell]:
        outcome, prospect = one.outcome, one.prospect
        link = self.links.get(one.record.object_type, "")
        company_id = outcome.who.company_id or ""
        why_none = self.texts.text("paused") if outcome.status is Status.PAUSED else ""
        return [
            Text(one.record.key, f"{link}{one.record.record_id}" if link else ""),
            Text(clock_name(Clock.of(outcome.clock), self.texts)),
            Text(outcome.promised.policy or ""),
            Text(self.customers.get(company_id, company_id)),
            Instant(None if why_none else outcome.when.due_at, why_none),
            Share(None if prospect is None else Fraction(prospect.chance)),
            Instant(one.turns_at, why_none),
            Share(None if prospect is None else Fraction(prospect.naive)),
            Count(0 if prospect is None else prospect.ended),
        ]
