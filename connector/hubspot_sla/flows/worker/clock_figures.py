"""How many clocks stand where, by policy, tier and pipeline, for Prometheus.

Every set of label values is a series that the monitoring keeps for months, so their number has a bound: the policies
with the most open clocks are named, and what all others add up to is one policy, `other`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger import counts, names
from hubspot_sla.ledger.names import Named
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from hubspot_sla.ledger.counts import OpenClocks

MOST_SERIES: Final = 1000
OTHER: Final = "other"
NONE: Final = "none"
LABELS: Final = ("policy", "tier", "pipeline", "metric", "status")

Labels = tuple[str, str, str, str, str]


def open_clocks(db: sqlite3.Connection, most: int = MOST_SERIES) -> list[tuple[Labels, float]]:
    """By label values: at most `most` series of named policies. `metric` is the key of a clock."""
    rows = counts.open_clocks(db)
    pipelines = names.newest(db, Named.PIPELINE, {_pipeline_key(row) for row in rows})
    series: Counter[Labels] = Counter()
    for row in rows:
        pipeline = pipelines.get(_pipeline_key(row)) or row.pipeline_id or NONE
        series[row.policy, row.tier or NONE, pipeline, row.clock, row.status] += row.number
    return sorted((labels, float(number)) for labels, number in _bounded(series, most).items())


def _pipeline_key(row: OpenClocks) -> str:
    return RecordRef(row.object_type, row.pipeline_id).key


def _bounded(series: Counter[Labels], most: int) -> Counter[Labels]:
    """The policies with the most clocks as they are, as long as there is room for all series of one; of the others one
    series for each metric and status."""
    if len(series) <= most:
        return series
    of_policy: defaultdict[str, list[Labels]] = defaultdict(list)
    for labels in series:
        of_policy[labels[0]].append(labels)
    named: Counter[Labels] = Counter()
    others: Counter[Labels] = Counter()
    for policy in _by_size(series, of_policy):
        has_room = len(named) + len(of_policy[policy]) <= most
        for labels in of_policy[policy]:
            if has_room:
                named[labels] = series[labels]
            else:
                others[OTHER, OTHER, OTHER, labels[3], labels[4]] += series[labels]
    return named + others


def _by_size(series: Counter[Labels], policies: Iterable[str]) -> list[str]:
    """Most clocks first; of equally many by name, so that two scrapes of one state name the same."""
    clocks: Counter[str] = Counter()
    for labels, number in series.items():
        clocks[labels[0]] += number
    return sorted(policies, key=lambda policy: (-clocks[policy], policy))
