"""What was observed of a contract in one window: promises and feeds, wherever they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from hubspot_sla.clock.intervals import clipped, without
from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.measuring import VALUES, Kind
from hubspot_sla.contract.outages import Outage, begun, by_affected, down_time, in_whole, long_enough
from hubspot_sla.contract.promises import observed as observed_promises
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.statement import Observed
from hubspot_sla.contract.windows import YEAR, WindowRule, covered
from hubspot_sla.flows.reporting.contracts.other_forms import measures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.clock.intervals import Interval, Intervals
    from hubspot_sla.contract.promises import CountedPromise
    from hubspot_sla.contract.terms import Contract, Objective
    from hubspot_sla.feeds.availability_file import Availability, ValueRow
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.written_contracts import Source, WrittenContract


class Evidence(Protocol):
    """The ledger and the feeds as they stand, or what was sealed of them. `until` ends what is still running (epoch
    ms)."""

    @property
    def until(self) -> int: ...

    def promises(
        self, written: WrittenContract, objective: Objective, window: Period, span: Period
    ) -> Sequence[CountedPromise]:
        """Those of an objective within `span`, for the contract's `window`."""
        ...

    def feed(self, name: str) -> Availability | None:
        """None: it could not be read."""
        ...

    def seen_until(self, name: str) -> int:
        """Until when a feed says what happened (epoch ms)."""
        ...


def observed(
    evidence: Evidence, written: WrittenContract, terms: Contract, window: Period
) -> dict[tuple[str, str | None], Observed]:
    """By objective and value of its dimension. What was not observed is not in it: an objective whose feed is missing,
    or whose window does not end with this one."""
    found: dict[tuple[str, str | None], Observed] = {}
    for objective in terms.objectives:
        span = span_of(terms, objective, window)
        if span is None:
            continue
        source = written.sources[objective.id]
        if source.feed is None:
            found |= _of_promises(evidence.promises(written, objective, window, span), source, objective, span)
        elif (feed := feed_of(evidence, written, objective)) is not None:
            found |= seen_in(feed, written, objective, span, evidence.seen_until(source.feed))
    return found


def feed_of(evidence: Evidence, written: WrittenContract, objective: Objective) -> Availability | None:
    """What the objective is measured by; None: by none, it could not be read, or it holds rows of another form."""
    name = written.sources[objective.id].feed
    feed = None if name is None else evidence.feed(name)
    return None if feed is None or not measures(feed, objective) else feed


def span_of(terms: Contract, objective: Objective, window: Period) -> Period | None:
    """The days that an objective is measured over where this window is settled; None where its own does not end
    then."""
    own = terms.window_of(objective).ending_with(window)
    part = None if own is None else covered(own, terms.valid_from, terms.valid_to)
    if part is None:
        return None
    return part.part if terms.partial.measure_part else part.window


def _of_promises(
    promises: Sequence[CountedPromise], source: Source, objective: Objective, span: Period
) -> dict[tuple[str, str | None], Observed]:
    by_key: dict[str | None, list[CountedPromise]] = {}
    for promise in promises:
        by_key.setdefault(promise.key, []).append(promise)
    kind = objective.measure.kind
    return {
        (objective.id, key): observed_promises(of_key, kind, span.zone, only_late=source.only_late)
        for key, of_key in by_key.items()
    }


def seen_in(
    feed: Availability, written: WrittenContract, objective: Objective, span: Period, until: int
) -> dict[tuple[str, str | None], Observed]:
    """What a feed says of an objective in the part of `span` before `until` (epoch ms), by the value of its
    dimension."""
    keys: Sequence[str | None] = feed.keys if objective.each else (None,)
    end_at = min(span.end_at, until)
    if end_at <= span.start_at:
        return {}
    gather = _GATHERED.get(objective.measure.kind, _outages)
    return {(objective.id, key): gather(feed, written, objective, key, span, end_at) for key in keys}


