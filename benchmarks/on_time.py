"""How soon a breach shows in HubSpot: due instants against the instants at which the sandbox took the property.

    uv run python benchmarks/on_time.py [--breaches 200] [--gap-s 1.0] [--latency-ms 100] [--storm 0]
                                             [--log FILE]

Real time, real HTTP, `sla worker` as a process. Each ticket is due at an instant of its own, `gap-s` apart more or
less, and nobody answers it. The sandbox stamps a write when it takes it, before the answer's delay. Whatever is seen a
second late or more is named with its due instant, to be looked for in the log of the worker, which `--log` keeps.
With `--storm`, so many other tickets change at once when half of the time is over: their first promise is another one.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from shutil import copyfile
from statistics import median, quantiles
from typing import TYPE_CHECKING

from rig import Rig, rig

if TYPE_CHECKING:
    from collections.abc import Sequence

TARGET = timedelta(hours=1)
LEAD = timedelta(seconds=15)
"""The worker starts and syncs once before the first is due."""
NAMED = timedelta(seconds=1)
"""Later than this, each is named."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Due instants against what the sandbox saw.")
    parser.add_argument("--breaches", type=int, default=200)
    parser.add_argument("--gap-s", type=float, default=1.0)
    parser.add_argument("--latency-ms", type=int, default=100)
    parser.add_argument("--storm", type=int, default=0)
    parser.add_argument("--log", type=Path, help="where to keep what the worker logs")
    arguments = parser.parse_args()
    with rig(latency_ms=arguments.latency_ms) as made:
        others = make_others(made, arguments.storm)
        due = make_tickets(made, arguments.breaches, arguments.gap_s)
        before = len(made.running.requests)
        with made.worker():
            middle = min(due.values()) + (max(due.values()) - min(due.values())) / 2
            time.sleep((middle - datetime.now(UTC)).total_seconds())
            for id_ in others:
                made.running.portal.update("tickets", id_, {"hs_ticket_priority": "HIGH"})
            time.sleep((max(due.values()) - datetime.now(UTC)).total_seconds() + 5)
        if arguments.log is not None:
            copyfile(made.folder / "worker.log", arguments.log)
        late_by_due = {due[id_]: seen - due[id_] for id_ in due if (seen := flagged_at(made, id_)) is not None}
        late = list(late_by_due.values())
        paths = Counter(f"{seen.method} {seen.path}" for seen in made.running.requests_since(before))
        print(f"{len(late)} of {len(due)} breaches flagged, {arguments.latency_ms} ms a round trip")
        report([one.total_seconds() * 1000 for one in late])
        for at, late_by in late_by_due.items():
            if late_by >= NAMED:
                print(f"  due {at:%H:%M:%S.%f}: {late_by.total_seconds() * 1000:.0f} ms")
        for path, count in paths.most_common():
            print(f"  {count:>5} x {path}")


def make_tickets(made: Rig, count: int, gap_s: float) -> dict[str, datetime]:
    """Ticket id to its due instant."""
    random = Random(6)  # noqa: S311 - a schedule of breaches, no secret
    first = made.running.clock.now() + LEAD
    due: dict[str, datetime] = {}
    for number in range(count):
        at = first + timedelta(milliseconds=round(1000 * (number + random.random()) * gap_s))
        given = {"subject": f"Due alone, {number}", "hs_pipeline": "0", "hs_pipeline_stage": "1"}
        due[made.running.portal.create("tickets", given, at=at - TARGET)] = at
    return due


def make_others(made: Rig, count: int) -> list[str]:
    """Ids of tickets that come due long after all."""
    given = {"subject": "One of many", "hs_pipeline": "0", "hs_pipeline_stage": "1"}
    return [made.running.portal.create("tickets", given) for _ in range(count)]


def flagged_at(made: Rig, ticket_id: str) -> datetime | None:
    for version in made.running.portal.history("tickets", ticket_id, "sla_breached"):
        if version.value == "true":
            return datetime.fromtimestamp(version.at_ms / 1000, UTC)
    return None


def report(late_ms: Sequence[float]) -> None:
    if len(late_ms) < 2:
        print("too few to tell")
        return
    p95 = quantiles(late_ms, n=20)[-1]
    print(f"late by (ms): min {min(late_ms):.0f}, p50 {median(late_ms):.0f}, p95 {p95:.0f}, max {max(late_ms):.0f}")
    for edge in (0, 250, 500, 750, 1000, 1500, 2000, 5000):
        above = sum(one >= edge for one in late_ms)
        print(f"  at least {edge:>5} ms: {above}")


if __name__ == "__main__":
    main()
