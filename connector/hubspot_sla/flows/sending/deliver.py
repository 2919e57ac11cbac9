"""The outbox, sent while the next tickets are being read: batches of a hundred, several in flight, each settled once.

Three steps for each batch. The ledger's are done in this thread, HubSpot's in another:

1. *Claim*, one transaction: the items are marked as being sent. Nobody else claims them.
2. *Send*. Nothing is written to the ledger while a batch is in flight.
3. *Settle*, one transaction: what became of each item, with its audit entry.

So whatever a process was doing when it died, an item is in one of two states. Not claimed: it was not sent. Claimed: it
may have been, and `resume` queues it again. For a property write that is enough: sending the same values again changes
nothing. A task or a note is different, for HubSpot has no idempotency key: sent twice, it is there twice. So none is
created before its ticket was searched for one with its marker, by association and batch read, which do not lag. That
finds the one whose answer was lost, the one that was not settled, and the one that a restored ledger does not know.
After an answer that never came, the search waits until HubSpot cannot be at work on that create any more
(`unknown_outcome.py`). A create is never repeated by the transport, and a key is sent once in a run: it leaves its
claimed state only by being settled.

The writes of one ticket keep their order: while one is in flight, the ticket is not judged again (`landed`), and a
newer write that replaced it meanwhile survives its settling.
"""

from __future__ import annotations

import logging
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TYPE_CHECKING, Any, Self

from hubspot_sla.errors import AccessDenied, HubSpotError, OutcomeUnknown
from hubspot_sla.flows.context import quota_share
from hubspot_sla.flows.context.failpoints import Failpoint
from hubspot_sla.flows.sending import notification_delivery, unknown_outcome
from hubspot_sla.flows.sending.engagements import NoteDelivery, TaskDelivery
from hubspot_sla.flows.sending.properties import PropertyDelivery
from hubspot_sla.flows.sending.rung_fields import FieldDelivery
from hubspot_sla.flows.sending.task_completions import CompletionDelivery
from hubspot_sla.hubspot.batches import BATCH
from hubspot_sla.ledger import missing_scopes, outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.sending.commit import RunStats
    from hubspot_sla.flows.sending.delivery_kind import DeliveryKind
    from hubspot_sla.ledger.outbox import OutboxItem
    from hubspot_sla.plan.records import RecordRef


logger = logging.getLogger("hubspot_sla.deliver")

DELIVERY_KINDS: tuple[type[DeliveryKind[Any]], ...] = (
    PropertyDelivery,
    TaskDelivery,
    NoteDelivery,
    FieldDelivery,
    CompletionDelivery,
)
"""In the order in which they are sent. Notifications go their own way: see `notification_delivery`."""


def _nothing() -> None:
    """There is nothing to do between two batches."""


def resume(context: Context) -> None:
    """Queue again what an earlier run left in flight. It is sent when this run knows the state of its tickets; a create
    when HubSpot cannot be at work on it any more."""
    created = unknown_outcome.OBJECT_TYPES
    waits = {kind: wait_ms for kind in created if (wait_ms := unknown_outcome.grace_ms(context, kind))}
    with context.ledger.transaction() as db:
        outbox.release_interrupted(db, context.now(), waits)


def finish(context: Context, run_id: str, stats: RunStats) -> None:
    """Send all that is left, with what was refused before and has waited long enough. All of it is settled then."""
    with Delivery(context, run_id, stats) as delivery:
        delivery.finish()


