"""HubSpot's own SLA beside the verdicts of the ledger: gathered from both, decided by `measure.comparison`.

HubSpot is asked for one search for every 200 tickets and one read for every 50, and for its account, pipelines and
property definitions; nothing is written to it or to the ledger.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.mappings_version import versions_of
from hubspot_sla.flows.context.portal_binding import checked_account, record_link
from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.flows.inspection.native.our_terms import OurClock, our_terms
from hubspot_sla.flows.inspection.native.their_rules import inferred_rules
from hubspot_sla.flows.records.assemble import assemble
from hubspot_sla.hubspot.native_sla import DUE_PROPERTIES, read_native_tickets
from hubspot_sla.hubspot.native_status import NativeStatus, native_definitions
from hubspot_sla.ledger import records, state, sync_health
from hubspot_sla.measure.comparison.calendars import is_a_plain_week
from hubspot_sla.measure.comparison.decide import compare
from hubspot_sla.measure.comparison.terms import Standing
from hubspot_sla.measure.comparison.theirs import Shown, Theirs
from hubspot_sla.plain_text import counted
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.inference.fit_zone import ZonedHours
from hubspot_sla.policy.inference.week_hours import WeekHours

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hubspot_sla.clock.metrics import Metric
    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.inspection.native.our_terms import OurTicket
    from hubspot_sla.flows.inspection.native.their_rules import TheirRules
    from hubspot_sla.flows.records.assemble import AssembledRecord
    from hubspot_sla.hubspot.native_sla import NativeTicket
    from hubspot_sla.hubspot.native_status import NativeDefinitions
    from hubspot_sla.hubspot.schema import Account
    from hubspot_sla.ledger.records import RecordRow
    from hubspot_sla.measure.comparison.cause import Cause
    from hubspot_sla.measure.comparison.decide import Compared

MOST_TICKETS: Final = 10_000
_AT_A_TIME: Final = 500
_METRICS: Final = tuple(DUE_PROPERTIES)
_STANDINGS: Final = {
    NativeStatus.ACTIVE: Standing.OPEN,
    NativeStatus.OVERDUE: Standing.OPEN,
    NativeStatus.DUE_SOON: Standing.OPEN,
    NativeStatus.ON_TIME: Standing.ON_TIME,
    NativeStatus.LATE: Standing.LATE,
}


@dataclass(frozen=True, slots=True)
class ComparedGoal:
    """One goal of one ticket: what both say of it. `their_status` is the label of HubSpot's option, `made_by` HubSpot's
    word for what made the ticket."""

    ticket: str
    subject: str
    metric: Metric
    compared: Compared
    our_status: str
    their_status: str
    made_by: str

    @property
    def causes(self) -> tuple[Cause, ...]:
        return self.compared.causes


@dataclass(slots=True)
class Comparison:
    """Everything that was compared. `not_judged` counts tickets by the reason why the ledger says nothing of them now,
    `unknown_statuses` goals by a status that nobody knows. `since` and `now` are epoch ms, `calls` those to HubSpot."""

    account: Account
    since: int
    now: int
    link: str
    goals: list[ComparedGoal] = field(default_factory=list)
    tickets: int = 0
    with_due: int = 0
    left_out: int = 0
    unreadable: tuple[str, ...] = ()
    not_judged: Counter[str] = field(default_factory=Counter)
    unknown_statuses: Counter[str] = field(default_factory=Counter)
    unknown_rules: tuple[str, ...] = ()
    not_defined: tuple[str, ...] = ()
    elapsed_compared: bool = True
    calls: int = 0


def _place(goal: ComparedGoal) -> tuple[int, str, int]:
    """Tickets by their ids, so that equal ledgers and portals give equal bytes."""
    return len(goal.ticket), goal.ticket, _METRICS.index(goal.metric)


def _our_hours(version: Version) -> list[ZonedHours]:
    """The hours of the policies' calendars, each once, as far as HubSpot can have such: one span a day."""
    calendars = [policy.calendar for policy in version.of(TICKETS).mappings.policy_set.policies]
    weeks = [
        (str(calendar.zone), {day: spans for day, spans in calendar.week.items() if spans})
        for calendar in calendars
        if is_a_plain_week(calendar)
    ]
    hours = (
        ZonedHours(zone, WeekHours.of({day: (span.from_minute, span.to_minute) for day, (span,) in week.items()}))
        for zone, week in weeks
        if week and all(len(spans) == 1 for spans in week.values())
    )
    return list(dict.fromkeys(hours))


def _seen_until(db: sqlite3.Connection) -> int:
    """Everything that happened to tickets before this instant (epoch ms) has been seen; 0 before a first sync."""
    keys = (sync_health.POLLED, state.CURSOR)
    return max((state.read_instant(db, state.of(TICKETS, key)) or 0 for key in keys), default=0)


def _nobody(_: str) -> None:
    """Nobody asked how it goes."""


