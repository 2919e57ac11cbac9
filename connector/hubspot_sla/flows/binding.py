"""A ledger serves one portal for ever: what one portal's tickets are owed is never written to another's.

HubSpot is asked whose token this is when the token or the address is not that of the last time, so that an idle
run still costs one call. The ledger keeps a short digest to tell them apart, from which neither can be had back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.ledger import notes

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.flows.parts import Parts

TICKETS = "https://app.hubspot.com/contacts/{}/record/0-5/"
"""Where people look at tickets; HubSpot leads those of other regions on from here."""


def is_familiar(parts: Parts) -> bool:
    """Whether this token and address were found to belong to the ledger's portal before."""
    return notes.read(parts.ledger.db, notes.CONNECTION) == _digest(parts)


def checked_portal(parts: Parts) -> int:
    """The portal's id. Raises UsageProblem when the ledger belongs to another one."""
    portal_id = parts.portal.schema.account().portal_id
    known = notes.read(parts.ledger.db, notes.PORTAL)
    if known not in (None, str(portal_id)):
        raise UsageProblem(
            f"this ledger belongs to portal {known}, the token to portal {portal_id}",
            remedy="set SLA_LEDGER to another file, or use the other portal's token",
        )
    return portal_id


def bind_portal(parts: Parts) -> int:
    """Like `checked_portal`, and from now on the ledger belongs to it."""
    portal_id = checked_portal(parts)
    with parts.ledger.transaction() as db:
        notes.write(db, notes.PORTAL, portal_id)
        notes.write(db, notes.CONNECTION, _digest(parts))
    return portal_id


def ticket_link(db: sqlite3.Connection) -> str:
    """The address of any ticket up to its id; "" before the portal is known."""
    portal_id = notes.read(db, notes.PORTAL)
    return "" if portal_id is None else TICKETS.format(portal_id)


def _digest(parts: Parts) -> str:
    return parts.settings.needed_token().digest(parts.settings.base_url)
