"""Which rungs of a ticket's clocks fire now, which are passed by and why, and when the next one is reached.

Each rung of each cycle happens once at most, whatever happens to its date afterwards: its key says so. In short:

* a rung belongs to the ladder that is in force at its instant: an edit fires nothing for the time before it;
* nothing fires on a closed ticket, nor for a clock that was due or had stopped before go-live;
* a clock that stops cancels what it had not reached; what warns is pointless once it is late;
* rungs that were reached long before anybody looked follow their ladder's rule for being late.

Cancelled is not kept: a ticket that is reopened, or a target that changes, dates anew whatever has not fired.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.rungs import EARLY, Side, instant
from hubspot_sla.clock.verdict import LATE, Cycle, Status, Verdict
from hubspot_sla.plan.ladder import Ladder, LadderChange, Late, Outcome, Reached, Rung
from hubspot_sla.plan.rung_keys import rung_key, task_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from hubspot_sla.clock.pauses import Pauses
    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.plan.records import RecordRef

ALIVE = frozenset({Status.RUNNING, Status.AT_RISK, Status.PAUSED, Status.BREACHED})
CLIMBING = ALIVE | {Status.MISSED}

Objection = Callable[[Ladder, Rung, int], str | None]
"""Why a rung's conditions do not hold at its instant; None: they do."""


@dataclass(frozen=True, slots=True)
class Place:
    """One rung of one cycle, reached at `at` for the `nth` time."""

    verdict: Verdict
    cycle: Cycle
    ladder: Ladder
    rung: Rung
    nth: int
    at: int
    key: str

    @property
    def suffix(self) -> str:
        return self.rung.suffix(self.nth)


@dataclass(frozen=True, slots=True)
class Fired:
    """A rung that fires now, and where it hangs."""

    place: Place
    reached: Reached


@dataclass(frozen=True, slots=True)
class Climb:
    """`news` are the rungs that were settled now, of which `fired` fire. `level` is the highest rung that fired in a
    cycle that still lives, `last_at` the newest instant of any that fired. `coming` are those to be reached next, as
    far as their instants are known."""

    news: tuple[Reached, ...] = ()
    fired: tuple[Fired, ...] = ()
    coming: tuple[Place, ...] = ()
    level: int = 0
    last_at: int | None = None

    @property
    def next_at(self) -> int | None:
        return min((place.at for place in self.coming), default=None)


@dataclass(frozen=True, slots=True)
class Wall:
    """What all the ladders of one ticket lean on. `kept` are the rungs settled before, by key; `tasks` the keys of all
    tasks ever asked for: ledgers older than ladders know their breach tasks by these."""

    record: RecordRef
    pauses: Pauses
    kept: Mapping[str, Reached]
    tasks: Set[str]
    go_live_at: int
    now: int
    objection: Objection


def climb(wall: Wall, verdicts: Sequence[Verdict], ladders: Mapping[Clock, Sequence[LadderChange]]) -> Climb:
    """The rungs of an open ticket. `ladders` says what was in force from when on, for each clock promised."""
    news: list[Reached] = []
    fired: list[Fired] = []
    coming: list[Place] = []
    for verdict in verdicts:
        changes = ladders.get(verdict.clock, ())
        for cycle in verdict.cycles if changes else ():
            if cycle.status in CLIMBING and is_after(cycle, wall.go_live_at):
                places = _places(wall, verdict, cycle, changes, coming)
                settled = list(_settled(wall, places))
                news += [one.reached for one in settled]
                fired += [one for one in settled if one.reached.fired]
    done = {**wall.kept, **{one.key: one for one in news}}
    return Climb(tuple(news), tuple(fired), tuple(coming), *standing(verdicts, done))


def cancelled(
    verdicts: Sequence[Verdict], ladders: Mapping[Clock, Sequence[LadderChange]], done: Mapping[str, Reached]
) -> Iterator[tuple[Verdict, Cycle, Rung]]:
    """The rungs that clocks which are over never came to, by the ladder in force last."""
    settled = {(one.clock, one.cycle, one.rung) for one in done.values()}
    for verdict in verdicts:
        changes = ladders.get(verdict.clock, ())
        for cycle in verdict.cycles:
            for rung in changes[-1].ladder.rungs if changes and cycle.over_at is not None else ():
                if (verdict.clock.key, cycle.number, rung.name) not in settled:
                    yield verdict, cycle, rung


def standing(verdicts: Sequence[Verdict], done: Mapping[str, Reached]) -> tuple[int, int | None]:
    """The highest level that fired in a cycle that still lives (0: none did), and the newest instant of any that fired:
    that of the rung, not of the look, so that a dry run says what a sync will write."""
    fired = [one for one in done.values() if one.fired]
    alive = {
        (verdict.clock.key, cycle.number)
        for verdict in (verdicts if fired else ())
        for cycle in verdict.cycles
        if cycle.status in ALIVE
    }
    level = max((one.level for one in fired if (one.clock, one.cycle) in alive), default=0)
    return level, max((one.due_at for one in fired), default=None)


