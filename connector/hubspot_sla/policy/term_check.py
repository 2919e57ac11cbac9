"""What is wrong with the terms of a policy that differ by metric: names of metrics, and lengths that make no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.policy.compile_targets import clocks_of, counting_calendars
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.compile_targets import TargetCheck
    from hubspot_sla.policy.defined_metrics import DefinedMetric
    from hubspot_sla.policy.policy_documents import PolicySection
    from hubspot_sla.policy.term_forms import PauseForm
    from hubspot_sla.policy.yaml_document import Document, Path

DEFAULT = "default"


def unknown_metrics(
    document: Document, path: Path, section: PolicySection, metrics: Collection[str]
) -> Iterator[Problem]:
    """Names under `targets` and the other terms that are no metric."""
    known = [*(metric.value for metric in Metric), *metrics]
    named = {
        "targets": section.targets.defined,
        "pauses": section.pauses.named,
        "at_risk": section.at_risk.named,
        "ladder": section.ladder.named,
        "reopen": section.reopen.named,
        "late": section.late.named,
    }
    for key, names in named.items():
        for name in names:
            if name not in metrics:
                message = f"there is no metric {name!r}"
                yield document.problem(
                    (*path, key, name), message, nearest(name, known), at_key=True, code=Code.UNKNOWN_NAME
                )


def length_problems(
    path: Path, section: PolicySection, check: TargetCheck, metrics: Mapping[str, DefinedMetric]
) -> Iterator[Problem]:
    """Business days on calendars that do not say how long one is, in thresholds, pauses and windows; and pauses that
    end before they begin."""
    for key, thresholds in section.at_risk.entries():
        for number, threshold in enumerate(thresholds):
            if threshold.before:
                at: Path = (*path, "at_risk", key, number)
                yield from check.length_problems(at, threshold.before.on, _calendars(section, key))
    for key, form in section.reopen.entries():
        if form.window:
            yield from check.length_problems((*path, "reopen", key), form.window.on, _calendars(section, key))
    for key, forms in section.pauses.entries():
        yield from _pause_lengths((*path, "pauses", key), forms, check, _calendars(section, key))
    for metric in dict.fromkeys(clock.metric for clock, _, _ in clocks_of(section)):
        if metric in metrics and section.pauses.of(metric) is None:
            at = ("metrics", metric, "pauses")
            yield from _pause_lengths(at, metrics[metric].pauses, check, _calendars(section, metric))


def _pause_lengths(
    path: Path, forms: Collection[PauseForm], check: TargetCheck, calendars: list[str]
) -> Iterator[Problem]:
    for number, form in enumerate(forms):
        lengths = [length for length in (form.least, form.greatest) if length]
        at: Path = (*path, number)
        problems = [problem for length in lengths for problem in check.length_problems(at, length.on, calendars)]
        yield from problems
        if form.least and form.greatest and not problems:
            for name in calendars:
                calendar = (check.names.calendars or {}).get(name)
                day_ms = calendar.business_day_ms if calendar else 0
                if form.greatest.on(day_ms) <= form.least.on(day_ms):
                    message = f"`greatest` ({form.greatest.text}) is not longer than `least` ({form.least.text})"
                    yield check.document.problem(
                        at, message, "so it never pauses: make it longer", code=Code.METRIC_SENSE
                    )
                    break


def _calendars(section: PolicySection, key: str) -> list[str]:
    """Those that a term under this key may count on; `default` may count on that of any metric."""
    if key != DEFAULT:
        return counting_calendars(section, key)
    named = (counting_calendars(section, clock.metric) for clock, _, _ in clocks_of(section))
    return list(dict.fromkeys(name for names in named for name in names))
