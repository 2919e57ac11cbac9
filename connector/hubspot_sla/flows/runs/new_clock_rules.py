"""A correction of the clock comes into force: open records are judged anew, closed ones keep what was recorded.

The number of the rules is raised with the release that corrects them (`clock/rules_number.py`). The first run that
judges by the new ones notes since when they are in force: no rung fires for an instant before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.ledger import audit, records, state
from hubspot_sla.ledger.audit import Entry

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.flows.context.context import Context

FIRST: Final = 1
"""What judged before rules had a number."""


def adopt(context: Context, run_id: str) -> None:
    """From now on the present rules are in force; nothing where they are already."""
    db = context.ledger.db
    before = in_force(db)
    if before == CLOCK_RULES and state.read(db, state.CLOCK_RULES) is not None:
        return
    if before != CLOCK_RULES and not context.portal.transport.calls:
        context.portal.schema.account()  # since when, by HubSpot's clock as it is now
    with context.ledger.transaction() as db:
        state.write(db, state.CLOCK_RULES, CLOCK_RULES)
        if before != CLOCK_RULES:
            now = context.now()
            state.write(db, state.RULES_SINCE, now)
            records.judge_all_open(db)
            entry = Entry("rules", {"from": before, "to": CLOCK_RULES})
            audit.append(db, at=now, run_id=run_id, entries=[entry])


def in_force(db: sqlite3.Connection) -> int:
    """The number of the rules this ledger judged by last; of a new one, the present ones."""
    noted = state.read_instant(db, state.CLOCK_RULES)
    if noted is not None:
        return noted
    return FIRST if db.execute("select 1 from verdicts limit 1").fetchone() else CLOCK_RULES


def since(db: sqlite3.Connection, now: int) -> int | None:
    """Since when the present rules are in force; None where there were no others. A dry run is before the first."""
    return state.read_instant(db, state.RULES_SINCE) if in_force(db) == CLOCK_RULES else now
