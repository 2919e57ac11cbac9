"""Two records become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.intake import MergeIn, read
from hubspot_sandbox.merging import merge
from hubspot_sandbox.views import Answer, written_json

if TYPE_CHECKING:
    from hubspot_sandbox.routes.call import Call


def merge_records(call: Call) -> Answer:
    """Answers the survivor, whole."""
    asked = read(MergeIn, call.body)
    primary = call.portal.record(call.kind, asked.primary_object_id)
    other = call.portal.record(call.kind, asked.object_id_to_merge)
    survivor = merge(call.portal, call.kind, primary, other, call.now_ms)
    return Answer(200, written_json(call.portal, call.kind, survivor, survivor.values))
