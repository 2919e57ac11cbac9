"""portal.yaml compiled: what the portal's pipelines, stages and properties mean here.

The file may name pipelines and stages by id or by label. Labels are turned into ids once, when `sla setup`
first sees them, and the result is stored: renaming a stage in HubSpot later changes no verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from hubspot_sla.clock.timeline import ClosingKind, Role
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.plan.text_templates import NO_TEMPLATES, TextTemplates
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.messages import MessageWords
from hubspot_sla.policy.object_words import singular_of
from hubspot_sla.policy.portal_ids import PortalIds, Resolving
from hubspot_sla.policy.stage_rules import StageRule
from hubspot_sla.policy.subscriptions import compiled_subscriptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.documents import (
        ClosingSection,
        ObjectPropertiesSection,
        PortalFile,
        PropertiesSection,
        ReportSection,
        StageSection,
        TemplatesSection,
    )
    from hubspot_sla.policy.durations import Duration
    from hubspot_sla.policy.portal_objects import NamedPipeline, NamedStage
    from hubspot_sla.policy.subscriptions import Subscription
    from hubspot_sla.policy.yaml_document import Document, Path


@dataclass(frozen=True, slots=True)
class PropertyNames:
    """The properties of one object type that are read, by what they say; "" where there is none."""

    priority: str
    owner: str
    team: str
    source: str
    category: str
    first_agent_reply: tuple[str, ...]
    customer_message: str
    agent_message: str
    waiver: str = ""


@dataclass(frozen=True, slots=True)
class WrittenNames:
    """The properties that are written: `of("status")` is `sla_status` unless the file says otherwise.

    `respects_edits`: what a person puts in their place stays until we want something else than we did then. `is_lean`:
    only those that the policies use are needed."""

    group: str
    prefix: str
    names: Mapping[str, str] = field(default_factory=dict)
    respects_edits: bool = False
    is_lean: bool = False

    def of(self, base: str) -> str:
        return self.names.get(base, self.prefix + base)


@dataclass(frozen=True, slots=True)
class ClosingWords:
    """The ticket property that says why a ticket was closed, and what its values mean; any other is ordinary."""

    property: str
    kinds: Mapping[str, ClosingKind]

    def kind(self, value: str | None) -> ClosingKind:
        return self.kinds.get(value or "", ClosingKind.ORDINARY)

    @classmethod
    def of(cls, section: ClosingSection) -> ClosingWords:
        by_kind = {kind: getattr(section, kind.value) for kind in ClosingKind if kind is not ClosingKind.ORDINARY}
        return cls(section.property, {value: kind for kind, values in by_kind.items() for value in values})


@dataclass(frozen=True, slots=True)
class PortalMap:
    """What one object type means here. `stages` holds the rule of each stage of each pipeline, under the names of the
    file; `dimensions` are the properties that outcomes carry for reports; `vendors` the holders of stages that are
    vendors; `language` is that of every text, and `templates` are the admin's own."""

    document: Document
    stages: Mapping[str, Mapping[str, StageRule]]
    properties: PropertyNames
    written: WrittenNames
    dimensions: tuple[str, ...] = ()
    vendors: frozenset[str] = frozenset()
    object_type: str = TICKETS
    closing: ClosingWords | None = None
    language: str = "en"
    templates: TextTemplates = NO_TEMPLATES
    report_zone: str = ""
    """Whose midnight the periods of reports begin at; "" where the file does not say."""
    messages: MessageWords | None = None
    """None: the record's properties say who wrote when."""
    close_after: Duration | None = None
    """How long after its end the job closes a month; None: it closes none."""
    subscriptions: tuple[Subscription, ...] = ()
    """Who is sent which report."""
    unsubscribe: str = ""
    """Where mail programs ask for no more of them; "" is the sender."""

    @classmethod
    def of(cls, document: Document, file: PortalFile) -> PortalMap:
        """Of tickets."""
        portal = cls._of(document, file.pipelines, _names(file.properties), file, file.report, file.closing)
        report = file.report
        portal = replace(
            portal,
            close_after=report.close_after,
            subscriptions=compiled_subscriptions(document, report.subscriptions),
            unsubscribe=report.unsubscribe or "",
        )
        if file.messages is None:
            return portal
        return replace(portal, messages=MessageWords.of(file.messages, portal.properties))

    @classmethod
    def of_other(
        cls, document: Document, file: PortalFile, object_type: str, defaults: Mapping[str, str | tuple[str, ...]]
    ) -> PortalMap:
        """Of an object type that the file names beside tickets. `defaults` stand for the properties it does not name,
        by the keys of the file."""
        section = file.objects[object_type]
        portal = cls._of(
            document, section.pipelines, _names(section.properties, defaults), file, section.report, section.closing
        )
        return replace(portal, object_type=object_type)

    @classmethod
    def _of(
        cls,
        document: Document,
        stages: Mapping[str, Mapping[str, StageSection]],
        properties: PropertyNames,
        file: PortalFile,
        report: ReportSection,
        closing: ClosingSection | None,
    ) -> PortalMap:
        written = file.written
        names = WrittenNames(
            written.group, written.prefix, written.names, written.edits == "respect", written.set == "lean"
        )
        rules = {pipeline: {name: _rule(stage) for name, stage in of_it.items()} for pipeline, of_it in stages.items()}
        vendors = frozenset(rule.vendor for of_it in rules.values() for rule in of_it.values() if rule.vendor)
        words = ClosingWords.of(closing) if closing else None
        return cls(
            document,
            rules,
            properties,
            names,
            tuple(report.dimensions),
            vendors,
            closing=words,
            report_zone=report.timezone or "",
            language=file.language,
            templates=_templates(file.templates),
        )

    @property
    def place(self) -> Path:
        """Where in the file this object type is described."""
        return () if self.object_type == TICKETS else ("objects", self.object_type)

    @property
    def singular(self) -> str:
        """The word for one record."""
        return singular_of(self.object_type)

    @property
    def holders(self) -> tuple[str, ...]:
        """The teams and vendors that hold stages."""
        rules = [rule for of_pipeline in self.stages.values() for rule in of_pipeline.values()]
        return tuple(dict.fromkeys(holder for rule in rules if (holder := rule.team or rule.vendor)))

    def held_by(self, vendor: str) -> frozenset[str]:
        """The stages that this vendor holds wherever there is one of the name."""
        by_name: dict[str, set[str | None]] = {}
        for of_pipeline in self.stages.values():
            for name, rule in of_pipeline.items():
                by_name.setdefault(name, set()).add(rule.vendor)
        return frozenset(name for name, vendors in by_name.items() if vendors == {vendor})

    def check(self, pipelines: Sequence[NamedPipeline], known: PortalIds | None = None) -> list[Problem]:
        """Names the portal does not have, or has twice, and stages of mapped pipelines that have no role."""
        resolving = self._resolving(pipelines, known)
        return sorted([*resolving.problems, *self._unmapped(pipelines, resolving.portal_ids)])

    def warnings(self, pipelines: Sequence[NamedPipeline], known: PortalIds | None = None) -> list[Problem]:
        """What is allowed but worth a look: a role against the portal's, a label renamed since setup, a stage that
        is gone (records have been in it, so it keeps its role)."""
        warnings: list[Problem] = []
        portal_ids = self._resolving(pipelines, known).portal_ids
        for path, pipeline in self._mapped(pipelines, portal_ids):
            warnings.extend(self._renamed(path, "pipeline", pipeline))
            stages = {stage.id: stage for stage in pipeline.stages}
            for name, stage_id in portal_ids.stages[str(path[-1])].items():
                if stage_id in stages:
                    warnings.extend(self._renamed((*path, name), "stage", stages[stage_id]))
                    warnings.extend(self._contradicted((*path, name), stages[stage_id]))
        return sorted([*warnings, *self._vanished(pipelines, portal_ids)])

    def resolve(self, pipelines: Sequence[NamedPipeline], known: PortalIds | None = None) -> PortalIds:
        """Ids and roles for every name of the file. A name in `known` keeps its id, whatever the portal says.

        MappingInvalid: a name that is not known, and that the portal does not have or has twice.
        """
        resolving = self._resolving(pipelines, known)
        if resolving.problems:
            raise MappingInvalid(resolving.problems)
        return resolving.portal_ids

    def _resolving(self, pipelines: Sequence[NamedPipeline], known: PortalIds | None) -> Resolving:
        resolving = Resolving(self.document, known or PortalIds(), self.place)
        resolving.run(self.stages, pipelines)
        return resolving

    def _mapped(
        self, pipelines: Sequence[NamedPipeline], portal_ids: PortalIds
    ) -> Iterator[tuple[Path, NamedPipeline]]:
        by_id = {pipeline.id: pipeline for pipeline in pipelines}
        for name, pipeline_id in portal_ids.pipelines.items():
            if pipeline_id in by_id:
                yield (*self.place, "pipelines", name), by_id[pipeline_id]

    def _unmapped(self, pipelines: Sequence[NamedPipeline], portal_ids: PortalIds) -> Iterator[Problem]:
        for path, pipeline in self._mapped(pipelines, portal_ids):
            mapped = portal_ids.stages[str(path[-1])].values()
            for stage in pipeline.stages:
                if stage.id not in mapped:
                    message = f"stage {stage.label!r} (id {stage.id}) of this pipeline has no role"
                    role = Role.CLOSED if stage.closed else f"{Role.OPEN} or {Role.WAITING}"
                    yield self.document.problem(
                        path, message, f"add it as {role}", at_key=True, code=Code.STAGE_WITHOUT_ROLE
                    )

    def _vanished(self, pipelines: Sequence[NamedPipeline], portal_ids: PortalIds) -> Iterator[Problem]:
        existing_ids = {pipeline.id for pipeline in pipelines}
        for name, pipeline_id in portal_ids.pipelines.items():
            if pipeline_id not in existing_ids:
                yield self._gone((*self.place, "pipelines", name), f"pipeline {name!r} (id {pipeline_id})")
        for path, pipeline in self._mapped(pipelines, portal_ids):
            existing_stages = {stage.id for stage in pipeline.stages}
            for name, stage_id in portal_ids.stages[str(path[-1])].items():
                if stage_id not in existing_stages:
                    yield self._gone((*path, name), f"stage {name!r} (id {stage_id})")

    def _gone(self, path: Path, what: str) -> Problem:
        remedy = f"keep it while {self.object_type} have been in it"
        return self.document.problem(
            path, f"{what} is no longer in the portal", remedy, at_key=True, code=Code.PORTAL_CHANGED
        )

    def _renamed(self, path: Path, noun: str, now: NamedPipeline | NamedStage) -> Iterator[Problem]:
        if path[-1] not in (now.id, now.label):
            message = f"{noun} {path[-1]!r} (id {now.id}) is called {now.label!r} in the portal now"
            yield self.document.problem(path, message, "nothing changes by that", at_key=True, code=Code.PORTAL_CHANGED)

    def _contradicted(self, path: Path, stage: NamedStage) -> Iterator[Problem]:
        role = self.stages[str(path[-2])][str(path[-1])].role
        if stage.closed != (Role(role) is Role.CLOSED):
            state = "closed" if stage.closed else "open"
            yield self.document.problem(
                path, f"stage {path[-1]!r} is {state} in the portal and {role} here", code=Code.ROLE_DIFFERS
            )


def _rule(stage: StageSection) -> StageRule:
    return StageRule(stage.role, stage.team, stage.vendor, stage.closing)


def _templates(section: TemplatesSection) -> TextTemplates:
    task = section.task
    return TextTemplates(
        reason=section.reason.template if section.reason else "",
        task_title=(task.title or "") if task else "",
        task=(task.template or "") if task else "",
        note=section.note.template if section.note else "",
    )


def _names(
    section: PropertiesSection | ObjectPropertiesSection,
    defaults: Mapping[str, str | tuple[str, ...]] = MappingProxyType({}),
) -> PropertyNames:
    def name(key: str) -> str:
        written = getattr(section, key) or defaults.get(key) or ""
        return str(written)

    replies = section.first_agent_reply or defaults.get("first_agent_reply") or ()
    return PropertyNames(
        priority=name("priority"),
        owner=name("owner"),
        team=name("team"),
        source=name("source"),
        category=name("category"),
        first_agent_reply=tuple(replies),
        customer_message=name("customer_message"),
        agent_message=name("agent_message"),
        waiver=name("waiver"),
    )
