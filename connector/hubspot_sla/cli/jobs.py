"""`sla jobs`: what the worker runs, when, and how it went last time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.flows.worker.job_files import BrokenJob, JobFile
    from hubspot_sla.flows.worker.job_list import Item


@click.command("jobs", epilog="Example: sla jobs --json")
@environment.ledger_option
@environment.jobs_option
@terminal.json_option
def command(ledger: str | None, jobs: str | None, *, as_json: bool) -> int:
    """List the files in the jobs folder: schedule, next and last run, and what is wrong with those that are skipped.

    Nothing is run and HubSpot is not asked. Ends with 2 when a file is broken.
    """
    from hubspot_sla.flows.worker.job_files import discover

    settings = environment.settings(ledger=ledger, jobs=jobs)
    items, now = _items(settings, discover(settings.jobs))
    if as_json:
        terminal.print_json([_as_json(item) for item in items])
    else:
        columns = ["job", "schedule", "next", "last", "ended", "problem"]
        terminal.table(columns, [_row(item, now) for item in items])
    return 2 if any(item.problem for item in items) else 0


def _items(settings: Settings, job_files: tuple[list[JobFile], list[BrokenJob]]) -> tuple[list[Item], int]:
    """With what the ledger knows of them, if there is one, and the time that counts."""
    from hubspot_sla.flows.context.context import wired
    from hubspot_sla.flows.context.local_clock import wall_now
    from hubspot_sla.flows.worker.job_list import job_list

    if settings.token is None or not settings.ledger.is_file():
        now = wall_now()
        return job_list(job_files, None, now), now
    with wired(settings, writing=False) as context:
        now = context.now()
        return job_list(job_files, context, now), now


def _row(item: Item, now: int) -> list[object]:
    ended = "" if item.last is None else "failed: " + item.last.error if item.last.error else "well"
    started = None if item.last is None else item.last.started_at
    if item.last is not None and item.last.ended_at is None:
        ended = "not yet"
    soon = "when the worker runs" if item.next_at is not None and item.next_at <= now else _instant(item.next_at)
    return [item.job, item.schedule, soon, _instant(started), ended, item.problem]


def _as_json(item: Item) -> dict[str, object]:
    last = item.last
    return {
        "job": item.job,
        "purpose": item.purpose or None,
        "schedule": item.schedule or None,
        "next_at": _instant(item.next_at),
        "last_started_at": _instant(last.started_at if last else None),
        "last_ended_at": _instant(last.ended_at if last else None),
        "last_error": last.error if last else None,
        "problem": item.problem,
    }


def _instant(at: int | None) -> str | None:
    from hubspot_sla.plan.instant_text import wire

    return None if at is None else wire(at)
