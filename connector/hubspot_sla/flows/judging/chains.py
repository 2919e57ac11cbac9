"""The chains of one record: each promise to the customer, with the cycles of OLA and underpinning contracts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Clock, Kind
from hubspot_sla.clock.segments import State, segments, spent
from hubspot_sla.clock.verdict import LATE, OPEN, Cycle, Status
from hubspot_sla.contract.chain import Chain, Link, Stretch
from hubspot_sla.flows.judging.would_have_kept import stretches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.measure.whose_time import TeamChange


@dataclass(frozen=True, slots=True)
class LinkCycle:
    """One cycle of an OLA or underpinning contract. `link` is None where its clock has not begun."""

    clock: Clock
    cycle: Cycle
    promise: Promise
    link: Link | None

    @property
    def who(self) -> str:
        """The department or vendor; where the promise names none, its policy."""
        return self.promise.place or self.promise.starts_in or self.promise.policy

    @property
    def promisor(self) -> tuple[str, str]:
        """The key of its clock and its policy."""
        return self.clock.key, self.promise.policy


@dataclass(frozen=True, slots=True)
class ChainCycle:
    """One cycle of a promise to the customer, as of `now`. `elapsed_ms` is what its parts add up to, `left_ms` what is
    left of it where it is open, below 0 where it is late; None where it is over."""

    clock: Clock
    cycle: Cycle
    promise: Promise
    chain: Chain
    elapsed_ms: int
    left_ms: int | None

    @property
    def is_broken(self) -> bool:
        return self.cycle.status in LATE

    @property
    def ends_with_the_record(self) -> bool:
        """Whether departments and vendors must be done before it can be kept: that of a response or a stage is kept
        beside them."""
        return self.clock.metric == Metric.RESOLUTION or self.clock.metric not in tuple(Metric)


@dataclass(frozen=True, slots=True)
class RecordChains:
    """All of one record as of `at` (epoch ms), in the order of its verdicts."""

    at: int
    wholes: tuple[ChainCycle, ...]
    links: tuple[LinkCycle, ...]

    @property
    def still_going(self) -> tuple[LinkCycle, ...]:
        """The links that have begun and not ended."""
        return tuple(each for each in self.links if each.link is not None and each.link.ended_at is None)


def chains_of(judgement: Judgement, now: int, teams: Sequence[TeamChange]) -> RecordChains:
    """`teams` are the changes of the record's team. Clocks of customers that have not begun have no chain."""
    links = tuple(_links(judgement, now))
    begun = [each.link for each in links if each.link is not None]
    return RecordChains(now, tuple(_wholes(judgement, begun, now, teams)), links)


def _links(judgement: Judgement, now: int) -> Iterator[LinkCycle]:
    for verdict in judgement.verdicts:
        for cycle in verdict.cycles if verdict.kind is not Kind.SLA else ():
            if cycle.promise is None or (cycle.started_at is None and cycle.status is not Status.PENDING):
                continue
            found = LinkCycle(verdict.clock, cycle, cycle.promise, None)
            link = None if cycle.started_at is None else _link(judgement, found, cycle.started_at, now)
            yield LinkCycle(verdict.clock, cycle, cycle.promise, link)


def _link(judgement: Judgement, of: LinkCycle, started_at: int, now: int) -> Link:
    cycle = of.cycle
    spans = segments(judgement.timeline, cycle, now)
    is_open = cycle.status in OPEN
    return Link(
        clock=of.clock.key,
        cycle=cycle.number,
        who=of.who,
        promised_ms=of.promise.budget_ms,
        used_ms=spent(cycle, spans, now).elapsed_ms,
        started_at=started_at,
        due_at=cycle.due_at,
        ended_at=None if is_open else (now if cycle.over_at is None else cycle.over_at),
        breached_at=cycle.breached_at if cycle.status in LATE else None,
        ran=tuple((each.start, each.end) for each in spans if each.state is State.RUNNING),
    )


def _wholes(judgement: Judgement, links: Sequence[Link], now: int, teams: Sequence[TeamChange]) -> Iterator[ChainCycle]:
    for verdict in judgement.verdicts:
        for cycle in verdict.cycles if verdict.kind is Kind.SLA else ():
            if cycle.promise is None or cycle.started_at is None:
                continue
            held = [
                Stretch(each.start, each.end, (each.hands.whose, each.hands.team_id))
                for each in stretches(judgement, cycle, now, teams)
            ]
            calendar = cycle.promise.calendar
            chain = Chain(cycle.breached_at if cycle.status in LATE else None, held, links, calendar.elapsed)
            elapsed_ms = sum(calendar.elapsed(each.start, each.end) for each in held)
            left_ms = _left(cycle, cycle.promise, elapsed_ms, now) if cycle.status in OPEN else None
            yield ChainCycle(verdict.clock, cycle, cycle.promise, chain, elapsed_ms, left_ms)


def _left(cycle: Cycle, promise: Promise, elapsed_ms: int, now: int) -> int:
    """While the clock stands still its due instant moves: then the target says it."""
    if cycle.due_at is None:
        return promise.budget_ms - elapsed_ms
    if cycle.due_at > now:
        return promise.calendar.elapsed(now, cycle.due_at)
    return -promise.calendar.elapsed(cycle.due_at, now)
