"""What an admin, a colleague or a workflow does to the portal between two calls of a client.

They happen just before the request that brings them about, once unless told `times`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from hubspot_sandbox.faults.outcome import Outcome, StruckRequest
from hubspot_sandbox.merging import merge
from hubspot_sandbox.object_types import TICKETS, object_type
from hubspot_sandbox.portal import PERSON
from hubspot_sandbox.refusals import Refused

if TYPE_CHECKING:
    from hubspot_sandbox.pipelines import Pipeline
    from hubspot_sandbox.portal import Portal


class Act(Outcome):
    """Somebody does it once, unless told `times`."""

    once: ClassVar[bool] = True


class BulkEdit(Act):
    """Somebody writes `properties` to all records of a type, or to the first `most`, in one millisecond."""

    fault: ClassVar[str] = "bulk_edit"
    object_type: str = "tickets"
    properties: dict[str, str] = Field(min_length=1)
    most: int | None = Field(default=None, ge=1)

    def happen(self, struck: StruckRequest) -> None:
        portal, kind = struck.portal, object_type(self.object_type)
        table, at_ms = portal.table(kind), portal.clock.now_ms()
        with portal.store.together():
            for record_id in table.ids()[: self.most]:
                record = portal.record(kind, record_id)
                portal.change(kind, record, self.properties, at_ms=at_ms, source=PERSON)


class ArchiveRecords(Act):
    """Somebody moves the records of `ids` into the recycle bin."""

    fault: ClassVar[str] = "archive_records"
    object_type: str = "tickets"
    ids: tuple[str, ...] = Field(min_length=1)

    def happen(self, struck: StruckRequest) -> None:
        for record_id in self.ids:
            with suppress(Refused):  # it may be gone already
                struck.portal.archive(self.object_type, record_id)


class MergeRecords(Act):
    """Somebody merges the records of `ids` into the one of `primary`."""

    fault: ClassVar[str] = "merge_records"
    object_type: str = "tickets"
    primary: str
    ids: tuple[str, ...] = Field(min_length=1)

    def happen(self, struck: StruckRequest) -> None:
        portal, kind = struck.portal, object_type(self.object_type)
        for record_id in self.ids:
            with suppress(Refused):
                primary, other = portal.record(kind, self.primary), portal.record(kind, record_id)
                merge(portal, kind, primary, other, portal.clock.now_ms())


class DeleteProperty(Act):
    """An admin archives the property `name`."""

    fault: ClassVar[str] = "delete_property"
    object_type: str = "tickets"
    name: str

    def happen(self, struck: StruckRequest) -> None:
        kind = object_type(self.object_type)
        struck.portal.catalogue(kind).archive(self.name, struck.portal.clock.now_ms())


class RenameStage(Act):
    """An admin gives the `stage` of a `pipeline` another `label`."""

    fault: ClassVar[str] = "rename_stage"
    pipeline: str
    stage: str
    label: str

    def happen(self, struck: StruckRequest) -> None:
        pipeline = struck.portal.pipelines.get(self.pipeline)
        if pipeline is not None:
            self._rename(struck.portal, pipeline)

    def _rename(self, portal: Portal, pipeline: Pipeline) -> None:
        now_ms = portal.clock.now_ms()
        stages = tuple(
            replace(each, label=self.label, updated_ms=now_ms) if each.id == self.stage else each
            for each in pipeline.stages
        )
        changed = replace(pipeline, stages=stages, updated_ms=now_ms)
        portal.set_pipelines([changed if each is pipeline else each for each in portal.pipelines.values()])


class EditPipeline(Act):
    """An admin edits a `pipeline`: every ticket in it is modified, though nothing in it changes."""

    fault: ClassVar[str] = "edit_pipeline"
    pipeline: str

    def happen(self, struck: StruckRequest) -> None:
        portal = struck.portal
        table, at_ms = portal.table(TICKETS), portal.clock.now_ms()
        with portal.store.together():
            for record_id in table.ids():
                record = portal.record(TICKETS, record_id)
                if record.values.get("hs_pipeline") == self.pipeline:
                    table.write(record, {}, modified_ms=at_ms)


class RotateToken(Act):
    """An admin rotates a token: `token` is good from now on, and `old`, or that of the caller, is not."""

    fault: ClassVar[str] = "rotate_token"
    token: str
    old: str | None = None

    def happen(self, struck: StruckRequest) -> None:
        old = self.old or struck.token
        scopes = struck.access.scopes(old)
        if scopes is not None:
            struck.access.revoke(old)
            struck.access.grant(self.token, scopes)
