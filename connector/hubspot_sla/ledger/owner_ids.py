"""Which owner each actor is: HubSpot knows a person by one id as an owner and by another where messages are written.

What was once learned stays, so that an outcome which is computed again names the person as before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger import state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping


def load(db: sqlite3.Connection) -> dict[str, str]:
    """Owner ids by actor id."""
    noted = state.read(db, state.OWNER_IDS)
    owner_ids: dict[str, str] = orjson.loads(noted) if noted else {}
    return owner_ids


def learn(db: sqlite3.Connection, owner_ids: Mapping[str, str]) -> None:
    """Keep those that are new; outcomes that name such an actor name the owner from now on."""
    known = load(db)
    new = {actor: owner for actor, owner in owner_ids.items() if actor not in known}
    if not new:
        return
    state.write(db, state.OWNER_IDS, orjson.dumps(known | new).decode())
    db.execute(
        "with new as (select key as actor, value as owner from json_each(?))"
        " update outcomes set first_responder_id = (select owner from new where actor = first_responder_id)"
        " where first_responder_id in (select actor from new)",
        (orjson.dumps(new).decode(),),
    )
