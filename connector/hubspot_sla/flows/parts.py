"""The parts a flow works with, wired in one place: nothing else constructs a ledger or a connection to HubSpot."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.flows.local_clock import local_now
from hubspot_sla.hubspot.portal import Portal
from hubspot_sla.ledger import database, notes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubspot_sla.flows.settings import Settings
    from hubspot_sla.ledger.database import Ledger


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Parts:
    """One portal, one ledger, one set of mappings. `now()` is HubSpot's time in epoch ms.

    `stopping` is asked between two pages and two batches: whether to leave the rest to the next run.
    """

    settings: Settings
    ledger: Ledger
    portal: Portal
    stopping: Callable[[], bool] = _never

    def now(self) -> int:
        """By the newest answer of HubSpot; before the first one, by what the last run learned."""
        transport = self.portal.transport
        return transport.now_ms() if transport.calls else local_now(self.ledger.db)


def connected(settings: Settings) -> Portal:
    """HubSpot alone, for what needs no ledger; a context manager. Nothing is sent yet. Raises TokenMissing."""
    return Portal.connect(settings.base_url, settings.needed_token(), settings.api_version)


@contextmanager
def wired(settings: Settings, *, writing: bool = True) -> Iterator[Parts]:
    """Connect everything, and let go of it again. `writing` takes the ledger's lease."""
    portal = connected(settings)
    opened = database.open_for_writing if writing else database.open_for_reading
    with opened(settings.ledger) as ledger, portal:
        yield Parts(settings, ledger, portal)
        if writing and portal.transport.calls:
            with ledger.transaction() as db:
                notes.write(db, notes.OFFSET, portal.transport.offset_ms)
