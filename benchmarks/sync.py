"""What the worker costs beside the arithmetic of the API: calls and seconds over the floor, and memory.

    uv run python benchmarks/sync.py [SCENARIO ...] [--round-trip-ms 300] [--share 0.8]

Each scenario is a portal in a process of its own that enforces HubSpot's limits and answers after a round trip, and
syncs against it, in real time, each in a process of its own too. Floors are those of the calls that cannot be avoided:
pages of 50 with history, searches of 200, batches of 100 or 50, looks at associations of 1,000; seconds are those calls
over our share of the burst (or of the searches, whichever takes longer), and never less than the round trips that have
to follow each other.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared/data/incidents"
TOKEN = "pat-benchmark"  # noqa: S105 - of a portal that lives for a minute
BURST_PER_S = 19.0
SEARCHES_PER_S = 3.0
COMPANIES = 40
EXEMPT = ("search", "associations")
COMMAND = "import sys; from hubspot_sla.cli.main import main; main(sys.argv[1:])"
RUN = """\
import json, time
from hubspot_sla.cli import environment
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.runs.sync import sync
import hubspot.crm.tickets, hubspot.crm.companies, hubspot.crm.objects.tasks, hubspot.crm.associations.v4
with wired(environment.settings()) as parts:
    began, cpu = time.perf_counter(), time.process_time()
    tally = sync(parts)
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
print(json.dumps({**tally.as_json(), "took_s": round(took_s, 2), "cpu_s": round(cpu_s, 2)}))
"""


@dataclass
class Bench:
    """One portal, one folder to work in, and the figures so far."""

    folder: Path
    portal: subprocess.Popen[str]
    url: str
    share: float
    round_trip_s: float
    lines: list[str] = field(default_factory=list)

    def ask(self, **what: object) -> dict[str, Any]:
        assert self.portal.stdin is not None  # noqa: S101 - it was opened with one
        assert self.portal.stdout is not None  # noqa: S101
        self.portal.stdin.write(json.dumps(what) + "\n")
        self.portal.stdin.flush()
        answer: dict[str, Any] = json.loads(self.portal.stdout.readline())
        return answer

    def counts(self) -> dict[str, Any]:
        told: dict[str, Any] = requests.get(f"{self.url}/sandbox/requests", timeout=60).json()
        return told

    def sla(self, *words: str, code: str = COMMAND) -> tuple[dict[str, Any], float, int]:
        """One command: what it printed, its seconds, and its peak memory in KiB."""
        variables = {
            "HUBSPOT_BASE_URL": self.url,
            "HUBSPOT_TOKEN": TOKEN,
            "SLA_CLOCK": "hubspot",
            "SLA_BURST_SHARE": str(self.share),
            "PATH": os.environ["PATH"],
        }
        began = perf_counter()
        command = [sys.executable, "-c", code]
        with (self.folder / "out").open("w+") as out:
            process = subprocess.Popen([*command, *words, "--json"], cwd=self.folder, env=variables, stdout=out)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            took_s = perf_counter() - began
            out.seek(0)
            printed = out.read()
        if process.returncode not in (0, 1):
            raise SystemExit(f"sla {' '.join(words)} ended with {process.returncode}")
        return json.loads(printed), took_s, usage.ru_maxrss

    def timed_sync(self) -> tuple[dict[str, Any], float, int]:
        """A sync without the start of its process: its tally with its CPU seconds, its seconds, its peak memory."""
        told, _, peak_kib = self.sla(code=RUN)
        return told, told["took_s"], peak_kib

    def sync(self, name: str, floor: Callable[[dict[str, Any]], dict[str, int]], *, in_turn: int = 0) -> None:
        """A sync beside its floor: calls by kind that `floor` makes of its tally; `in_turn` must follow each other, by
        what was done where that is not said."""
        before_s = self.ask()["cpu_s"]
        tally, took_s, peak_kib = self.timed_sync()
        theirs_s = self.ask()["cpu_s"] - before_s
        refused = sum(counts.get("429", 0) for counts in self.counts().get("kinds", {}).values())
        least = floor(tally)
        calls, floor_calls = tally["calls_total"], sum(least.values())
        floor_s = max(
            (in_turn or _chain(tally)) * self.round_trip_s,
            sum(n for kind, n in least.items() if kind not in EXEMPT) / (BURST_PER_S * self.share),
            least.get("search", 0) / SEARCHES_PER_S,
        )
        self.lines.append(
            f"| {name} | {calls:,} / {floor_calls:,} | {calls / floor_calls:.3f} | {took_s:.1f} / {floor_s:.1f} |"
            f" {took_s / floor_s:.2f} | {tally['cpu_s']:.1f} + {theirs_s:.1f} | {peak_kib / 1024:.0f} | {refused} |"
        )
        print(self.lines[-1], flush=True)
        print(f"    {json.dumps(tally)}", file=sys.stderr, flush=True)


def _chain(tally: dict[str, Any]) -> int:
    """Round trips that have to follow each other: the search; histories beside companies; the write, or the look for
    tasks that goes on beside it; tasks, with the look for notes; notes."""
    least = [("tickets_seen", 2), ("tickets_written", 3), ("tasks_created", 4), ("notes_created", 5)]
    return max([1, *(trips for what, trips in least if tally[what])])


def batches(rows: int, size: int) -> int:
    return ceil(rows / size)


def first_sync(tickets: int, companies: int = COMPANIES) -> Callable[[dict[str, Any]], dict[str, int]]:
    """Every ticket with its history, the companies once, one write for each ticket that has anything to say."""

    def floor(tally: dict[str, Any]) -> dict[str, int]:
        return {
            "list": batches(tickets, 50),
            "batch_read": batches(companies, 50),
            "batch_update": batches(tally["tickets_written"], 100),
        }

    return floor


def tick(changed: int) -> Callable[[dict[str, Any]], dict[str, int]]:
    def floor(tally: dict[str, Any]) -> dict[str, int]:
        deeds = (tally["tasks_created"], tally["notes_created"])
        return {
            "search": max(1, batches(changed, 200)),
            "batch_read": batches(changed, 50),
            "associations": batches(changed, 1_000) + sum(batches(many, 1_000) for many in deeds),
            "batch_update": batches(tally["tickets_written"], 100),
            "batch_create": sum(batches(many, 100) for many in deeds),
        }

    return floor


def written_to(threads: int) -> Callable[[dict[str, Any]], dict[str, int]]:
    """A tick in which so many threads have a message more: one list of them, and a page of each."""

    def floor(tally: dict[str, Any]) -> dict[str, int]:
        return {**tick(threads)(tally), "conversations": batches(threads, 500) + threads}

    return floor


def storm(breaches: int) -> Callable[[dict[str, Any]], dict[str, int]]:
    def floor(tally: dict[str, Any]) -> dict[str, int]:
        return {
            "search": 1,
            "batch_read": batches(breaches, 50),
            "batch_update": batches(tally["tickets_written"], 100),
            "associations": batches(tally["tasks_created"], 1_000),
            "batch_create": batches(tally["tasks_created"], 100),
        }

    return floor


def real(bench: Bench) -> None:
    """The first sync of 24,918 real tickets."""
    companies = bench.ask()["companies"]
    bench.sync("first sync, 24,918 real tickets", first_sync(24_918, companies))


def seeded(tickets: int) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        bench.sync(f"first sync, {tickets:,} seeded tickets", first_sync(tickets))

    return run


def ticks(bench: Bench) -> None:
    """After a first sync of 10,000: nothing, 100, and 5,000 tickets changed; then the pipeline of all is edited."""
    bench.sla("sync")
    bench.ask(advance_s=600)
    bench.sla("sync")
    bench.ask(advance_s=600)
    bench.sync("tick, nothing changed", tick(0))
    for changed in (100, 5_000):
        bench.ask(advance_s=600)
        bench.ask(change=changed)
        bench.sync(f"tick, {changed:,} changed", tick(changed))
    for _ in range(2):  # a poll looks back two minutes: let it have seen its own last changes
        bench.ask(advance_s=600)
        bench.sla("sync")
    bench.ask(advance_s=600)
    bumped = bench.ask(edit_pipeline="0")["in_pipeline"]
    bench.sync(f"pipeline edit, {bumped:,} tickets bumped", lambda _tally: {"search": batches(bumped, 200)})


def breaches(bench: Bench) -> None:
    """10,000 tickets that are all late at once, each with a task."""
    bench.ask(open=10_000)
    bench.sla("sync")
    for _ in range(2):  # as a worker that had been running would have
        bench.ask(advance_s=300)
        bench.sla("sync")
    bench.ask(advance_s=3600)
    bench.sync("storm, 10,000 breaches with tasks", storm(10_000), in_turn=4)


def conversations(bench: Bench) -> None:
    """100 tickets of one thread, after they were read once: the customer of each writes again."""
    bench.ask(open=100)
    bench.ask(converse=100)
    bench.sla("sync")
    for _ in range(2):
        bench.ask(advance_s=600)
        bench.sla("sync")
    bench.ask(advance_s=600)
    bench.ask(converse=100)
    bench.sync("tick, 100 threads written to", written_to(100))
    bench.ask(advance_s=600)
    bench.sync("tick, nothing written", tick(0))


SCENARIOS: dict[str, tuple[dict[str, object], Callable[[Bench], None]]] = {
    "ticks": ({"seeded": 10_000}, ticks),
    "storm": ({"seeded": 0}, breaches),
    "messages": ({"seeded": 0}, conversations),
    "real": ({"load": str(DATA)}, real),
    "10k": ({"seeded": 10_000}, seeded(10_000)),
    "100k": ({"seeded": 100_000}, seeded(100_000)),
}
STORM_POLICIES = """\
policies:
  - id: support
    when: {pipeline: Support Pipeline}
    calendar: always
    targets: {first_response: 1h, resolution: 30bd}
