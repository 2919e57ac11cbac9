"""What a claim rests on, piece by piece: promises that were broken, and the outages or failed requests of a feed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.contract.measuring import VALUES, Kind
from hubspot_sla.contract.promises import Result
from hubspot_sla.flows.reporting.contracts.evidence import beyond, feed_of, span_of
from hubspot_sla.ledger.cycle_spans import spans_at, spans_of
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.contract_review import figure_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from hubspot_sla.contract.promises import CountedPromise
    from hubspot_sla.contract.terms import Objective
    from hubspot_sla.flows.reporting.contracts.statement import Drawn
    from hubspot_sla.ledger.contract_closings import ContractClosing
    from hubspot_sla.measure.periods import Period


@dataclass(frozen=True, slots=True)
class Proof:
    """One broken promise, or one interval of a feed. `record` is the key of a ticket, "" of a feed; `what` the key of
    the clock and its cycle, else what the feed says of it. Instants in epoch ms, None where there is none; `late_ms` is
    business time."""

    record: str
    what: str
    from_at: int | None
    due_at: int | None
    to_at: int | None
    late_ms: int | None

    def as_json(self) -> dict[str, object]:
        return {
            "record": self.record or None,
            "what": self.what,
            "from": _wire(self.from_at),
            "due": _wire(self.due_at),
            "to": _wire(self.to_at),
            "late_s": None if self.late_ms is None else self.late_ms // 1000,
        }

    def row(self) -> list[object]:
        late = "" if self.late_ms is None else f"{self.late_ms // 60_000} min"
        return [self.record, self.what, *(_wire(at) or "" for at in (self.from_at, self.due_at, self.to_at)), late]


def proofs_of(db: sqlite3.Connection, drawn: Drawn, objective_id: str) -> tuple[Proof, ...]:
    """In the order of time, as the statement has it: of a closed window as it was sealed, whatever is known since."""
    settled = drawn.settled
    objective, window = settled.terms.objective(objective_id), settled.statement.window
    span = span_of(settled.terms, objective, window)
    if span is None:
        return ()
    of_feed = settled.written.sources[objective_id].feed
    found = _of_feed(drawn, of_feed, objective, span) if of_feed else _of_promises(db, drawn, objective, window, span)
    return tuple(sorted(found, key=lambda proof: (proof.due_at or proof.from_at or 0, proof.record, proof.what)))


def _of_promises(
    db: sqlite3.Connection, drawn: Drawn, objective: Objective, window: Period, span: Period
) -> Iterator[Proof]:
    promises = drawn.evidence.promises(drawn.settled.written, objective, window, span)
    broken = [
        (promise, (RecordRef(promise.object_type, promise.record_id), promise.clock, promise.cycle))
        for promise in promises
        if promise.result is Result.BROKEN
    ]
    closing, cycles = drawn.closing, [cycle for _, cycle in broken]
    spans = spans_of(db, cycles) if closing is None else spans_at(db, cycles, closing.entry)
    for promise, cycle in broken:
        from_at, to_at = spans.get(cycle, (None, None))
        if closing is not None and to_at is not None and _went_on(promise, to_at, closing):
            to_at = None
        what = promise.clock if promise.cycle == 1 else f"{promise.clock}, cycle {promise.cycle}"
        yield Proof(cycle[0].key, what, from_at, promise.counted_at, to_at, promise.late_ms)


def _went_on(promise: CountedPromise, to_at: int, closing: ContractClosing) -> bool:
    """Whether it ran still when its window was closed: its end is no part of what was sealed."""
    return promise.lasted_ms is None and to_at > closing.closed_at


def _of_feed(drawn: Drawn, name: str, objective: Objective, span: Period) -> Iterator[Proof]:
    feed = feed_of(drawn.evidence, drawn.settled.written, objective)
    end_at = min(span.end_at, drawn.evidence.seen_until(name))
    if feed is None:
        return
    if objective.measure.kind in (Kind.REQUESTS, Kind.REQUEST_RATES):
        for row in feed.requests:
            if row.failed and span.start_at <= row.start_at < end_at:
                what = f"{row.failed} of {row.number} requests failed"
                yield Proof("", _of(row.key, what), row.start_at, None, row.end_at, None)
        return
    if objective.measure.kind in (*VALUES, Kind.VALUES_WITHIN):
        for value in beyond(feed, objective, span, end_at):
            what = figure_text(value.value, replace(objective, measure=objective.measure.of_one_value))
            yield Proof("", _of(value.key, what), value.start_at, None, value.end_at, None)
        return
    for outage in feed.outages:
        if outage.start_at < end_at and outage.end_at > span.start_at:
            yield Proof("", _of(outage.key, outage.kind or "outage"), outage.start_at, None, outage.end_at, None)


def _of(key: str, what: str) -> str:
    return f"{key}: {what}" if key else what


def _wire(at: int | None) -> str | None:
    return None if at is None else wire(at)
