"""`sla worker`: the loop that RevOps leave running."""

from __future__ import annotations

import logging
import signal
import threading
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.cli.redacting import Redacting
from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


@click.command("worker", epilog="Example: sla worker --jobs jobs")
@environment.mappings_option
@environment.ledger_option
@click.option("--jobs", metavar="DIR", help="The jobs folder (default: SLA_JOBS, jobs).")
@click.option("--list", "only_list", is_flag=True, help="List the jobs and end.")
@terminal.json_option
def command(mappings: str | None, ledger: str | None, jobs: str | None, *, only_list: bool, as_json: bool) -> None:
    """Run every file in the jobs folder once, then each on the schedule it states, until SIGTERM or Ctrl-C.

    A job that fails is logged and tried again at its next turn; a refused token or a damaged ledger ends the worker.
    """
    from hubspot_sla.flows.worker import discover

    settings = environment.settings(mappings=mappings, ledger=ledger, jobs=jobs)
    loaded, broken = discover(settings.jobs)
    if only_list:
        listed = [{"job": job.name, "purpose": job.purpose, "problem": None} for job in loaded]
        listed += [{"job": job.name, "purpose": None, "problem": job.reason} for job in broken]
        if as_json:
            terminal.print_json(listed)
        else:
            terminal.table(["job", "purpose", "problem"], [list(row.values()) for row in listed])
        return
    from hubspot_sla.flows import policies
    from hubspot_sla.flows.parts import wired
    from hubspot_sla.flows.worker import Worker

    _log_to_stderr(settings.redactor, as_json=as_json)
    logger = logging.getLogger("hubspot_sla.worker")
    for job in broken:
        logger.error("job %s is skipped: %s", job.name, job.reason)
    with wired(settings) as parts:
        policies.edited(settings, parts.ledger.db, parts.now())
        worker = Worker(parts, loaded, _stop_on_signals())
        for job in worker.broken:
            logger.error("job %s is skipped: %s", job.name, job.reason)
        if len(worker.broken) == len(loaded):
            raise UsageProblem(f"no job in {settings.jobs} can be run", remedy="mend the files named above")
        logger.info("running %s", ", ".join(job.name for job in loaded))
        worker.run()
        logger.info("stopped after %s", ", ".join(f"{n} x {name}" for name, n in sorted(worker.rounds.items())))


def _stop_on_signals() -> threading.Event:
    """SIGTERM and Ctrl-C let the running job come to its end."""
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, ask_to_stop)
    return stop


def _log_to_stderr(redact: Callable[[str], str], *, as_json: bool) -> None:
    plain = "%(asctime)s %(levelname)-7s %(message)s"
    handler = logging.StreamHandler()
    handler.setFormatter(Redacting(_JsonLines() if as_json else logging.Formatter(plain), redact))
    ours = logging.getLogger("hubspot_sla")
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        import json

        told = {"at": self.formatTime(record), "level": record.levelname.lower(), "message": record.getMessage()}
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told)
