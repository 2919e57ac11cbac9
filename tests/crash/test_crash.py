"""SIGKILL at any point of any lane: what is left behind, and what the next process makes of it.

`make crash` kills at every point that there is; here at some of each kind.
"""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future
from random import Random
from typing import TYPE_CHECKING

import pytest

from crash import story
from crash.victims import COMPLETED, KILLED, Nursery
from flows.world import fail_after
from proof import SCALE
from proofs import checks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crash.victims import End
    from flows.world import World

WORLDS = SCALE
"""Each is told the whole story, and its worker is killed several times in each chapter."""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as made:
        yield made


@pytest.fixture(scope="module")
def undisturbed(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[story.State, End]]:
    """By chapter: the end state, and which points its lane passes how often."""
    made = story.begun(tmp_path_factory.mktemp("undisturbed"))
    found = {}
    for chapter in story.STORY:
        chapter.happens(made)
        end = nursery.run(story.order(made, chapter.lane))
        assert end.code == COMPLETED
        found[chapter.name] = story.end_state(made), end
    made.close()
    return found


@pytest.fixture
def disturbed(tmp_path: Path) -> Iterator[World]:
    made = story.begun(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(WORLDS))
def test_a_process_killed_at_any_point_loses_nothing_and_does_nothing_twice(
    disturbed: World, undisturbed: dict[str, tuple[story.State, End]], nursery: Nursery, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - which points, not a secret
    killed = 0
    for chapter in story.STORY:
        chapter.happens(disturbed)
        expected, calm = undisturbed[chapter.name]
        for point, times in random.sample(sorted(calm.passed.items()), k=min(3, len(calm.passed))):
            died = nursery.run(story.order(disturbed, chapter.lane, point, random.randint(1, times)))
            killed += died.code == KILLED
            assert checks.at_any_instant(disturbed) == []
        died = killed_by_the_server(disturbed, nursery, chapter.lane, random.randint(1, 6))
        killed += died.code == KILLED
        assert nursery.run(story.order(disturbed, chapter.lane)).code == COMPLETED
        assert story.differences(story.end_state(disturbed), expected) == [], chapter.name
        assert checks.at_any_instant(disturbed) == []
    assert killed >= len(story.STORY)


def killed_by_the_server(of: World, nursery: Nursery, lane: str, request: int) -> End:
    """HubSpot has done what this request asks for; its answer finds nobody."""
    before, pid = of.running._journal.end, Future[int]()
    fail_after(of.running, request, lambda: os.kill(pid.result(timeout=10), signal.SIGKILL))
    try:
        return nursery.run(story.order(of, lane), pid.set_result)
    finally:
        of.running._journal.end = before
