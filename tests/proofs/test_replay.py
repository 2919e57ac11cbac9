"""A log replayed past the worker ends in the verdicts that `sla evaluate` gives on the same log, ticket by ticket."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from proof import SCALE
from proofs.replay import Replay, bodies, differences, part_of, task_problems

INCIDENTS = Path(__file__).parents[3] / "shared/data/incidents"
WALKTHROUGH = Path(__file__).parents[2] / "docs/walkthrough/mappings"
BEGIN, END = datetime(2016, 2, 29, tzinfo=UTC), datetime(2017, 2, 20, tzinfo=UTC)


def check(replay: Replay, until: datetime, every: timedelta) -> None:
    course = replay.run(until, every)
    judged = replay.offline()
    assert len(judged) > 100
    assert differences(replay.kept(), bodies(judged)) == []
    assert replay.left_over() == []
    assert task_problems(judged, replay.world.task_keys(), course) == []
    assert course.deferred
    replay.world.require_whole_chain()


needs_the_log = pytest.mark.skipif(not INCIDENTS.is_dir(), reason="the incident log is not part of this project")


def mappings(folder: Path) -> None:
    shutil.copytree(WALKTHROUGH, folder / "mappings")
    shutil.copyfile(INCIDENTS / "tiers.csv", folder / "mappings" / "tiers.csv")


@needs_the_log
def test_two_months_of_a_real_incident_log_with_bad_days_in_between(tmp_path: Path) -> None:
    def wanted(number: int, created: str, modified: str) -> bool:
        return number % 60 == 0 and created < "2016-04" and modified < "2016-05"

    log = part_of(INCIDENTS, tmp_path / "log", wanted)
    mappings(tmp_path)
    with Replay(log, tmp_path, BEGIN) as replay:
        check(replay, datetime(2016, 5, 1, tzinfo=UTC), timedelta(hours=6))


@needs_the_log
@pytest.mark.skipif(SCALE == 1, reason="the whole year takes hours: make replay")
def test_the_whole_year(tmp_path: Path) -> None:
    mappings(tmp_path)
    with Replay(INCIDENTS, tmp_path, BEGIN) as replay:
        check(replay, END, timedelta(hours=6))
