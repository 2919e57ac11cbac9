"""What an outcome was before it was restated, as `sla explain` shows it: a sentence, and JSON."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hubspot_sla.ledger import outcome_editions
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from hubspot_sla.ledger.outcome_editions import Edition
    from hubspot_sla.plan.records import RecordRef


def by_clock(db: sqlite3.Connection, record: RecordRef) -> dict[str, list[Edition]]:
    """The earlier editions of a record's outcomes by the key of their clock, the oldest first."""
    editions: defaultdict[str, list[Edition]] = defaultdict(list)
    for edition in outcome_editions.of_record(db, record):
        editions[edition.restated.clock].append(edition)
    return editions


def as_json(edition: Edition) -> dict[str, object]:
    """Instants in ISO 8601; null for what there was not."""
    outcome, restated = edition.outcome, edition.restated
    return {
        "cycle": restated.cycle,
        "status": outcome.status.value,
        "excluded": outcome.excluded.value if outcome.excluded else None,
        "policy": outcome.promised.policy,
        "tier": outcome.promised.tier,
        "due_at": _instant(outcome.when.due_at),
        "stopped_at": _instant(outcome.when.stopped_at),
        "ended_at": _instant(outcome.when.ended_at),
        "breached_at": _instant(outcome.when.breached_at),
        "cause": restated.cause.value,
        "author": restated.author or None,
        "restated_at": wire(edition.restated_at),
        "judged_at": wire(edition.judged.at),
        "entry": edition.entry,
    }


def sentence(edition: Edition, instant: Callable[[int], str]) -> str:
    """`until 23 Nov 2026, 18:02 it was breached (due 23 Nov 2026, 10:01); restated: back-dated, by CRM_UI`."""
    outcome, restated = edition.outcome, edition.restated
    due = f" (due {instant(outcome.when.due_at)})" if outcome.when.due_at is not None else ""
    which = f"number {restated.cycle} " if restated.cycle > 1 else ""
    by = f", by {restated.author}" if restated.author else ""
    was = f"{which}was {outcome.status.value}{due}"
    return f"until {instant(edition.restated_at)} {was}; restated: {restated.cause.value}{by}"


def _instant(at: int | None) -> str | None:
    return None if at is None else wire(at)
