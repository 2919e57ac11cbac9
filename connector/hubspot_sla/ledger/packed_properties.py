"""The values that HubSpot holds of our properties, packed to an eighth: nearly all of it is alike on every record.

A stored value begins with the number of the dictionary it was packed with. A dictionary never changes, or what was
packed with it cannot be read any more: a better one gets a number of its own.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIRST: Final = (
    b'{"sla_assignment_due_at":"2026-","sla_assignment_status":"met","sla_first_breached_at":"2026-",'
    b'"sla_last_escalated_at":"2026-","sla_next_due_at":"2026-","sla_next_due_metric":"first_response",'
    b'"sla_next_response_due_at":"2026-","sla_next_response_status":"pending","sla_ola_status":"running",'
    b'"sla_stage_due_at":"2026-","sla_stage_status":"paused","sla_uc_status":"at_risk","sla_update_due_at":"2026-",'
    b'"sla_update_status":"breached","sla_first_response_due_at":"2026-","sla_breach_count":"1","sla_breached":"true",'
    b'"sla_breach_count":"0","sla_breached":"false","sla_escalation_level":"0","sla_first_response_status":"no_sla",'
    b'"sla_policy":"gold","sla_reason":"No policy applies. First response: policy gold promises no first response. '
    b"First response (4h on calendar office, policy gold): missed, was late, due Mon 2026-01-01 09:00 UTC, done Tue "
    b"running, at risk, paused in Waiting on contact. Resolution (3bd on calendar office, policy standard): "
    b"met Wed 2026-01-01 00:00 UTC, due Thu 2026-01-01 00:00 UTC. Tier: tiers.csv gives company 1 silver from "
    b'2026-01-01.","sla_resolution_due_at":"2026-01-01T00:00:00Z","sla_resolution_status":"missed",'
    b'"sla_resolution_status":"met","sla_status":"missed","sla_status":"met","sla_tier":"no tier","sla_tier":"gold"}'
)
_DICTIONARIES: Final = {1: _FIRST}
_NEWEST: Final = 1
_WINDOW: Final = -12
"""Deflate with a window that holds the dictionary and one record, without header and checksum; measured as fastest."""


def packed(properties: Mapping[str, str | None]) -> bytes:
    """Without the properties that hold nothing."""
    text = orjson.dumps({name: value for name, value in properties.items() if value}, option=orjson.OPT_SORT_KEYS)
    deflate = zlib.compressobj(3, zlib.DEFLATED, _WINDOW, 4, zlib.Z_DEFAULT_STRATEGY, _DICTIONARIES[_NEWEST])
    return bytes([_NEWEST]) + deflate.compress(text) + deflate.flush()


def unpacked(stored: bytes | str) -> dict[str, str | None]:
    """Also from JSON, as earlier versions stored it. ValueError: it was altered."""
    try:
        properties: dict[str, str | None] = orjson.loads(stored if isinstance(stored, str) else _inflated(stored))
    except (zlib.error, LookupError, ValueError) as error:
        raise ValueError(f"these are no packed properties: {error}") from error
    return properties


def _inflated(stored: bytes) -> bytes:
    inflate = zlib.decompressobj(_WINDOW, _DICTIONARIES[stored[0]])
    return inflate.decompress(stored[1:]) + inflate.flush()
