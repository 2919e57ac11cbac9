"""Which rungs of a record's clocks fire now, which are passed by and why, and when the next one is reached.

Each rung of each cycle happens once at most, whatever happens to its date afterwards: its key says so. In short:

* a rung belongs to the ladder that is in force at its instant: an edit fires nothing for the time before it;
* nothing fires on a closed record, nor for a clock that was due or had stopped before go-live;
* a clock that stops cancels what it had not reached; what warns is pointless once it is late;
* rungs that were reached long before anybody looked follow their ladder's rule for being late;
* a correction of the clock fires nothing for the time before it came into force.

Cancelled is not kept: a record that is reopened, or a target that changes, dates anew whatever has not fired.
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
ESCALATING = ALIVE | {Status.MISSED}

Objection = Callable[[Ladder, Rung, int], str | None]
"""Why a rung's conditions do not hold at its instant; None: they do."""


@dataclass(frozen=True, slots=True)
class RungOccurrence:
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
class SettledRung:
    """A rung that is settled now, and when and where it was reached. `withdrawn_at`: when it was withdrawn before."""

    occurrence: RungOccurrence
    reached: Reached
    withdrawn_at: int | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """`news` are the rungs that were settled now, of which `fired` fire and `withdrawn` are taken back. `level` is the
    highest rung that fired in a cycle that still lives, `last_at` the newest instant of any that fired. `coming` are
    those to be reached next, as far as their instants are known."""

    news: tuple[Reached, ...] = ()
    fired: tuple[SettledRung, ...] = ()
    coming: tuple[RungOccurrence, ...] = ()
    level: int = 0
    last_at: int | None = None
    withdrawn: tuple[Reached, ...] = ()

    @property
    def next_at(self) -> int | None:
        return min((occurrence.at for occurrence in self.coming), default=None)


@dataclass(frozen=True, slots=True)
class EscalationInputs:
    """What decides about the rungs of one record beside its verdicts. `settled` are the rungs settled before, by key;
    `task_keys` those of all tasks ever asked for: ledgers older than ladders know their breach tasks by these.
    `rules_since`: since when the clock's present rules are in force, where others were before."""

    record: RecordRef
    pauses: Pauses
    settled: Mapping[str, Reached]
    task_keys: Set[str]
    go_live_at: int
    now: int
    objection: Objection
    rules_since: int | None = None


def escalate(
    inputs: EscalationInputs, verdicts: Sequence[Verdict], ladders: Mapping[Clock, Sequence[LadderChange]]
) -> Escalation:
    """The rungs of an open record. `ladders` says what was in force from when on, for each clock promised."""
    news: list[Reached] = []
    fired: list[SettledRung] = []
    coming: list[RungOccurrence] = []
    for verdict in verdicts:
        changes = ladders.get(verdict.clock, ())
        for cycle in verdict.cycles if changes else ():
            if cycle.status in ESCALATING and is_after(cycle, inputs.go_live_at):
                occurrences = _occurrences(inputs, verdict, cycle, changes, coming)
                settled = list(_settled(inputs, occurrences))
                news += [rung.reached for rung in settled]
                fired += [rung for rung in settled if rung.reached.fired]
    done = {**inputs.settled, **{reached.key: reached for reached in news}}
    return Escalation(tuple(news), tuple(fired), tuple(coming), *level_and_last_at(verdicts, done))


@dataclass(frozen=True, slots=True)
class CancelledRung:
    """A rung of a clock that is over. `reached_at` is its instant where the clock came to it, and nobody looked before
    the clock was over or it was `before_go_live`; None where it never came to it."""

    verdict: Verdict
    cycle: Cycle
    rung: Rung
    reached_at: int | None
    before_go_live: bool = False


def cancelled(
    verdicts: Sequence[Verdict],
    ladders: Mapping[Clock, Sequence[LadderChange]],
    done: Mapping[str, Reached],
    pauses: Pauses,
    go_live_at: int,
) -> Iterator[CancelledRung]:
    """The rungs of clocks that are over which were never settled, by the ladder in force last."""
    settled = {(reached.clock, reached.cycle, reached.rung) for reached in done.values()}
    for verdict in verdicts:
        changes = ladders.get(verdict.clock, ())
        for cycle in verdict.cycles:
            for rung in changes[-1].ladder.rungs if changes and cycle.over_at is not None else ():
                if (verdict.clock.key, cycle.number, rung.name) not in settled:
                    at = instant(cycle, rung.mark, pauses)
                    came = at is not None and cycle.over_at is not None and at < cycle.over_at
                    before = came and at is not None and (at < go_live_at or not is_after(cycle, go_live_at))
                    yield CancelledRung(verdict, cycle, rung, at if came else None, before)


def level_and_last_at(verdicts: Sequence[Verdict], done: Mapping[str, Reached]) -> tuple[int, int | None]:
    """The highest level that fired in a cycle that still lives (0: none did), and the newest instant of any that fired:
    that of the rung, not of the run that notices it, so that a dry run says what a sync will write."""
    fired = [reached for reached in done.values() if reached.fired]
    alive = {
        (verdict.clock.key, cycle.number)
        for verdict in (verdicts if fired else ())
        for cycle in verdict.cycles
        if cycle.status in ALIVE
    }
    level = max((rung.level for rung in fired if (rung.clock, rung.cycle) in alive), default=0)
    return level, max((rung.due_at for rung in fired), default=None)


