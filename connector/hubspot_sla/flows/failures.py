"""A command that fails says so in the ledger too, so that `sla status` can tell what the last run ended with."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from hubspot_sla.errors import SlaError
from hubspot_sla.ledger import runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubspot_sla.flows.parts import Parts


@contextmanager
def kept(parts: Parts, command: str) -> Iterator[None]:
    """Within it, an error is noted with the run of `command` that it ended, and goes on its way."""
    started_at, before = parts.now(), runs.mark(parts.ledger.db)
    try:
        yield
    except Exception as error:
        failure = told(error, parts.settings.redactor)
        with suppress(SlaError), parts.ledger.transaction() as db:  # the ledger itself may be what failed
            at, run_id = max(parts.now(), started_at), uuid4().hex[:12]
            runs.fail(db, run_id, command, after=before, started_at=started_at, at=at, failure=failure)
        raise


def told(error: BaseException, redact: Callable[[str], str]) -> dict[str, object]:
    """An error as the outcome of a run, without secrets."""
    code = error.exit_code if isinstance(error, SlaError) else 1
    return {
        runs.ERROR: redact(str(error)) or type(error).__name__,
        runs.KIND: type(error).__name__,
        runs.EXIT_CODE: code,
    }
