"""The outbox, sent while the next tickets are being read: batches of a hundred, several in the air, each settled once.

Three steps for each batch, the ledger's in this thread and HubSpot's in a flight:

1. *Claim*, one transaction: the parcels are marked as being sent. What is claimed is claimed by nobody else.
2. *Send*. Nothing is written down while a batch is in the air.
3. *Settle*, one transaction: what became of each parcel, with its audit entry.

So whatever a process was doing when it died, a parcel is in one of two states. Not claimed: it was not sent. Claimed:
it may have been, and `resume` queues it again. For a property write that is all there is to it: sending the same values
again changes nothing. A task or a note is another matter, for HubSpot has no idempotency key: sent twice it is there
twice. So none is ever created without looking first, by association and batch read, which do not lag, whether its
ticket already has one with its marker. That finds the one whose answer was lost, the one whose settling was, and the
one that a restored ledger has forgotten. After an answer that never came, the look waits until HubSpot cannot be at
work on that create any more (`grace.py`). A create is never repeated by the transport, and within a run a key is
sent once: it leaves its claimed state only by being settled.

The writes of one ticket keep their order: while one is in the air, the ticket is not judged again (`landed`), and a
newer write that replaced it anyhow survives its settling.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TYPE_CHECKING, Any, Self

from hubspot_sla.errors import HubSpotError, OutcomeUnknown
from hubspot_sla.flows.context import quota_share
from hubspot_sla.flows.context.failpoints import Failpoint
from hubspot_sla.flows.sending import notification_delivery, unknown_outcome
from hubspot_sla.flows.sending.completions import CompletionParcels
from hubspot_sla.flows.sending.engagements import NoteParcels, TaskParcels
from hubspot_sla.flows.sending.fields import FieldParcels
from hubspot_sla.flows.sending.properties import PropertyParcels
from hubspot_sla.hubspot.batches import BATCH
from hubspot_sla.ledger import outbox

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.sending.commit import RunStats
    from hubspot_sla.flows.sending.delivery_kind import DeliveryKind
    from hubspot_sla.ledger.outbox import OutboxItem
    from hubspot_sla.plan.records import RecordRef


def resume(context: Context) -> None:
    """Queue again what an earlier run left in the air. It is sent once this run knows how its tickets stand now, a
    create once HubSpot cannot be at it any more."""
    created = unknown_outcome.OBJECT_TYPES
    waits = {kind: wait_ms for kind in created if (wait_ms := unknown_outcome.grace_ms(context, kind))}
    with context.ledger.transaction() as db:
        outbox.release_interrupted(db, context.now(), waits)


def finish(context: Context, run_id: str, stats: RunStats) -> None:
    """Send all that is left, with what was refused before and has waited long enough; all of it is settled then."""
    with Delivery(context, run_id, stats) as delivery:
        delivery.finish()


class Delivery:
    """What one run sends. A context manager: however it ends, what is in the air lands and is written down."""

    def __init__(self, context: Context, run_id: str, stats: RunStats) -> None:
        self._parts = context
        self._flight = context.portal.transport.flight
        self._run_id = run_id
        self._tally = stats
        self._carriers: Sequence[DeliveryKind[Any]] = (
            PropertyParcels(context, run_id, stats),
            TaskParcels(context, run_id, stats),
            NoteParcels(context, run_id, stats),
            FieldParcels(context, run_id, stats),
            CompletionParcels(context, run_id, stats),
        )
        self._air: dict[Future[Any], tuple[DeliveryKind[Any], Sequence[OutboxItem]]] = {}

    def go_on(self) -> None:
        """Settle what has landed, and send what is a full load, as far as there is room in the air; nothing while a
        search is being read, whose rows would move."""
        self._settle_those([future for future in self._air if future.done()])
        if self._parts.portal.tickets.searching:
            return
        for carrier in self._carriers:
            while len(self._air) < self._flight.most and self._is_full(carrier):
                self._send(carrier, self._claim(carrier))

    def finish(self) -> None:
        """Send all there is, with what was refused before and has waited long enough, and settle it; then tell people,
        all the more when HubSpot cannot be told."""
        with self._parts.ledger.transaction() as db:
            outbox.release_waited(db, self._parts.now())
        try:
            for carrier in self._carriers:
                while claimed := self._claim(carrier):
                    self._send(carrier, claimed)
            self._settle_all()
        except HubSpotError:
            notification_delivery.flush(self._parts, self._run_id, self._tally)
            raise
        notification_delivery.flush(self._parts, self._run_id, self._tally)

    def landed(self, records: Iterable[RecordRef]) -> None:
        """Return when nothing of these records is in the air: they are about to be judged by what HubSpot holds."""
        if self._air:
            asked = set(records)
            self._settle_those(
                [future for future, (_, sent) in self._air.items() if any(parcel.record in asked for parcel in sent)]
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """After an error the answers that still come are written down; further errors would only hide the first."""
        for future in self._air:
            future.cancel()
        failed = error
        while self._air:
            try:
                self._settle(next(iter(self._air)))
            except Exception as another:  # noqa: BLE001 - raised below, unless it would hide what came first
                failed = failed or another
        try:
            with self._parts.ledger.transaction() as db:
                quota_share.keep(db, self._parts.portal.transport)
        except Exception as another:  # noqa: BLE001 - as above
            failed = failed or another
        if failed is not None and error is None:
            raise failed

    def _is_full(self, carrier: DeliveryKind[Any]) -> bool:
        return outbox.pending(self._parts.ledger.db, carrier.kind, carrier.at_once) == carrier.at_once

    def _claim(self, carrier: DeliveryKind[Any]) -> Sequence[OutboxItem]:
        with self._parts.ledger.transaction() as db:
            claimed = outbox.claim(db, carrier.kind, carrier.at_once)
        if claimed:
            self._parts.reached(Failpoint.CLAIMED)
        return claimed

    def _send(self, carrier: DeliveryKind[Any], claimed: Sequence[OutboxItem]) -> None:
        wanted = carrier.wanted(claimed)
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            self.landed(parcel.record for parcel in batch)  # what was asked for first arrives first
            self._make_room()
            self._air[self._flight.start(carrier.send, batch)] = carrier, batch

    def _make_room(self) -> None:
        while len(self._air) >= self._flight.most:
            landed, _ = wait(self._air, return_when=FIRST_COMPLETED)
            self._settle_those(landed)

    def _settle_all(self) -> None:
        while self._air:
            landed, _ = wait(self._air, return_when=FIRST_COMPLETED)
            self._settle_those(landed)

    def _settle_those(self, futures: Collection[Future[Any]]) -> None:
        for future in futures:
            self._settle(future)

    def _settle(self, future: Future[Any]) -> None:
        """Wait for an answer and write down what it says. Raises what sending it raised."""
        carrier, parcels = self._air.pop(future)
        if future.cancelled():
            return  # never begun: the next run finds it claimed
        try:
            answer = future.result()
        except OutcomeUnknown:
            carrier.lost(parcels)
            raise
        self._parts.reached(Failpoint.SENT)
        carrier.settle(parcels, answer)
        self._parts.reached(Failpoint.SETTLED)
