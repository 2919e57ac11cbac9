"""The objects of OpenSLO that are written, as plain values. What OpenSLO has no field for stands in annotations."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.flows.inspection.openslo.names import LONGEST, label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    from hubspot_sla.policy.condition_values import Wanted
    from hubspot_sla.policy.policy_set import Policy
    from hubspot_sla.policy.report_documents import OutcomeWhen

Object = dict[str, Any]
VERSION: Final = "openslo/v1"
LONGEST_DESCRIPTION: Final = 1050
LEDGER: Final = "hubspot-sla"
"""The name of the data source that holds promises, and its type."""
_DIGITS = 60


@dataclass(frozen=True, slots=True)
class Metadata:
    """`labels` and `annotations` as they are to be said; a label of several values is a list."""

    name: str
    display: str
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    annotations: Mapping[str, object] = field(default_factory=dict)

    def plain(self) -> Object:
        annotations = dict(self.annotations)
        if len(self.display) > LONGEST:
            annotations["display-name"] = self.display
        said: Object = {"name": self.name, "displayName": _cut(self.display, LONGEST)}
        if labels := _labels(self.labels):
            said["labels"] = labels
        if annotations:
            said["annotations"] = {f"{LEDGER}.{key}": _text(value) for key, value in annotations.items()}
        return said


@dataclass(frozen=True, slots=True)
class Exported:
    """`objects` of one file of the mappings; `only_noted` names what stands in annotations alone, once for each object;
    `notes` what OpenSLO cannot say at all."""

    objects: Sequence[Object] = ()
    only_noted: Sequence[str] = ()
    notes: Sequence[str] = ()


def made(kind: str, metadata: Metadata, spec: Mapping[str, object]) -> Object:
    return {"apiVersion": VERSION, "kind": kind, "metadata": metadata.plain(), "spec": dict(spec)}


def service(metadata: Metadata, description: str) -> Object:
    return made("Service", metadata, {"description": _cut(description, LONGEST_DESCRIPTION)})


def ledger_source() -> Object:
    """Where promises are: the ledger, which `sla` reads."""
    details = {"command": "sla", "ledger": "the file that the variable SLA_LEDGER names"}
    spec = {"description": "Outcomes of promises in the ledger.", "type": LEDGER, "connectionDetails": details}
    return made("DataSource", Metadata(LEDGER, "Ledger of hubspot-sla"), spec)


def ratio(source: str, type_: str, good: Mapping[str, object], total: Mapping[str, object]) -> Object:
    """An indicator of a share: `good` of `total`, each of one window, so that neither is a counter."""
    both = {"good": _metric(source, type_, good), "total": _metric(source, type_, total)}
    return {"ratioMetric": {"counter": False, **both}}


def threshold(source: str, type_: str, query: Mapping[str, object]) -> Object:
    return {"thresholdMetric": _metric(source, type_, query)}


def slo(
    metadata: Metadata,
    description: str,
    service_name: str,
    window: Mapping[str, object],
    objective: Mapping[str, object],
) -> Object:
    """Of the indicator of the same name. Promises, requests and pieces of time are counted, so always Occurrences."""
    spec = {
        "description": _cut(description, LONGEST_DESCRIPTION),
        "service": service_name,
        "indicatorRef": metadata.name,
        "timeWindow": [dict(window)],
        "budgetingMethod": "Occurrences",
        "objectives": [dict(objective)],
    }
    return made("SLO", metadata, spec)


def calendar_window(duration: str, start: str, zone: str) -> Object:
    """From midnight of the day `start`. A zone is written with its area, which OpenSLO's schema asks for."""
    calendar = {"startTime": f"{start} 00:00:00", "timeZone": "Etc/UTC" if zone == "UTC" else zone}
    return {"duration": duration, "isRolling": False, "calendar": calendar}


def decimal(value: Fraction) -> Decimal:
    """Exact for whatever was written as a decimal."""
    with localcontext() as context:
        context.prec = _DIGITS
        return Decimal(value.numerator) / Decimal(value.denominator)


def asked_labels(metrics: Wanted | None, when: OutcomeWhen) -> dict[str, Sequence[str]]:
    """The words that an objective asks for, where it asks for words: policy, tier, priority."""
    wishes = {"metric": metrics, **when.wishes()}
    return {word: wanted.one_of for word, wanted in wishes.items() if wanted is not None and wanted.one_of}


def promised_by(policies: Iterable[Policy], metrics: Wanted | None, when: OutcomeWhen, kind: str = "") -> str:
    """The policies that promise what an objective counts: `gold-support, rest`. `kind`: where `when` says none."""
    wishes = when.wishes()
    of_kind, named = wishes.get("kind"), wishes.get("policy")
    found = [
        policy.id
        for policy in policies
        if (of_kind.accepts(str(policy.kind)) if of_kind else not kind or str(policy.kind) == kind)
        and (named is None or named.accepts(policy.id))
        and any(metrics is None or metrics.accepts(clock.metric) for clock in policy.clocks)
    ]
    return ", ".join(dict.fromkeys(found))


def _metric(source: str, type_: str, query: Mapping[str, object]) -> Object:
    return {"metricSource": {"metricSourceRef": source, "type": type_, "spec": dict(query)}}


def _labels(labels: Mapping[str, Sequence[str]]) -> Object:
    """Values that have no letter or digit are left to the annotations."""
    said: Object = {}
    for key, texts in labels.items():
        values = list(dict.fromkeys(value for text in texts if (value := label(text))))
        if values:
            said[key] = values[0] if len(values) == 1 else values
    return said


def _text(value: object) -> str:
    """Annotations are texts: whatever has parts is written as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
