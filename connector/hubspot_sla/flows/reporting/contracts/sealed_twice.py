"""Promises that a statement counts, and another closed window of the contract too: their due instant has moved since,
by a new priority, a corrected tier or a back-dated pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.contracts.evidence import span_of
from hubspot_sla.flows.reporting.contracts.frozen_months import listed
from hubspot_sla.flows.reporting.contracts.history import settling_in
from hubspot_sla.ledger.contract_closings import sealed_elsewhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.reporting.contracts.frozen_months import Cycle
    from hubspot_sla.flows.reporting.contracts.ledger_evidence import LedgerEvidence
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.written_contracts import WrittenContract


def sealed_twice(evidence: LedgerEvidence, versions: Sequence[WrittenContract], window: Period) -> list[str]:
    """One note for each newest edition of another window. Rolling windows share their promises, and are passed over."""
    settling = settling_in(versions, window)
    if settling is None:
        return []
    written, terms = settling
    shared: dict[tuple[str, int], dict[Cycle, str]] = {}
    for objective in terms.objectives:
        span = span_of(terms, objective, window)
        if span is None or written.sources[objective.id].feed is not None or terms.window_of(objective).rolling:
            continue
        elsewhere = list(sealed_elsewhere(evidence.db, terms.id, objective.id, window.start))
        if not elsewhere:
            continue
        promises = evidence.promises(written, objective, window, span)
        here = {(each.object_type, each.record_id, each.clock, each.cycle): each.result for each in promises}
        for period, edition, *cycle, result in elsewhere:
            key = (*cycle,)
            if key in here:
                how = f"{result} there, {here[key]} here".replace("_", " ")
                shared.setdefault((period, edition), {})[key] = how
    return [
        f"{period}, edition {edition}, counts too: {listed(cycles)}" for (period, edition), cycles in shared.items()
    ]
