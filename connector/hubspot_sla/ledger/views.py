"""Views for people with plain SQLite: the audit log and outcomes with instants in ISO 8601, seconds, and names."""

from __future__ import annotations

from typing import Final

from hubspot_sla.ledger import seen


def instant(column: str, name: str = "") -> str:
    """Epoch ms as `2026-10-05T13:00:00.000Z`, under the name of the column, or another."""
    name = name or column.partition(".")[2] or column
    text = f"strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000, 'unixepoch') || printf('.%03dZ', {column} % 1000)"
    return f"{text} as {name}"


def _seconds(column: str) -> str:
    return f"{column} / 1000.0 as {column.partition('.')[2].removesuffix('_ms')}_s"


def _name(kind: str, column: str, key: str = "") -> str:
    """What an id was called at the instant of the outcome; before its first name that one, and the id where no name was
    ever read. `key` is the id among names, where that is another."""
    names = f"select name from names where kind = '{kind}' and id = {key or column} and name <> ''"
    return (
        f"coalesce(({names} and seen_at <= o.who_at order by seen_at desc limit 1),"
        f" ({names} order by seen_at limit 1), {column})"
    )


_PIPELINE_KEY: Final = (
    "case o.object_type when 'tickets' then o.pipeline_id else o.object_type || ':' || o.pipeline_id end"
)
"""Pipelines of other object types have their type in front: see `plan/records.py`."""
_STAGE_KEY: Final = f"{_PIPELINE_KEY} || ':' || o.stage_id"


_AUDIT_LOG: Final = (
    f"select seq, {instant('at')}, run_id, kind, object_type, record_id, body, texts,"
    " case typeof(hash) when 'blob' then lower(hex(hash)) else hash end as hash,"
    " case typeof(hash) when 'blob' then 2 else 1 end as form"
    " from audit left join audit_texts on entry = seq"
)

_NAMED: Final = (("company", "company_id"), ("owner", "owner_id"), ("team", "team_id"))
_INSTANTS: Final = ("started_at", "at_risk_at", "due_at", "stopped_at", "ended_at", "breached_at", "judged_at")
_DURATIONS: Final = ("target_ms", "elapsed_ms", "paused_ms", "late_ms", "late_wall_ms")

_OUTCOMES_COLUMNS: Final = (
    "select o.object_type, o.record_id, o.kind, o.agreement, o.metric, o.place, o.cycle, o.status, o.excluded",
    "o.inferred",
    "o.policy, v.version as mappings_version, o.tier, o.calendar, o.contract",
    *(f"o.{column}, {_name(kind, f'o.{column}')} as {kind}" for kind, column in _NAMED),
    f"o.pipeline_id, {_name('pipeline', 'o.pipeline_id', _PIPELINE_KEY)} as pipeline",
    f"o.stage_id, {_name('stage', 'o.stage_id', _STAGE_KEY)} as stage, o.stage_role, o.priority, o.source, o.category",
    f"o.first_responder_id, {_name('owner', 'o.first_responder_id')} as first_responder, o.dimensions",
    *(instant(f"o.{column}") for column in ("who_at", *_INSTANTS)),
    "o.withdrawn, o.rules",
    *(_seconds(f"o.{column}") for column in _DURATIONS),
)
OUTCOMES_NAMED: Final = (
    f"{', '.join(_OUTCOMES_COLUMNS)} from outcomes as o left join policy_versions as v on v.seq = o.mappings"
)

_WHOSE_TIME: Final = (
    "select o.object_type, o.record_id, o.kind, o.agreement, o.metric, o.place, o.cycle, t.holder, t.name as holder_id,"
    f" case when t.holder = 'queue' then {_name('team', 't.name')} else t.name end as holder_name, t.late,"
    " case when t.holder = 'closed_hours' then 0.0 else t.ms / 1000.0 end as business_s, t.ms / 1000.0 as wall_s"
    " from outcome_time as t join outcomes as o on o.id = t.outcome"
)

VIEWS: Final = {"audit_log": _AUDIT_LOG, "outcomes_named": OUTCOMES_NAMED, "whose_time": _WHOSE_TIME}
"""By name. Their columns are what other programs rely on."""

_MESSAGE_COLUMNS: Final = (
    *("kind", "direction", "actor", "actor_kind", "channel", "thread", "client", "automatic", "outside"),
    *("assigned_to", "assigned_kind", "failed", "connected", "defect"),
)
_MESSAGE_VALUES: Final = ", ".join(f"json_extract(value, '$.{column}') as {column}" for column in _MESSAGE_COLUMNS)
MESSAGES_VIEW: Final = (
    "select object_type, record_id,"
    " case when instr(name, '#') > 0 then substr(name, 9, instr(name, '#') - 9) else substr(name, 9) end as id,"
    " case when instr(name, '#') > 0 then cast(substr(name, instr(name, '#') + 1) as integer) else 1 end as edition,"
    f" {instant('at')}, {_MESSAGE_VALUES}, entry"
    " from facts where name >= 'message:' and name < 'message;'"
)
"""Each message that a source has shown, one row for each edition of it; of a message the newest counts."""

_RESTATED: Final = (
    "object_type, record_id, clock, cycle, cause, author",
    instant("restated_at"),
    "status, excluded, policy, tier, calendar, company_id, owner_id, team_id, priority",
    *(instant(column) for column in _INSTANTS),
    "target_ms / 1000.0 as target_s, late_ms / 1000.0 as late_s, entry",
)
_FROZEN: Final = (
    "period, edition, object_type, record_id, clock, cycle, status, excluded, policy, tier, calendar",
    "company_id, owner_id, team_id, pipeline_id, stage_id, priority",
    *(instant(column) for column in _INSTANTS),
    "target_ms / 1000.0 as target_s, elapsed_ms / 1000.0 as elapsed_s, late_ms / 1000.0 as late_s, entry",
)
EDITION_VIEWS: Final = {
    "restatements": f"select {', '.join(_RESTATED)} from outcome_editions",
    "frozen": f"select {', '.join(_FROZEN)} from period_outcomes join periods on periods.id = closing",
}
"""Each earlier edition of an outcome, and each outcome of each closed month."""


def _seen(columns: str, query: str) -> str:
    return (
        f"select {columns}, {instant('v.at')}, value, {instant('audit.at').removesuffix('at')}seen_at, at_the_latest,"
        f" seen_entry as entry from ({query}) as v left join audit on audit.seq = seen_entry"
    )


SEEN_VIEWS: Final = {
    "facts_seen": _seen("v.object_type, v.record_id, name, source", seen.FACTS),
    "company_values_seen": _seen("company_id, name", seen.COMPANY_VALUES),
    "contact_values_seen": _seen("v.object_type, v.record_id, contact_id, name", seen.CONTACT_VALUES),
}
"""When each fact, and each value of a company or contact, was first seen."""
