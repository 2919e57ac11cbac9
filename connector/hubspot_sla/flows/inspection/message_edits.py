"""What an edit of `messages` in portal.yaml cannot judge anew, because it was not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.messages import MessageWords

NEW_SOURCES = (
    "{sources} of portal.yaml's `messages` will be read from the load of the edit on: of open tickets at their next "
    "change or by the next sweep, of closed ones by `sla sync --backfill`"
)
RECOGNISED = (
    "{keys} of portal.yaml's `messages` differ from those in force. Messages that were read before keep what was "
    "recognised then, for no text and no address is kept: the edit counts for what is read from its load on"
)


def message_edit_notes(ledger: Path, mappings: Mappings) -> list[str]:
    """By the version in force; none where there is no ledger yet."""
    if not ledger.is_file():
        return []
    with database.open_for_reading(ledger) as opened:
        versions = in_force(opened.db)
    return edit_notes(versions[-1].mappings.portal.messages, mappings.portal.messages) if versions else []


def edit_notes(before: MessageWords | None, after: MessageWords | None) -> list[str]:
    """Nothing needs to be said of what judges anew what was kept."""
    if after is None:
        return []
    notes: list[str] = []
    new = sorted(after.sources - (before.sources if before else frozenset()))
    if new:
        notes.append(NEW_SOURCES.format(sources=", ".join(new)))
    if before is not None and before.sources and before.recognition != after.recognition:
        parts = (("outside_domains", "outside"), ("auto_replies.markers", "markers"))
        keys = [key for key, name in parts if getattr(before.recognition, name) != getattr(after.recognition, name)]
        notes.append(RECOGNISED.format(keys=" and ".join(keys)))
    return notes
