"""What those who watch are told: figures of a real ledger, and when the worker counts as silent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from flows.hours import Hours
from flows.test_scheduler import START, every_minute
from hubspot_sla.errors import Unreachable
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.runs.sync import sync
from hubspot_sla.flows.worker.clock_figures import open_clocks
from hubspot_sla.flows.worker.job_files import JobFile
from hubspot_sla.flows.worker.worker import Worker
from hubspot_sla.flows.worker.worker_metrics import Watched
from hubspot_sla.ledger import database
from hubspot_sla.ops import metrics

if TYPE_CHECKING:
    from flows.world import World

DEPLOY = Path(__file__).parents[2] / "jobs/deploy"


def test_the_figures_are_those_of_the_ledger_and_the_portal(live: World) -> None:
    live.ticket(hs_ticket_priority="HIGH")
    live.ticket()
    live.sync()
    live.advance(hours=2)
    with wired(live.settings()) as context:
        context.portal.schema.account()
        hours = Hours(context.now(), end_ms=context.now() + 1)
        worker = Worker(context, [JobFile("sync", "", sync, every_minute)], hours, now=hours.now)
        worker.run()
        told = metrics.page(Watched(context, worker).figures).body.decode()
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }
    assert found["sla_tickets_open",] == 2
    assert found["sla_breaches_open",] == 1
    assert found["sla_job_runs_total", "sync"] == 1
    assert found["sla_job_failures_total", "sync"] == 0
    assert found["sla_job_last_success_timestamp_seconds", "sync"] > START / 1000
    assert found["sla_outbox", "task", "confirmed"] == 1
    assert found["sla_api_calls_total", "search"] == 1
    assert found["sla_api_rate_limited_total",] == 0
    assert 0 <= found["sla_cursor_lag_seconds",] < 60
    assert found["sla_next_deadline_seconds",] > 0
    open_now = {key[1:]: value for key, value in found.items() if key[0] == "sla_open_clocks"}
    assert open_now["first_response", "Support Pipeline", "support", "breached", "none"] == 1
    assert open_now["first_response", "Support Pipeline", "support", "running", "none"] == 1
    assert open_now["resolution", "Support Pipeline", "support", "running", "none"] == 2
    assert named_in_deploy() <= {family.name for family in text_string_to_metric_families(told)}


def named_in_deploy() -> set[str]:
    """Every metric that the alert rules and the dashboard ask for; of counters without `_total`."""
    texts = [(DEPLOY / name).read_text(encoding="utf-8") for name in ("prometheus-rules.yml", "grafana-dashboard.json")]
    return {name.removesuffix("_total") for text in texts for name in re.findall(r"\bsla_\w+", text)}


@dataclass
class Row:
    """Open clocks of one policy, as SQL."""

    policy: str
    number: int
    status: str = "running"


def ledger_with(path: Path, rows: list[Row]) -> None:
    given = 0
    with database.open_for_writing(path) as ledger, ledger.transaction() as db:
        for row in rows:
            for _ in range(row.number):
                given += 1
                db.execute(
                    "insert into records (object_type, record_id, fingerprint, updated_at, written, inputs, open)"
                    " values ('tickets', ?, '', 0, '{}', '{}', 1)",
                    (str(given),),
                )
                db.execute(
                    "insert into outcomes (object_type, record_id, clock, cycle, status, inferred, policy, mappings,"
                    " who_at, elapsed_ms, paused_ms, late_ms, late_wall_ms, judged_at, rules, judged_mappings,"
                    " judged_entry) values ('tickets', ?, 'resolution', 1, ?, 0, ?, 1, 0, 0, 0, 0, 0, 0, 2, 1, 1)",
                    (str(given), row.status, row.policy),
                )


def test_of_500_policies_those_with_the_most_clocks_are_named_and_no_clock_is_lost(tmp_path: Path) -> None:
    rows = [Row(f"policy-{number:03}", 1 + number // 250) for number in range(500)]
    ledger_with(tmp_path / "ledger.db", [*rows, Row("done", 3, "met")])
    with database.open_for_reading(tmp_path / "ledger.db") as ledger:
        whole, bounded = open_clocks(ledger.db), open_clocks(ledger.db, most=100)
    assert len(whole) == 500
    assert len(bounded) == 101
    assert sum(value for _, value in bounded) == sum(value for _, value in whole) == 750
    named = [labels[0] for labels, _ in bounded if labels[0] != "other"]
    assert named == [f"policy-{number:03}" for number in range(250, 350)]
    others = [(labels, value) for labels, value in bounded if labels[0] == "other"]
    assert others == [(("other", "other", "other", "resolution", "running"), 550.0)]


def test_a_worker_is_healthy_while_its_sync_ends_well_at_least_every_three_intervals(live: World) -> None:
    works = [True]

    def run(_: object) -> object:
        if not works[0]:
            raise Unreachable("nobody there")
        return "done"

    with wired(live.settings()) as context:
        hours = Hours(context.now(), end_ms=context.now() + 90_000)
        jobs = [JobFile("sync", "", run, lambda scheduler: scheduler.every(10).minutes)]
        worker = Worker(context, jobs, hours, now=hours.now)
        at = Watched(_At(context, hours), worker)  # type: ignore[arg-type]
        worker.run()
        assert at.health().working
        good_at = at.health().last_success_at
        assert good_at is not None
        hours.now_ms = good_at + 29 * 60_000
        assert at.health().reason == "working: last sync 29 min ago"
        hours.now_ms += 2 * 60_000
        assert at.health().reason == "NOT working: last sync 31 min ago"
        works[0] = False
        hours.end_ms = hours.now_ms + 60_000
        worker.run()
        assert not at.health().working
        assert at.health().failing == {"sync": "nobody there"}
        assert "then nobody there" in at.health().reason


class _At:
    """The parts as they are, at the worker's time."""

    def __init__(self, context: object, hours: Hours) -> None:
        self._parts = context
        self.now = hours.now

    def __getattr__(self, name: str) -> object:
        return getattr(self._parts, name)
