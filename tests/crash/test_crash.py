"""SIGKILL at any point of any lane: what is left behind, and what the next process makes of it.

In each chapter of a story the worker is killed four times before it may end: at one of the points that the lane passes
(around each transaction, around each request, at each milestone), by the server once it has done what was asked, at
another point of what the second one took up, and at any instant at all. `make crash` tells the story until each point
of each chapter has been the first, in one telling each; here it is told once.
"""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future
from contextlib import suppress
from random import Random
from threading import Timer
from typing import TYPE_CHECKING

import pytest

from crash import story
from crash.victims import COMPLETED, KILLED, End, Nursery
from flows.world import fail_after
from hubspot_sla.flows.context.failpoints import Failpoint
from proof import SCALE
from proofs import checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flows.world import World

MOST_POINTS = 200
"""At least as many as there are points in any chapter."""
TELLINGS = 1 if SCALE == 1 else MOST_POINTS
WAYS = ("with markers",) if SCALE == 1 else ("with markers", "without markers")
"""Whether the portal lets us make the properties that hold the keys of tasks and notes."""
Calm = dict[str, tuple[story.State, End]]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as made:
        yield made


@pytest.fixture(scope="module", params=WAYS)
def marked(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == WAYS[0])


@pytest.fixture(scope="module")
def undisturbed(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory, *, marked: bool) -> Calm:
    """By chapter: the end state, and which points its lane passes how often."""
    made = story.begun(tmp_path_factory.mktemp("undisturbed"), marked=marked)
    found = {}
    for chapter in story.STORY:
        chapter.happens(made)
        end = nursery.run(story.order(made, chapter.lane))
        assert end.code == COMPLETED
        come_to_rest(made, nursery, marked=marked)
        found[chapter.name] = story.end_state(made), end
    made.close()
    return found


@pytest.fixture
def disturbed(tmp_path: Path, *, marked: bool) -> Iterator[World]:
    made = story.begun(tmp_path, marked=marked)
    yield made
    made.close()


def points_of(calm: End) -> list[tuple[str, int]]:
    """Each point with the number of its passing."""
    return [(point, nth) for point, times in sorted(calm.passed.items()) for nth in range(1, times + 1)]


def test_every_chapter_passes_points_and_the_story_passes_every_milestone(undisturbed: Calm) -> None:
    passed = {name: set(end.passed) for name, (_, end) in undisturbed.items()}
    assert all(passed.values()), passed
    assert {str(milestone) for milestone in Failpoint} <= set().union(*passed.values())
    assert max(len(points_of(end)) for _, end in undisturbed.values()) <= MOST_POINTS


@pytest.mark.parametrize("telling", range(TELLINGS))
def test_a_process_killed_at_any_point_loses_nothing_and_does_nothing_twice(
    disturbed: World,
    undisturbed: Calm,
    nursery: Nursery,
    telling: int,
    record_property: Callable[[str, object], None],
    *,
    marked: bool,
) -> None:
    """A chapter whose points have all had their turn is left in peace, and the story ends with the last other one."""
    points = {name: points_of(calm) for name, (_, calm) in undisturbed.items()}
    disturbing = [chapter for chapter in story.STORY if telling < len(points[chapter.name])]
    if not disturbing:
        pytest.skip("each point of each chapter has had its turn")
    random = Random(telling)  # noqa: S311 - which points, not a secret
    end_codes: list[int] = []
    for chapter in story.STORY[: story.STORY.index(disturbing[-1]) + 1]:
        chapter.happens(disturbed)
        expected, calm = undisturbed[chapter.name]
        if chapter in disturbing:
            end_codes += killed_four_times(disturbed, nursery, chapter, calm, telling, random)
        assert nursery.run(story.order(disturbed, chapter.lane)).code == COMPLETED
        come_to_rest(disturbed, nursery, marked=marked)
        problems = story.differences(story.end_state(disturbed), expected)
        assert not problems, "\n".join([chapter.name, *problems])
        assert checks.at_any_instant(disturbed) == []
    assert set(end_codes) <= {COMPLETED, KILLED}
    assert end_codes.count(KILLED) >= len(disturbing)
    record_property("killed", end_codes.count(KILLED))


def killed_four_times(
    of: World, nursery: Nursery, chapter: story.Chapter, calm: End, telling: int, random: Random
) -> Iterator[int]:
    """How each of the four ended. What the first leaves behind is checked whole: it ends after each of the commits that
    an undisturbed process makes. Of the others only what costs little is."""
    points = points_of(calm)
    Random(chapter.name).shuffle(points)  # noqa: S311 - so that one telling meets points of every kind
    yield nursery.run(story.order(of, chapter.lane, *points[telling])).code
    assert checks.at_any_instant(of) == []
    yield killed_by_the_server(of, nursery, chapter.lane, random.randint(1, 6)).code
    assert checks.nothing_twice(of) == []
    yield nursery.run(story.order(of, chapter.lane, *random.choice(points))).code
    assert checks.nothing_twice(of) == []
    yield killed_at_an_instant(of, nursery, chapter.lane, random.uniform(0, calm.lived_s)).code
    assert checks.nothing_twice(of) == []


def come_to_rest(of: World, nursery: Nursery, *, marked: bool) -> None:
    """A rung that raises the priority is itself a change to be seen. Where HubSpot does not keep the keys unique, what
    may have been made is left alone for the deadline of a request, and looked for then."""
    assert nursery.run(story.order(of, "sync")).code == COMPLETED
    if not marked:
        of.advance(minutes=2)
        assert nursery.run(story.order(of, "sync")).code == COMPLETED


def killed_by_the_server(of: World, nursery: Nursery, lane: str, request: int) -> End:
    """HubSpot has done what this request asks for; its answer finds nobody."""
    before, pid = of.running.request_log.end, Future[int]()
    fail_after(of.running, request, lambda: os.kill(pid.result(timeout=10), signal.SIGKILL))
    try:
        return nursery.run(story.order(of, lane), pid.set_result)
    finally:
        of.running.request_log.end = before


def killed_at_an_instant(of: World, nursery: Nursery, lane: str, after_s: float) -> End:
    """Wherever it is then: in the middle of a line, of a page, of a system call."""
    timers: list[Timer] = []

    def born(pid: int) -> None:
        def kill() -> None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

        timers.append(Timer(after_s, kill))
        timers[0].start()

    try:
        return nursery.run(story.order(of, lane), born)
    finally:
        for timer in timers:
            timer.cancel()
            timer.join()
