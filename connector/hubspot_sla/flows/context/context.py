"""The parts a flow works with, wired in one place: nothing else constructs a ledger or a connection to HubSpot."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.errors import SlaError
from hubspot_sla.flows.context import learned
from hubspot_sla.flows.context.compiled_versions import Compiled
from hubspot_sla.hubspot.portal import Portal
from hubspot_sla.hubspot.rate_limits import Limits
from hubspot_sla.ledger import database, quarantine
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hubspot_sla.flows.context.channel_threads import ChannelThreads
    from hubspot_sla.flows.context.failpoints import Failpoint
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.ledger.database import Ledger


def _never() -> bool:
    return False


def _nothing() -> None:
    """There is nothing to do."""


def _own_threads() -> ChannelThreads:
    from hubspot_sla.flows.context.channel_threads import ChannelThreads

    return ChannelThreads()


@dataclass(frozen=True, slots=True)
class Context:
    """One portal, one ledger, one set of mappings. `now()` is HubSpot's time in epoch ms.

    `reached` is told of every milestone that a run passes; nobody listens but a test.
    `stopping` is asked between two pages and two batches: whether to leave the rest to the next run.
    `urgent` is asked there too: whether something has become due that must not wait for the rest; `do_urgent` does it.
    `inner`: another run has given way to this one, which sends what it has itself asked for and leaves the rest.
    `channel_threads` send notifications, perhaps for longer than one run of a worker.
    """

    settings: Settings
    ledger: Ledger
    portal: Portal
    compiled: Compiled = field(default_factory=Compiled)
    reached: Callable[[Failpoint], None] = lambda _milestone: None
    stopping: Callable[[], bool] = _never
    urgent: Callable[[], bool] = _never
    do_urgent: Callable[[], None] = _nothing
    inner: bool = False
    channel_threads: ChannelThreads = field(default_factory=_own_threads)

    def now(self) -> int:
        """By the newest answer of HubSpot; before the first one, by what the last run learned. It never goes backwards
        within a process."""
        return self.portal.transport.now_ms()

    def within(self, *, inner: bool) -> Context:
        """The same for what is urgent itself: it gives way to nothing."""
        return replace(self, urgent=_never, inner=inner)

    def only_of(self, run_id: str) -> str | None:
        """Which run's records alone a run may send to; None: to all."""
        return run_id if self.inner else None

    def give_way(self) -> bool:
        """Between two pages, with no transaction and no query open and nothing on its way to HubSpot: do first what has
        become due, if anything has. Whether to leave the rest to the next run."""
        if self.urgent():
            self.do_urgent()
        return self.stopping()


def connected(settings: Settings) -> Portal:
    """HubSpot alone, for what needs no ledger; a context manager. Nothing is sent yet. Raises TokenMissing."""
    share = settings.share
    return Portal.connect(
        settings.base_url,
        settings.needed_token(),
        settings.api_version,
        limits=Limits(burst_share=share.burst, searches_per_s=share.searches_per_s),
        in_flight=share.in_flight,
        clock=settings.clock,
    )


@contextmanager
def wired(settings: Settings, *, writing: bool = True) -> Iterator[Context]:
    """Connect everything, and let go of it again. `writing` takes the ledger's lease."""
    portal = connected(settings)
    opened = database.open_for_writing if writing else database.open_for_reading
    with opened(settings.ledger) as ledger, portal:
        learned.take_up(ledger.db, portal.transport, settings.share)
        try:
            yield Context(settings, ledger, portal)
        finally:
            if writing and portal.transport.calls:
                with suppress(SlaError), ledger.transaction() as db:  # what ended the run is told, not this
                    learned.keep(db, portal.transport)


@contextmanager
def looking_ahead(settings: Settings) -> Iterator[Context]:
    """Everything connected, and nothing written: as `wired` without `writing`. Where there is no ledger yet an empty
    one stands in, so that what a first sync would do can be seen before anything is set up."""
    there = settings.ledger.exists()
    opened = database.open_for_reading(settings.ledger) if there else database.in_memory(settings.ledger)
    with opened as ledger, connected(settings) as portal:
        learned.take_up(ledger.db, portal.transport, settings.share)
        yield Context(settings, ledger, portal)


def ledger_alone(settings: Settings) -> Ledger:
    """The ledger with its lease, for work that asks HubSpot nothing; a context manager."""
    return database.open_for_writing(settings.ledger)


def released(settings: Settings, keys: Sequence[str] | None) -> tuple[int, tuple[str, ...]]:
    """Have these records, or all in quarantine, tried again by the next sync: how many they are, and which of those
    named are not in quarantine. A worker may be running: it looks for what has waited long enough at every sync."""
    with database.open_beside(settings.ledger) as ledger, ledger.transaction() as db:
        quarantined = {row.record for row in quarantine.every(db)}
        count = quarantine.retry(db, None if keys is None else [RecordRef.of(key) for key in keys])
    return count, tuple(key for key in keys or () if RecordRef.of(key) not in quarantined)
