"""tests.yaml held against the mappings it tests: every name in it stands in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.calendar_problems import zone_problems
from hubspot_sla.policy.case_documents import NONE, CasesFile
from hubspot_sla.policy.case_events import Happens
from hubspot_sla.policy.document_problems import validated
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.object_words import object_type_of, singular_of
from hubspot_sla.policy.value_errors import nearest
from hubspot_sla.policy.yaml_reader import read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.case_documents import CaseSection
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.yaml_document import Document, Path

_BUILT_IN = frozenset(metric.value for metric in Metric if metric is not Metric.STAGE)


def read_cases(name: str, text: str) -> tuple[Document, CasesFile]:
    """The tests in a text. MappingInvalid: everything that is wrong with their form."""
    document, problems = read(name, text)
    file = None
    if document is not None:
        file, more = validated(document, CasesFile)
        problems += more
    if document is None or file is None or problems:
        raise MappingInvalid(problems, {name: text})
    return document, file


def case_problems(document: Document, file: CasesFile, mappings: Mappings) -> list[Problem]:
    """Every name in the tests that the mappings do not have, and names of tests that are there twice."""
    problems = list(zone_problems(document, ("zone",), file.zone))
    first_at: dict[str, int] = {}
    for number, case in enumerate(file.tests):
        path: Path = ("tests", number)
        first = first_at.setdefault(case.name, number)
        if first != number:
            message = f"the name {case.name!r} is taken by test {first + 1}"
            problems.append(document.problem((*path, "name"), message, "give it another", code=Code.NAME_TAKEN))
        problems += zone_problems(document, (*path, "zone"), case.zone)
        object_type = object_type_of(case.ticket.object, mappings.object_types)
        if object_type is None:
            words = [singular_of(name) for name in mappings.object_types]
            message = f"portal.yaml names no object type {case.ticket.object!r}"
            where: Path = (*path, "ticket", "object")
            remedy = nearest(case.ticket.object, words)
            problems.append(document.problem(where, message, remedy, code=Code.UNKNOWN_OBJECT_TYPE))
            continue
        problems += _Check(document, path, case, mappings.of(object_type)).problems()
    return problems


@dataclass(frozen=True, slots=True)
class _Check:
    """Looks for names of one test that are not in the mappings of its object type."""

    document: Document
    path: Path
    case: CaseSection
    mappings: Mappings

    @property
    def portal(self) -> PortalMap:
        return self.mappings.portal

    def problems(self) -> Iterator[Problem]:
        yield from self._places()
        yield from self._tiers()
        yield from self._expected()

    def _places(self) -> Iterator[Problem]:
        ticket, pipelines = self.case.ticket, self.portal.stages
        pipeline = ticket.pipeline or (next(iter(pipelines)) if len(pipelines) == 1 else None)
        if pipeline is None:
            remedy = f"add one of {', '.join(repr(name) for name in pipelines)}"
            yield self._problem(("ticket",), "it is not said in which pipeline", remedy, Code.MISSING_KEY, at_key=True)
            return
        yield from self._unknown(("ticket", "pipeline"), "pipeline", pipeline, pipelines)
        if ticket.stage and pipeline in pipelines:
            yield from self._unknown_stage(("ticket", "stage"), ticket.stage, pipeline)
        for number, event in enumerate(self.case.events):
            if event.what is Happens.PIPELINE:
                yield from self._unknown(("events", number), "pipeline", event.value, pipelines)
                pipeline = event.value
            elif event.what is Happens.STAGE and pipeline in pipelines:
                yield from self._unknown_stage(("events", number), event.value, pipeline)
            elif event.what in (Happens.CLOSED, Happens.REOPENED) and pipeline in pipelines:
                yield from self._role(number, pipeline, "closed" if event.what is Happens.CLOSED else "open")

    def _role(self, number: int, pipeline: str, role: str) -> Iterator[Problem]:
        if not any(rule.role == role for rule in self.portal.stages[pipeline].values()):
            message = f"pipeline {pipeline!r} has no stage with the role {role!r}"
            yield self._problem(("events", number), message, "name a stage: stage NAME", Code.UNKNOWN_NAME)

    def _tiers(self) -> Iterator[Problem]:
        tiers = (*self.mappings.tiers.ranks, NONE)
        if self.case.ticket.tier:
            yield from self._unknown(("ticket", "tier"), "tier", self.case.ticket.tier, tiers)
        for number, event in enumerate(self.case.events):
            if event.what is Happens.TIER and event.value:
                yield from self._unknown(("events", number), "tier", event.value, tiers)

    def _expected(self) -> Iterator[Problem]:
        expect, policies = self.case.expect, self.mappings.policy_set.policies
        ids = [policy.id for policy in policies]
        if expect.policy:
            yield from self._unknown(("expect", "policy"), "policy", expect.policy, (*ids, NONE))
        agreements = {policy.agreement.key for policy in policies}
        for key, policy_id in expect.policies.items():
            at: Path = ("expect", "policies", key)
            yield from self._unknown(at, "agreement", key, agreements, at_key=True)
            yield from self._unknown(at, "policy", policy_id, (*ids, NONE))
        if expect.tier and not expect.tier.startswith("not ranked: "):
            yield from self._unknown(("expect", "tier"), "tier", expect.tier, (*self.mappings.tiers.ranks, NONE))
        clocks = {clock.key for policy in policies for clock in policy.clocks} | _BUILT_IN
        for key, clock in expect.clocks.items():
            yield from self._unknown(("expect", key), "clock", key, clocks, at_key=True)
            if clock.policy:
                yield from self._unknown(("expect", key, "policy"), "policy", clock.policy, (*ids, NONE))

    def _unknown_stage(self, path: Path, name: str, pipeline: str) -> Iterator[Problem]:
        stages = self.portal.stages[pipeline]
        if name not in stages:
            message = f"pipeline {pipeline!r} has no stage {name!r} in portal.yaml"
            yield self._problem(path, message, nearest(name, stages), Code.UNKNOWN_NAME)

    def _unknown(
        self, path: Path, noun: str, name: str, valid: Collection[str], *, at_key: bool = False
    ) -> Iterator[Problem]:
        if name not in valid:
            message = f"there is no {noun} {name!r} in the mappings"
            yield self._problem(path, message, nearest(name, valid), Code.UNKNOWN_NAME, at_key=at_key)

    def _problem(self, path: Path, message: str, remedy: str, code: Code, *, at_key: bool = False) -> Problem:
        return self.document.problem((*self.path, *path), message, remedy, at_key=at_key, code=code)