def compared(context: Context, since: int, tell: Callable[[str], None] = _nobody) -> Comparison:
    """The tickets created from `since` (epoch ms) on, the newest 10,000 of them.

    UsageProblem: the portal has no native SLA properties, the ledger has judged nothing yet or belongs to another
    portal, or `since` lies ahead. AccessDenied: the token may not read tickets.
    """
    account = checked_account(context)
    db, now = context.ledger.db, context.now()
    if since >= now:
        raise UsageProblem("--since lies in the future", remedy="name a day that has been")
    versions = in_force(db, context.compiled)
    if not versions:
        raise UsageProblem("the ledger has judged nothing yet", remedy="run `sla setup`, then `sla sync`")
    definitions = native_definitions(context.portal.schema.properties(TICKETS))
    if not definitions.metrics:
        raise UsageProblem(
            f"the portal has none of the properties of HubSpot's own SLA ({', '.join(DUE_PROPERTIES.values())})",
            remedy="it comes with Service Hub Professional: there is nothing to compare with",
        )
    native = read_native_tickets(context.portal.of(TICKETS), since, MOST_TICKETS)
    tell(f"{counted(len(native.tickets), 'ticket')} read")
    pipelines = context.portal.schema.pipelines(TICKETS)
    comparing = _Comparing(
        versions_of(versions, TICKETS),
        inferred_rules(native.tickets, pipelines, _our_hours(versions[-1]), [account.time_zone], now),
        definitions,
        frozenset(stage.id for pipeline in pipelines for stage in pipeline.stages if stage.closed),
        _seen_until(db),
        Comparison(account, since, now, record_link(db, TICKETS)),
    )
    for start in range(0, len(native.tickets), _AT_A_TIME):
        tickets = native.tickets[start : start + _AT_A_TIME]
        rows = records.load(db, TICKETS, [ticket.id for ticket in tickets])
        comparing.compare_all(tickets, rows, assemble(db, TICKETS, rows.values()).records)
        tell(f"{counted(comparing.done.tickets, 'ticket')} compared")
    done = comparing.done
    done.goals.sort(key=_place)
    done.left_out, done.unreadable = native.left_out, native.unreadable
    done.calls = context.portal.transport.calls.total()
    return done


class _Comparing:
    """Counts into `done`."""

    def __init__(
        self,
        versions: Sequence[Version],
        rules: TheirRules,
        definitions: NativeDefinitions,
        closed_stages: frozenset[str],
        seen_until: int,
        done: Comparison,
    ) -> None:
        self.versions, self.rules, self.definitions, self.done = versions, rules, definitions, done
        self.closed_stages, self.seen_until = closed_stages, seen_until
        self.edited_at = frozenset(version.effective_at for version in versions[1:])
        done.unknown_rules = rules.unknown
        done.elapsed_compared = bool(definitions.elapsed) and rules.elapsed is not None
        done.not_defined = tuple(metric.value for metric in DUE_PROPERTIES if metric not in definitions.metrics)

    def compare_all(
        self,
        tickets: Iterable[NativeTicket],
        rows: Mapping[str, RecordRow],
        assembled: Mapping[str, AssembledRecord],
    ) -> None:
        for ticket in tickets:
            self.done.tickets += 1
            self.done.with_due += bool(ticket.dues)
            row = rows.get(ticket.id)
            why_not = "the ledger has never seen it" if row is None else self._behind(ticket, row)
            if why_not:
                self.done.not_judged[why_not] += 1
            else:
                self._compare(ticket, our_terms(assembled[ticket.id].facts, self.versions, self.done.now))

    def _behind(self, ticket: NativeTicket, row: RecordRow) -> str:
        """Whether something happened to a ticket that no sync has seen yet."""
        seen_until = self.seen_until
        written = ticket.updated_ms > seen_until and ticket.updated_ms > row.updated_at
        messages = (ticket.first_reply_ms, ticket.received_ms, ticket.sent_ms)
        told = any(at is not None and at > seen_until for at in messages)
        return "something happened after the last sync: run `sla sync` first" if written or told else ""

    def _compare(self, ticket: NativeTicket, ours: OurTicket) -> None:
        for metric in DUE_PROPERTIES:
            if metric not in self.definitions.metrics:
                continue
            clock = ours.clock(metric)
            if isinstance(clock, OurClock):
                self._compare_goal(ticket, metric, ours, clock)
            elif metric in ticket.dues:
                self.done.not_judged[f"its {metric.value} is {clock.status}: {clock.reason}"] += 1

    def _compare_goal(self, ticket: NativeTicket, metric: Metric, ours: OurTicket, clock: OurClock) -> None:
        theirs = self._theirs(ticket, metric, ours, clock)
        outcome = compare(clock.terms, self._shown(ticket, metric), theirs, self.done.now)
        if outcome is not None:
            value = ticket.statuses.get(metric)
            label = "" if value is None else self.definitions.option(metric, value).label
            goal = ComparedGoal(ticket.id, ours.subject, metric, outcome, clock.status, label, ticket.source)
            self.done.goals.append(goal)

    def _shown(self, ticket: NativeTicket, metric: Metric) -> Shown:
        value = ticket.statuses.get(metric)
        status = None if value is None else self.definitions.option(metric, value).status
        if value is not None and status is None:
            self.done.unknown_statuses[f"{metric.value}: {self.definitions.option(metric, value).label}"] += 1
        told = ticket.elapsed.get(metric) if self.done.elapsed_compared else None
        meaning = self.rules.elapsed
        return Shown(
            ticket.dues.get(metric),
            None if told is None or meaning is None else meaning.in_ms(told),
            None if status is None else _STANDINGS[status],
        )

    def _theirs(self, ticket: NativeTicket, metric: Metric, ours: OurTicket, clock: OurClock) -> Theirs:
        return Theirs(
            self.rules.of(ticket.id, metric),
            ticket.first_reply_ms,
            ticket.received_ms,
            ticket.sent_ms,
            self.closed_stages,
            ours.alone(clock),
            ours.own_creation_at,
            self.edited_at,
            self.rules.elapsed is None or self.rules.elapsed.counts_pauses,
        )
