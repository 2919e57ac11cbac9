"""Parts as the commands wire them, but with the portal's clock for a clock and no waiting: what they do is repeatable.

`passing` is called at every point at which a process may die: around each transaction of the ledger, around each
request, and at each milestone of the flows. A point has one name, and is passed any number of times.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from hubspot_sla.errors import SlaError
from hubspot_sla.flows.context import learned
from hubspot_sla.flows.context.context import Context
from hubspot_sla.hubspot.portal import Portal
from hubspot_sla.hubspot.rate_limits import Limits
from hubspot_sla.hubspot.retry import Patience
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.ledger.database import Ledger

    Passing = Callable[[str], None]

BEFORE_COMMIT, AFTER_COMMIT = "before a commit", "after a commit"
BEFORE_REQUEST, AFTER_ANSWER = "before a request", "after an answer"


@dataclass(frozen=True, slots=True)
class VirtualParts(Context):
    """Parts whose `now()` is told."""

    told_now: Callable[[], int] = int

    def now(self) -> int:
        return self.told_now()


def _unnoticed(_point: str) -> None:
    """Nothing happens at this point."""


@contextmanager
def virtual(
    settings: Settings,
    now: Callable[[], int],
    passing: Passing = _unnoticed,
    *,
    writing: bool = True,
    in_flight: int = 1,
) -> Iterator[Context]:
    """Connect everything. `now` answers the portal's time in epoch ms. With more than one request in flight at once
    the order of the points is no longer the same each time."""
    elapsed = [0.0]

    def sleep(seconds: float) -> None:
        elapsed[0] += seconds

    portal = Portal.connect(
        settings.base_url,
        settings.needed_token(),
        settings.api_version,
        limits=Limits(sleep=sleep, monotonic=lambda: elapsed[0]),
        patience=Patience(jitter=lambda: 0.0),
        sleep=sleep,
        monotonic=lambda: elapsed[0],
        wall=lambda: now() / 1000,
        session=_Session(passing),
        in_flight=in_flight,
        clock=settings.clock,
    )
    opened = database.open_for_writing if writing else database.open_for_reading
    with opened(settings.ledger) as ledger, portal:
        _notice(ledger, passing)
        learned.take_up(ledger.db, portal.transport, settings.share)
        try:
            yield VirtualParts(settings, ledger, portal, reached=passing, told_now=now)
        finally:
            if writing and portal.transport.calls:
                with suppress(SlaError), ledger.transaction() as db:
                    learned.keep(db, portal.transport)


class _Session(requests.Session):
    def __init__(self, passing: Passing) -> None:
        super().__init__()
        self._passing = passing

    def request(self, *arguments: object, **options: object) -> requests.Response:
        self._passing(BEFORE_REQUEST)
        answer = super().request(*arguments, **options)
        self._passing(AFTER_ANSWER)
        return answer


def _notice(ledger: Ledger, passing: Passing) -> None:
    durable = ledger.transaction

    @contextmanager
    def transaction() -> Iterator[object]:
        with durable() as db:
            yield db
            passing(BEFORE_COMMIT)
        passing(AFTER_COMMIT)

    ledger.transaction = transaction
