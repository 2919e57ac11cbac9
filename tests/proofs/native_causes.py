"""A portal in which every cause of `sla compare` is planted, alone and in pairs, beside tickets on which both agree.

HubSpot's own SLA has one rule: 8 and 16 business hours on Berlin's office hours, standing still in one stage. Ours has
the same, and closes every other Thursday. What is planted differs by how the ticket lived, or by the policy that two of
its properties choose. In the second but last week HubSpot's rule is edited, and applied to the tickets that are open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from hubspot_sandbox.account import Account
from hubspot_sandbox.instants import parse_instant, to_wire
from hubspot_sandbox.merging import merge
from hubspot_sandbox.native_hours import OperatingHours
from hubspot_sandbox.native_sla import Goals, SlaRule
from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.pipelines import Pipeline, Stage
from hubspot_sandbox.portal import API, PERSON
from hubspot_sandbox.properties import Property
from hubspot_sla.measure.comparison.cause import OF_RULES, Cause
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubspot_sandbox.portal import Portal

BERLIN: Final = ZoneInfo("Europe/Berlin")
FIRST_MONDAY: Final = datetime(2026, 8, 31, tzinfo=BERLIN)
NOW: Final = datetime(2026, 11, 23, 8, tzinfo=UTC)
EDIT_WEEK: Final = 10
"""Counted from the first Monday. The Thursdays of odd weeks are closed; this one is even."""
EDITED_AT: Final = FIRST_MONDAY + timedelta(weeks=EDIT_WEEK, days=1, hours=20)
NEW, WAITING, WORKING, CLOSED, BACKLOG, SECOND_LINE = "1", "2", "3", "4", "5", "6"
PIPELINE: Final = Pipeline(
    "0",
    "Support Pipeline",
    (
        Stage(NEW, "New"),
        Stage(WAITING, "Waiting on contact"),
        Stage(WORKING, "Working"),
        Stage(BACKLOG, "Backlog"),
        Stage(SECOND_LINE, "Second line"),
        Stage(CLOSED, "Closed", closed=True),
    ),
)
RULE: Final = SlaRule(
    "7",
    Goals(first_response=480, close=960),
    hours=OperatingHours("Europe/Berlin", dict.fromkeys(range(5), (9 * 60, 17 * 60))),
    paused_in=frozenset({WAITING}),
)
BOT: Final = "B-3100001"
CLOSED_DAYS: Final = [FIRST_MONDAY + timedelta(weeks=week, days=3) for week in range(1, 14, 2)]
CALENDARS: Final = f"""\
calendars:
  office:
    timezone: Europe/Berlin
    hours: {{mon-fri: ["09:00-17:00"]}}
    closed: [{", ".join(f"{day:%Y-%m-%d}" for day in CLOSED_DAYS)}]
    business_day: 8h
  long:
    timezone: Europe/Berlin
    hours: {{mon-fri: ["09:00-18:00"]}}
    closed: [{", ".join(f"{day:%Y-%m-%d}" for day in CLOSED_DAYS)}]
    business_day: 8h
"""
PORTAL_YAML: Final = """\
pipelines:
  Support Pipeline:
    New: open
    Waiting on contact: waiting
    Working: open
    Backlog: waiting
    Second line: open
    Closed: closed
properties:
  priority: hs_ticket_priority
  owner: hubspot_owner_id
  first_agent_reply: [hs_first_agent_message_sent_at]
  customer_message: hs_last_message_received_at
  agent_message: hs_last_message_sent_at
messages:
  sources: [threads]
written: {set: lean}
"""


def _policy(calendar: str, start: str, target: str) -> str:
    first, close = ("11h", "21h") if target == "other" else ("8h", "16h")
    starts_in = "\n    starts_in: Second line" if start == "other" else ""
    return f"""\
  - id: {calendar}-{start}-{target}
    when:
      pipeline: Support Pipeline
      property: {{plant_hours: {calendar}, plant_start: {start}, plant_target: {target}}}
    calendar: {calendar}{starts_in}
    targets: {{first_response: {first}, resolution: {close}}}
    pauses: {{first_response: true, resolution: true}}
    resume_on_customer_message: false
