"""Simulation against evaluation: of real tickets each side of a simulation says what `sla evaluate` says by its
mappings, of every cycle; and by the same mappings nothing flips. All 24,918 with PROOF_SCALE of 50 or more."""

from __future__ import annotations

import gzip
import shutil
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.flows.context.loaded_mappings import load_mappings
from hubspot_sla.flows.inspection import evaluate
from hubspot_sla.flows.inspection.evaluate import Evaluated, Evaluator
from hubspot_sla.flows.inspection.instants import parse_instant
from hubspot_sla.flows.records.file_merges import FileMerges
from hubspot_sla.flows.simulation.processes import opened, tallied
from hubspot_sla.flows.simulation.request import Request, TicketFile
from hubspot_sla.flows.simulation.tally import Counting
from hubspot_sla.policy.loader import read_texts
from proof import SCALE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.clock.verdict import Cycle

ROOT = Path(__file__).parents[2]
INCIDENTS = ROOT.parent / "shared/data/incidents"
NOW = parse_instant("now", "2017-03-01T00:00:00Z")
TICKETS = 60 if SCALE == 1 else 500 * SCALE
EDITS = {
    "policies.yaml": [("URGENT: 8h, HIGH: 24h", "URGENT: 4h, HIGH: 30h"), ("MEDIUM: 5bd", "MEDIUM: 3bd")],
    "calendars.yaml": [("18:00", "16:00")],
    "portal.yaml": [("Awaiting User Info: waiting", "Awaiting User Info: open")],
}

pytestmark = pytest.mark.skipif(not INCIDENTS.is_dir(), reason="the real tickets are no part of the project")


def seen(cycle: Cycle) -> object:
    return cycle._replace(promise=None), cycle.promise and (cycle.promise.policy, cycle.promise.budget_ms)


def evaluated(texts: dict[str, str], file: str) -> Iterator[dict[tuple[str, int], object]]:
    mappings = load_mappings(texts)
    portal_ids = evaluate.offline_portal_ids(mappings, evaluate.pipelines_for(file, None))
    for one in Evaluator(mappings, portal_ids, NOW, {}, {}).of_file(file):
        assert isinstance(one, Evaluated)
        yield {
            (verdict.clock.key, cycle.number): seen(cycle)
            for verdict in one.judgement.verdicts
            for cycle in verdict.cycles
        }


def test_each_side_of_a_simulation_says_what_an_evaluation_says(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs/tutorial/walkthrough/mappings", tmp_path / "mappings")
    for name in ("tiers.csv", "pipelines.json"):
        shutil.copy(INCIDENTS / name, tmp_path / ("mappings" if name == "tiers.csv" else "."))
    file = tmp_path / "tickets.jsonl"
    with gzip.open(INCIDENTS / "incidents.jsonl.gz") as rows:
        file.write_bytes(b"".join(islice(rows, TICKETS)))
    old = read_texts(tmp_path / "mappings")
    new = dict(old)
    for name, edits in EDITS.items():
        for before, after in edits:
            assert before in new[name], before
            new[name] = new[name].replace(before, after)
    asked = Request(new, old, NOW, file=TicketFile(str(file), FileMerges()))
    evaluations = zip(evaluated(old, str(file)), evaluated(new, str(file)), strict=True)
    differing = records = 0
    with opened(asked) as source:
        counting = Counting(source.wanted())
        for facts in (facts for part in source.parts() for facts in source.facts(part)):
            assert isinstance(facts, tuple)
            sides = source.before.judge(facts[0], NOW), source.after.judge(facts[1], NOW)
            counting.record(facts[0].ref, *sides)
            for side, evaluation in zip(sides, next(evaluations), strict=True):
                differing += {key: seen(one.cycle) for key, one in side.cycles.items()} != evaluation
            records += 1
        compared = counting.tally.total.compared
    print(f"{records} tickets, {differing} differences, {compared.broken} flip to broken, {compared.kept} to kept")  # noqa: T201 - shown with -rP
    assert (records, differing) == (min(TICKETS, 24_918), 0)
    assert compared.broken
    with opened(Request(old, old, NOW, file=TicketFile(str(file), FileMerges()))) as source:
        same = tallied(source, source.wanted(), None, lambda _: None).total.compared
    assert (same.before, same.broken, same.kept) == (same.after, 0, 0)
