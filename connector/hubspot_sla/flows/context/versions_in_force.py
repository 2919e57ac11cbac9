"""The versions of the mappings that a ledger has judged by, compiled from what it keeps of them.

Nothing here knows HubSpot, so a command that asks the ledger alone pays for nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.context.compiled_versions import Compiled
from hubspot_sla.flows.context.loaded_mappings import load_mappings
from hubspot_sla.flows.context.mappings_version import Version
from hubspot_sla.policy.calendar_data import ResolvedData
from hubspot_sla.policy.grammars import grammar_of_version
from hubspot_sla.policy.portal_ids import PortalIds

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.ledger.versions import PolicyVersion
    from hubspot_sla.policy.mappings import Mappings


def in_force(db: sqlite3.Connection, known: Compiled | None = None) -> list[Version]:
    """Every version this ledger knows, compiled, oldest first; its labels stand for what they stood for then.

    `known` are those of this ledger that were met before."""
    return (known or Compiled()).of(db, compiled)


def compiled(stored: PolicyVersion) -> Version:
    """A version with the calendar data that it has kept. One that has kept nothing yet is compiled with what will be
    kept for it."""
    data = ResolvedData(stored.calendar_data)
    mappings = loaded(stored, data)
    portal_ids = mappings.resolve({}, PortalIds.from_json(stored.portal_ids))
    return Version(mappings, portal_ids, stored.effective_at, data.used)


def loaded(stored: PolicyVersion, data: ResolvedData) -> Mappings:
    """By the grammar of its day."""
    return load_mappings(stored.texts, grammar_of_version(stored.version), later_rules=False, data=data)
