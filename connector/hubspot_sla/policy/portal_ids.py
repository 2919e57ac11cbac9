"""Which ids of the portal the names in portal.yaml stand for, and what role each stage has."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hubspot_sla.clock.timeline import ClosingKind, Role
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import Refused, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.portal_objects import NamedPipeline, NamedStage
    from hubspot_sla.policy.stage_rules import StageRule
    from hubspot_sla.policy.yaml_document import Document, Path

    Named = Sequence[NamedPipeline] | Sequence[NamedStage]


@dataclass(frozen=True, slots=True)
class StageRole:
    """`holder` is the team or vendor whose time it is; `label` what the portal calls the stage now, `name` what
    portal.yaml does; `closing` why a ticket in a closed one was closed."""

    role: Role
    holder: str | None
    label: str
    name: str = ""
    closing: ClosingKind = ClosingKind.ORDINARY


@dataclass(frozen=True, slots=True)
class PortalIds:
    """Ids by the names of the file, and the role of each (pipeline id, stage id). `owners` are the ids of the people
    that escalations.yaml names; `objects` holds the same for each object type beside tickets.

    Only the ids are kept (`to_json`); `PortalMap.resolve` gives the roles of the mapping as it stands.
    """

    pipelines: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    roles: Mapping[tuple[str, str], StageRole] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    objects: Mapping[str, PortalIds] = field(default_factory=dict)

    def of(self, object_type: str) -> PortalIds:
        """Those of an object type. The people are the same for all."""
        return (
            self if object_type == TICKETS else replace(self.objects.get(object_type, PortalIds()), owners=self.owners)
        )

    def role(self, pipeline_id: str, stage_id: str) -> StageRole | None:
        """None: the mapping does not know this stage."""
        return self.roles.get((pipeline_id, stage_id))

    def pipeline_name(self, pipeline_id: str) -> str:
        """The name in the file, or the id of a pipeline that is not mapped."""
        return next((name for name, mapped_id in self.pipelines.items() if mapped_id == pipeline_id), pipeline_id)

    def stage_name(self, pipeline_id: str, stage_id: str) -> str:
        """The name in the file, or the id of a stage that is not mapped."""
        role = self.roles.get((pipeline_id, stage_id))
        return role.name if role else stage_id

    def to_json(self) -> dict[str, dict[str, object]]:
        """`{"pipelines": {name: id}, "stages": {pipeline name: {stage name: id}}}`, `owners` and `objects` if any."""
        stages = {name: dict(ids) for name, ids in self.stages.items()}
        ids: dict[str, dict[str, object]] = {"pipelines": dict(self.pipelines), "stages": dict(stages)}
        if self.owners:
            ids["owners"] = dict(self.owners)
        if self.objects:
            ids["objects"] = {name: of_type.to_json() for name, of_type in self.objects.items()}
        return ids

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> PortalIds:
        """What `to_json` gave. ValueError: something else."""
        try:
            pipelines = {str(name): str(pipeline_id) for name, pipeline_id in body["pipelines"].items()}
            stages = {
                str(name): {str(stage): str(stage_id) for stage, stage_id in dict(ids).items()}
                for name, ids in body["stages"].items()
            }
            owners = {str(person): str(owner_id) for person, owner_id in body.get("owners", {}).items()}
            objects = {str(name): cls.from_json(of_type) for name, of_type in body.get("objects", {}).items()}
        except (KeyError, AttributeError, TypeError, ValueError) as error:
            raise ValueError(f"these are no stored ids of the portal: {body!r}") from error
        return cls(pipelines, stages, owners=owners, objects=objects)


@dataclass(slots=True)
class Resolving:
    """One pass over the names of one object type; afterwards `portal_ids` and `problems` hold what came of it."""

    document: Document
    known: PortalIds
    place: Path = ()
    pipelines: dict[str, str] = field(default_factory=dict)
    stages: dict[str, dict[str, str]] = field(default_factory=dict)
    roles: dict[tuple[str, str], StageRole] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def run(self, rules: Mapping[str, Mapping[str, StageRule]], portal: Sequence[NamedPipeline]) -> None:
        by_id = {pipeline.id: pipeline.stages for pipeline in portal}
        for name, stage_rules in rules.items():
            path: Path = (*self.place, "pipelines", name)
            pipeline_id = self._id("pipeline", path, self.pipelines, self.known.pipelines, portal)
            if pipeline_id:
                self._stages(path, pipeline_id, stage_rules, by_id.get(pipeline_id, ()))

    @property
    def portal_ids(self) -> PortalIds:
        return PortalIds(self.pipelines, self.stages, self.roles, self.known.owners)

    def _stages(
        self, path: Path, pipeline_id: str, rules: Mapping[str, StageRule], portal: Sequence[NamedStage]
    ) -> None:
        name = str(path[-1])
        labels = {stage.id: stage.label for stage in portal}
        ids = self.stages.setdefault(name, {})
        for stage, rule in rules.items():
            stage_id = self._id("stage", (*path, stage), ids, self.known.stages.get(name, {}), portal)
            if stage_id:
                holder, closing = rule.team or rule.vendor, ClosingKind(rule.closing or ClosingKind.ORDINARY)
                role = StageRole(Role(rule.role), holder, labels.get(stage_id, stage), stage, closing)
                self.roles[pipeline_id, stage_id] = role

    def _id(
        self, noun: str, path: Path, ids: dict[str, str], known_ids: Mapping[str, str], portal: Named
    ) -> str | None:
        """The id of the name that ends `path`, entered into `ids`; a problem where there is none."""
        name = str(path[-1])
        try:
            own_id = known_ids.get(name) or _id_in(portal, name, noun)
            _check_new(own_id, name, noun, ids)
        except Refused as refused:
            self.problems.append(
                self.document.problem(path, str(refused), refused.remedy, at_key=True, code=refused.code)
            )
            return None
        ids[name] = own_id
        return own_id


def _check_new(own_id: str, name: str, noun: str, ids: Mapping[str, str]) -> None:
    twin = next((other for other, other_id in ids.items() if other_id == own_id), None)
    if twin is not None:
        raise Refused(
            f"{noun} {name!r} is the same as {twin!r}: id {own_id}", "keep one of the two", code=Code.SAME_IN_PORTAL
        )


def _id_in(portal: Named, name: str, noun: str) -> str:
    """Ids go before labels. Refused: no such thing, or several with this label."""
    if any(item.id == name for item in portal):
        return name
    ids = [item.id for item in portal if item.label == name]
    if len(ids) > 1:
        raise Refused(
            f"{len(ids)} {noun}s are labelled {name!r}", f"use the id: {', '.join(ids)}", code=Code.LABEL_NOT_UNIQUE
        )
    if not ids:
        raise Refused(
            f"the portal has no {noun} {name!r}",
            nearest(name, [item.label for item in portal]),
            code=Code.NOT_IN_PORTAL,
        )
    return ids[0]
