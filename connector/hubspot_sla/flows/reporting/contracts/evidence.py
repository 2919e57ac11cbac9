"""What was observed of a contract in one window: promises from the ledger, outages and requests from feeds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.clock.verdict import Status
from hubspot_sla.contract.measuring import Kind
from hubspot_sla.contract.outages import Outage, by_affected, down_time, long_enough
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.statement import Observed
from hubspot_sla.contract.terms import Side
from hubspot_sla.contract.windows import YEAR, WindowRule, covered
from hubspot_sla.flows.reporting.contracts.waived import WaivedPromise
from hubspot_sla.flows.reporting.dimensions import dimension_of
from hubspot_sla.flows.reporting.objectives import selection_of
from hubspot_sla.ledger import report_rows
from hubspot_sla.ledger.report_rows import Selection
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.standing import Standing, standing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hubspot_sla.contract.terms import Contract, Objective
    from hubspot_sla.feeds.availability_file import Availability
    from hubspot_sla.flows.reporting.contracts.waived import WaiverReasons
    from hubspot_sla.flows.reporting.where import Conditions
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.contracts import Source, WrittenContract

_COLUMNS = ("o.late_ms", "o.clock", "o.pipeline_id")
_NAMES_A_VENDOR = frozenset({"place", "policy", "agreement"})


@dataclass(frozen=True)
class Sources:
    """Where figures come from: one state of the ledger, and the files of feeds by name. `now` ends what is still
    running (epoch ms)."""

    db: sqlite3.Connection
    conditions: Conditions
    feeds: Mapping[str, Availability]
    reasons: WaiverReasons
    now: int


def observed(
    sources: Sources, written: WrittenContract, terms: Contract, window: Period
) -> dict[tuple[str, str | None], Observed]:
    """By objective and value of its dimension. What was not observed is not in it: an objective whose feed is missing,
    or whose window does not end with this one."""
    found: dict[tuple[str, str | None], Observed] = {}
    for objective in terms.objectives:
        own = terms.window_of(objective).ending_with(window)
        part = None if own is None else covered(own, terms.valid_from, terms.valid_to)
        if part is None:
            continue
        span = part.part if terms.partial.measure_part else part.window
        source = written.sources[objective.id]
        if source.feed is None:
            found |= _of_outcomes(sources, written, terms, objective, span)
        elif source.feed in sources.feeds:
            found |= _of_feed(sources, written, objective, span)
    return found


def selection(terms: Contract, source: Source, conditions: Conditions) -> Selection:
    """The promises that an objective counts: those to the customer, or those of the vendor."""
    own = selection_of(source.metrics, source.when, conditions)
    words = source.when.words()
    kind = "sla" if terms.party.side is Side.CUSTOMER else "uc"
    if "kind" not in words:
        own = own.and_(Selection("o.kind = ?", (kind,)))
    if terms.party.side is Side.CUSTOMER:
        return own.and_(Selection("o.company_id = ?", (terms.party.key,)))
    if words & _NAMES_A_VENDOR:
        return own
    return own.and_(Selection("o.place = ?", (terms.party.key,)))


def _of_outcomes(
    sources: Sources, written: WrittenContract, terms: Contract, objective: Objective, span: Period
) -> dict[tuple[str, str | None], Observed]:
    columns = list(_COLUMNS)
    if objective.each:
        columns.append(dimension_of(objective.each, sources.conditions.properties).column)
    source = written.sources[objective.id]
    own = selection(terms, source, sources.conditions)
    by_key: dict[str | None, _Promises] = {}
    for row in report_rows.cycles(sources.db, own, span.start_at, span.end_at, columns):
        key = row[20] if objective.each else None
        by_key.setdefault(key, _Promises(objective.measure.kind, source.only_late, span)).add(
            row, sources.reasons, written.waived
        )
    return {(objective.id, key): promises.observed() for key, promises in by_key.items()}


@dataclass
class _Promises:
    """The promises of one objective, and of one value of its dimension."""

    kind: Kind
    only_late: bool
    span: Period
    good: int = 0
    bad: int = 0
    lengths: list[int] = field(default_factory=list)
    broken_on: list[Any] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, row: tuple[Any, ...], reasons: WaiverReasons, named: frozenset[str]) -> None:
        status, cause = Status(row[4]), None if row[5] is None else Excluded(row[5])
        if cause is Excluded.WAIVED:
            covering = reasons.of(WaivedPromise(row[1], row[2], row[14], row[19], row[18], row[3], row[10]))
            excusing = sorted(covering & named)
            if excusing:
                self.left_out[excusing[0]] += 1
            else:
                self._broken(row)
            return
        match standing(status, cause):
            case Standing.MET:
                self.good += 1
                self._length(row, late_ms=0)
            case Standing.MISSED | Standing.LATE:
                self._broken(row)

    def _broken(self, row: tuple[Any, ...]) -> None:
        self.bad += 1
        self.broken_on.append(local_date(row[6], self.span.zone))
        self._length(row, late_ms=row[17])

    def _length(self, row: tuple[Any, ...], late_ms: int) -> None:
        if self.kind is not Kind.PERCENTILE:
            if late_ms or not self.only_late:
                self.lengths.append(late_ms)
        elif row[8] is not None:
            self.lengths.append(row[11])

    def observed(self) -> Observed:
        lengths, days = tuple(sorted(self.lengths)), tuple(sorted(self.broken_on))
        excluded = tuple(sorted(self.left_out.items()))
        sample = Sample(self.good, self.bad, lengths_ms=lengths, broken_on=days, excluded=excluded)
        if not excluded:
            return Observed(sample)
        return Observed(sample, Sample(self.good, self.bad + self.left_out.total(), lengths_ms=lengths))


def _of_feed(
    sources: Sources, written: WrittenContract, objective: Objective, span: Period
) -> dict[tuple[str, str | None], Observed]:
    feed = sources.feeds[written.sources[objective.id].feed or ""]
    keys: Sequence[str | None] = feed.keys if objective.each else (None,)
    end_at = min(span.end_at, sources.now)
    if end_at <= span.start_at:
        return {}
    of_requests = objective.measure.kind in (Kind.REQUESTS, Kind.REQUEST_RATES)
    gather = _requests if of_requests else _outages
    return {(objective.id, key): gather(feed, written, objective, key, span, end_at) for key in keys}


def _requests(
    feed: Availability, written: WrittenContract, objective: Objective, key: str | None, span: Period, end_at: int
) -> Observed:  # one shape with `_outages`
    del written, objective
    rows = [row for row in feed.requests if key in (None, row.key) and span.start_at <= row.start_at < end_at]
    good, bad = sum(row.number - row.failed for row in rows), sum(row.failed for row in rows)
    rates = tuple(sorted((row.number - row.failed, row.number) for row in rows))
    return Observed(Sample(good, bad, rates=rates))


def _outages(
    feed: Availability, written: WrittenContract, objective: Objective, key: str | None, span: Period, end_at: int
) -> Observed:
    first_month = written.terms.window.first_month
    year = WindowRule(YEAR, first_month=first_month).holding(span.start, span.zone)
    every = [
        Outage(row.start_at, row.end_at, row.kind, row.announced_at, row.affected)
        for row in feed.outages
        if key in (None, row.key) and row.start_at < end_at
    ]
    outages = long_enough(every, objective.least_outage_ms)
    window = (span.start_at, end_at)
    down = down_time(outages, written.exclusions, window, (min(year.start_at, span.start_at), end_at))
    total = end_at - span.start_at
    sample = Sample(0, 0, total, *by_affected(down.counted, outages), excluded=down.excluded)
    if not down.excluded:
        return Observed(sample)
    return Observed(sample, Sample(0, 0, total, *by_affected(down.all, outages)))


def listed_under(terms: Contract, source: Source) -> str:
    """How `sla report list --where` selects the promises of an objective, but for the contract's own kind."""
    whose = f'customer: "{terms.party.key}"' if terms.party.side is Side.CUSTOMER else f"place: {terms.party.key}"
    metric = "" if source.metrics is None else f", metric: [{', '.join(source.metrics.one_of)}]"
    return whose + metric
