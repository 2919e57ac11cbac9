"""The invented tickets: when they come, who takes them, how long answers take, and how they end.

A ticket's life is a list of moments, worked out on business time of the portal and cut off at `now`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from hubspot_sandbox.portal import Portal

_DAYS_BACK = 30
_OPENS_AT, _CLOSES_AT = time(9), time(17, 30)
_OUT_OF_HOURS = 0.09
_WEEKDAYS = 5


@dataclass(frozen=True, slots=True)
class Participants:
    """Who takes part: companies, their contacts, and the agents of each pipeline."""

    companies: list[str]
    contacts: dict[str, list[str]]
    agents: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class PipelineWork:
    """How work goes in one pipeline: its stages, its subjects, and how often a ticket lands in it."""

    pipeline: str
    new: str
    working: str
    waiting: str
    closed: str
    share: float
    pace: float
    category: str
    subjects: tuple[str, ...]


PIPELINES = (
    PipelineWork(
        "0",
        "1",
        "3",
        "2",
        "4",
        share=0.7,
        pace=1.0,
        category="PRODUCT_ISSUE",
        subjects=(
            "Cannot sign in after password reset",
            "Export to CSV stops halfway",
            "Dashboard shows yesterday's figures",
            "E-mail notifications arrive twice",
            "API answers 500 for large orders",
            "Search finds nothing in archived projects",
            "Mobile app closes on start",
            "Single sign-on loop with our identity provider",
            "Attachments over 10 MB are refused",
            "Wrong currency on the invoice preview",
            "Webhook deliveries are delayed",
            "How do I add a second administrator?",
        ),
    ),
    PipelineWork(
        "204880101",
        "981230001",
        "981230002",
        "981230003",
        "981230004",
        share=0.18,
        pace=2.5,
        category="GENERAL_INQUIRY",
        subjects=(
            "Kick-off: import of existing customers",
            "Connect our mailbox",
            "Training for the second team",
            "Map fields of the old system",
            "Go-live checklist",
            "Set up roles and permissions",
        ),
    ),
    PipelineWork(
        "204880202",
        "981240001",
        "981240002",
        "981240003",
        "981240004",
        share=0.12,
        pace=1.8,
        category="BILLING_ISSUE",
        subjects=(
            "Invoice shows the old address",
            "Charged twice this month",
            "Change to annual billing",
            "VAT number missing on the invoice",
            "Refund for unused seats",
            "Direct debit was returned",
        ),
    ),
)
_PRIORITIES = ("LOW", "MEDIUM", "HIGH", "URGENT")
_PRIORITY_WEIGHTS = (25, 45, 22, 8)
_HASTE = {"LOW": 2.0, "MEDIUM": 1.0, "HIGH": 0.6, "URGENT": 0.3}
_SOURCES, _SOURCE_WEIGHTS = ("EMAIL", "FORM", "CHAT", "PHONE"), (55, 20, 15, 10)


@dataclass(slots=True)
class TicketLife:
    """One ticket's moments, in the order they are thought of; each is a time and something to do then."""

    moments: list[tuple[datetime, Callable[[datetime], None]]] = field(default_factory=list)

    def then(self, at: datetime, act: Callable[[datetime], None]) -> None:
        """Add a moment."""
        self.moments.append((at, act))

    def play(self, until: datetime) -> None:
        """Let everything happen that is due by `until`."""
        for at, act in sorted(self.moments, key=lambda moment: moment[0]):
            if at <= until:
                act(at)


def add_tickets(portal: Portal, participants: Participants, now: datetime, count: int, random: Random) -> None:
    """Invent `count` tickets created over the last 30 days, in order of creation."""
    zone = ZoneInfo(portal.account.time_zone)
    for created in _arrivals(now, zone, count, random):
        _TicketStory(portal, participants, random, zone, created).play(until=now)


def _arrivals(now: datetime, zone: ZoneInfo, count: int, random: Random) -> list[datetime]:
    """Creation times in the portal's zone: mostly in working hours, busiest on Mondays, a few at other times."""
    local = now.astimezone(zone)
    first_day = (local - timedelta(days=_DAYS_BACK)).date()
    earliest = now - timedelta(days=_DAYS_BACK)
    arrivals: list[datetime] = []
    while len(arrivals) < count:
        day = first_day + timedelta(days=random.randint(0, _DAYS_BACK))
        out_of_hours = random.random() < _OUT_OF_HOURS
        if day.weekday() >= _WEEKDAYS and not out_of_hours:
            continue
        if day.weekday() not in (0, 1) and random.random() < 0.15:
            continue
        hour = random.uniform(0, 24) if out_of_hours else random.triangular(8, 18, 10.5)
        at = datetime.combine(day, time(), zone) + timedelta(seconds=int(hour * 3600))
        if earliest <= at < now:
            arrivals.append(at)
    return sorted(arrivals)


