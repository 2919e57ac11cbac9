"""The runs of jobs as rows, and what is asked of the ledger at every round: from an index, whatever it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.ledger import counts, outbox, records, runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sla.ledger.database import Ledger


def _last(ledger: Ledger) -> dict[str, runs.Run]:
    return {run.command: run for run in runs.last(ledger.db)}


def test_a_run_that_a_flow_has_kept_gains_its_job_s_name_and_what_went_wrong(ledger: Ledger) -> None:
    with ledger.transaction() as db:
        runs.begin(db, "r1", "sync", 10)
        runs.end(db, "r1", 20, {"judged": 3})
    assert runs.is_kept(ledger.db, "r1", "sync")
    assert not runs.is_kept(ledger.db, "r1", "my_sync")
    with ledger.transaction() as db:
        runs.keep(db, "r1", "my_sync", started_at=9, ended_at=21, outcome={"error": "nobody there"})
    last_run = _last(ledger)["my_sync"]
    assert (last_run.started_at, last_run.ended_at, last_run.error) == (10, 21, "nobody there")
    assert last_run.outcome["judged"] == 3


def test_the_last_run_of_each_command_is_the_newest(ledger: Ledger) -> None:
    with ledger.transaction() as db:
        for number, at in enumerate((30, 10, 20)):
            runs.keep(db, f"r{number}", "sync", started_at=at, ended_at=at + 1, outcome={"said": at})
        runs.begin(db, "r9", "sweep", 5)
    last_runs = _last(ledger)
    assert last_runs["sync"].outcome == {"said": 20}
    assert last_runs["sweep"].ended_at is None
    assert last_runs["sweep"].error is None


@pytest.mark.parametrize(
    "ask",
    [
        lambda db: records.next_deadline(db),
        lambda db: records.due(db, 1),
        lambda db: outbox.can_be_sent(db, 1),
        lambda db: counts.open_records(db),
        lambda db: counts.breaches(db),
    ],
)
def test_what_is_asked_at_every_round_is_answered_from_an_index(ledger: Ledger, ask: Callable[..., object]) -> None:
    asked: list[str] = []
    ledger.db.set_trace_callback(asked.append)
    ask(ledger.db)
    ledger.db.set_trace_callback(None)
    assert asked
    for query in asked:
        plan = [row["detail"] for row in ledger.db.execute(f"explain query plan {query}")]
        assert all("USING" in step and "INDEX" in step for step in plan), (query, plan)
