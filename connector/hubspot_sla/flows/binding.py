"""A ledger serves one portal for ever: what one portal's tickets are owed is never written to another's.

HubSpot is asked whose token this is when the token or the address is not that of the last time, so that an idle
run still costs one call. The ledger keeps a short digest to tell them apart, from which neither can be had back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows import quota
from hubspot_sla.ledger import notes

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.flows.parts import Parts
    from hubspot_sla.hubspot.schema import Account

TICKETS = "https://app.hubspot.com/contacts/{}/record/0-5/"
"""Where people look at tickets; HubSpot leads those of other regions on from here."""


def is_familiar(parts: Parts) -> bool:
    """Whether this token and address were found to belong to the ledger's portal before."""
    known = notes.read(parts.ledger.db, notes.TIME_ZONE) is not None
    return known and notes.read(parts.ledger.db, notes.CONNECTION) == _digest(parts)


def require_own(parts: Parts) -> None:
    """Returns when this token is known to be that of the ledger's portal. Raises UsageProblem when it is not."""
    if not is_familiar(parts):
        bind_portal(parts)


def checked_portal(parts: Parts) -> int:
    """The portal's id. Raises UsageProblem when the ledger belongs to another one."""
    return _checked(parts).portal_id


def _checked(parts: Parts) -> Account:
    account = parts.portal.schema.account()
    portal_id = account.portal_id
    known = notes.read(parts.ledger.db, notes.PORTAL)
    if known not in (None, str(portal_id)):
        raise UsageProblem(
            f"this ledger belongs to portal {known}, the token to portal {portal_id}",
            remedy="set SLA_LEDGER to another file, or use the other portal's token",
        )
    return account


def bind_portal(parts: Parts) -> int:
    """Like `checked_portal`, and from now on the ledger belongs to it; its days are known to end at its midnight."""
    account = _checked(parts)
    with parts.ledger.transaction() as db:
        notes.write(db, notes.PORTAL, account.portal_id)
        notes.write(db, notes.CONNECTION, _digest(parts))
        notes.write(db, notes.TIME_ZONE, account.time_zone)
        quota.keep(db, parts.portal.transport)
    quota.begin(parts.ledger.db, parts.portal.transport, parts.settings.share)
    return account.portal_id


def ticket_link(db: sqlite3.Connection) -> str:
    """The address of any ticket up to its id; "" before the portal is known."""
    portal_id = notes.read(db, notes.PORTAL)
    return "" if portal_id is None else TICKETS.format(portal_id)


def _digest(parts: Parts) -> str:
    return parts.settings.needed_token().digest(parts.settings.base_url)
