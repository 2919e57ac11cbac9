"""For monitoring: figures of the worker for Prometheus, and one answer to "is it working?".

The ledger is read through a connection of its own each time, so that neither ever waits for the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.flows.context.local_clock import wall_now
from hubspot_sla.flows.runs.working import SYNC, working
from hubspot_sla.flows.worker.clock_figures import LABELS, open_clocks
from hubspot_sla.ledger import counts, database, outbox, records, runs, sync_health
from hubspot_sla.ops.metrics import Figure

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.worker.worker import Record, Worker


@dataclass(frozen=True, slots=True)
class Health:
    """`working` and `reason` are those of `sla status`; `failing` is the last error of each job that failed last."""

    working: bool
    reason: str
    last_success_at: int | None
    failing: dict[str, str]

    def as_json(self) -> dict[str, object]:
        return {
            "working": self.working,
            "reason": self.reason,
            "last_success_at": self.last_success_at,
            "failing": self.failing,
        }


class Watched:
    """A worker as seen from another thread."""

    def __init__(self, context: Context, worker: Worker) -> None:
        self._context = context
        self._worker = worker

    def health(self) -> Health:
        """What `sla status` says, and which jobs fail."""
        failing = {
            name: record.error for name, record in dict(self._worker.records).items() if record.error is not None
        }
        with database.open_for_reading(self._context.ledger.path) as ledger, ledger.telling_damage():
            answer = working(ledger.db, self._context.now(), wall_now())
        return Health(answer.working, answer.verdict, answer.last_success_at, failing)

    def figures(self) -> list[Figure]:
        """Of the ledger, the jobs and the calls."""
        with database.open_for_reading(self._context.ledger.path) as ledger:
            of_ledger = [*_of_ledger(ledger.db, self._context.now())]
        return [*of_ledger, *_of_jobs(dict(self._worker.records)), *_of_calls(self._context)]


def _of_ledger(db: sqlite3.Connection, now: int) -> Iterator[Figure]:
    yield _one("tickets_open", "Tickets whose clocks can still change.", counts.open_records(db))
    yield _one("breaches_open", "Promises that are broken and not yet kept.", counts.breaches(db))
    yield Figure("open_clocks", "Clocks that have not stopped, by state.", open_clocks(db), LABELS)
    refused = any(run.refused is not None for run in runs.last(db) if run.command == SYNC)
    yield _one("mappings_refused", "1 where edited mappings are refused and those before the edit go on.", refused)
    deadline, cursor = records.next_deadline(db), sync_health.polled_at(db)
    if deadline is not None:
        yield _one("next_deadline_seconds", "Until the next deadline; below zero: overdue.", (deadline - now) / 1000)
    if cursor is not None:
        yield _one("cursor_lag_seconds", "Time since the newest poll of HubSpot.", (now - cursor) / 1000)
    waiting = [(tuple(key.split("/")), float(count)) for key, count in outbox.waiting(db).items()]
    yield Figure("outbox", "Rows of the outbox by kind and state.", waiting, ("kind", "state"))
    quarantined = [((what,), float(count)) for what, count in counts.quarantined(db).items()]
    yield Figure("quarantine", "Rows set aside, by the step that failed.", quarantined, ("what",))


def _of_jobs(records: dict[str, Record]) -> Iterator[Figure]:
    def by_job(name: str, meaning: str, values: Sequence[tuple[str, float]], *, counts: bool = False) -> Figure:
        return Figure(name, meaning, [((job,), value) for job, value in values], ("job",), counts=counts)

    by_name = sorted(records.items())
    succeeded = [(name, record.succeeded_at / 1000) for name, record in by_name if record.succeeded_at is not None]
    yield by_job("job_last_success_timestamp_seconds", "When a job last came to a good end.", succeeded)
    ran = [(name, record.took_ms / 1000) for name, record in by_name if record.runs]
    yield by_job("job_duration_seconds", "How long the last run of a job took.", ran)
    yield by_job("job_runs", "Runs of a job.", [(name, record.runs) for name, record in by_name], counts=True)
    failed = [(name, record.failures) for name, record in by_name]
    yield by_job("job_failures", "Runs of a job that failed.", failed, counts=True)


def _of_calls(context: Context) -> Iterator[Figure]:
    transport = context.portal.transport
    calls = [((kind,), float(count)) for kind, count in sorted(dict(transport.calls).items())]
    yield Figure("api_calls", "Requests sent to HubSpot.", calls, ("kind",), counts=True)
    yield _one("api_rate_limited", "Requests that HubSpot answered with 429.", transport.rate_limited, counts=True)
    yield _one("api_retried", "Requests that were sent again.", transport.retried, counts=True)
    yield _one("clock_offset_seconds", "HubSpot's clock minus the local one.", transport.offset_ms / 1000)


def _one(name: str, meaning: str, value: float, *, counts: bool = False) -> Figure:
    return Figure(name, meaning, [((), float(value))], counts=counts)
