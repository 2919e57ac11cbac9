"""What HubSpot's own SLA shows on tickets, and the facts that its due instants come from. Read only."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.objects.profile import CREATED, MERGED_FROM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hubspot_sla.hubspot.crm_records import CrmRecords
    from hubspot_sla.hubspot.record_rows import CrmRecord

DUE_PROPERTIES: Final = {
    Metric.FIRST_RESPONSE: "hs_time_to_first_response_sla_at",
    Metric.NEXT_RESPONSE: "hs_time_to_next_response_sla_at",
    Metric.RESOLUTION: "hs_time_to_close_sla_at",
}
STATUS_PROPERTIES: Final = {
    Metric.FIRST_RESPONSE: "hs_time_to_first_response_sla_status",
    Metric.NEXT_RESPONSE: "hs_time_to_next_response_sla_status",
    Metric.RESOLUTION: "hs_time_to_close_sla_status",
}
ELAPSED_PROPERTIES: Final = {
    Metric.FIRST_RESPONSE: "hs_time_to_first_response_in_operating_hours",
    Metric.RESOLUTION: "hs_time_to_close_in_operating_hours",
}
PRIORITY: Final = "hs_ticket_priority"
_RETROACTIVE: Final = "hs_retroactive_sla_update_at"
_SOURCE: Final = "hs_object_source"
_RULE: Final = "hs_applied_sla_rule_config_id"
_FIRST_REPLY: Final = "hs_first_agent_message_sent_at"
_RECEIVED: Final = "hs_last_message_received_at"
_SENT: Final = "hs_last_message_sent_at"
_CLOSED: Final = "closed_date"
_REOPENED: Final = "hs_ticket_reopened_at"


@dataclass(frozen=True, slots=True)
class ValueSince:
    """One version of a property: "" where it was cleared."""

    value: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class NativeTicket:
    """A ticket with the due instants that HubSpot's own SLA shows now. Instants are epoch ms, None where not set;
    histories begin with the oldest version."""

    id: str
    created_ms: int | None
    rule: str
    dues: Mapping[Metric, int]
    first_reply_ms: int | None
    received_ms: int | None
    sent_ms: int | None
    closed_ms: int | None
    reopened_ms: int | None
    pipelines: tuple[ValueSince, ...]
    stages: tuple[ValueSince, ...]
    priorities: tuple[ValueSince, ...]
    statuses: Mapping[Metric, str] = field(default_factory=dict)
    """Values of the status properties, as they are."""
    elapsed: Mapping[Metric, float] = field(default_factory=dict)
    """How long the goals took in HubSpot's operating hours, in a unit that no page of HubSpot names."""
    retroactive_ms: int | None = None
    """When an edited rule was applied to it."""
    source: str = ""
    """What made it, in HubSpot's word."""
    updated_ms: int = 0
    is_merged: bool = False
    """Whether others went into it."""


@dataclass(frozen=True, slots=True)
class NativeTickets:
    """`tickets` were created in the time that was asked for; `left_out` is how many older ones of them were not read,
    `unreadable` names the tickets whose rows make no sense."""

    tickets: list[NativeTicket]
    left_out: int = 0
    unreadable: tuple[str, ...] = ()


def read_native_tickets(records: CrmRecords, since_ms: int, most: int) -> NativeTickets:
    """The tickets created at or after `since_ms`, the newest `most` of them: a search, then 50 a call with history."""
    pages = records.changed(since_ms, [CREATED], [])
    ids = list(dict.fromkeys(row.id for page in pages for row in page.rows))
    profile = records.profile
    history = (profile.pipeline, profile.stage, PRIORITY)
    of_goals = (*DUE_PROPERTIES.values(), *STATUS_PROPERTIES.values(), *ELAPSED_PROPERTIES.values())
    of_ticket = (CREATED, _RULE, _FIRST_REPLY, _RECEIVED, _SENT, _CLOSED, _REOPENED, _RETROACTIVE, _SOURCE, MERGED_FROM)
    read = records.read(ids[-most:], (*of_ticket, *of_goals, *history), history)
    tickets, unreadable = _parsed(read.rows, profile.pipeline, profile.stage)
    return NativeTickets(tickets, max(0, len(ids) - most), (*unreadable, *(row.id for row in read.bad)))


def _parsed(rows: Iterable[CrmRecord], pipeline: str, stage: str) -> tuple[list[NativeTicket], list[str]]:
    tickets, unreadable = [], []
    for row in rows:
        try:
            tickets.append(_ticket(row, pipeline, stage))
        except ValueError:
            unreadable.append(row.id)
    return tickets, unreadable


def _ticket(row: CrmRecord, pipeline: str, stage: str) -> NativeTicket:
    dues = ((metric, _instant(row, name)) for metric, name in DUE_PROPERTIES.items())
    return NativeTicket(
        id=row.id,
        created_ms=row.created_at_ms,
        rule=row.properties.get(_RULE) or "",
        dues={metric: due for metric, due in dues if due is not None},
        first_reply_ms=_instant(row, _FIRST_REPLY),
        received_ms=_instant(row, _RECEIVED),
        sent_ms=_instant(row, _SENT),
        closed_ms=_instant(row, _CLOSED),
        reopened_ms=_instant(row, _REOPENED),
        pipelines=_versions(row, pipeline),
        stages=_versions(row, stage),
        priorities=_versions(row, PRIORITY),
        statuses={metric: status for metric, name in STATUS_PROPERTIES.items() if (status := row.properties.get(name))},
        elapsed=dict(_elapsed(row)),
        retroactive_ms=_instant(row, _RETROACTIVE),
        source=row.properties.get(_SOURCE) or "",
        updated_ms=row.updated_at_ms,
        is_merged=bool(row.properties.get(MERGED_FROM)),
    )


def _elapsed(row: CrmRecord) -> Iterator[tuple[Metric, float]]:
    """ValueError: no number."""
    for metric, name in ELAPSED_PROPERTIES.items():
        value = row.properties.get(name)
        if value and not isfinite(elapsed := float(value)):
            raise ValueError(f"{name} is {value}")
        if value:
            yield metric, elapsed


def _instant(row: CrmRecord, name: str) -> int | None:
    return wire_time.parse(row.properties.get(name))


def _versions(row: CrmRecord, name: str) -> tuple[ValueSince, ...]:
    """The history, or the value of today as if it had always been so where HubSpot sends none."""
    entries = row.history.get(name, [])
    if entries:
        return tuple(ValueSince(entry.value, entry.at_ms) for entry in reversed(entries))
    return (ValueSince(row.properties.get(name) or "", row.created_at_ms or 0),)
