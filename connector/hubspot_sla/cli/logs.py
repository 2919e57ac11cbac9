"""What a command logs, on standard error: with its run, HubSpot's last correlation id, and no secret."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.errors import SlaError
    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.ops.settings import Choices
    from hubspot_sla.redaction import Redactor

logger = logging.getLogger("hubspot_sla.worker")


@contextmanager
def logging_for(context: Context, chosen: Choices, *, as_json: bool = False, least: int = 0) -> Iterator[None]:
    """Within it lines are written as the operator chose. `as_json`: JSON though at a terminal; `least`: nothing below
    this level. What is outside of any job carries an id of its own: that of the process."""
    from hubspot_sla.flows.runs import job_run
    from hubspot_sla.ops.logs import logging_to

    process = job_run.fresh_id()

    def log_fields() -> dict[str, str]:
        going, correlation = job_run.current(), context.portal.transport.last_correlation_id
        fields = {"run": process} if going is None else {"run": going[0], "job": going[1]}
        return fields if correlation is None else {**fields, "correlation_id": correlation}

    style, level = "json" if as_json else chosen.log, max(chosen.level, least)
    with logging_to(sys.stderr, style=style, level=level, context=log_fields, redact=context.settings.redactor):
        yield


def log_end(error: SlaError, chosen: Choices, redact: Redactor, *, as_json: bool) -> None:
    """The line of the error that ends a process whose log is read by a collector."""
    from hubspot_sla.ops.logs import logging_to

    remedy = f" - {error.remedy}" if error.remedy else ""
    with logging_to(sys.stderr, style="json" if as_json else chosen.log, redact=redact):
        logger.error("the worker ends with exit code %s: %s%s", error.exit_code, error, remedy)
