"""The ticket properties we write: what each holds, and when it differs.

Only these are ever written. Nothing in them ticks: a value changes when the verdict does, not with the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Kind
from hubspot_sla.clock.verdict import LATE, OPEN, RANK, Status, Verdict, worst
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    MoreClocks = Set[tuple[str, str]]
    """(agreement, metric) of the clocks that have properties of their own beyond the six of the unnamed agreement."""

NO_TIER = "no tier"
WORDED = ("reason", "policy", "tier")
"""What is worded, or chosen out of several, for people: of what is closed it stays as it was written."""
NEXT_DUE_METRIC = "next_due_metric"
REASON_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Written:
    """One property of ours. `key` is our word for it; its HubSpot name is the admin's choice. One that speaks of a
    clock names its metric, and the agreement where that has a name; `render/property_words.py` says what people call
    it."""

    key: str
    type: str
    field_type: str
    options: tuple[str, ...] = ()
    metric: str = ""
    agreement: str = ""


_STATUSES = tuple(status.value for status in Status)
_METRICS = tuple(metric.value for metric in Metric)


def _of_metric(metric: str, agreement: str = "") -> tuple[Written, Written]:
    """Of a clock of what the customer is promised; a named agreement puts its name in front."""
    key = f"{agreement}_{metric}" if agreement else metric
    return (
        Written(f"{key}_status", "enumeration", "select", _STATUSES, metric, agreement),
        Written(f"{key}_due_at", "datetime", "date", (), metric, agreement),
    )


WRITTEN: tuple[Written, ...] = (
    Written("status", "enumeration", "select", _STATUSES),
    Written("breached", "bool", "booleancheckbox", ("true", "false")),
    Written("first_breached_at", "datetime", "date"),
    Written("breach_count", "number", "number"),
    Written("next_due_at", "datetime", "date"),
    Written(NEXT_DUE_METRIC, "enumeration", "select", _METRICS),
    Written("policy", "string", "text"),
    Written("tier", "string", "text"),
    *(written for metric in Metric for written in _of_metric(metric.value)),
    *(Written(f"{kind.value}_status", "enumeration", "select", _STATUSES) for kind in (Kind.OLA, Kind.UC)),
    Written("escalation_level", "number", "number"),
    Written("last_escalated_at", "datetime", "date"),
    Written("reason", "string", "textarea"),
)


def written_for(more: MoreClocks) -> tuple[Written, ...]:
    """Every property that mappings with these clocks write. What is due next may also be a metric that they define."""
    defined = sorted({metric for _, metric in more} - {metric.value for metric in Metric})
    options = (*_METRICS, *defined)
    known = (replace(written, options=options) if written.key == NEXT_DUE_METRIC else written for written in WRITTEN)
    return (*known, *(written for agreement, metric in sorted(more) for written in _of_metric(metric, agreement)))


@dataclass(frozen=True, slots=True)
class UsedClocks:
    """What policies use: the metrics of what the customer is promised by the agreement without a name, the kinds of
    promises to others, and whether anything is escalated further than one step."""

    metrics: Set[str]
    kinds: Set[Kind]
    escalates: bool


def needed_by(used: UsedClocks, more: MoreClocks) -> tuple[Written, ...]:
    """Of `written_for(more)` the properties that policies which use these clocks ever fill."""
    unused = {
        *(written.key for metric in Metric if metric.value not in used.metrics for written in _of_metric(metric.value)),
        *(f"{kind.value}_status" for kind in (Kind.OLA, Kind.UC) if kind not in used.kinds),
        *(() if used.escalates else ("escalation_level", "last_escalated_at")),
    }
    return tuple(written for written in written_for(more) if written.key not in unused)


def desired(
    verdicts: Sequence[Verdict],
    *,
    tier: str | None,
    reason: str,
    level: int = 0,
    escalated_at: int | None = None,
    more: MoreClocks = frozenset(),
) -> dict[str, str]:
    """The value of every key of `written_for(more)`, as HubSpot would hold it ("" where it holds nothing).

    Everything but `ola_status`, `uc_status` and the reason speaks of what the customer was promised; `tier` is that of
    the clock that `spoken_for` gives. A breach counts
    once for each cycle of a clock. `level` and `escalated_at` are those of `escalation.Escalation`.
    """
    promised = [verdict for verdict in verdicts if verdict.kind is Kind.SLA]
    owed, spoken_of = next_due(promised), spoken_for(verdicts)
    late = [cycle for verdict in promised for cycle in verdict.cycles if cycle.status in LATE]
    first = min((cycle.breached_at for cycle in late if cycle.breached_at is not None), default=None)
    return {
        "status": worst(verdict.status for verdict in promised).value,
        "breached": "true" if late else "false",
        "first_breached_at": wire(first),
        "breach_count": str(len(late)),
        "next_due_at": wire(owed.cycle.due_at if owed else None),
        "next_due_metric": owed.metric if owed else "",
        "policy": spoken_of.promise.policy if spoken_of and spoken_of.promise else "",
        "tier": tier or NO_TIER,
        "escalation_level": str(level),
        "last_escalated_at": wire(escalated_at),
        "reason": _cut(reason),
        **dict(_of_metrics(promised, more)),
        **{f"{kind.value}_status": _of_others(verdicts, kind) for kind in (Kind.OLA, Kind.UC)},
    }


def next_due(promised: Sequence[Verdict]) -> Verdict | None:
    """The clock that is due first of those still owed; None: none is, or nobody knows when."""
    owed = [verdict for verdict in promised if verdict.status in OPEN and verdict.cycle.due_at]
    return min(owed, key=lambda verdict: (verdict.cycle.due_at or 0, verdict.metric), default=None)


def spoken_for(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The clock that `policy` and `tier` speak of: the one that is due next; else one that is still owed; else the
    first that anything was promised for."""
    promised = [verdict for verdict in verdicts if verdict.kind is Kind.SLA and verdict.promise]
    owed = (verdict for verdict in promised if verdict.status in OPEN)
    return next_due(promised) or next(owed, None) or next(iter(promised), None)


def _of_metrics(promised: Sequence[Verdict], more: MoreClocks) -> Iterator[tuple[str, str]]:
    """Status and due of each metric; of several places that a ticket may stand in, the worst speaks."""
    for agreement, metric in (*(("", metric.value) for metric in Metric), *sorted(more)):
        own = [verdict for verdict in promised if (verdict.clock.agreement, str(verdict.metric)) == (agreement, metric)]
        shown = min(own, key=lambda verdict: RANK[verdict.status], default=None)
        key = f"{agreement}_{metric}" if agreement else metric
        yield f"{key}_status", "" if shown is None else shown.status.value
        yield f"{key}_due_at", "" if shown is None else wire(shown.cycle.due_at)


def _of_others(verdicts: Sequence[Verdict], kind: Kind) -> str:
    statuses = [verdict.status for verdict in verdicts if verdict.kind is kind]
    return worst(statuses).value if statuses else ""


def _cut(reason: str) -> str:
    return reason if len(reason) <= REASON_LIMIT else f"{reason[: REASON_LIMIT - 3]}..."


def difference(wanted: Mapping[str, str], current_values: Mapping[str, str | None]) -> dict[str, str]:
    """What must be written so that HubSpot holds `wanted`; unset and "" are the same."""
    return {name: value for name, value in wanted.items() if value != (current_values.get(name) or "")}


def is_open(verdicts: Sequence[Verdict]) -> bool:
    """Whether any clock of this ticket can still change by itself or by what happens next."""
    return any(verdict.status is Status.UNKNOWN or verdict.status in OPEN for verdict in verdicts)