class _TicketStory:
    """One ticket from its creation on."""

    def __init__(
        self, portal: Portal, participants: Participants, random: Random, zone: ZoneInfo, created: datetime
    ) -> None:
        self._portal = portal
        self._participants = participants
        self._random = random
        self._zone = zone
        self._created = created
        self._work = random.choices(PIPELINES, [work.share for work in PIPELINES])[0]
        self._priority = random.choices(_PRIORITIES, _PRIORITY_WEIGHTS)[0]
        self._life = TicketLife()
        self._ticket = ""

    def play(self, until: datetime) -> None:
        """Create the ticket and let its life run up to `until`."""
        self._create()
        self._assign()
        replied = self._reply()
        self._change_priority()
        self._resolve(replied)
        self._life.play(until)

    def _create(self) -> None:
        work, random = self._work, self._random
        subject = random.choice(work.subjects)
        self._ticket = self._portal.create(
            "tickets",
            {
                "subject": subject,
                "content": f"{subject}. Please have a look.",
                "hs_pipeline": work.pipeline,
                "hs_pipeline_stage": work.new,
                "hs_ticket_priority": self._priority,
                "hs_ticket_category": work.category,
                "source_type": random.choices(_SOURCES, _SOURCE_WEIGHTS)[0],
            },
            at=self._created,
        )
        self._portal.receive_customer_message(self._ticket, self._created)
        self._introduce()

    def _introduce(self) -> None:
        """Who asks: mostly a contact of one company, at times of two, at times nobody known."""
        if self._random.random() > 0.92:
            return
        company = self._random.choice(self._participants.companies)
        self._portal.associate("tickets", self._ticket, "companies", company, primary=True, at=self._created)
        contact = self._random.choice(self._participants.contacts[company])
        self._portal.associate("tickets", self._ticket, "contacts", contact)
        if self._random.random() < 0.06:
            other = self._random.choice(
                [candidate for candidate in self._participants.companies if candidate != company]
            )
            self._portal.associate("tickets", self._ticket, "companies", other)

    def _assign(self) -> None:
        agents = self._participants.agents[self._work.pipeline]
        if self._random.random() < 0.06:
            return
        first = self._random.choice(agents)
        at = self._after(self._created, hours=self._random.expovariate(2.5))
        self._set(at, hubspot_owner_id=first)
        if self._random.random() < 0.18:
            other = self._random.choice([agent for agent in agents if agent != first])
            self._set(self._after(at, hours=self._random.uniform(1, 12)), hubspot_owner_id=other)

    def _reply(self) -> datetime | None:
        """The first answer: mostly within an hour or a few, some late, some never."""
        fate = self._random.random()
        if fate < 0.07:
            return None
        late = fate > 0.85
        hours = self._random.uniform(5, 22) if late else 0.1 + self._random.expovariate(1.1)
        at = self._after(self._created, hours=hours * (1 if late else _HASTE[self._priority]))
        self._agent_writes(at)
        self._set(at + timedelta(seconds=self._random.randint(5, 90)), hs_pipeline_stage=self._work.working)
        return at

    def _change_priority(self) -> None:
        if self._random.random() < 0.12:
            other = self._random.choice([priority for priority in _PRIORITIES if priority != self._priority])
            at = self._after(self._created, hours=self._random.uniform(0.5, 10))
            self._set(at, hs_ticket_priority=other)

    def _resolve(self, replied: datetime | None) -> None:
        """Rounds of waiting and working, then closing; some lie about for good."""
        if replied is None:
            return
        at = replied
        for _ in range(self._random.choices((0, 1, 2, 3), (28, 44, 20, 8))[0]):
            at = self._round(at)
        if self._random.random() < 0.11:
            return
        at = self._after(at, hours=self._random.uniform(1, 16) * self._pace)
        self._set(at, hs_pipeline_stage=self._work.closed)
        if self._random.random() < 0.06:
            self._reopen(at)

    def _round(self, at: datetime) -> datetime:
        """An agent asks, the ticket waits, the customer answers, work goes on. Ends when the stage moves back."""
        asked_at = self._after(at, hours=self._random.uniform(0.3, 7) * self._pace)
        self._agent_writes(asked_at)
        self._set(asked_at + timedelta(seconds=self._random.randint(5, 60)), hs_pipeline_stage=self._work.waiting)
        answered_at = asked_at + timedelta(hours=1 + self._random.expovariate(1 / 45))
        self._customer_writes(answered_at)
        resumed = self._after(answered_at, hours=self._random.uniform(0.05, 2))
        self._set(resumed, hs_pipeline_stage=self._work.working)
        return resumed

    def _reopen(self, closed: datetime) -> None:
        at = closed + timedelta(hours=self._random.uniform(2, 50))
        self._customer_writes(at)
        self._set(at + timedelta(seconds=30), hs_pipeline_stage=self._work.working)
        again = self._after(at, hours=self._random.uniform(2, 14))
        self._agent_writes(again)
        self._set(again + timedelta(minutes=2), hs_pipeline_stage=self._work.closed)

    @property
    def _pace(self) -> float:
        return self._work.pace * _HASTE[self._priority]

    def _set(self, at: datetime, **properties: str) -> None:
        self._life.then(at, lambda when: self._portal.update("tickets", self._ticket, properties, at=when))

    def _agent_writes(self, at: datetime) -> None:
        self._life.then(at, lambda when: self._portal.send_agent_message(self._ticket, when))

    def _customer_writes(self, at: datetime) -> None:
        self._life.then(at, lambda when: self._portal.receive_customer_message(self._ticket, when))

    def _after(self, start: datetime, *, hours: float) -> datetime:
        """`hours` of working time after `start`, to the second."""
        at, remaining = start.astimezone(self._zone), timedelta(seconds=int(hours * 3600))
        while True:
            opens, closes = (datetime.combine(at.date(), edge, self._zone) for edge in (_OPENS_AT, _CLOSES_AT))
            at = max(at, opens)
            if at.weekday() < _WEEKDAYS and at + remaining < closes:
                return at + remaining
            if at.weekday() < _WEEKDAYS and at < closes:
                remaining -= closes - at
            at = datetime.combine(at.date() + timedelta(days=1), time(), self._zone)