class Delivery:
    """What one run sends. A context manager: however it ends, what is in flight is waited for and settled."""

    def __init__(self, context: Context, run_id: str, stats: RunStats) -> None:
        self._context = context
        self._flight = context.portal.transport.flight
        self._run_id = run_id
        self._only_of = context.only_of(run_id)
        self._stats = stats
        self._kinds: Sequence[DeliveryKind[Any]] = [kind(context, run_id, stats) for kind in DELIVERY_KINDS]
        self._resting: dict[str, AccessDenied] = {}
        self._rested = set(missing_scopes.load(context.ledger.db))
        self._in_flight: dict[Future[Any], tuple[DeliveryKind[Any], Sequence[OutboxItem]]] = {}

    def go_on(self) -> None:
        """Settle what was answered, and send whole batches, as many as may be in flight; nothing while a search is
        being read, whose rows would move, but what is urgent."""
        self._settle_those([future for future in self._in_flight if future.done()])
        if self._context.portal.searching and not self._context.inner:
            return
        for kind in self._kinds:
            while len(self._in_flight) < self._flight.most and self._is_full(kind):
                self._send(kind, self._claim(kind))

    def finish(self, between: Callable[[], object] = _nothing) -> None:
        """Send and settle all there is, with what was refused before and has waited long enough; then send the
        notifications, also when HubSpot cannot be reached. `between` is called after each batch."""
        if not self._context.inner:
            with self._context.ledger.transaction() as db:
                outbox.release_waited(db, self._context.now())
        try:
            for kind in self._kinds:
                while claimed := self._claim(kind):
                    self._send(kind, claimed)
                    between()
            self._settle_all()
        except HubSpotError:
            notification_delivery.flush(self._context, self._run_id, self._stats)
            raise
        notification_delivery.flush(self._context, self._run_id, self._stats)

    def settle(self) -> None:
        """Return when nothing is in flight: another run may send now. Raises what sending raised."""
        self._settle_all()

    def landed(self, records: Iterable[RecordRef]) -> None:
        """Return when nothing of these records is in flight: they are about to be judged by what HubSpot holds."""
        if self._in_flight:
            refs = set(records)
            self._settle_those(
                [future for future, (_, sent) in self._in_flight.items() if any(item.record in refs for item in sent)]
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """After an error the answers that still come are settled; further errors would only hide the first."""
        for future in self._in_flight:
            future.cancel()
        failed = error
        while self._in_flight:
            try:
                self._settle(next(iter(self._in_flight)))
            except Exception as another:  # noqa: BLE001 - raised below, unless it would hide what came first
                failed = failed or another
        try:
            with self._context.ledger.transaction() as db:
                quota_share.keep(db, self._context.portal.transport)
        except Exception as another:  # noqa: BLE001 - as above
            failed = failed or another
        if failed is not None and error is None:
            raise failed

    def _is_full(self, kind: DeliveryKind[Any]) -> bool:
        return outbox.pending(self._context.ledger.db, kind.kind, kind.at_once, self._only_of) == kind.at_once

    def _claim(self, kind: DeliveryKind[Any]) -> Sequence[OutboxItem]:
        with self._context.ledger.transaction() as db:
            claimed = outbox.claim(db, kind.kind, kind.at_once, self._only_of)
        if claimed:
            self._context.reached(Failpoint.CLAIMED)
        return claimed

    def _send(self, kind: DeliveryKind[Any], claimed: Sequence[OutboxItem]) -> None:
        for object_type in dict.fromkeys(item.record.object_type for item in claimed):
            self._send_of_type(kind, [item for item in claimed if item.record.object_type == object_type])

    def _send_of_type(self, kind: DeliveryKind[Any], claimed: Sequence[OutboxItem]) -> None:
        part = _part(kind, claimed)
        if part in self._resting:
            self._rest(kind, claimed, self._resting[part])
            return
        try:
            wanted = kind.wanted(claimed)
        except AccessDenied as missing:
            self._rest(kind, claimed, missing)
            return
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            self.landed(item.record for item in batch)  # what was asked for first arrives first
            self._make_room()
            self._in_flight[self._flight.start(kind.send, batch)] = kind, batch

    def _rest(self, kind: DeliveryKind[Any], items: Sequence[OutboxItem], missing: AccessDenied) -> None:
        """The token may not do this: these items wait and are tried again, and everything else goes on. Raises the
        error where nothing can go on without the scope."""
        if missing.essential:
            raise missing
        part = _part(kind, items)
        if part not in self._resting:
            self._resting[part] = missing
            logger.warning("%s: nothing is sent until the token may: %s", part, missing)
        at = self._context.now()
        with self._context.ledger.transaction() as db:
            for item in items:
                outbox.refuse(db, item.key, str(missing), at)
            missing_scopes.note(db, part, str(missing))
        self._stats.resting[part] = str(missing)

    def _wake(self, part: str) -> None:
        """The token may do it now."""
        self._rested.discard(part)
        with self._context.ledger.transaction() as db:
            missing_scopes.end(db, part)

    def _make_room(self) -> None:
        while len(self._in_flight) >= self._flight.most:
            landed, _ = wait(self._in_flight, return_when=FIRST_COMPLETED)
            self._settle_those(landed)

    def _settle_all(self) -> None:
        while self._in_flight:
            landed, _ = wait(self._in_flight, return_when=FIRST_COMPLETED)
            self._settle_those(landed)

    def _settle_those(self, futures: Collection[Future[Any]]) -> None:
        for future in futures:
            self._settle(future)

    def _settle(self, future: Future[Any]) -> None:
        """Wait for an answer and record it. Raises what sending it raised."""
        kind, items = self._in_flight.pop(future)
        if future.cancelled():
            return  # never begun: the next run finds it claimed
        try:
            result = future.result()
        except OutcomeUnknown:
            kind.lost(items)
            raise
        except AccessDenied as missing:
            self._rest(kind, items, missing)
            return
        self._context.reached(Failpoint.SENT)
        kind.settle(items, result)
        if _part(kind, items) in self._rested:
            self._wake(_part(kind, items))
        self._context.reached(Failpoint.SETTLED)


def _part(kind: DeliveryKind[Any], items: Sequence[OutboxItem]) -> str:
    """What rests together where the token lacks a scope."""
    return missing_scopes.part_of(items[0].record.object_type, kind.kind.value)
