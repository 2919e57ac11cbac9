"""The properties we write, created once and archived on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from hubspot_sla.errors import AccessDenied, ComeBackLater, RequestRejected
from hubspot_sla.flows.reading.company_properties import COMPANIES, RESTS
from hubspot_sla.flows.reading.own_properties import MARKERS, SetupPlan, readable_properties
from hubspot_sla.flows.runs import waivers_take_effect
from hubspot_sla.flows.runs.job_run import new_run_id
from hubspot_sla.flows.runs.refresh_names import refresh_owner_names
from hubspot_sla.hubspot.current_time import REMEDY, distrust
from hubspot_sla.hubspot.objects.table import PROFILES
from hubspot_sla.ledger import audit, edits, markers, missing_scopes, outbox, records, rungs, runs, state, sync_health
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.plan.records import TICKETS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.reading.policy_versions import Candidate
    from hubspot_sla.hubspot.schema import Schema

GROUPS = "groups"
KINDS = (TICKETS, *MARKERS)
"""What setup may make properties on, whatever the mappings name."""
UNUSED = "no ladder asked for it when `sla setup` last ran"


def set_up(context: Context, new: Candidate | None, plan: SetupPlan) -> int:
    """Create what is missing and go live; the instant of the first go-live, which never moves. Idempotent.

    A portal that refuses the markers of tasks and notes goes live without: `ledger.markers` says why. ComeBackLater:
    this machine's clock and HubSpot's differ so much that nobody knows since when it would be live.
    """
    _require_one_time(context)
    schema = context.portal.schema
    made = made_by_us(context)
    for object_type in plan.properties:
        try:
            _make_properties(context, made, object_type, plan)
        except AccessDenied as denied:
            if object_type != COMPANIES:
                raise
            _let_companies_rest(context, made, str(denied))
    for object_type, by_name in plan.options.items():
        for name, options in by_name.items():
            schema.set_options(object_type, name, options)
    for object_type, labels in plan.labels.items():
        for name, words in labels.items():
            schema.rename_property(object_type, name, words)
    for object_type, gone in plan.gone.items():
        made[object_type] = [name for name in made[object_type] if name not in gone]
        _note_made(context, made, object_type, [])
    refused = {
        object_type: reason
        for object_type, marker in plan.markers.items()
        if (reason := _reason_against_marker(context, made, object_type, marker))
    }
    _note_markers(context, refused)
    go_live_at = _go_live(context, new, made)
    refresh_owner_names(context)
    return go_live_at


def _make_properties(context: Context, made: dict[str, list[str]], object_type: str, plan: SetupPlan) -> None:
    """Our group on this type, and what is missing in it."""
    schema, wishes = context.portal.schema, plan.properties[object_type]
    if object_type in plan.without_group:
        _note_made(context, made, state.of(object_type, GROUPS), [plan.group])
        schema.create_group(object_type, plan.group, "SLA")
        schema.wait_until_group_shown(object_type, plan.group)
    if wishes:
        _create(context, made, object_type, wishes)
        schema.wait_until_shown(object_type, [str(wish["name"]) for wish in wishes])


def _let_companies_rest(context: Context, made: dict[str, list[str]], reason: str) -> None:
    """The token may not make properties of companies: everything else goes live without, and doctor says so."""
    for kind in (COMPANIES, state.of(COMPANIES, GROUPS)):
        made.pop(kind, None)
        _note_made(context, made, kind, [])
    with context.ledger.transaction() as db:
        missing_scopes.note(db, RESTS, reason)


def _require_one_time(context: Context) -> None:
    """An instant of go-live that is too early would have rungs fire for what was late before, and one that is too late
    would leave some out; it never moves."""
    if state.read_instant(context.ledger.db, state.GO_LIVE) is not None:
        return
    transport = context.portal.transport
    if distrusted := distrust(transport.offset_ms, transport.clock_mode):
        raise ComeBackLater(f"{distrusted}, so nobody knows since when this is live", remedy=REMEDY)


def _reason_against_marker(
    context: Context, made: dict[str, list[str]], object_type: str, marker: dict[str, object]
) -> str:
    """Make a marker, and wait until it shows; HubSpot's reason where it lets nobody make it, "" where it is made."""
    try:
        _create_marker(context, made, object_type, marker)
    except (RequestRejected, AccessDenied) as refused:
        made[object_type] = [name for name in made[object_type] if name != marker["name"]]
        _note_made(context, made, object_type, [])
        return refused.message
    context.portal.schema.wait_until_shown(object_type, [str(marker["name"])])
    return ""


