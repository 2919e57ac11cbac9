"""Rules of the portal's admin that refused writes of ours, kept for `sla doctor` to name them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger import state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

_MOST = 20
"""Rules remembered, those seen last; a portal has a few."""


@dataclass(frozen=True, slots=True)
class SeenRule:
    """A rule in HubSpot's words: `reason`, on writes of which object type, how many `records` it refused so far, and
    when last (epoch ms)."""

    object_type: str
    reason: str
    records: int
    at: int


def note(db: sqlite3.Connection, object_type: str, records_by_reason: Mapping[str, int], at: int) -> None:
    """Add the records that rules refused now. Nothing is written where there are none."""
    if not records_by_reason:
        return
    rules_by_reason = {(rule.object_type, rule.reason): rule for rule in load(db)}
    for reason, records in records_by_reason.items():
        before = rules_by_reason.pop((object_type, reason), None)
        rules_by_reason[object_type, reason] = SeenRule(
            object_type, reason, records + (before.records if before else 0), at
        )
    newest = sorted(rules_by_reason.values(), key=lambda rule: rule.at)[-_MOST:]
    state.write(db, state.VALIDATION_RULES, orjson.dumps([asdict(rule) for rule in newest]).decode())


def load(db: sqlite3.Connection) -> list[SeenRule]:
    """Every rule that is remembered, the one seen last at the end."""
    text = state.read(db, state.VALIDATION_RULES)
    return [SeenRule(**rule) for rule in orjson.loads(text)] if text else []
