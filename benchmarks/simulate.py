"""`sla simulate` over the real tickets, multiplied with new ids: seconds, and the memory of all its processes together.

    uv run python benchmarks/simulate.py [--tickets 1000000 ...] [--jobs 2] [--contracts] [--readings]
                                         [--data ../shared/data/incidents]

The mappings are those of docs/tutorial/walkthrough, on one side with a shorter target. With `--readings` that side also
reads each ticket differently: another property is its category, and waiting for a vendor is our own time. With
`--contracts` half of the tickets are under contracts that count everything a promise can be counted by, and each copy
is resolved some milliseconds apart, so that no two take as long. The data is no part of the project: its README says
where it comes from. Goals: 1,000,000 tickets in 180 s and 1 GB on two cores, and memory that does not grow: of several
numbers of tickets each is beside the first.
"""

from __future__ import annotations

import argparse
import gzip
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SLA = Path(sys.executable).with_name("sla")
NOW = "2017-03-01T00:00:00Z"
_ID = re.compile(rb'^\{"id":"\d+"')
_NEWEST = re.compile(rb'(?<="timestamp":")([^"]{17})00Z')
CUSTOMERS = ("204", "161", "143")
"""Those with the most tickets."""
CONTRACT = """\
  - id: support_of_{customer}
    customer: "{customer}"
    currency: EUR
    valid_from: 2016-01-01
    fees: {{support: 1000.00}}
    objectives:
      - id: kept
        measure: {{attainment: resolution}}
        promised: 95%
        credit: {{bands: [{{below: 95%, pays: 5%}}]}}
      - {{id: misses, measure: {{misses: all}}, promised: {{at_most: 0}}, credit: {{each_miss: {{pays: 5.00}}}}}}
      - id: longest
        measure: {{percentile: 95, of: resolution}}
        promised: 40h
        credit: {{bands: [{{above: 40h, pays: 5%}}]}}
      - id: lateness
        measure: {{mean_lateness: resolution}}
        promised: 1h
        credit: {{bands: [{{above: 1h, pays: 5%}}]}}
"""
GOAL_SECONDS, GOAL_TICKETS, GOAL_BYTES = 180, 1_000_000, 1_000_000_000
MEGABYTE = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/incidents")
    parser.add_argument("--tickets", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--contracts", action="store_true")
    parser.add_argument("--readings", action="store_true")
    asked = parser.parse_args()
    if not asked.data.is_dir():
        print(f"sla simulate: skipped, {asked.data} is not there")
        return
    peaks = [simulated(asked, tickets) for tickets in asked.tickets]
    if len(peaks) > 1:
        print("memory beside that of the first: " + ", ".join(f"{peak / peaks[0]:.2f}" for peak in peaks[1:]))


def simulated(asked: argparse.Namespace, tickets: int) -> int:
    """One simulation of so many tickets, as a process: its peak in bytes."""
    with TemporaryDirectory() as folder:
        place, spent_before = Path(folder), cpu_of_children()
        prepare(place, asked.data, tickets, with_contracts=asked.contracts, with_readings=asked.readings)
        begun = perf_counter()
        running = subprocess.Popen(
            [
                *(SLA, "simulate", place / "tickets.jsonl", "--mappings", place / "new", "--against", place / "old"),
                *("--now", NOW, "--jobs", str(asked.jobs), "--format", "json", "--out", place / "result.json"),
            ]
        )
        peak = 0
        while running.poll() is None:
            peak = max(peak, sum(map(resident, tree(running.pid))))
            sleep(0.2)
        seconds, cpu = perf_counter() - begun, cpu_of_children() - spent_before
    how = f"{' under contracts' if asked.contracts else ''}{' read in two ways' if asked.readings else ''}"
    print(
        f"{tickets} tickets{how} in {seconds:.1f} s with {asked.jobs} processes, {1e6 * cpu / tickets:.0f} microseconds"
        f" of CPU a ticket, {peak // MEGABYTE} MB in all at the peak, exit code {running.returncode};"
        f" of the goals: {seconds / tickets * GOAL_TICKETS / GOAL_SECONDS:.2f} of the time a ticket,"
        f" {peak / GOAL_BYTES:.2f} of the memory",
        flush=True,
    )
    return peak


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def prepare(place: Path, data: Path, tickets: int, *, with_contracts: bool, with_readings: bool) -> None:
    """Two sets of mappings, and so many tickets, each with an id of its own."""
    for side in ("old", "new"):
        shutil.copytree(ROOT / "docs/tutorial/walkthrough/mappings", place / side)
        shutil.copy(data / "tiers.csv", place / side)
        if with_contracts:
            written = "contracts:\n" + "".join(CONTRACT.format(customer=customer) for customer in CUSTOMERS)
            (place / side / "contracts.yaml").write_text(written, encoding="utf-8")
    policies = place / "new/policies.yaml"
    policies.write_text(policies.read_text("utf-8").replace("MEDIUM: 5bd", "MEDIUM: 3bd"), encoding="utf-8")
    if with_readings:
        portal = place / "new/portal.yaml"
        text = portal.read_text("utf-8").replace("{role: waiting, vendor", "{role: open, vendor")
        portal.write_text(text + "properties:\n  category: source_type\n", encoding="utf-8")
    shutil.copy(data / "pipelines.json", place)
    with gzip.open(data / "incidents.jsonl.gz") as stream:
        rows = stream.readlines()
    with (place / "tickets.jsonl").open("wb") as file:
        for number in range(tickets):
            row = _ID.sub(b'{"id":"%d"' % (number + 1), rows[number % len(rows)], count=1)
            if with_contracts:
                seconds = b"%02d.%03d" % divmod(number * 7919 % 60_000, 1000)
                row = _NEWEST.sub(rb"\g<1>" + seconds + b"Z", row, count=2)  # closed, and resolved before
            file.write(row)


def tree(pid: int) -> Iterator[int]:
    """A process and all below it, as far as they live."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return
    for child in children:
        yield from tree(int(child))


def resident(pid: int) -> int:
    """Bytes; 0 for one that has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * 4096
    except (OSError, IndexError):
        return 0


if __name__ == "__main__":
    main()