"""


POLICIES: Final = "policies:\n" + "\n".join(
    _policy(calendar, start, target)
    for calendar in ("office", "long")
    for start in ("usual", "other")
    for target in ("usual", "other")
)
EVERY_PLANT: Final[Sequence[tuple[Cause, ...]]] = (
    *((cause,) for cause in Cause),
    *combinations([Cause.NO_NATIVE_CLOCK, *OF_RULES, Cause.UNDER_A_SECOND], 2),
)


@dataclass(frozen=True, slots=True)
class Planted:
    """The portal, its clock at NOW."""

    portal: Portal
    lives: Lives

    def merge(self) -> None:
        """What is to be merged, a week after everything else: HubSpot shows nothing of a ticket that went into another,
        so it must have been seen before."""
        self.lives.merge()

    @property
    def plants(self) -> dict[str, tuple[Cause, ...]]:
        """By the id that a ticket has now; none for one on which both agree."""
        return self.lives.plants()


def expected(plants: tuple[Cause, ...], *, of_first_response: bool) -> tuple[Cause, ...]:
    """What is to be named. What one cause alone explains is not named with another: HubSpot has no clock at all, a
    difference under a second is within every proof, and the target of an edited rule is that of another rule."""
    causes = [cause for cause in plants if of_first_response or cause not in (Cause.START, Cause.STOP)]
    if Cause.NO_NATIVE_CLOCK in causes:
        return (Cause.NO_NATIVE_CLOCK,)
    if len(causes) > 1 and Cause.UNDER_A_SECOND in causes:
        causes.remove(Cause.UNDER_A_SECOND)
    if Cause.RETROACTIVE in causes and Cause.RULE in causes:
        causes.remove(Cause.RULE)
    return tuple(causes)


def planted_portal(plants: Sequence[tuple[Cause, ...]], *, agreeing: int, seed: int = 1) -> Planted:
    """One ticket for each of `plants`, and so many on which both agree, created at any hour of the week."""
    portal = copied_portal(FIRST_MONDAY - timedelta(days=1), tickets=0)
    portal.clock.freeze()
    portal.account = Account(portal.account.portal_id, time_zone="Europe/Berlin")
    portal.behaviour = replace(
        portal.behaviour, native_sla_counts_what_the_api_makes=False, native_due_in_whole_seconds=True
    )
    portal.set_pipelines([PIPELINE])
    for name in ("plant_hours", "plant_start", "plant_target"):
        portal.catalogue(TICKETS).define(Property(name, name, "string", "text", "ticketinformation"))
    portal.set_native_sla([RULE])
    lives = Lives(portal, Random(seed))  # noqa: S311 - an invented portal, not a secret
    for plant in plants:
        lives.live(plant)
    for _ in range(agreeing):
        lives.agree()
    lives.play()
    return Planted(portal, lives)


@dataclass(slots=True)
class _Ticket:
    plants: tuple[Cause, ...]
    id: str = ""
    thread: str = ""
    older: str = ""


class Lives:
    def __init__(self, portal: Portal, random: Random) -> None:
        self._portal, self._random = portal, random
        self._moments: list[tuple[datetime, int, Callable[[], None]]] = []
        self._tickets: list[_Ticket] = []
        self._owner = min(portal.owners.values(), key=lambda owner: owner.user_id)
        self._then(EDITED_AT, self._edit)

    def _edit(self) -> None:
        goals = replace(RULE.goals, first_response=600, close=1140)
        self._portal.set_native_sla([replace(RULE, goals=goals)])

    def _then(self, at: datetime, act: Callable[[], None]) -> None:
        self._moments.append((at, len(self._moments), act))

    def play(self) -> None:
        for at, _, act in sorted(self._moments, key=lambda moment: moment[:2]):
            self._portal.clock.set(at.astimezone(UTC))
            act()
        self._portal.clock.set(NOW)
        self._portal.catch_up()
        for ticket in self._tickets:
            if Cause.UNKNOWN in ticket.plants:
                self._mislead(ticket.id)

    def merge(self) -> None:
        portal = self._portal
        portal.clock.advance(timedelta(minutes=5))
        for ticket in self._tickets:
            if ticket.older:
                with portal.current():
                    primary, other = (portal.record(TICKETS, id_) for id_ in (ticket.id, ticket.older))
                    ticket.id = str(merge(portal, TICKETS, primary, other, portal.clock.now_ms()).id)

    def plants(self) -> dict[str, tuple[Cause, ...]]:
        return {ticket.id: ticket.plants for ticket in self._tickets}

    def _mislead(self, ticket_id: str) -> None:
        """HubSpot shows what no rule gives."""
        values = self._portal.read("tickets", ticket_id)
        changes: dict[str, str | None] = {}
        for name in ("hs_time_to_first_response_sla_at", "hs_time_to_close_sla_at"):
            later_ms = self._random.randrange(1_001, 20_000) * 1000 + 357
            changes[name] = to_wire(parse_instant(values[name]) + later_ms)
        with self._portal.current():
            record = self._portal.record(TICKETS, ticket_id)
            self._portal.calculate(TICKETS, record, changes, self._portal.clock.now_ms())

    def agree(self) -> None:
        """Created at any hour of a week that has no closed day."""
        week = FIRST_MONDAY + timedelta(weeks=self._random.randrange(0, EDIT_WEEK, 2))
        created = (week + timedelta(minutes=self._random.randrange(5 * 24 * 60))).replace(second=self._seconds())
        ticket = self._create(created, ())
        at = created
        for stage in (WORKING, WAITING, WORKING) if self._random.random() < 0.5 else (WORKING,):
            at += timedelta(minutes=self._random.randrange(10, 90), seconds=self._seconds())
            self._move(ticket, at, stage)
        at += timedelta(minutes=self._random.randrange(10, 120))
        self._then(at, lambda: self._portal.send_agent_message(ticket.id))
        self._move(ticket, at + timedelta(hours=self._random.randrange(1, 6)), CLOSED)

    def live(self, plants: tuple[Cause, ...]) -> None:
        """Everything until the reply in one day, from ten o'clock on; where HubSpot's rule is edited meanwhile, the
        reply comes after that."""
        created = self._day(plants) + timedelta(
            hours=10, minutes=self._random.randrange(10, 60), seconds=self._seconds()
        )
        if Cause.UNDER_A_SECOND in plants:
            created += timedelta(milliseconds=self._random.randrange(100, 900))
        ticket = self._create(created, plants)
        self._move(ticket, created + timedelta(minutes=25, seconds=self._seconds()), SECOND_LINE)
        if Cause.REOPEN in plants:
            self._move(ticket, created + timedelta(minutes=60), CLOSED)
            self._move(ticket, created + timedelta(minutes=70 + self._random.randrange(40), seconds=11), WORKING)
        self._move(ticket, created + timedelta(minutes=130), WAITING)
        self._move(ticket, created + timedelta(minutes=150 + self._random.randrange(10), seconds=17), WORKING)
        if Cause.PAUSE in plants:
            self._move(ticket, created + timedelta(minutes=180), BACKLOG)
            self._move(ticket, created + timedelta(minutes=200 + self._random.randrange(20), seconds=23), WORKING)
        after = created
        if Cause.RETROACTIVE in plants:
            after = EDITED_AT + timedelta(hours=12, minutes=self._random.randrange(40))
        self._answer(ticket, after + timedelta(minutes=240))
        self._move(ticket, after + timedelta(minutes=330, seconds=self._seconds()), CLOSED)
        if Cause.MERGE in plants:
            self._has_older(ticket, created - timedelta(minutes=self._random.randrange(45, 59), seconds=41))

    def _answer(self, ticket: _Ticket, at: datetime) -> None:
        """Where the stop is planted a bot answers first."""
        if Cause.STOP not in ticket.plants:
            self._then(at + timedelta(minutes=30), lambda: self._portal.send_agent_message(ticket.id))
            return

        def start() -> None:
            ticket.thread = self._portal.start_thread(ticket.id)
            self._portal.write_message(ticket.thread, text="It is down.")

        self._then(at - timedelta(minutes=1), start)
        self._then(at, lambda: self._write(ticket, BOT))
        self._then(at + timedelta(minutes=30, seconds=37), lambda: self._write(ticket, f"A-{self._owner.user_id}"))

    def _write(self, ticket: _Ticket, actor: str) -> None:
        self._portal.write_message(ticket.thread, actor, "We look into it.")

    def _has_older(self, ticket: _Ticket, at: datetime) -> None:
        """An older ticket, which will go into this one."""
        older = _Ticket(ticket.plants)

        def insert() -> None:
            self._insert(older)
            ticket.older = older.id

        self._then(at, insert)

    def _day(self, plants: tuple[Cause, ...]) -> datetime:
        """Where the holiday is planted, the day before a closed one; else one of a week without any."""
        if Cause.HOLIDAY in plants:
            last = EDIT_WEEK - 1
            week = last if Cause.RETROACTIVE in plants else self._random.randrange(1, last, 2)
            return FIRST_MONDAY + timedelta(weeks=week, days=2)
        if Cause.RETROACTIVE in plants:
            return FIRST_MONDAY + timedelta(weeks=EDIT_WEEK)
        return FIRST_MONDAY + timedelta(weeks=self._random.randrange(0, EDIT_WEEK, 2), days=self._random.randrange(3))

    def _seconds(self) -> int:
        return self._random.randrange(60)

    def _create(self, at: datetime, plants: tuple[Cause, ...]) -> _Ticket:
        ticket = _Ticket(plants)
        self._tickets.append(ticket)
        self._then(at, lambda: self._insert(ticket))
        return ticket

    def _insert(self, ticket: _Ticket) -> None:
        plants = ticket.plants
        values = {
            "subject": " + ".join(plants) or "agree",
            "hs_pipeline": PIPELINE.id,
            "hs_pipeline_stage": NEW,
            "hs_ticket_priority": "HIGH",
            "hubspot_owner_id": self._owner.id,
            "plant_hours": "long" if Cause.HOURS in plants else "office",
            "plant_start": "other" if Cause.START in plants else "usual",
            "plant_target": "other" if Cause.RULE in plants else "usual",
        }
        ticket.id = self._portal.create("tickets", values, source=API if Cause.NO_NATIVE_CLOCK in plants else PERSON)

    def _move(self, ticket: _Ticket, at: datetime, stage: str) -> None:
        self._then(at, lambda: self._portal.update("tickets", ticket.id, {"hs_pipeline_stage": stage}))
