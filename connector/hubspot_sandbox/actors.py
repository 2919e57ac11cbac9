"""Who an actor id means: an owner, a contact, an address, or one of those that are neither, as bots are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.conversation_model import AGENT, EMAIL_ACTOR, VISITOR
from hubspot_sandbox.object_types import CONTACTS

if TYPE_CHECKING:
    from hubspot_sandbox.json_views import Json
    from hubspot_sandbox.portal_state import PortalState


def actor_json(portal: PortalState, actor_id: str) -> Json | None:
    """The actor as HubSpot answers it; None for an id of nobody."""
    if portal.conversations.unknown is not None and portal.conversations.unknown(actor_id):
        return None
    known = portal.conversations.actors.get(actor_id)
    if known is not None:
        return {"id": known.id, "type": known.type, "name": known.name}
    kind, rest = actor_id[:2], actor_id[2:]
    if kind == AGENT:
        return _agent(portal, actor_id, rest)
    if kind == VISITOR and rest.isdecimal():
        return _visitor(portal, actor_id, int(rest))
    return {"id": actor_id, "type": "EMAIL", "email": rest} if kind == EMAIL_ACTOR else None


def _agent(portal: PortalState, actor_id: str, user_id: str) -> Json | None:
    for owner in portal.owners.values():
        if str(owner.user_id) == user_id:
            name = f"{owner.first_name} {owner.last_name}".strip()
            return {"id": actor_id, "type": "AGENT", "name": name, "email": owner.email}
    return None


def _visitor(portal: PortalState, actor_id: str, contact_id: int) -> Json | None:
    contact = portal.table(CONTACTS).find(contact_id)
    if contact is None:
        return None
    name = f"{contact.values.get('firstname', '')} {contact.values.get('lastname', '')}".strip()
    return {"id": actor_id, "type": "VISITOR", "name": name, "email": contact.values.get("email", "")}
