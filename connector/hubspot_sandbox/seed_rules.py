"""Rules of HubSpot's own SLA for the invented portal: by priority, in office hours, urgent ones day and night; a ticket
that waits for somebody outside stands still."""

from __future__ import annotations

from hubspot_sandbox.native_hours import OperatingHours
from hubspot_sandbox.native_sla import Goals, SlaRule

_OFFICE = OperatingHours("Europe/Berlin", dict.fromkeys(range(5), (9 * 60, 17 * 60 + 30)))
_WAITING = frozenset({"2", "981230003", "981240003"})

NATIVE_RULES = (
    SlaRule("1", Goals(first_response=15, close=240), {"hs_ticket_priority": ["URGENT"]}, paused_in=_WAITING),
    SlaRule("2", Goals(first_response=60, close=480), {"hs_ticket_priority": ["HIGH"]}, _OFFICE, _WAITING),
    SlaRule("3", Goals(first_response=240, close=1020), {"hs_ticket_priority": ["MEDIUM"]}, _OFFICE, _WAITING),
    SlaRule("4", Goals(first_response=480, close=2040), {"hs_ticket_priority": ["LOW"]}, _OFFICE, _WAITING),
)