def is_after(cycle: Cycle, go_live_at: int) -> bool:
    """Neither late nor over before go-live."""
    instants = (cycle.breached_at, cycle.stopped_at, cycle.ended_at)
    return all(at is None or at >= go_live_at for at in instants)


def _places(
    wall: Wall, verdict: Verdict, cycle: Cycle, changes: Sequence[LadderChange], coming: list[Place]
) -> list[Place]:
    """The rungs that have been reached and were not settled before, by instant; those to come go into `coming`."""
    found: dict[str, Place] = {}
    for number, change in enumerate(changes):
        since = None if number == 0 else change.at
        until = changes[number + 1].at if number + 1 < len(changes) else None
        for place in _of_ladder(wall, verdict, cycle, change.ladder):
            if (since is not None and place.at < since) or (until is not None and place.at >= until):
                continue
            if place.at > wall.now:
                if place.key not in wall.kept or not wall.kept[place.key].fired:
                    coming.append(place)
            elif _is_open(wall, place):
                found.setdefault(place.key, place)
    return sorted(found.values(), key=lambda place: (place.at, place.rung.level))


def _of_ladder(wall: Wall, verdict: Verdict, cycle: Cycle, ladder: Ladder) -> Iterator[Place]:
    """Every rung whose instant is known, up to the first to come of those that come back."""
    for rung in ladder.rungs:
        for nth in range(1, rung.mark.times + 1):
            at = instant(cycle, rung.mark, wall.pauses, nth)
            if at is None or not _counts(cycle, rung, nth, at):
                break
            key = rung_key(wall.record, verdict.clock.key, cycle.number, ladder.name, rung.suffix(nth))
            if at >= wall.go_live_at:
                yield Place(verdict, cycle, ladder, rung, nth, at, key)
            if at > wall.now:
                break


def _counts(cycle: Cycle, rung: Rung, nth: int, at: int) -> bool:
    """Whether the cycle has come, or can come, to this rung."""
    side, late, over = rung.mark.side, cycle.status in LATE, cycle.over_at
    if side in EARLY:
        return cycle.status is not Status.MISSED
    if side is Side.BREACH and nth == 1:
        return late  # until then the verdict itself says when to look again
    if cycle.status is Status.MISSED:
        return over is not None and at < over  # reached before it stopped; what comes later is cancelled
    return late


def _is_open(wall: Wall, place: Place) -> bool:
    """Not settled yet; one that was passed by is open again where it has got a date after that."""
    known = wall.kept.get(place.key)
    if known is not None:
        return not known.fired and place.at > known.at
    return task_key(wall.record, place.verdict.clock.key, place.cycle.number, place.suffix) not in wall.tasks


def _settled(wall: Wall, places: Sequence[Place]) -> Iterator[Fired]:
    """What becomes of the rungs of one cycle that were reached."""
    reasons = [_reason_against(wall, place) for place in places]
    able = [place for place, reason in zip(places, reasons, strict=True) if reason is None]
    for place, reason in zip(places, reasons, strict=True):
        why = reason if reason is not None else _passed_by(wall, place, able)
        yield Fired(place, _reached(wall, place, why))


def _reason_against(wall: Wall, place: Place) -> str | None:
    """Why a rung does not fire whatever else was reached."""
    late = place.cycle.status in LATE
    if late and place.rung.mark.side in EARLY and place.ladder.late is not Late.FIRE:
        return "the clock is late already"
    if place.ladder.late is Late.SKIP and _is_late(wall, place):
        return "it was reached while nobody looked"
    return wall.objection(place.ladder, place.rung, place.at)


def _passed_by(wall: Wall, place: Place, able: Sequence[Place]) -> str | None:
    """Of several that were reached while nobody looked the one furthest up the ladder speaks, its last time if it came
    back; or a higher one that is on time."""
    highest = max(able, key=lambda one: (one.rung.level, one.at))
    if place is highest or place.ladder.late is not Late.ONCE or not _is_late(wall, place):
        return None
    return f"it was reached while nobody looked, and {highest.suffix} fires instead"


def _is_late(wall: Wall, place: Place) -> bool:
    return wall.now - place.at > place.ladder.late_after_ms


def _reached(wall: Wall, place: Place, why: str | None) -> Reached:
    return Reached(
        place.key,
        wall.record,
        place.verdict.clock.key,
        place.cycle.number,
        place.ladder.name,
        place.rung.name,
        place.nth,
        place.rung.level,
        Outcome.FIRED if why is None else Outcome.SKIPPED,
        place.at,
        wall.now,
        why or "",
    )