def _requests(
    feed: Availability, written: WrittenContract, objective: Objective, key: str | None, span: Period, end_at: int
) -> Observed:  # one shape with `_outages`
    del written, objective
    rows = [row for row in feed.requests if key in (None, row.key) and span.start_at <= row.start_at < end_at]
    good, bad = sum(row.number - row.failed for row in rows), sum(row.failed for row in rows)
    rates = tuple(sorted((row.number - row.failed, row.number) for row in rows))
    return Observed(Sample(good, bad, rates=rates))


def beyond(feed: Availability, objective: Objective, span: Period, end_at: int) -> list[ValueRow]:
    """The values that lie outside of the limit, or of what is promised; all where neither is said."""
    limit = objective.measure.limit or objective.promised
    within = (row for row in feed.values if span.start_at <= row.start_at < end_at)
    return [row for row in within if limit is None or row.value not in limit]


def _values(
    feed: Availability, written: WrittenContract, objective: Objective, key: str | None, span: Period, end_at: int
) -> Observed:  # the same shape
    """Each row counts once, where it begins within the span."""
    del written
    limit = objective.measure.limit
    values = [row.value for row in feed.values if key in (None, row.key) and span.start_at <= row.start_at < end_at]
    if limit is None:
        return Observed(Sample(values=tuple(sorted(values))))
    within = sum(value in limit for value in values)
    return Observed(Sample(within, len(values) - within))


def _outages(
    feed: Availability, written: WrittenContract, objective: Objective, key: str | None, span: Period, end_at: int
) -> Observed:
    since = seen_since(written.terms, span)
    every = [
        Outage(row.start_at, row.end_at, row.kind, row.announced_at, row.affected)
        for row in feed.outages
        if key in (None, row.key) and row.start_at < end_at and row.end_at > since
    ]
    outages = long_enough(every, objective.least_outage_ms)
    if objective.whole is not None:
        outages = in_whole(outages, *objective.whole)
    window = (span.start_at, end_at)
    hours = _hours(written.sources[objective.id], since, end_at)
    down = down_time(outages, written.exclusions, window, _spans(written, span, end_at), hours)
    within = (window,) if hours is None else clipped(hours, *window)
    total = sum(end - start for start, end in within)

    def sample(counted: Intervals, excluded: tuple[tuple[str, int], ...] = ()) -> Sample:
        starts = begun(outages, counted, window) if objective.measure.kind is Kind.OUTAGES else []
        on = tuple(local_date(at, span.zone) for at in starts)
        return Sample(0, len(on), total, *by_affected(counted, outages), broken_on=on, excluded=excluded)

    return Observed(sample(down.counted, down.excluded), sample(down.all) if down.excluded else None)


_GATHERED: Final = {
    **dict.fromkeys((Kind.REQUESTS, Kind.REQUEST_RATES), _requests),
    **dict.fromkeys((*VALUES, Kind.VALUES_WITHIN), _values),
}
"""How a feed is read, by what is measured; by its outages where nothing is said."""


def _hours(source: Source, since: int, until: int) -> Intervals | None:
    """The time that counts; None: all of it."""
    if source.hours is None:
        return None
    opened = source.hours.segments_within(since, until)
    return without([(since, until)], opened) if source.outside else opened


def _spans(written: WrittenContract, span: Period, end_at: int) -> dict[int, list[Interval]]:
    """The months, quarters or years of the contract that a span touches, as far as its exclusions count by them; the
    last one up to `end_at`, the first whole."""
    found: dict[int, list[Interval]] = {}
    for months in {each.per_months for each in written.exclusions if each.per_months}:
        rule = WindowRule(months, first_month=written.terms.window.first_month)
        at = rule.holding(span.start, span.zone)
        spans = found[months] = []
        while at.start_at < end_at:
            spans.append((at.start_at, min(at.end_at, end_at)))
            at = rule.holding(at.end, span.zone)
    return found


def seen_since(terms: Contract, span: Period) -> int:
    """From when on outages bear on a span (epoch ms): from the contract's year on, where that began before it."""
    year = WindowRule(YEAR, first_month=terms.window.first_month).holding(span.start, span.zone)
    return min(year.start_at, span.start_at)
