"""Where the months that were closed count a promise otherwise than a statement does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.verdict import Status
from hubspot_sla.contract.promises import Result
from hubspot_sla.flows.reporting.contracts.evidence import span_of
from hubspot_sla.flows.reporting.contracts.history import settling_in
from hubspot_sla.ledger import periods, report_rows
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.standing import Standing, standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.contract.promises import CountedPromise
    from hubspot_sla.flows.reporting.contracts.ledger_evidence import LedgerEvidence
    from hubspot_sla.ledger.periods import ClosedPeriod
    from hubspot_sla.ledger.report_rows import Selection
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.written_contracts import WrittenContract

Cycle = tuple[str, str, str, int]
"""Object type, record id, key of the clock, and number of the cycle."""
MOST_NAMED: Final = 10


def disagreements(evidence: LedgerEvidence, versions: Sequence[WrittenContract], window: Period) -> list[str]:
    """One note for each newest edition of a month that counts a promise of this window otherwise, or not at all."""
    closed = {each.name: each for each in periods.every(evidence.db)}  # the newest edition of each stands last
    settling = settling_in(versions, window)
    if not closed or settling is None:
        return []
    written, terms = settling
    differing: dict[str, dict[Cycle, str]] = {}
    for objective in terms.objectives:
        span = span_of(terms, objective, window)
        if span is None or written.sources[objective.id].feed is not None:
            continue
        here = {_cycle(each): each for each in evidence.promises(written, objective, window, span)}
        chosen = evidence.selection(written, objective)
        for month in closed.values():
            if month.since < span.end_at and span.start_at < month.until:
                there = _frozen(evidence, chosen, month, span)
                differing.setdefault(month.name, {}).update(_differing(here, there, month))
    return [_note(closed[name], cycles) for name, cycles in sorted(differing.items()) if cycles]


def _cycle(promise: CountedPromise) -> Cycle:
    return promise.object_type, promise.record_id, promise.clock, promise.cycle


def _frozen(
    evidence: LedgerEvidence, chosen: Selection, month: ClosedPeriod, span: Period
) -> dict[Cycle, tuple[Status, Excluded | None]]:
    rows = report_rows.frozen_cycles(evidence.db, chosen, month.number, span.start_at, span.end_at)
    return {
        (object_type, record_id, clock, cycle): (Status(status), None if excluded is None else Excluded(excluded))
        for object_type, record_id, clock, cycle, status, excluded in rows
    }


def _differing(
    here: Mapping[Cycle, CountedPromise], there: Mapping[Cycle, tuple[Status, Excluded | None]], month: ClosedPeriod
) -> Iterator[tuple[Cycle, str]]:
    within = {cycle for cycle, promise in here.items() if month.since <= promise.counted_at < month.until}
    for cycle in sorted(within | there.keys()):
        frozen, promise = there.get(cycle), here.get(cycle)
        was, now = _word(*frozen) if frozen else "absent", str(promise.result) if promise else "absent"
        if was != now and not _agree(frozen, promise):
            yield cycle, f"{was.replace('_', ' ')} there, {now.replace('_', ' ')} here"


def _word(status: Status, excluded: Excluded | None) -> str:
    match standing(status, excluded):
        case Standing.MET:
            return Result.KEPT.value
        case Standing.MISSED | Standing.LATE:
            return Result.BROKEN.value
        case Standing.EXCLUDED:
            return str(excluded)
    return "open"


def _agree(frozen: tuple[Status, Excluded | None] | None, promise: CountedPromise | None) -> bool:
    """A waiver leaves out of a contract only what the contract says; what is excluded otherwise is in none."""
    if frozen is None or promise is None:
        return promise is None and frozen is not None and _word(*frozen) not in (Result.KEPT, Result.BROKEN)
    return frozen[1] is Excluded.WAIVED and promise.result is not Result.KEPT


def _note(month: ClosedPeriod, cycles: Mapping[Cycle, str]) -> str:
    return f"{month.name}, edition {month.edition}, counts otherwise: {listed(cycles)}"


def listed(cycles: Mapping[Cycle, str]) -> str:
    """The first of them, each with how it counts, and the number of the others."""
    named = [f"{cycle[1]} {cycle[2]} ({how})" for cycle, how in list(cycles.items())[:MOST_NAMED]]
    more = f" and {len(cycles) - MOST_NAMED} more" if len(cycles) > MOST_NAMED else ""
    return ", ".join(named) + more
