"""Two records become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.bodies.records import MergeIn
from hubspot_sandbox.json_views import Answer, written_json
from hubspot_sandbox.merging import merge

if TYPE_CHECKING:
    from hubspot_sandbox.routes.call import Call


def merge_records(call: Call) -> Answer:
    """Answers the survivor, whole."""
    body = read(MergeIn, call.body)
    primary = call.portal.record(call.kind, body.primary_object_id)
    other = call.portal.record(call.kind, body.object_id_to_merge)
    survivor = merge(call.portal, call.kind, primary, other, call.now_ms)
    return Answer(200, written_json(call.portal, call.kind, survivor, survivor.values))
