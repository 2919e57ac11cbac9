"""A tick with nothing to do costs one call and next to nothing here, whatever the ledger holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.runs.sync import sync
from hubspot_sla.ledger import outbox, quarantine, records, runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from flows.world import World

SMALL = {"meta", "policy_versions", "runs", "waivers", "waiver_revocations"}
"""Tables that do not grow with the portal: of waivers, those that people granted by hand."""


def test_an_idle_tick_looks_through_no_table_that_grows(live: World) -> None:
    """Every statement of a whole sync, as SQLite would carry it out."""
    for _ in range(3):
        live.ticket()
    live.sync()
    live.advance(minutes=5)
    live.sync()
    told: list[str] = []
    with wired(live.settings()) as context:
        context.ledger.db.set_trace_callback(told.append)
        assert sync(context).judged == 0
        context.ledger.db.set_trace_callback(None)
        statements = [one for one in told if re.match(r"(select|update|delete|with)\b", one, re.IGNORECASE)]
        plans = {
            one: [row["detail"] for row in context.ledger.db.execute(f"explain query plan {one}")] for one in statements
        }
    scans = {one: plan for one, plan in plans.items() if any(_scans(step) for step in plan)}
    assert len(statements) > 10
    assert scans == {}


def _scans(step: str) -> bool:
    found = re.match(r"SCAN (\w+)\b(?! USING (COVERING )?INDEX)", step)
    return found is not None and found.group(1) not in SMALL and not found.group(1).startswith("CONSTANT")


@pytest.mark.parametrize(
    "look",
    [lambda db: records.outdated(db, "tickets"), lambda db: records.due(db, 5), lambda db: quarantine.due(db, 5)],
)
def test_what_every_tick_looks_for_has_an_index(live: World, look: Callable[[object], object]) -> None:
    told: list[str] = []
    with wired(live.settings()) as context:
        context.ledger.db.set_trace_callback(told.append)
        look(context.ledger.db)
        context.ledger.db.set_trace_callback(None)
        (step,) = [row["detail"] for row in context.ledger.db.execute(f"explain query plan {told[0]}")]
    assert step.startswith("SEARCH")
    assert "USING" in step


def test_versions_of_the_mappings_are_compiled_once_for_as_long_as_the_ledger_is_open(live: World) -> None:
    with wired(live.settings()) as context:
        first = versions_in_force.in_force(context.ledger.db, context.compiled)
        again = versions_in_force.in_force(context.ledger.db, context.compiled)
        assert [id(version) for version in first] == [id(version) for version in again]
        live.edit("policies.yaml", lambda text: text.replace("default: 4h", "default: 5h"))
        sync(context)
        later = versions_in_force.in_force(context.ledger.db, context.compiled)
    assert later[: len(first)] == first
    assert len(later) == len(first) + 1


def test_idle_runs_do_not_fill_the_ledger(live: World) -> None:
    with wired(live.settings()) as context, context.ledger.transaction() as db:
        for number in range(runs.KEPT + 20):
            runs.begin(db, f"run {number}", "sync", number)
            runs.prune(db, "sync")
        runs.begin(db, "other", "plan", 1)
        runs.prune(db, "plan")
        kept = [row["id"] for row in db.execute("select id from runs where command = 'sync' order by rowid")]
        assert len(kept) == runs.KEPT
        assert kept[-1] == f"run {runs.KEPT + 19}"
        assert outbox.waiting(db) == {}
    assert live.rows("select count(*) from runs where command = 'plan'") == [(1,)]
