"""Objectives of policies.yaml compiled: the share of some promises that is to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Kind
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from fractions import Fraction

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.condition_values import Wanted
    from hubspot_sla.policy.policy_set import PolicySet
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.report_documents import ObjectiveSection, OutcomeWhen
    from hubspot_sla.policy.yaml_document import Document, Path


@dataclass(frozen=True, slots=True)
class Objective:
    """`share` (19/20) of the promises that `metric` and `when` select is to be kept; `metric` None: of every metric."""

    share: Fraction
    metric: Wanted | None
    when: OutcomeWhen
    name: str = ""

    def covers(self, metric: str) -> bool:
        return self.metric is None or self.metric.accepts(metric)


def compiled_objectives(sections: Collection[ObjectiveSection]) -> tuple[Objective, ...]:
    """In the order of the file: of several for the same promises the first counts."""
    return tuple(Objective(section.attain, section.metric, section.when, section.name or "") for section in sections)


def objective_problems(
    document: Document,
    sections: Collection[ObjectiveSection],
    portal: PortalMap | None,
    policy_set: PolicySet,
    ranks: Collection[str] | None,
) -> Iterator[Problem]:
    """Words that nothing in the mappings has. A file that is wrong itself is not blamed on this one."""
    known = known_words(portal, policy_set, ranks)
    for number, section in enumerate(sections):
        yield from word_problems(document, ("objectives", number), section.metric, section.when, known)


Known = Mapping[str, "Collection[str] | None"]
"""The words that there are, by what they are words for; None: the file that would say so is wrong itself."""


def known_words(portal: PortalMap | None, policy_set: PolicySet, ranks: Collection[str] | None) -> Known:
    """What objectives, here and in contracts, may ask of outcomes."""
    return {
        "metric": {*map(str, Metric), *policy_set.metrics},
        "policy": {policy.id for policy in policy_set.policies},
        "kind": {str(kind) for kind in Kind},
        "tier": ranks,
        "pipeline": None if portal is None else portal.stages,
        "property": None if portal is None else portal.dimensions,
    }


def word_problems(
    document: Document, path: Path, metric: Wanted | None, when: OutcomeWhen, known: Known, metric_key: str = "metric"
) -> Iterator[Problem]:
    """Words of one objective at `path` that nothing in the mappings has."""
    if metric is not None:
        yield from _unknown(document, (*path, metric_key), "metric", metric.one_of, known["metric"])
    yield from _in_when(document, (*path, "when"), when, known)


def _in_when(document: Document, path: Path, when: OutcomeWhen, known: Known) -> Iterator[Problem]:
    for word, wanted in when.wishes().items():
        yield from _unknown(document, (*path, word), word, wanted.one_of, known.get(word))
    for name in when.property or {}:
        yield from _unknown(document, (*path, "property", name), "property", [name], known["property"])
    for key, nested in (("all", when.all_), ("any", when.any_)):
        for number, inner in enumerate(nested):
            yield from _in_when(document, (*path, key, number), inner, known)
    if when.not_ is not None:
        yield from _in_when(document, (*path, "not"), when.not_, known)


def _unknown(
    document: Document, path: Path, word: str, written: Collection[str], known: Collection[str] | None
) -> Iterator[Problem]:
    for text in written:
        if known is not None and text not in known:
            what = "report.dimensions names no" if word == "property" else "there is no"
            yield document.problem(path, f"{what} {word} {text!r}", nearest(text, known), code=Code.UNKNOWN_NAME)
