"""What people do to a portal beside what `World` knows, and the bad days it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.world import POLICIES
from hubspot_sandbox import merging
from hubspot_sandbox.object_types import TICKETS

if TYPE_CHECKING:
    from flows.world import World

STAGES = {"0": ("1", "2", "3", "4"), "204880101": ("981230001", "981230002", "981230003", "981230004")}
"""By pipeline; the last one is closed."""
PRIORITIES = ("LOW", "MEDIUM", "HIGH", "URGENT")
OWNERS = ("3001", "3002", "")
TIERS = ("platinum", "gold", "silver", "")

OTHER_POLICIES = (
    POLICIES,
    POLICIES.replace("resolution: 6h", "resolution: 3h").replace("HIGH: 1h", "HIGH: 20m"),
    POLICIES.replace("first_response: 30m", "first_response: 90m, next_response: 1h").replace("24h", "12h"),
)
AS_OF = ("as_of: creation", "as_of: now")

BAD_DAYS: tuple[dict[str, object], ...] = (
    {"fault": "search_lag", "lag_s": 90, "jitter_s": 120},
    {"fault": "search_lag", "lag_s": 900, "rows": "current"},
    {"fault": "shuffled", "route": "search"},
    {"fault": "reset", "probability": 0.2},
    {"fault": "reset", "after": 2},
    {"fault": "commit_then_drop", "probability": 0.3},
    {"fault": "commit_then_drop", "route": "batch_create"},
    {"fault": "server_error", "probability": 0.3, "status": 502, "body": "html"},
    {"fault": "server_error", "commit": True, "route": "batch_*", "probability": 0.4},
    {"fault": "poison_rows", "property": "sla_status", "value": "breached"},
    {"fault": "poison_rows", "property": "sla_tier", "value": "gold", "fails": "request"},
    {"fault": "vanishing_rows", "share": 0.3},
    {"fault": "vanishing_rows", "share": 0.3, "written": False},
    {"fault": "rate_limited", "probability": 0.3},
    {"fault": "rate_limited", "policy": "SECONDLY", "route": "search"},
    {"fault": "locked", "probability": 0.3},
    {"fault": "truncated", "probability": 0.2},
    {"fault": "truncated", "route": "batch_create", "close": False},
)

BAD_DAYS_OF_CONVERSATIONS: tuple[dict[str, object], ...] = (
    {"fault": "message_lag", "lag_s": 90, "jitter_s": 900},
    {"fault": "pages_out_of_order"},
    {"fault": "ignored_query"},
    {"fault": "missing_scope", "scopes": ["conversations.read"], "route": "conversation*"},
    {"fault": "plan_without", "route": "conversation*"},
    {"fault": "unknown_actors", "ids": ["*"]},
    {"fault": "missing_fields", "fields": ["latestMessageTimestamp"]},
    {"fault": "access_denied", "path": "*/messages", "probability": 0.5},
    {"fault": "reset", "route": "conversation*", "probability": 0.3},
    {"fault": "server_error", "route": "conversation*", "probability": 0.3, "status": 502},
    {"fault": "rate_limited", "route": "conversation*", "probability": 0.3},
    {"fault": "missing_scope", "scopes": ["sales-email-read"], "path": "*/emails/*"},
    {"fault": "access_denied", "path": "*/calls/*"},
    {"fault": "server_error", "path": "*/notes/*", "probability": 0.5, "status": 502},
    {"fault": "reset", "path": "*/associations/*", "probability": 0.3},
    *BAD_DAYS[:4],
)


def merge(world: World, primary: str, other: str) -> str:
    """The id of the survivor."""
    portal = world.portal
    with portal.current():
        survivor = merging.merge(
            portal, TICKETS, portal.record(TICKETS, primary), portal.record(TICKETS, other), portal.clock.now_ms()
        )
        return str(survivor.id)


def restore(world: World, ticket_id: str) -> None:
    """Out of the recycle bin, as it went in; its modification time stays as it was."""
    portal = world.portal
    with portal.current():
        record = portal.record(TICKETS, ticket_id, archived=True)
        record.archived_ms = None
        portal.table(TICKETS).save(record, record.values)
