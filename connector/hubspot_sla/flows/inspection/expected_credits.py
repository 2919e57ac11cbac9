"""What the window of a contract that runs is likely to come to, by the chances of the promises that are still open."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.expectation import OpenPromise, can_be_expected, expected, in_parts
from hubspot_sla.flows.inspection.seen_clocks import RUNNING, SeenClocks, kind_of
from hubspot_sla.flows.reporting.contracts.evidence import observed, span_of
from hubspot_sla.flows.reporting.contracts.ledger_evidence import LedgerEvidence
from hubspot_sla.flows.reporting.query import zone_of
from hubspot_sla.flows.reporting.report import SYNC
from hubspot_sla.ledger import known_by, runs
from hubspot_sla.measure.periods import month_of
from hubspot_sla.measure.prospects import Past

if TYPE_CHECKING:
    import sqlite3
    from decimal import Decimal

    from hubspot_sla.contract.expectation import Line
    from hubspot_sla.flows.reporting.contracts.history import Settled
    from hubspot_sla.flows.reporting.contracts.statement import Drawn
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.policy.mappings import Mappings

Cycle = tuple["RecordRef", str, int]
"""A record, the key of a clock and the number of the cycle."""


@dataclass(frozen=True, slots=True)
class ExpectedCredit:
    """Of what is payable at the window's end: the `mean`, to the smallest coin, the least and the most that has any
    chance; None where it cannot be said. It rests on `open` promises that are still to come due; `unlike` more are like
    nothing that ever ended, and stand outside. `so_far` are the objectives that count as they stand."""

    mean: Decimal | None
    least: Decimal | None
    most: Decimal | None
    open: int
    unlike: int
    so_far: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "mean": _text(self.mean),
            "least": _text(self.least),
            "most": _text(self.most),
            "open": self.open,
            "unlike": self.unlike,
            "so_far": list(self.so_far),
        }

    @property
    def notes(self) -> list[str]:
        """What is to be said of the figure."""
        said = []
        if self.mean is None:
            said.append("the window may end in too many ways: no credit is expected")
        if self.unlike:
            said.append(f"open promises that are like nothing that ever ended stand outside: {self.unlike}")
        if self.so_far:
            said.append(f"not forecast, and counted as they stand: {', '.join(self.so_far)}")
        return said


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


@dataclass
class ExpectedCredits:
    """The forecast of one ledger, worked out where a contract asks for it."""

    db: sqlite3.Connection
    mappings: Mappings

    def of(self, drawn: Drawn) -> ExpectedCredit | None:
        """None: the window was sealed."""
        settled, evidence = drawn.settled, drawn.evidence
        if not isinstance(evidence, LedgerEvidence):
            return None
        to_come, unlike, so_far = self._to_come(settled, evidence)
        window, terms = settled.statement.window, settled.terms
        seen = observed(evidence, settled.written, terms, window)
        found = expected(terms, window, seen, settled.past, to_come)
        number = sum(map(len, to_come.values()))
        if found is None:
            return ExpectedCredit(None, None, None, number, unlike, so_far)
        return ExpectedCredit(terms.currency.rounded(found.mean), found.least, found.most, number, unlike, so_far)

    def _to_come(
        self, settled: Settled, evidence: LedgerEvidence
    ) -> tuple[dict[Line, list[OpenPromise]], int, tuple[str, ...]]:
        """The open promises by objective, how many more have no chance, and the objectives that are not forecast."""
        found: dict[Line, list[OpenPromise]] = defaultdict(list)
        unlike, so_far = 0, []
        for objective in settled.terms.objectives:
            span = span_of(settled.terms, objective, settled.statement.window)
            if span is None:
                continue
            if settled.written.sources[objective.id].feed is not None or not can_be_expected(objective):
                so_far.append(objective.id)
                continue
            for one in evidence.to_come(settled.written, objective, span):
                chance = self._chances.get(one.cycle)
                if chance is None:
                    unlike += 1
                else:
                    day = local_date(one.due_at, span.zone)
                    found[objective.id, one.key].append(OpenPromise(in_parts(chance), day))
        return dict(found), unlike, tuple(so_far)

    @cached_property
    def _chances(self) -> dict[Cycle, float]:
        """Of being late, as `sla forecast` has them: as of the last sync, by what ended before its month."""
        good = runs.last_success(self.db, SYNC)
        if good is None or good.ended_at is None:
            return {}
        zone, seen = zone_of(self.mappings), SeenClocks(self.db)
        entry = known_by.newest_entry(self.db, good.ended_at)
        month = month_of(local_date(good.ended_at, zone), zone)
        past = Past.of(seen.at(month.start_at, entry).lives)
        found: dict[Cycle, float] = {}
        for record, outcome in seen.at(good.ended_at, entry).open:
            if outcome.status in RUNNING and outcome.promised.target_ms is not None:
                prospect = past.prospect(kind_of(outcome), outcome.when.elapsed_ms, outcome.promised.target_ms)
                if prospect is not None:
                    found[record, outcome.clock, outcome.cycle] = prospect.chance
        return found
