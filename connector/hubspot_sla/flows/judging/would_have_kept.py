"""What would have kept a promise that was broken: in whose hands less time would have been enough. Pure.

Nothing is subtracted: one stretch in which the clock ran is turned into a pause, as a waiver that stops the clock does,
and the clock judges anew. It would have kept the promise if the verdict is then that it was met. First each stretch by
itself; then, with all the time of one holder or of several, the fewest holders that are enough. Of more than ten
holders not every choice is tried, for with each one there are twice as many: those with the most time are taken first.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.clock.pauses import SUPPORT
from hubspot_sla.clock.segments import State, segments
from hubspot_sla.clock.verdict import Status
from hubspot_sla.clock.waivers import StoppedInterval

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.clock.segments import Segment
    from hubspot_sla.clock.verdict import Cycle
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.measure.whose_time import TeamChange

WHY = "as if the clock had stood still"
MOST_TRIED: Final = 10
"""Holders of whom every choice is tried: a thousand judgements."""


class Hands(NamedTuple):
    """Who held a record: `support`, `customer`, a team, a vendor or `AI agent`; of our own queue the id of its team, ""
    where it has none."""

    whose: str
    team_id: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """`[start, end)` (epoch ms) in which the clock ran in one hand, in one stage; `why` names that."""

    start: int
    end: int
    hands: Hands
    why: str
    business_ms: int


@dataclass(frozen=True, slots=True)
class WouldHaveKept:
    """Of one broken promise: the stretches each of which alone would have kept it, the hands all of whose time alone
    would have, and the fewest hands whose time together would have; () where no such time would."""

    clock: Clock
    cycle: Cycle
    alone: tuple[Stretch, ...]
    enough: tuple[Hands, ...]
    together: tuple[Hands, ...]


def broken(judgement: Judgement) -> list[tuple[Clock, Cycle]]:
    """The cycles that were missed. What is late and still open cannot be met any more by a judgement of today."""
    return [
        (verdict.clock, cycle)
        for verdict in judgement.verdicts
        for cycle in verdict.cycles
        if cycle.status is Status.MISSED
    ]


def would_have_kept(
    judgement: Judgement, clock: Clock, cycle: Cycle, now: int, teams: Sequence[TeamChange]
) -> WouldHaveKept:
    """`cycle` is one of `judgement`, as of `now` (epoch ms); `teams` are the changes of the record's team."""
    every = list(stretches(judgement, cycle, now, teams))
    trial = _Trial(judgement, clock, cycle, now)
    if not trial.is_met(every):
        return WouldHaveKept(clock, cycle, (), (), ())
    alone = tuple(stretch for stretch in every if trial.is_met([stretch]))
    lengths: dict[Hands, int] = {}
    for stretch in every:
        lengths[stretch.hands] = lengths.get(stretch.hands, 0) + stretch.business_ms
    by_length = sorted(lengths, key=lambda hands: (lengths[hands], hands))
    enough = tuple(hands for hands in by_length if trial.is_met([each for each in every if each.hands == hands]))
    return WouldHaveKept(clock, cycle, alone, enough, enough[:1] or _fewest(every, lengths, trial))


def _fewest(every: Sequence[Stretch], lengths: Mapping[Hands, int], trial: _Trial) -> tuple[Hands, ...]:
    """Where nobody's time alone is enough: of equally many hands, those with the least time; of more than MOST_TRIED,
    those with the most."""

    def time_of(some: tuple[Hands, ...]) -> tuple[int, tuple[Hands, ...]]:
        return sum(lengths[one] for one in some), some

    longest_first = sorted(sorted(lengths), key=lengths.__getitem__, reverse=True)
    for size in range(2, len(lengths) + 1):
        few = len(lengths) <= MOST_TRIED
        choices = sorted(combinations(sorted(lengths), size), key=time_of) if few else [tuple(longest_first[:size])]
        for some in choices:
            if trial.is_met([stretch for stretch in every if stretch.hands in some]):
                return some
    return ()


@dataclass(frozen=True, slots=True)
class _Trial:
    judgement: Judgement
    clock: Clock
    cycle: Cycle
    now: int

    def is_met(self, stretches: Iterable[Stretch]) -> bool:
        """Whether the cycle is met with these stretches as pauses, and nothing else moved."""
        stops = [
            StoppedInterval(stretch.start, WHY, stretch.start, stretch.end, self.clock.key) for stretch in stretches
        ]
        (verdict,) = self.judgement.with_stops(stops, self.clock, self.now)
        return any(each.number == self.cycle.number and each.status is Status.MET for each in verdict.cycles)


def stretches(judgement: Judgement, cycle: Cycle, now: int, teams: Sequence[TeamChange]) -> Iterator[Stretch]:
    """The time in which the clock ran, cut where it passed into other hands or another stage. Where it became late is
    no cut: nobody's time began there."""
    assert cycle.promise is not None  # noqa: S101 - only what was promised has a clock that ran
    calendar = cycle.promise.calendar
    for whole in _joined(segments(judgement.timeline, cycle, now)):
        changes = [change.at for change in teams if whole.start < change.at < whole.end and whole.whose == SUPPORT]
        for start, end in pairwise([whole.start, *changes, whole.end]):
            yield _stretch(whole, start, end, calendar, teams)


def _stretch(whole: Segment, start: int, end: int, calendar: Calendar, teams: Sequence[TeamChange]) -> Stretch:
    team_id = ""
    if whole.whose == SUPPORT:
        team_id = next((change.team_id for change in reversed(teams) if change.at <= start), "")
    return Stretch(start, end, Hands(whole.whose, team_id), whole.why, calendar.elapsed(start, end))


def _joined(every: Iterable[Segment]) -> Iterator[Segment]:
    last: Segment | None = None
    for segment in every:
        if segment.state is not State.RUNNING:
            continue
        if last is not None and (last.end, last.why, last.whose) == (segment.start, segment.why, segment.whose):
            last = last._replace(end=segment.end)
            continue
        if last is not None:
            yield last
        last = segment
    if last is not None:
        yield last
