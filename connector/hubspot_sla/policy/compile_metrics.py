"""The metrics of policies.yaml compiled for each object type that they are promised on, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Clock, Kind
from hubspot_sla.plan.properties import written_for
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.choice_words import DEFAULT
from hubspot_sla.policy.compile_targets import clocks_of
from hubspot_sla.policy.defined_metrics import compiled_metric, compiled_pauses, definition_of, start_place
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.metric_check import MetricCheck
from hubspot_sla.policy.object_words import object_type_of
from hubspot_sla.policy.own_properties import own_property_problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.defined_metrics import DefinedMetric
    from hubspot_sla.policy.known_names import Names
    from hubspot_sla.policy.policy_documents import PoliciesFile, PolicySection
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.yaml_document import Document, Path


@dataclass(frozen=True, slots=True)
class MetricsOfType:
    """The metrics that are promised on records of one type, by name. `check` knows what portal.yaml says of the type;
    None: the file is wrong itself."""

    metrics: Mapping[str, DefinedMetric]
    check: MetricCheck | None = None

    def problems(self) -> Iterator[Problem]:
        for metric in self.metrics.values() if self.check else ():
            assert self.check is not None  # noqa: S101 - looked at one line above
            yield from self.check.metric_problems(metric)

    def own_property_problems(self, path: Path, section: PolicySection) -> Iterator[Problem]:
        """Targets and calendars of a policy that look at what we write."""
        if self.check is not None:
            yield from own_property_problems(self.check.document, path, section, self.check.portal, self.check.written)

    def pause_problems(self, path: Path, section: PolicySection) -> Iterator[Problem]:
        """What is wrong with the pauses that a policy itself says, for each clock that they count for."""
        if self.check is None:
            return
        written = dict(section.pauses.entries())
        for clock, _, _ in clocks_of(section):
            key = str(clock.metric) if section.pauses.names(clock.metric) else DEFAULT
            forms = compiled_pauses(written.get(key, []), self.check.portal)
            starts_in = start_place(section.starts_in, clock.metric, self.check.portal)
            definition = definition_of(clock, self.metrics, starts_in)
            yield from self.check.pause_problems((*path, "pauses", key), forms, definition)

    def start_problems(self, path: Path, section: PolicySection) -> Iterator[Problem]:
        """A first response that starts in a stage, team or vendor whose tickets are closed."""
        if self.check is None or not section.starts_in:
            return
        clock = Clock(Kind(section.kind), Metric.FIRST_RESPONSE)
        definition = definition_of(clock, {}, start_place(section.starts_in, clock.metric, self.check.portal))
        yield from self.check.start_problems((*path, "starts_in"), definition, "name where the work begins")


def compiled_metrics(
    document: Document, file: PoliciesFile, names: Names
) -> tuple[dict[str, MetricsOfType], list[Problem]]:
    """By object type; a metric that nothing promises counts as one of tickets."""
    compiled = {
        object_type: _of_type(document, file, names.of(object_type).portal, _promised_on(file, names, object_type))
        for object_type in names.object_types
    }
    problems = [problem for of_type in compiled.values() for problem in of_type.problems()]
    return compiled, [*dict.fromkeys(problems), *_clashing_names(document, file)]


def _promised_on(file: PoliciesFile, names: Names, object_type: str) -> list[str]:
    promised: dict[str, set[str]] = {}
    for section in file.policies:
        on_type = object_type_of(section.object, names.object_types) or TICKETS
        promised.setdefault(on_type, set()).update(section.targets.defined)
    elsewhere = set[str]().union(*(metrics for name, metrics in promised.items() if name != TICKETS))
    of_tickets = promised.get(TICKETS, set()) | (file.metrics.keys() - elsewhere)
    wanted = of_tickets if object_type == TICKETS else promised.get(object_type, set())
    return [name for name in file.metrics if name in wanted]


def _of_type(document: Document, file: PoliciesFile, portal: PortalMap | None, metrics: list[str]) -> MetricsOfType:
    if portal is None:
        return MetricsOfType({})
    return MetricsOfType(
        {name: compiled_metric(name, file.metrics[name], portal) for name in metrics},
        MetricCheck(document, portal, _written_names(portal, file)),
    )


def _written_names(portal: PortalMap, file: PoliciesFile) -> set[str]:
    """The HubSpot names of all properties that we write, or would write were every metric promised everywhere."""
    agreements = {section.agreement or "" for section in file.policies}
    clocks = {(agreement, str(metric)) for agreement in agreements for metric in (*Metric, *file.metrics)}
    return {portal.written.of(written.key) for written in written_for(clocks)}


def _clashing_names(document: Document, file: PoliciesFile) -> Iterator[Problem]:
    """A metric whose properties would have the names of other properties of ours."""
    agreements = {section.agreement for section in file.policies if section.agreement}
    clocks = {(agreement, str(metric)) for agreement in agreements for metric in (*Metric, *file.metrics)}
    taken = {written.key for written in written_for(clocks)}
    for name in file.metrics:
        own = {f"{name}_status", f"{name}_due_at"}
        if own & taken or name in agreements:
            message = f"the name {name!r} is taken: {' and '.join(sorted(own & taken)) or 'an agreement is called so'}"
            yield document.problem(("metrics", name), message, "call it otherwise", at_key=True, code=Code.NAME_TAKEN)
