"""`sla worker`: the loop that RevOps leave running."""

from __future__ import annotations

import logging
import os
import signal
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, logs, terminal
from hubspot_sla.errors import SlaError, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.flows.worker.stop import Stop
    from hubspot_sla.flows.worker.worker import Worker
    from hubspot_sla.ops.heartbeat import Heartbeat
    from hubspot_sla.ops.settings import Choices

logger = logging.getLogger("hubspot_sla.worker")


@click.command("worker", epilog="Example: sla worker --jobs jobs")
@environment.mappings_option
@environment.ledger_option
@environment.jobs_option
@terminal.json_option
def command(mappings: str | None, ledger: str | None, jobs: str | None, *, as_json: bool) -> int:
    """Run every file in the jobs folder on the schedule it states, and meet every deadline, until SIGTERM or Ctrl-C.

    A job that fails is logged and tried again at its next turn; a refused token or a damaged ledger ends the worker.
    SIGTERM lets the running job finish its batch; a second one ends at once, which loses nothing either.
    """
    from hubspot_sla.flows.context.context import wired
    from hubspot_sla.flows.worker.stop import Stop
    from hubspot_sla.ops.settings import choices

    settings = environment.settings(mappings=mappings, ledger=ledger, jobs=jobs)
    chosen = choices(settings.variables)
    try:
        with wired(settings) as context, logs.logging_for(context, chosen, as_json=as_json), _signals(Stop()) as stop:
            _work(settings, chosen, context, stop)
    except SlaError as error:
        # Where the other lines go and in their form: a collector of JSON lines must not miss the one that matters most.
        logs.log_end(error, chosen, settings.redactor, as_json=as_json)
        if as_json:
            raise
        return error.exit_code
    return 0


def _work(settings: Settings, chosen: Choices, context: Context, stop: Stop) -> None:
    from hubspot_sla.flows.reading import policy_versions
    from hubspot_sla.flows.worker.job_files import discover
    from hubspot_sla.flows.worker.worker import Hooks, Worker

    loaded, broken = discover(settings.jobs)
    policy_versions.edited(settings, context.ledger.db, context.now())
    with ExitStack() as stack:
        heart = _heartbeat(stack, chosen)
        hooks = Hooks(settings.redactor, lambda job: _beat(heart, job))
        worker = Worker(context, loaded, stop, hooks=hooks)
        for job in (*broken, *worker.broken):
            logger.error("job %s is skipped: %s: %s", job.name, settings.jobs / job.file, job.reason)
        if not worker.records:
            raise UsageProblem(f"no job in {settings.jobs} can be run", remedy="mend the files named above")
        _serve(stack, chosen, context, worker)
        logger.info("running %s", ", ".join(worker.records))
        worker.run()
        logger.info("stopped after %s", ", ".join(f"{n} x {name}" for name, n in sorted(worker.rounds.items())))


def _serve(stack: ExitStack, chosen: Choices, context: Context, worker: Worker) -> None:
    """Metrics and health, where somebody asked for them."""
    if chosen.metrics is None:
        return
    import json

    from hubspot_sla.flows.worker.worker_metrics import Watched
    from hubspot_sla.ops import metrics
    from hubspot_sla.ops.endpoint import Endpoint, Page

    watched = Watched(context, worker)

    def health() -> Page:
        state = watched.health()
        body = json.dumps(state.as_json()).encode()
        return Page(body, "application/json", 200 if state.working else 503)

    pages = {"/metrics": lambda: metrics.page(watched.figures), "/healthz": health}
    endpoint = stack.enter_context(Endpoint(chosen.metrics, pages))
    logger.info("metrics and health on %s:%s", chosen.metrics[0], endpoint.port)


def _heartbeat(stack: ExitStack, chosen: Choices) -> Heartbeat | None:
    if chosen.heartbeat is None:
        return None
    from hubspot_sla.ops.heartbeat import Heartbeat

    heart = Heartbeat(chosen.heartbeat)
    stack.callback(heart.finish)
    return heart


def _beat(heart: Heartbeat | None, job: str) -> None:
    if heart is not None and job == "sync":
        heart.beat()


@contextmanager
def _signals(stop: Stop) -> Iterator[Stop]:
    """SIGTERM and Ctrl-C ask for the end; the second one is the end."""

    def ask(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
