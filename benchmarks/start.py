"""How soon commands answer that only ask the mappings or the ledger: beside bare Python, with and without the cache.

    uv run python benchmarks/start.py [--runs 15]

CPU seconds (user and system) of whole processes, the least of all runs: on a machine that others use, the least is what
the command itself takes. The mappings are the starter set, the ledger that of a sandbox of 60 tickets. `warm` has the
cache of an earlier run, `cold` finds none and writes one, `none` has SLA_CACHE=off.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

from rig import SLA, rig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUESTION = ("clock", "due", "2026-11-20T15:00+01:00", "4h", "--calendar", "berlin")
GOALS = {"explain": 0.35, "check": 0.35, "clock due": 0.35, "status": 0.27, "--help": 0.13}


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU seconds of commands beside bare Python, warm and cold.")
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with rig(tickets=60, latency_ms=1, policies=None) as made:
        made.sla("sync")
        _table(made.folder, runs)


def _table(folder: Path, runs: int) -> None:
    commands = {
        "explain": ("explain", _ticket(folder / "ledger.db")),
        "check": ("check",),
        "clock due": QUESTION,
        "status": ("status",),
        "--help": ("--help",),
    }
    cache = folder / "cache"
    bare = least(runs, folder, [sys.executable, "-c", "pass"])
    print(f"bare Python: {bare:.3f} s of CPU, the least of {runs} runs")
    print(f"{'':10} {'warm':>16} {'cold':>16} {'none':>16}   goal, warm")
    for name, words in commands.items():
        command = [str(SLA), *words]
        cold = least(runs, folder, command, cache, lambda: shutil.rmtree(cache, ignore_errors=True))
        seconds = (least(runs, folder, command, cache), cold, least(runs, folder, command))
        print(f"{name:10} {' '.join(f'{each:7.3f} s {each / bare:5.1f}x' for each in seconds)}   {GOALS[name]} s")


def least(
    runs: int, folder: Path, command: list[str], cache: Path | None = None, before: Callable[[], object] = lambda: None
) -> float:
    """CPU seconds of the quickest run."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"SLA_CACHE": str(cache or "off"), "SLA_CLOCK": "hubspot"}
    seconds = []
    for _ in range(runs):
        before()
        start = _spent()
        subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=False)
        seconds.append(_spent() - start)
    return min(seconds)


def _spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _ticket(ledger: Path) -> str:
    with sqlite3.connect(ledger) as db:
        return str(db.execute("select max(record_id) from verdicts").fetchone()[0])


if __name__ == "__main__":
    main()