def _note_markers(context: Context, refused: Mapping[str, str]) -> None:
    """Which types have their marker now: it may have been there before, or be somebody else's."""
    schema = context.portal.schema
    there = {name: readable_properties(schema, name).get(marker) for name, marker in MARKERS.items()}
    marked = [object_type for object_type, marker in there.items() if marker is not None]
    unique = [object_type for object_type, marker in there.items() if marker is not None and marker.unique]
    without = {object_type: refused.get(object_type, UNUSED) for object_type in MARKERS if object_type not in marked}
    with context.ledger.transaction() as db:
        markers.note(db, marked, unique, without)


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
        waivers_take_effect.adopt(context, new, run_id)
    return go_live_at


def tear_down(context: Context) -> dict[str, list[str]]:
    """Archive what setup made, nothing else, and forget that we went live; the ledger keeps its history.

    Answers what was archived, by kind like `made_by_us`.
    """
    schema = context.portal.schema
    made = made_by_us(context)
    archived = dict(made)
    for object_type in (*KINDS, *(name for name in made if name in (*PROFILES, COMPANIES) and name not in KINDS)):
        for name in made[object_type]:
            schema.archive_property(object_type, name)
    for object_type in (*PROFILES, COMPANIES):
        of_type = state.of(object_type, GROUPS)
        if of_type in made:
            archived[of_type] = [group for group in made[of_type] if _group_archived(schema, object_type, group)]
    run_id, now = new_run_id(), context.now()
    with context.ledger.transaction() as db:
        runs.begin(db, run_id, "teardown", now)
        for key in (
            state.GO_LIVE,
            state.MADE,
            state.MARKERS,
            state.UNIQUE,
            state.RESTING,
        ):
            state.forget(db, key)
        for object_type in PROFILES:
            state.forget_type(db, object_type, sync_health.PLACES)
        records.forget_written(db)
        edits.settle_all(db)
        outbox.withdraw_unsent(db, reason="torn down before it was sent")
        rungs.cut_short(db)
        audit.append(db, at=now, run_id=run_id, entries=[Entry("teardown", {"archived": archived})])
        runs.end(db, run_id, now, {"archived": archived})
    return archived


def _group_archived(schema: Schema, object_type: str, group: str) -> bool:
    """HubSpot refuses to archive a group into which somebody has put a property of theirs: it stays."""
    try:
        return schema.archive_group(object_type, group)
    except RequestRejected:
        return False


def made_by_us(context: Context) -> dict[str, list[str]]:
    """What setup created, by kind: `groups`, `tickets`, `tasks`, `notes`, and of each other object type that there is
    anything of, its properties by its name and its groups as `TYPE:groups`."""
    made_by_kind = state.made_by_setup(context.ledger.db)
    return {kind: made_by_kind.get(kind, []) for kind in dict.fromkeys((GROUPS, *KINDS, *made_by_kind))}


def is_of_groups(kind: str) -> bool:
    """Whether a kind of what setup made is one of groups, which can be archived only without their properties."""
    return kind.rpartition(":")[2] == GROUPS


def _note_made(context: Context, made: dict[str, list[str]], kind: str, names: Sequence[str]) -> None:
    """Before they are made, for the answer may be lost: what was missing a moment ago and is there then is ours."""
    made[kind] = list(dict.fromkeys([*made.get(kind, ()), *names]))
    with context.ledger.transaction() as db:
        state.write(db, state.MADE, orjson.dumps(made).decode())
