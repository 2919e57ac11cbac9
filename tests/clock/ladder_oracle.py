"""Which rungs must fire, found slowly: at every look every rung of every run is counted out step by step.

It shares no code with the clock or with the ladders. Instants are step numbers, as in `machine_oracle`, which says what
the runs of a ticket are; `expected` walks through the looks of a worker and says what must have fired by the last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clock import verdict_oracle
from clock.verdict_oracle import Counter, Told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from clock.machine_oracle import Run, Terms, Ticket

Changes = list[tuple[int, "Terms | None"]]


@dataclass(frozen=True)
class Rung:
    """`side` is share, before, breach or after; `amount` a percentage or steps of business time."""

    name: str
    side: str
    amount: int = 0
    every: int = 0
    times: int = 1


@dataclass(frozen=True)
class Ladder:
    """In force from step `since` until the next one; the first ever since. `patience`: later than this is late."""

    since: int
    name: str
    rungs: tuple[Rung, ...]
    late: str = "once"
    patience: int = 1


@dataclass(frozen=True)
class Hit:
    """One rung of one cycle and the step at which it was reached."""

    cycle: int
    ladder: str
    rung: str
    at: int

    @property
    def key(self) -> tuple[int, str, str]:
        return self.cycle, self.ladder, self.rung


def runs_of(ticket: Ticket, changes: Changes, now: int) -> list[tuple[Run, Told]]:
    """The runs of one clock as of `now`, by what had happened until then, without those never promised."""
    return verdict_oracle.told(
        ticket.until(now), [change for change in changes if change[0] <= now] or changes[:1], now
    )


def reached_at(ticket: Ticket, run: Run, told: Told, rung: Rung, nth: int, now: int) -> int | None:
    """The step at which the rung is reached for the `nth` time, by what is known at `now`; None: nobody knows."""
    terms = told.terms
    assert terms is not None
    if rung.side in ("share", "before"):
        budget = -(-terms.budget * rung.amount // 100) if rung.side == "share" else max(terms.budget - rung.amount, 0)
        at = Counter(terms, ticket.until(now), _over(run, told), told.start).reached(
            budget, min(_over(run, told).over, now)
        )
        return None if at is None else max(at, told.promised)
    base = told.breached if told.breached is not None else None if told.due is None else terms.late_after(told.due)
    if base is None:
        return None
    return _counted(terms, base, rung.amount + rung.every * (nth - 1))


def _over(run: Run, told: Told) -> Run:
    """The run with the end that its verdict has: a promise that ended, or a closing, may have ended it before."""
    over = told.stopped if told.stopped is not None else told.ended
    return run if over is None else replace(run, stop=over, end=None)


def _counted(terms: Terms, step: int, left: int) -> int | None:
    """The step before which `left` open steps have passed since `step`; None: beyond what is known of the hours."""
    while left:
        if step >= len(terms.open):
            return None
        left -= terms.open[step]
        step += 1
    return step


def expected(
    ticket: Ticket,
    changes: Changes,
    ladders: Sequence[Ladder],
    looks: Sequence[int],
    *,
    go_live: int = 0,
    holds: Callable[[Rung, int], bool] = lambda _rung, _at: True,
) -> set[Hit]:
    """What must have fired after these looks (steps, growing), each rung of each cycle once."""
    fired: dict[tuple[int, str, str], Hit] = {}
    passed: dict[tuple[int, str, str], int] = {}
    for now in looks:
        if ticket.is_closed(now):
            continue
        for cycle, (run, told) in enumerate(runs_of(ticket, changes, now), 1):
            if told.status not in ("running", "at_risk", "paused", "breached", "missed") or _old(
                run, told, go_live, now
            ):
                continue
            new = [
                (hit, rung, ladder)
                for hit, rung, ladder in _reached(ticket, run, told, ladders, cycle, now)
                if hit.at >= go_live and hit.key not in fired and passed.get(hit.key, -1) < hit.at
            ]
            for hit in _speaking(new, told, now, holds):
                fired[hit.key] = hit
            passed |= {hit.key: now for hit, _, _ in new if hit.key not in fired}
    return set(fired.values())


def _old(run: Run, told: Told, go_live: int, now: int) -> bool:
    """Late or over before go-live."""
    ends = [at for at in (told.breached, run.stop, run.end) if at is not None and at <= now]
    return any(at < go_live for at in ends)


def _reached(
    ticket: Ticket, run: Run, told: Told, ladders: Sequence[Ladder], cycle: int, now: int
) -> Iterator[tuple[Hit, Rung, Ladder]]:
    for number, ladder in enumerate(ladders):
        for rung in ladder.rungs:
            for nth in range(1, rung.times + 1):
                at = reached_at(ticket, run, told, rung, nth, now)
                if at is None or at > now or not _counts(run, told, rung, at):
                    continue
                if max((n for n, one in enumerate(ladders) if n == 0 or one.since <= at)) == number:
                    yield Hit(cycle, ladder.name, rung.name if nth == 1 else f"{rung.name}:{nth}", at), rung, ladder


def _counts(run: Run, told: Told, rung: Rung, at: int) -> bool:
    if rung.side in ("share", "before"):
        return told.status != "missed"
    if told.status not in ("breached", "missed"):
        return False
    if rung.side == "after" or rung.times > 1:
        over_first = told.status == "missed" and ((run.stop is None and run.end is None) or at >= run.over)
        return not over_first or (rung.side == "breach" and at == told.breached)
    return True


def _speaking(
    new: list[tuple[Hit, Rung, Ladder]], told: Told, now: int, holds: Callable[[Rung, int], bool]
) -> list[Hit]:
    """Of what was reached since the last look: what fires."""
    able = []
    for hit, rung, ladder in sorted(new, key=lambda one: (one[0].at, one[2].rungs.index(one[1]))):
        is_late = now - hit.at > ladder.patience
        pointless = told.status in ("breached", "missed") and rung.side in ("share", "before")
        if (pointless and ladder.late != "fire") or (is_late and ladder.late == "skip") or not holds(rung, hit.at):
            continue
        able.append(((ladder.rungs.index(rung), hit.at), hit, is_late and ladder.late == "once"))
    highest = max((place for place, _, _ in able), default=None)
    return [hit for place, hit, gives_way in able if not gives_way or place == highest]