"""


def prepare(name: str, folder: Path) -> None:
    mappings = folder / "mappings"
    if name == "real":
        shutil.copytree(ROOT / "docs/tutorial/walkthrough/mappings", mappings)
        shutil.copy(DATA / "tiers.csv", mappings)
    else:
        shutil.copytree(ROOT / "mappings", mappings)
    if name == "messages":
        with (mappings / "portal.yaml").open("a", encoding="utf-8") as portal_yaml:
            portal_yaml.write("messages: {sources: [threads]}\n")
    if name == "storm":
        (mappings / "policies.yaml").write_text(STORM_POLICIES, encoding="utf-8")


def run(name: str, share: float, round_trip_ms: int) -> list[str]:
    asked, scenario = SCENARIOS[name]
    if "load" in asked and not DATA.is_dir():
        print(f"{name}: skipped, there is no {DATA}", file=sys.stderr)
        return []
    command = [sys.executable, str(Path(__file__).with_name("portal.py"))]
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(
            [*command, json.dumps({**asked, "round_trip_ms": round_trip_ms})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as portal,
    ):
        assert portal.stdout is not None  # noqa: S101 - it was opened with one
        told = json.loads(portal.stdout.readline())
        bench = Bench(Path(folder), portal, told["url"], share, round_trip_ms / 1000)
        prepare(name, bench.folder)
        bench.sla("setup")
        scenario(bench)
        if portal.stdin is not None:
            portal.stdin.close()
        return bench.lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Calls, seconds and memory of a sync beside the floor.")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"any of {', '.join(SCENARIOS)}; default: all")
    parser.add_argument("--round-trip-ms", type=int, default=300)
    parser.add_argument("--share", type=float, default=0.8)
    arguments = parser.parse_args()
    print("| scenario | calls / floor | ratio | seconds / floor | ratio | CPU s, worker + portal | peak MiB | 429s |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    for name in arguments.scenarios or SCENARIOS:
        run(name, arguments.share, arguments.round_trip_ms)


if __name__ == "__main__":
    main()
