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
from proofs import people
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
        check(replay, NOW, timedelta(hours=18))


OF_MESSAGES = """\
messages:
  sources: [threads, emails, calls, notes, meetings]
  ai_agent: separate
  comments: update
  auto_replies: {within: 30s}
"""
PEOPLE_AND_AI_AGENT = """\
policies:
  - id: people
    calendar: always
    targets: {assignment: 30m, first_response: 30m, next_response: 1h, update: 4h, resolution: 24h}
  - id: after-handover
    agreement: handed
    calendar: always
    starts_in: handover
    targets: {first_response: 30m}
  - id: ai-agent
    agreement: ai
    calendar: always
    targets: {first_response: 2m, next_response: 2m}
"""
ROUNDS, DIES = (1, 0.0) if SCALE == 1 else (10, 0.02)
"""Of the stories, and the chance of a run to die at each point that it passes: at length only."""


def test_conversations_of_people_bots_and_the_ai_agent_with_bad_days_in_between(tmp_path: Path) -> None:
    copy_starter(tmp_path)
    (tmp_path / "mappings" / "policies.yaml").write_text(PEOPLE_AND_AI_AGENT, encoding="utf-8")
    portal_yaml = tmp_path / "mappings" / "portal.yaml"
    portal_yaml.write_text(portal_yaml.read_text(encoding="utf-8") + OF_MESSAGES, encoding="utf-8")
    portal, begin = seeded_portal(NOW, tickets=1, conversations=ROUNDS), NOW - timedelta(days=4 * ROUNDS)
    log = written_down(portal, tmp_path / "log", conversations_since=begin)
    with Replay(log, tmp_path, begin, bad_days=people.BAD_DAYS_OF_CONVERSATIONS, dies=DIES) as replay:
        course = replay.run(NOW, timedelta(hours=6))
        assert bool(course.killed) == bool(DIES)
        judged = replay.offline()
        assert len(judged) >= 10 * ROUNDS
        assert differences(replay.kept(), bodies(judged)) == []
        assert replay.left_over() == []
        cycles = [cycle for one in judged.values() for verdict in one.judgement.verdicts for cycle in verdict.cycles]
        assert not any(cycle.inferred for cycle in cycles)
        replay.world.require_whole_chain()


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
