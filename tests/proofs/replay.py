"""A log of tickets played past the worker, in virtual time, with HubSpot's bad days in turn.

The worker runs every few hours and at each deadline it knows of, each time as a new process would: its only memory
is the ledger. `expected_tasks` says from the log alone which breaches it must have seen.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from flows.world import TOKEN, World, set_up
from hubspot_sandbox.instants import to_instant
from hubspot_sandbox.load import load_portal
from hubspot_sandbox.server import serve
from hubspot_sla.clock.stays import closed_intervals
from hubspot_sla.errors import ComeBackLater
from hubspot_sla.flows.context.mapping_texts import texts_offline
from hubspot_sla.flows.inspection import evaluate
from hubspot_sla.flows.judging import verdict_json
from hubspot_sla.flows.records import ticket_file
from hubspot_sla.ledger import database, outbox, records, verdicts
from hubspot_sla.policy.loader import load
from proofs import people
from proofs.lanes import CATCHING_UP, FAST, LANES
from proofs.small import compiled_once
from proofs.wiring import virtual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from hubspot_sla.clock.verdict import Verdict

Verdicts = dict[str, dict[str, verdict_json.Body]]
COARSE = timedelta(minutes=10)
"""Deadlines nearer than this to the last run are met together."""


class Killed(BaseException):
    """The process dies here: nobody may catch it."""


@dataclass(slots=True)
class Course:
    """How the replay went. `looked` are the instants (epoch ms) of runs that came to their end while nothing was
    wrong with HubSpot, `tried` of all."""

    looked: list[int] = field(default_factory=list)
    tried: list[int] = field(default_factory=list)
    deferred: int = 0
    killed: int = 0


class Replay:
    """A context manager. `log` is a folder as `load_portal` reads it; `folder` holds mappings and becomes the
    worker's; the replay begins at `begin`, before the first ticket. `bad_days` are what may go wrong on one;
    `dies` is the chance of a run to die at each point that it passes, until everything catches up."""

    def __init__(
        self,
        log: Path,
        folder: Path,
        begin: datetime,
        seed: int = 1,
        bad_days: Sequence[Mapping[str, object]] = people.BAD_DAYS,
        dies: float = 0,
    ) -> None:
        portal = load_portal(log, begin, replay=True)
        portal.clock.freeze()
        self._bad_days, self._dies = bad_days, dies
        self._log, self._random = log, Random(seed)  # noqa: S311 - which bad day, not a secret
        self.world = World(serve(portal, token=TOKEN, enforce_limits=False), folder, begin)
        self.world.running.set_clock(begin)
        self.course = Course()

    def __enter__(self) -> Replay:
        self._quick = compiled_once()
        self._quick.__enter__()
        with virtual(self.world.settings(), self._now) as context:
            set_up(context)
        return self

    def __exit__(self, *_: object) -> None:
        self._quick.__exit__(None, None, None)
        self.world.running.close()

    def run(self, until: datetime, every: timedelta, others: timedelta = timedelta(days=1)) -> Course:
        """A sync every so often, and the other lanes every `others`, up to `until`; then the bad days are over and
        everything catches up."""
        last, lanes_due = self.world.now, self.world.now
        while self.world.now < until:
            due = self._next_deadline()
            coming = min(last + every, until)
            if due is not None and due < coming:
                coming = max(due, min(self.world.now + COARSE, coming))
            self._go_to(coming)
            if coming == last + every:
                last = coming
                self._another_day()
            self._work([FAST])
            if self.world.now >= lanes_due:
                self._work([lane for lane in CATCHING_UP if lane != FAST])
                lanes_due = self.world.now + others
        self._catch_up()
        return self.course

    def _another_day(self) -> None:
        """A good one, or a bad one."""
        faults = self.world.running.faults
        faults.clear()
        self._bad = self._random.random() < 0.6
        if self._bad:
            fault = dict(self._random.choice(self._bad_days))
            faults.add(str(fault.pop("fault")), seed=self._random.randint(0, 99), **fault)

    _bad = False

    def _work(self, lanes: list[str]) -> None:
        for lane in lanes:
            self.course.tried.append(self._now())
            try:
                with virtual(self.world.settings(), self._now, self._mortal()) as context:
                    LANES[lane](context)
            except Killed:
                self.course.killed += 1
            except ComeBackLater:
                self.course.deferred += 1
                assert self._bad, "nothing was wrong with HubSpot"
            else:
                if not self._bad and lane == FAST:
                    self.course.looked.append(self._now())

    def _mortal(self) -> Callable[[str], None]:
        """Of one process. Once it has died whatever it still tries ends too."""
        dead = [False]

        def passing(_point: str) -> None:
            dead[0] = dead[0] or (self._dies > 0 and self._random.random() < self._dies)
            if dead[0]:
                raise Killed

        return passing

    def _catch_up(self) -> None:
        self.world.running.faults.clear()
        self._bad, self._dies = False, 0
        self._work(list(CATCHING_UP))
        self._go_to(self.world.now + timedelta(hours=25))
        self._work(list(CATCHING_UP))

    def _go_to(self, instant: datetime) -> None:
        self.world.running.set_clock(instant)
        self.world.now = instant

    def _next_deadline(self) -> datetime | None:
        with database.open_for_reading(self.world.folder / "ledger.db") as ledger:
            at = records.next_deadline(ledger.db)
        return to_instant(at) if at else None

    def _now(self) -> int:
        return self.world.portal.clock.now_ms()

    # What came of it.

    def kept(self) -> Verdicts:
        """The ledger's verdicts by ticket."""
        with database.open_for_reading(self.world.folder / "ledger.db") as ledger:
            known = [row["record_id"] for row in ledger.db.execute("select record_id from records")]
            return dict(verdicts.load(ledger.db, "tickets", known))

    def left_over(self) -> list[str]:
        """What is in quarantine or still to be sent."""
        with database.open_for_reading(self.world.folder / "ledger.db") as ledger:
            kept = ledger.db.execute("select record_id, step, reason from quarantine")
            return [parcel.key for parcel in outbox.unsettled(ledger.db)] + [str(tuple(row)) for row in kept]

    def offline(self) -> dict[str, evaluate.Evaluated]:
        """What `sla evaluate` says of the log as of now, by ticket."""
        mappings = load(texts_offline(self.world.settings()))
        pipelines = evaluate.pipelines_for(str(self._log / "any"), None)
        companies = evaluate.records_of(str(self._log / "companies.json"))
        portal_ids = evaluate.offline_portal_ids(mappings, pipelines)
        evaluator = evaluate.Evaluator(mappings, portal_ids, self._now(), companies, {})
        judged = evaluator.all(
            row for file in sorted(self._log.glob("*.jsonl*")) for row in ticket_file.read(str(file))
        )
        return {one.row.ticket.id: one for one in judged if isinstance(one, evaluate.Evaluated)}


