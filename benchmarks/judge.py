"""What judging one ticket costs, in calls of `due`: three pauses, four metrics, one calendar.

    uv run python benchmarks/judge.py [--rounds 2000]

The ticket is a working week old, was handed back and forth (three waits), answered twice, and closed; assignment,
first response, next response and resolution are judged together, as a sync does it. What its facts say by themselves is
read with the first of these judgements only: what that one costs stands beside.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import datetime
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hubspot_sla.clock.calendar import HOUR_MS, Calendar
from hubspot_sla.clock.hours import Hours
from hubspot_sla.clock.judge import judge_all
from hubspot_sla.clock.metrics import IN_WAITING, Metric
from hubspot_sla.clock.promise import Clock, Kind, Promise, PromiseChange
from hubspot_sla.clock.timeline import Message, OwnerChange, Role, StageChange, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable

CALENDAR = Calendar("office", ZoneInfo("Europe/Berlin"), {day: (Hours(540, 1050),) for day in range(5)})
METRICS = {
    Metric.ASSIGNMENT: (1, False),
    Metric.FIRST_RESPONSE: (4, False),
    Metric.NEXT_RESPONSE: (4, False),
    Metric.RESOLUTION: (24, True),
}


def at(text: str) -> int:
    return int(datetime.fromisoformat(f"2026-11-{text}:00+01:00").timestamp() * 1000)


TIMELINE = Timeline(
    created_at=at("16T09:12"),
    stages=(
        StageChange(at("16T09:12"), Role.OPEN, "New"),
        StageChange(at("16T14:00"), Role.WAITING, "Waiting on contact"),
        StageChange(at("17T10:30"), Role.OPEN, "Waiting on us"),
        StageChange(at("17T15:45"), Role.WAITING, "Waiting on contact"),
        StageChange(at("19T09:20"), Role.OPEN, "Waiting on us"),
        StageChange(at("19T16:00"), Role.WAITING, "Waiting on contact"),
        StageChange(at("20T11:00"), Role.OPEN, "Waiting on us"),
        StageChange(at("20T16:40"), Role.CLOSED, "Closed"),
    ),
    owners=(OwnerChange(at("16T09:40"), "1"),),
    first_replies=(Message(at("16T11:05"), "property"),),
    agent_messages=(Message(at("16T11:05"), "property"), Message(at("19T15:30"), "property")),
    customer_messages=(Message(at("17T10:10"), "property"),),
)
NOW = at("23T12:00")
PAGE = 50
GOAL = 40
"""Due calls."""


def promised() -> dict[Clock, tuple[PromiseChange, ...]]:
    changes: dict[Clock, tuple[PromiseChange, ...]] = {}
    for metric, (hours, pauses) in METRICS.items():
        promise = Promise(metric, "bench", f"{hours}h", hours * HOUR_MS, CALENDAR, IN_WAITING if pauses else ())
        changes[Clock(Kind.SLA, metric)] = (PromiseChange(TIMELINE.created_at or 0, promise, "the policy"),)
    return changes


def seconds_a_call(call: Callable[[], object], calls: int) -> float:
    began = perf_counter()
    for _ in range(calls):
        call()
    return (perf_counter() - began) / calls


def seconds_a_first_call(changes: dict[Clock, tuple[PromiseChange, ...]], calls: int) -> float:
    """Of judging a timeline that nobody has read before. They are few at a time, as in a page of a sync."""
    spent = 0.0
    for _ in range(calls // PAGE):
        timelines = [replace(TIMELINE) for _ in range(PAGE)]
        began = perf_counter()
        for timeline in timelines:
            judge_all(timeline, changes, NOW)
        spent += perf_counter() - began
    return spent / (calls // PAGE * PAGE)


def main() -> None:
    parser = argparse.ArgumentParser(description="The cost of judging a ticket, in calls of due.")
    parser.add_argument("--rounds", type=int, default=2_000)
    rounds = parser.parse_args().rounds
    changes, start = promised(), TIMELINE.created_at or 0
    verdicts = judge_all(TIMELINE, changes, NOW)
    # Interleaved, so that a busy machine slows both alike.
    turns = [
        (
            seconds_a_call(lambda: judge_all(TIMELINE, changes, NOW), rounds),
            seconds_a_first_call(changes, rounds),
            seconds_a_call(lambda: CALENDAR.due(start, 24 * HOUR_MS), 10 * rounds),
        )
        for _ in range(7)
    ]
    judged, first, due = (median(column) for column in zip(*turns, strict=True))
    print(", ".join(f"{verdict.metric} {verdict.status.value}" for verdict in verdicts))
    calls, first_calls = median(a / c for a, _, c in turns), median(b / c for _, b, c in turns)
    print(f"one due call      {1e6 * due:8.2f} microseconds")
    print(f"judged first      {1e6 * first:8.2f} microseconds = {first_calls:.1f} due calls")
    print(f"one judged ticket {1e6 * judged:8.2f} microseconds = {calls:.1f} due calls: {calls / GOAL:.2f} of the goal")


if __name__ == "__main__":
    main()
