"""The properties we write, created once and archived on request; the plan is a value that can be shown first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from hubspot_sla.errors import RequestRejected
from hubspot_sla.flows.reading import policy_versions
from hubspot_sla.flows.reading.own_properties import MARKED, SetupPlan, marker_definition
from hubspot_sla.flows.runs.job_run import new_run_id
from hubspot_sla.flows.sending.unknown_outcome import note_unique
from hubspot_sla.ledger import audit, edits, outbox, records, rungs, runs, state, sync_health
from hubspot_sla.ledger.audit import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.reading.policy_versions import Candidate
    from hubspot_sla.hubspot.schema import Schema

KINDS = ("tickets", *MARKED)


def set_up(context: Context, new: Candidate | None, plan: SetupPlan) -> int:
    """Create what is missing and go live; the instant of the first go-live, which never moves. Idempotent."""
    schema = context.portal.schema
    made = made_by_us(context)
    if plan.group_missing:
        _note_made(context, made, "groups", [plan.group])
        schema.create_group("tickets", plan.group, "SLA")
    if plan.ticket_properties:
        _create(context, made, "tickets", plan.ticket_properties)
    for name, options in plan.options.items():
        schema.set_options("tickets", name, options)
    for object_type, marker in plan.markers.items():
        _create_marker(context, made, object_type, marker)
    note_unique(context, (kind for kind in MARKED if _is_unique(schema, kind)))
    return _go_live(context, new, made)


def _create(
    context: Context, made: dict[str, list[str]], object_type: str, wishes: Sequence[dict[str, object]]
) -> None:
    """Create what is missing, noted as ours. Raises RequestRejected if HubSpot refuses any."""
    _note_made(context, made, object_type, [str(wish["name"]) for wish in wishes])
    defined = context.portal.schema.create_properties(object_type, list(wishes))
    if defined.rejected:
        made[object_type] = [name for name in made[object_type] if name not in defined.rejected]
        _note_made(context, made, object_type, [])
        reasons = "; ".join(f"{name}: {why}" for name, why in defined.rejected.items())
        raise RequestRejected(f"HubSpot would not create properties on {object_type}: {reasons}")


def _create_marker(context: Context, made: dict[str, list[str]], object_type: str, marker: dict[str, object]) -> None:
    """Unique where the portal has that for tasks and notes, as a second line of defence: nothing relies on it."""
    try:
        _create(context, made, object_type, [marker | {"hasUniqueValue": True}])
    except RequestRejected:
        _create(context, made, object_type, [marker])


def _is_unique(schema: Schema, object_type: str) -> bool:
    """Whether HubSpot keeps the marker unique: it may have been made without, or by somebody else."""
    marker = schema.properties(object_type).get(str(marker_definition(object_type)["name"]))
    return marker is not None and marker.unique


def _go_live(context: Context, new: Candidate | None, made: Mapping[str, list[str]]) -> int:
    run_id, now = new_run_id(), context.now()
    go_live_at = state.read_instant(context.ledger.db, state.GO_LIVE) or now
    with context.ledger.transaction() as db:
        runs.begin(db, run_id, "setup", now)
        state.write(db, state.GO_LIVE, go_live_at)
        body = {"go_live_at": go_live_at, "made": dict(made)}
        audit.append(db, at=now, run_id=run_id, entries=[Entry("setup", body)])
        runs.end(db, run_id, now, body)
        outbox.release_refused(db)
    if new is not None:
        policy_versions.adopt(context, new, run_id)
    return go_live_at


def tear_down(context: Context) -> dict[str, list[str]]:
    """Archive what setup made, nothing else, and forget that we went live; the ledger keeps its history.

    Answers what was archived, by kind like `made_by_us`.
    """
    schema = context.portal.schema
    made = made_by_us(context)
    for object_type in KINDS:
        for name in made[object_type]:
            schema.archive_property(object_type, name)
    archived = {**made, "groups": [group for group in made["groups"] if _group_archived(schema, group)]}
    run_id, now = new_run_id(), context.now()
    with context.ledger.transaction() as db:
        runs.begin(db, run_id, "teardown", now)
        for key in (
            state.GO_LIVE,
            state.MADE,
            state.UNIQUE,
            state.CURSOR,
            state.LISTING,
            sync_health.POLLED,
            sync_health.SLOW_CURSOR,
        ):
            state.forget(db, key)
        records.forget_written(db)
        edits.settle_all(db)
        outbox.withdraw_unsent(db, reason="torn down before it was sent")
        rungs.cut_short(db)
        audit.append(db, at=now, run_id=run_id, entries=[Entry("teardown", {"archived": archived})])
        runs.end(db, run_id, now, {"archived": archived})
    return archived


def _group_archived(schema: Schema, group: str) -> bool:
    """HubSpot refuses to archive a group into which somebody has put a property of theirs: it stays."""
    try:
        return schema.archive_group("tickets", group)
    except RequestRejected:
        return False


def made_by_us(context: Context) -> dict[str, list[str]]:
    """What setup created, by kind: `groups`, `tickets`, `tasks`, `notes`."""
    kept = state.read(context.ledger.db, state.MADE)
    found: dict[str, list[str]] = orjson.loads(kept) if kept else {}
    return {kind: found.get(kind, []) for kind in ("groups", *KINDS)}


def _note_made(context: Context, made: dict[str, list[str]], kind: str, names: Sequence[str]) -> None:
    """Before they are made, for the answer may be lost: what was missing a moment ago and is there then is ours."""
    made[kind] = list(dict.fromkeys([*made[kind], *names]))
    with context.ledger.transaction() as db:
        state.write(db, state.MADE, orjson.dumps(made).decode())
