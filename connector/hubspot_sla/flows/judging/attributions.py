"""By whose doing the cycles of one record came out so: who paused, what was met only because of it, who excused. Pure.

What was met only because of a pause is judged, not reckoned: the clock judges the record anew as if the pauses of one
author, or all, had never been. Whatever is met without any pause is met without those of one author too: the fewer
pauses, the earlier is due. A test holds that; so nothing more is judged for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.pauses import EVERYBODY
from hubspot_sla.clock.segments import State
from hubspot_sla.clock.verdict import LATE, Status
from hubspot_sla.measure.outcome import Attribution, PausedBy
from hubspot_sla.measure.whose_time import cuts, spans

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence, Set

    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.clock.segments import Segment
    from hubspot_sla.clock.verdict import Cycle
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.measure.whose_time import HolderSpan, TeamChange

CycleOfClock = tuple["Clock", int]
_NONE: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Course:
    """One cycle and how its time was spent."""

    clock: Clock
    cycle: Cycle
    segments: Sequence[Segment] = ()

    @property
    def key(self) -> CycleOfClock:
        return self.clock, self.cycle.number


def attributions(
    judgement: Judgement, courses: Sequence[Course], now: int, *, teams: Sequence[TeamChange], vendors: Set[str]
) -> list[Attribution]:
    """One for each course. `teams` and `vendors` are as for `whose_time`."""
    pauses = {course.key: _pauses(course) for course in courses}
    met_only = _met_only(judgement, courses, pauses, now)
    held = _held(courses, teams, vendors)
    return [
        Attribution(
            tuple(
                PausedBy(author, *lengths, met_only=author in met_only.get(course.key, _NONE))
                for author, lengths in sorted(pauses[course.key].items())
            ),
            met_by_pauses=course.key in met_only,
            waived_by=_waived_by(course.cycle),
            spans=held.get(course.key, ()),
        )
        for course in courses
    ]


def _pauses(course: Course) -> dict[str, tuple[int, int]]:
    """Business and calendar ms in which the cycle stood still, by author. Time in another stage than the one that is
    added up is no pause."""
    promise = course.cycle.promise
    if promise is None or promise.definition.adds_up:
        return {}
    lengths: dict[str, tuple[int, int]] = {}
    for segment in course.segments:
        if segment.state is State.PAUSED:
            business_ms, wall_ms = lengths.get(segment.by, (0, 0))
            lengths[segment.by] = business_ms + segment.business_ms, wall_ms + segment.end - segment.start
    return lengths


def _met_only(
    judgement: Judgement, courses: Iterable[Course], pauses: Mapping[CycleOfClock, Mapping[str, object]], now: int
) -> dict[CycleOfClock, set[str]]:
    """The cycles that were met only because of pauses, each with the authors whose pauses alone it takes: none where
    those of any one author could be taken away."""
    paused = {course.key for course in courses if course.cycle.status is Status.MET and pauses[course.key]}
    missed = _missed(judgement, EVERYBODY, paused, now)
    found: dict[CycleOfClock, set[str]] = {key: set() for key in missed}
    for author in sorted({author for key in missed for author in pauses[key]}):
        of_author = {key for key in missed if author in pauses[key]}
        for key in _missed(judgement, frozenset({author}), of_author, now):
            found[key].add(author)
    return found


def _missed(judgement: Judgement, authors: Container[str], cycles: Set[CycleOfClock], now: int) -> set[CycleOfClock]:
    """Those of these cycles that would be missed without the pauses of these authors."""
    if not cycles:
        return set()
    verdicts = judgement.without_pauses(authors, {clock for clock, _ in cycles}, now)
    late = {(verdict.clock, each.number) for verdict in verdicts for each in verdict.cycles if each.status in LATE}
    return late & cycles


def _waived_by(cycle: Cycle) -> str:
    return cycle.excuse.by if cycle.status is Status.WAIVED and cycle.excuse is not None else ""


def _held(
    courses: Iterable[Course], teams: Sequence[TeamChange], vendors: Set[str]
) -> dict[CycleOfClock, tuple[HolderSpan, ...]]:
    """In whose hands the late cycles were, where there are several: their time overlaps."""
    late = [course for course in courses if course.cycle.status in LATE and course.segments]
    if len(late) < 2:
        return {}
    every = set[int]().union(
        *(cuts(course.segments, breached_at=course.cycle.breached_at, teams=teams) for course in late)
    )
    return {
        course.key: spans(
            course.segments,
            course.cycle.promise.calendar,
            every,
            breached_at=course.cycle.breached_at,
            teams=teams,
            vendors=vendors,
        )
        for course in late
        if course.cycle.promise is not None
    }
