"""Where the time of `sla evaluate` goes: parsing, judging, printing, on 24,918 real tickets.

    uv run python benchmarks/evaluate.py [--data ../shared/data/incidents] [--tickets N]

The calls the command makes, timed apart in chunks: parsing is from the compressed file to the facts of a ticket,
judging from there to its verdicts, printing from there to a line of JSON. The data is no part of the project:
its README says where it comes from. The mappings are those of docs/tutorial/walkthrough.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any

import orjson

from hubspot_sla.flows.inspection import evaluate
from hubspot_sla.flows.inspection.evaluate import Evaluated
from hubspot_sla.flows.records import ticket_file
from hubspot_sla.flows.records.ticket_file import Row
from hubspot_sla.policy.loader import load, read_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sla.policy.mappings import Mappings

ROOT = Path(__file__).parents[1]
NOW = "2017-03-01T00:00:00Z"
CHUNK = 500


def mappings_of(data: Path) -> Mappings:
    with TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "docs/tutorial/walkthrough/mappings", folder, dirs_exist_ok=True)
        shutil.copy(data / "tiers.csv", folder)
        return load(read_texts(Path(folder)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Parsing, judging and printing real tickets, timed apart.")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/incidents")
    parser.add_argument("--tickets", type=int, default=None)
    arguments = parser.parse_args()
    file = str(arguments.data / "incidents.jsonl.gz")
    loaded = mappings_of(arguments.data)
    portal_ids = evaluate.offline_portal_ids(loaded, evaluate.pipelines_for(file, None))
    evaluator = evaluate.Evaluator(loaded, portal_ids, evaluate.parse_now(NOW), {}, {})
    spent: dict[str, float] = defaultdict(float)
    statuses: Counter[str] = Counter()
    source = islice(ticket_file.read(file), arguments.tickets)
    sink = Path(os.devnull).open("wb")  # noqa: SIM115 - open for the whole run
    while read := timed(lambda: list(islice(source, CHUNK)), spent, "reading"):
        good = [row for row in read if isinstance(row, Row)]
        timed(lambda: [evaluator.record(row) for row in good], spent, "facts")  # noqa: B023 - called at once
        judged = timed(lambda: [evaluator.of(row) for row in good], spent, "facts and judging")  # noqa: B023
        told = [one for one in judged if isinstance(one, Evaluated)]
        timed(lambda: [sink.write(line(one)) for one in told], spent, "printing")  # noqa: B023
        statuses.update(one.status for one in told)
        statuses["quarantined"] += len(read) - len(told)
    stages = {
        "parsing": spent["reading"] + spent["facts"],
        "judging": spent["facts and judging"] - spent["facts"],
        "printing": spent["printing"],
    }
    total, count = sum(stages.values()), statuses.total()
    print(f"{count} tickets in {total:.1f} s, {count / total:,.0f} a second: {dict(statuses)}")
    for stage, seconds in stages.items():
        print(f"  {stage:<9}{seconds:7.2f} s{seconds / total:7.1%}{1e6 * seconds / count:9.1f} microseconds a ticket")


def line(one: Evaluated) -> bytes:
    return orjson.dumps(one.as_json(), option=orjson.OPT_APPEND_NEWLINE)


def timed(work: Callable[[], list[Any]], spent: dict[str, float], stage: str) -> list[Any]:
    began = perf_counter()
    done = work()
    spent[stage] += perf_counter() - began
    return done


if __name__ == "__main__":
    main()
