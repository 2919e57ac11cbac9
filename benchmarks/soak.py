"""Whether the worker leaks: an hour of real time against a busy, faulty portal, watched from outside.

    uv run python benchmarks/soak.py [--minutes 60] [--tickets 2000] [--every-s 10]

`sla worker` runs as a process with metrics on. Meanwhile tickets are made, answered and changed, some fall due each
minute, and HubSpot has its bad days in turn. Every `every-s` seconds the process's resident memory, open files and
threads are read from /proc. Printed: medians of the first and the last quarter after a warm-up, and the slope between.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import linear_regression, median
from typing import TYPE_CHECKING

from rig import Rig, rig

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WARM_UP = 0.1
"""The share of the samples that is left out at the beginning: imports, caches and the first sync."""
EVENTS_A_TICK = 5
BAD_DAYS: tuple[dict[str, object], ...] = (
    {"fault": "rate_limited", "probability": 0.05},
    {"fault": "server_error", "status": 502, "body": "html", "probability": 0.05},
    {"fault": "reset", "probability": 0.03},
    {"fault": "commit_then_drop", "route": "batch_create", "probability": 0.3},
    {"fault": "search_lag", "lag_s": 20, "jitter_s": 20},
    {"fault": "truncated", "probability": 0.03},
    {"fault": "locked", "probability": 0.03},
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What /proc says of the worker."""

    at_s: float
    rss_kb: int
    files: int
    threads: int


def main() -> None:
    parser = argparse.ArgumentParser(description="Memory, files and threads of a worker under traffic and faults.")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--tickets", type=int, default=2000)
    parser.add_argument("--every-s", type=float, default=10)
    arguments = parser.parse_args()
    with rig(tickets=arguments.tickets, latency_ms=50) as made, made.worker(SLA_METRICS="127.0.0.1:0") as process:
        samples = watch(made, process.pid, arguments.minutes * 60, arguments.every_s)
        ended = process.poll()
        log = (made.folder / "worker.log").read_text(encoding="utf-8").splitlines()
    warnings = sum('"warning"' in line for line in log)
    errors = [line for line in log if '"error"' in line]
    print(f"{len(samples)} samples in {arguments.minutes:g} minutes; the worker {'ran on' if ended is None else ended}")
    print(f"log: {len(log)} lines, {warnings} warnings, {len(errors)} errors; requests: {len(made.running.requests)}")
    report(samples)
    for line in errors[:3]:
        print(line[:300])


def watch(made: Rig, pid: int, for_s: float, every_s: float) -> list[Sample]:
    """Traffic and faults, a tick a second, until the time is over or the worker is gone."""
    samples: list[Sample] = []
    random, days = Random(6), cycle(BAD_DAYS)  # noqa: S311 - traffic, no secret
    began = next_sample = next_day = time.monotonic()
    while (now := time.monotonic()) - began < for_s:
        for _ in range(EVENTS_A_TICK):
            happen(made, random)
        if now >= next_day:
            made.running.faults.clear()
            made.running.faults.add("latency", ms=50)
            made.running.faults.add(**next(days))  # type: ignore[arg-type]
            next_day = now + 60
        if now >= next_sample:
            found = sample(pid, now - began)
            if found is None:
                break
            samples.append(found)
            next_sample = now + every_s
        time.sleep(max(0.0, 1 - (time.monotonic() - now)))
    return samples


def happen(made: Rig, random: Random) -> None:
    """One thing that people do."""
    portal, now = made.running.portal, made.running.clock.now()
    roll, ids = random.random(), portal.ids("tickets")
    given = {"subject": "Printer on fire", "hs_pipeline": "0", "hs_pipeline_stage": "1"}
    if roll < 0.45 or not ids:
        # Due within the next two minutes: the watch is kept busy.
        portal.create("tickets", given, at=now - timedelta(minutes=60, seconds=-random.uniform(1, 120)))
        return
    chosen = random.choice(ids[-500:])
    if roll < 0.55:
        portal.send_agent_message(chosen, at=now)
    elif roll < 0.75:
        portal.receive_customer_message(chosen, at=now)
    else:
        portal.update("tickets", chosen, {"hs_ticket_priority": random.choice(("LOW", "HIGH", "URGENT"))}, at=now)


def sample(pid: int, at_s: float) -> Sample | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return None
    told = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    if "VmRSS" not in told:
        return None
    return Sample(at_s, int(told["VmRSS"].split()[0]), files, int(told["Threads"]))


def report(samples: Sequence[Sample]) -> None:
    steady = samples[int(len(samples) * WARM_UP) :]
    quarter = len(steady) // 4
    if quarter < 2:
        print("too short to tell")
        return
    print(f"{'':>10} {'first quarter':>14} {'last quarter':>14} {'an hour':>10}")
    readings: dict[str, Callable[[Sample], float]] = {
        "RSS (MB)": lambda one: one.rss_kb / 1024,
        "files": lambda one: one.files,
        "threads": lambda one: one.threads,
    }
    for name, read in readings.items():
        values = [read(one) for one in steady]
        slope = linear_regression([one.at_s for one in steady], values).slope * 3600
        print(f"{name:>10} {median(values[:quarter]):>14.1f} {median(values[-quarter:]):>14.1f} {slope:>+10.2f}")


if __name__ == "__main__":
    main()
