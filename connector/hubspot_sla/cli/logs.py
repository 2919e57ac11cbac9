"""What a command logs, on standard error: with its run, HubSpot's last correlation id, and no secret."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.parts import Parts
    from hubspot_sla.ops.choices import Choices


@contextmanager
def logging_for(parts: Parts, chosen: Choices, *, as_json: bool = False, least: int = 0) -> Iterator[None]:
    """Within it lines are written as the operator chose. `as_json`: JSON though at a terminal; `least`: nothing below
    this level. What is outside of any job carries an id of its own: that of the process."""
    from hubspot_sla.flows.running import turn
    from hubspot_sla.ops.logs import logging_to

    process = turn.fresh_id()

    def context() -> dict[str, str]:
        going, correlation = turn.current(), parts.portal.transport.last_correlation_id
        said = {"run": process} if going is None else {"run": going[0], "job": going[1]}
        return said if correlation is None else {**said, "correlation_id": correlation}

    style, level = "json" if as_json else chosen.log, max(chosen.level, least)
    with logging_to(sys.stderr, style=style, level=level, context=context, redact=parts.settings.redactor):
        yield
