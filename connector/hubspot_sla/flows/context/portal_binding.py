"""A ledger serves one portal for ever: what one portal's records are owed is never written to another's.

HubSpot is asked whose token this is when the token or the address is not that of the last time, so that an idle
run still costs one call. The ledger keeps a short digest to tell them apart, from which neither can be had back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context import learned, quota_share
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.ledger import state

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.hubspot.schema import Account


def is_familiar(context: Context) -> bool:
    """Whether this token and address were found to belong to the ledger's portal before."""
    known = all(state.read(context.ledger.db, key) is not None for key in (state.TIME_ZONE, state.UI_DOMAIN))
    return known and state.read(context.ledger.db, state.CONNECTION) == _digest(context)


def require_own(context: Context) -> None:
    """Returns when this token is known to be that of the ledger's portal. Raises UsageProblem when it is not."""
    if not is_familiar(context):
        bind_portal(context)


def checked_portal(context: Context) -> int:
    """The portal's id. Raises UsageProblem when the ledger belongs to another one."""
    return checked_account(context).portal_id


def checked_account(context: Context) -> Account:
    """The portal. Raises UsageProblem when the ledger belongs to another one."""
    account = context.portal.schema.account()
    portal_id = account.portal_id
    known = state.read(context.ledger.db, state.PORTAL)
    if known not in (None, str(portal_id)):
        raise UsageProblem(
            f"this ledger belongs to portal {known}, the token to portal {portal_id}",
            remedy="set SLA_LEDGER to another file, or use the other portal's token",
        )
    return account


def bind_portal(context: Context) -> int:
    """Like `checked_portal`, and from now on the ledger belongs to it; its days are known to end at its midnight."""
    account = checked_account(context)
    with context.ledger.transaction() as db:
        state.write(db, state.PORTAL, account.portal_id)
        state.write(db, state.CONNECTION, _digest(context))
        state.write(db, state.TIME_ZONE, account.time_zone)
        state.write(db, state.UI_DOMAIN, account.ui_domain)
        quota_share.keep(db, context.portal.transport)
    learned.take_up(context.ledger.db, context.portal.transport, context.settings.share)
    return account.portal_id


def record_link(db: sqlite3.Connection, object_type: str) -> str:
    """The address of any record of this type up to its id; "" before the portal is known."""
    portal_id = state.read(db, state.PORTAL)
    if portal_id is None:
        return ""
    return profile_of(object_type).page(portal_id, state.read(db, state.UI_DOMAIN) or "")


def _digest(context: Context) -> str:
    return context.settings.needed_token().digest(context.settings.base_url)