def bodies(judged: Mapping[str, evaluate.Evaluated]) -> Verdicts:
    """As the ledger keeps them."""
    return {
        id_: {verdict.clock.key: verdict_json.of_verdict(verdict) for verdict in found.judgement.verdicts}
        for id_, found in judged.items()
    }


def differences(ours: Verdicts, theirs: Verdicts) -> list[str]:
    """One line for each ticket whose verdicts differ."""
    ids = sorted({*ours, *theirs}, key=int)
    return [f"{id_}: {ours.get(id_)} is not {theirs.get(id_)}" for id_ in ids if ours.get(id_) != theirs.get(id_)]


def task_problems(judged: Mapping[str, evaluate.Evaluated], made: list[str], course: Course) -> list[str]:
    """A task must be there for every breach that a good run could see, and for none that no run could see."""
    found = [f"{key} was made twice" for key in sorted({key for key in made if made.count(key) > 1})]
    must, may = set(), set()
    for id_, one in judged.items():
        shut = [(spell.start, spell.end) for spell in closed_intervals(one.judgement.timeline)]
        for key, begin, end in _breaches(id_, one.judgement.verdicts):
            must |= {key} if _seen(course.looked, begin, end, shut) else set()
            may |= {key} if _seen(course.tried, begin, end, shut) else set()
    found += [f"{key} is missing" for key in sorted(must - set(made))]
    return found + [f"{key} was never due" for key in sorted(set(made) - may)]


def _breaches(id_: str, judged: Sequence[Verdict]) -> Iterator[tuple[str, int, int | None]]:
    """The task of each breach, from when on it was one, and until when (None: for ever)."""
    for verdict in judged:
        for cycle in verdict.cycles:
            key = f"task:{id_}:{verdict.clock.key}:{cycle.number}:breach"
            if cycle.breached_at is not None:
                yield key, cycle.breached_at, None
            yield from ((key, undone.breached_at, undone.withdrawn_at) for undone in cycle.withdrawn)


def _seen(runs: Sequence[int], begin: int, end: int | None, shut: Sequence[tuple[int, int | None]]) -> bool:
    """Whether any run met the breach while the ticket was open: on a closed one nothing is left to do."""
    return any(
        not any(closed_at <= at and (opened_at is None or at < opened_at) for closed_at, opened_at in shut)
        for at in runs[bisect_left(runs, begin) : None if end is None else bisect_left(runs, end)]
    )
