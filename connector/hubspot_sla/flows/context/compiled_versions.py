"""The versions of the mappings, compiled once for as long as their ledger is open.

Versions are only ever added: what was compiled stays true, and a tick compiles nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.ledger import versions

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.ledger.versions import PolicyVersion


class Compiled:
    """What one ledger's versions came to so far."""

    def __init__(self) -> None:
        self._known: list[Version] = []

    def of(self, db: sqlite3.Connection, compile_one: Callable[[PolicyVersion], Version]) -> list[Version]:
        """Every version, oldest first; those not met before are compiled."""
        self._known += map(compile_one, versions.after(db, len(self._known)))
        return list(self._known)