def is_after(cycle: Cycle, go_live_at: int) -> bool:
    """Neither late nor over before go-live."""
    instants = (cycle.breached_at, cycle.stopped_at, cycle.ended_at)
    return all(at is None or at >= go_live_at for at in instants)


def _occurrences(
    inputs: EscalationInputs,
    verdict: Verdict,
    cycle: Cycle,
    changes: Sequence[LadderChange],
    coming: list[RungOccurrence],
) -> list[RungOccurrence]:
    """The rungs that have been reached and were not settled before, by instant; those to come go into `coming`."""
    occurrences_by_key: dict[str, RungOccurrence] = {}
    for number, change in enumerate(changes):
        since = None if number == 0 else change.at
        until = changes[number + 1].at if number + 1 < len(changes) else None
        for occurrence in _of_ladder(inputs, verdict, cycle, change.ladder):
            if (since is not None and occurrence.at < since) or (until is not None and occurrence.at >= until):
                continue
            if occurrence.at > inputs.now:
                if occurrence.key not in inputs.settled or not inputs.settled[occurrence.key].fired:
                    coming.append(occurrence)
            elif _is_open(inputs, occurrence):
                occurrences_by_key.setdefault(occurrence.key, occurrence)
    return sorted(occurrences_by_key.values(), key=lambda occurrence: (occurrence.at, occurrence.rung.level))


def _of_ladder(inputs: EscalationInputs, verdict: Verdict, cycle: Cycle, ladder: Ladder) -> Iterator[RungOccurrence]:
    """Every rung whose instant is known, up to the first to come of those that come back."""
    for rung in ladder.rungs:
        for nth in range(1, rung.mark.times + 1):
            at = instant(cycle, rung.mark, inputs.pauses, nth)
            if at is None or not _counts(cycle, rung, nth, at):
                break
            key = rung_key(inputs.record, verdict.clock.key, cycle.number, ladder.name, rung.suffix(nth))
            if at >= inputs.go_live_at:
                yield RungOccurrence(verdict, cycle, ladder, rung, nth, at, key)
            if at > inputs.now:
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


def _is_open(inputs: EscalationInputs, occurrence: RungOccurrence) -> bool:
    """Not settled yet; one that was passed by is open again where it has got a date after that."""
    known = inputs.settled.get(occurrence.key)
    if known is not None and known.outcome is Outcome.WITHDRAWN:
        return True
    if known is not None:
        return not known.fired and occurrence.at > known.at
    return (
        task_key(inputs.record, occurrence.verdict.clock.key, occurrence.cycle.number, occurrence.suffix)
        not in inputs.task_keys
    )


def _settled(inputs: EscalationInputs, occurrences: Sequence[RungOccurrence]) -> Iterator[SettledRung]:
    """What becomes of the rungs of one cycle that were reached."""
    reasons = [_reason_against(inputs, occurrence) for occurrence in occurrences]
    able = [occurrence for occurrence, reason in zip(occurrences, reasons, strict=True) if reason is None]
    for occurrence, reason in zip(occurrences, reasons, strict=True):
        why = reason if reason is not None else _passed_by(inputs, occurrence, able)
        before = inputs.settled.get(occurrence.key)
        withdrawn_at = before.at if before is not None and before.outcome is Outcome.WITHDRAWN else None
        yield SettledRung(occurrence, _reached(inputs, occurrence, why), withdrawn_at)


def _reason_against(inputs: EscalationInputs, occurrence: RungOccurrence) -> str | None:
    """Why a rung does not fire whatever else was reached."""
    if inputs.rules_since is not None and occurrence.at < inputs.rules_since:
        return "it was reached before the present rules of the clock"
    excuse = occurrence.cycle.excuse
    if excuse is not None and not excuse.is_over(inputs.now):
        return f"waived: {excuse.why}"
    late = occurrence.cycle.status in LATE
    if late and occurrence.rung.mark.side in EARLY and occurrence.ladder.late is not Late.FIRE:
        return "the clock is late already"
    if occurrence.ladder.late is Late.SKIP and _is_late(inputs, occurrence):
        return "it was reached while nobody looked"
    return inputs.objection(occurrence.ladder, occurrence.rung, occurrence.at)


def _passed_by(inputs: EscalationInputs, occurrence: RungOccurrence, able: Sequence[RungOccurrence]) -> str | None:
    """Of several that were reached while nobody looked the one furthest up the ladder speaks, its last time if it came
    back; or a higher one that is on time."""
    highest = max(able, key=lambda candidate: (candidate.rung.level, candidate.at))
    if occurrence is highest or occurrence.ladder.late is not Late.ONCE or not _is_late(inputs, occurrence):
        return None
    return f"it was reached while nobody looked, and {highest.suffix} fires instead"


def _is_late(inputs: EscalationInputs, occurrence: RungOccurrence) -> bool:
    return inputs.now - occurrence.at > occurrence.ladder.late_after_ms


def _reached(inputs: EscalationInputs, occurrence: RungOccurrence, why: str | None) -> Reached:
    return Reached(
        occurrence.key,
        inputs.record,
        occurrence.verdict.clock.key,
        occurrence.cycle.number,
        occurrence.ladder.name,
        occurrence.rung.name,
        occurrence.nth,
        occurrence.rung.level,
        Outcome.FIRED if why is None else Outcome.SKIPPED,
        occurrence.at,
        inputs.now,
        why or "",
    )
