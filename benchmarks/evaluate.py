"""`sla evaluate` on 24,918 real tickets: its CPU beside that of an earlier version, and where its time goes.

    uv run python benchmarks/evaluate.py [--rounds 5] [--beside 871e017] [--data ../shared/data/incidents]

First the whole command as a process, in pairs, once for each way of printing; then the calls the command makes, timed
apart in chunks: parsing is from the compressed file to the facts of a ticket, judging from there to its verdicts,
printing from there to a line of JSON. The data is no part of the project: its README says where it comes from. The
mappings are those of docs/tutorial/walkthrough.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections import Counter, defaultdict
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING, Any

import orjson
from beside import ROOT, TODAY, compared, cpu_seconds, earlier, pairs_of

from hubspot_sla.flows.inspection import evaluate
from hubspot_sla.flows.inspection.evaluate import Evaluated
from hubspot_sla.flows.inspection.instants import parse_instant
from hubspot_sla.flows.records import ticket_file
from hubspot_sla.flows.records.ticket_file import Row
from hubspot_sla.policy.loader import load, read_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = "2017-03-01T00:00:00Z"
CHUNK = 500
GOAL = 0.5
"""Of the CPU of `TODAY`."""
WAYS = ("--json", "--summary", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/incidents")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--beside", default=TODAY, help="the commit of the earlier version")
    parser.add_argument("--tickets", type=int, default=None, help="of the stages: only the first so many")
    asked = parser.parse_args()
    if not asked.data.is_dir():
        print(f"sla evaluate: skipped, {asked.data} is not there")
        return
    with mappings_of(asked.data) as mappings:
        beside_earlier(asked.data, mappings, asked.beside, asked.rounds)
        stages(asked.data, mappings, asked.tickets)


@contextmanager
def mappings_of(data: Path) -> Iterator[Path]:
    """Those of the tutorial with the customers of the data."""
    with TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "docs/tutorial/walkthrough/mappings", folder, dirs_exist_ok=True)
        shutil.copy(data / "tiers.csv", folder)
        yield Path(folder)


def beside_earlier(data: Path, mappings: Path, commit: str, rounds: int) -> None:
    with earlier(commit) as tree:
        for way in WAYS:
            command = ["evaluate", str(data / "incidents.jsonl.gz"), "--mappings", str(mappings), "--now", NOW]
            command += [way] if way else []
            cpu_seconds(tree, command)  # compiles it
            print(f"sla evaluate {way:<9} {compared(list(pairs_of(tree, command, rounds)))} (goal {GOAL})", flush=True)


def stages(data: Path, mappings: Path, tickets: int | None) -> None:
    file = str(data / "incidents.jsonl.gz")
    loaded = load(read_texts(mappings))
    portal_ids = evaluate.offline_portal_ids(loaded, evaluate.pipelines_for(file, None))
    evaluator = evaluate.Evaluator(loaded, portal_ids, parse_instant("--now", NOW), {}, {})
    spent: dict[str, float] = defaultdict(float)
    statuses: Counter[str] = Counter()
    source = islice(ticket_file.read(file), tickets)
    with Path(os.devnull).open("wb") as sink:
        while read := timed(lambda: list(islice(source, CHUNK)), spent, "reading"):
            good = [row for row in read if isinstance(row, Row)]
            timed(lambda: [evaluator.record(row) for row in good], spent, "facts")  # noqa: B023 - called at once
            judged = timed(lambda: [evaluator.of(row) for row in good], spent, "facts and judging")  # noqa: B023
            told = [one for one in judged if isinstance(one, Evaluated)]
            timed(lambda: [sink.write(line(one)) for one in told], spent, "printing")  # noqa: B023
            statuses.update(one.status for one in told)
            statuses["quarantined"] += len(read) - len(told)
    seconds_by_stage = {
        "parsing": spent["reading"] + spent["facts"],
        "judging": spent["facts and judging"] - spent["facts"],
        "printing": spent["printing"],
    }
    total, count = sum(seconds_by_stage.values()), statuses.total()
    print(f"{count} tickets in {total:.1f} CPU s, {count / total:,.0f} a second: {dict(statuses)}")
    for stage, seconds in seconds_by_stage.items():
        print(f"  {stage:<9}{seconds:7.2f} s{seconds / total:7.1%}{1e6 * seconds / count:9.1f} microseconds a ticket")


def line(one: Evaluated) -> bytes:
    return orjson.dumps(one.as_json(), option=orjson.OPT_APPEND_NEWLINE)


def timed(work: Callable[[], list[Any]], spent: dict[str, float], stage: str) -> list[Any]:
    began = process_time()
    done = work()
    spent[stage] += process_time() - began
    return done


if __name__ == "__main__":
    main()
