"""A log replayed past the worker ends in the verdicts that `sla evaluate` gives on the same log, ticket by ticket."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.world import NOW, POLICIES
from hubspot_sandbox.seed import seeded_portal
from hubspot_sla.flows.installation.starter_set import copy_starter
from proof import SCALE
from proofs.logs import part_of, written_down
from proofs.replay import Replay, bodies, differences, task_problems

INCIDENTS = Path(__file__).parents[3] / "shared/data/incidents"
WALKTHROUGH = Path(__file__).parents[2] / "docs/tutorial/walkthrough/mappings"
BEGIN, END = datetime(2016, 2, 29, tzinfo=UTC), datetime(2017, 2, 20, tzinfo=UTC)


def check(replay: Replay, until: datetime, every: timedelta, others: timedelta = timedelta(days=1)) -> None:
    course = replay.run(until, every, others)
    judged = replay.offline()
    assert len(judged) >= 60
    assert differences(replay.kept(), bodies(judged)) == []
    assert replay.left_over() == []
    assert task_problems(judged, replay.world.task_keys(), course) == []
    assert course.deferred, "no bad day was bad enough"
    replay.world.require_whole_chain()


needs_the_log = pytest.mark.skipif(not INCIDENTS.is_dir(), reason="the incident log is not part of this project")


def mappings(folder: Path) -> None:
    shutil.copytree(WALKTHROUGH, folder / "mappings")
    shutil.copyfile(INCIDENTS / "tiers.csv", folder / "mappings" / "tiers.csv")


def test_a_month_of_an_invented_log_with_messages_and_bad_days_in_between(tmp_path: Path) -> None:
    copy_starter(tmp_path)
    promised = POLICIES.replace(
        "{first_response: 30m,", "{first_response: 30m, next_response: 2h, update: {every: 1bd},"
    )
    (tmp_path / "mappings" / "policies.yaml").write_text(promised, encoding="utf-8")
    log = written_down(seeded_portal(NOW, tickets=60), tmp_path / "log")
    with Replay(log, tmp_path, NOW - timedelta(days=31)) as replay:
        check(replay, NOW, timedelta(hours=12))


@needs_the_log
def test_a_month_of_a_real_incident_log_with_bad_days_in_between(tmp_path: Path) -> None:
    def wanted(number: int, created: str, modified: str) -> bool:
        return number % 40 == 0 and created < "2016-03-24" and modified < "2016-04"

    log = part_of(INCIDENTS, tmp_path / "log", wanted)
    mappings(tmp_path)
    with Replay(log, tmp_path, BEGIN) as replay:
        check(replay, datetime(2016, 4, 1, tzinfo=UTC), timedelta(hours=12))


@needs_the_log
@pytest.mark.skipif(SCALE == 1, reason="the whole year takes hours: make replay")
def test_the_whole_year(tmp_path: Path) -> None:
    mappings(tmp_path)
    with Replay(INCIDENTS, tmp_path, BEGIN) as replay:
        check(replay, END, timedelta(hours=6), timedelta(days=7))
