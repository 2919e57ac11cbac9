"""Outcomes, names and closed months as they stood at an instant, in place of the present ones for one transaction.

What was judged since, and what was still open and was last judged before, is given anew; all else is read where it
stands. Temporary views have the names of the tables, so that every question is asked as ever.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger import outcomes
from hubspot_sla.ledger.temporary_tables import writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hubspot_sla.ledger.outcomes import Judged
    from hubspot_sla.measure.outcome import Outcome

_OPEN: Final = "excluded is null and status in ('running', 'at_risk', 'paused', 'pending', 'breached')"
_VIEWS: Final = {
    "outcomes": (
        "select * from main.outcomes where id not in (select id from temp.given_anew)"
        " union all select * from temp.outcomes_anew"
    ),
    "outcome_time": (
        "select * from main.outcome_time where outcome not in (select id from temp.given_anew)"
        " union all select * from temp.outcome_time_anew"
    ),
    "names": "select * from main.names where seen_at <= {at}",
    "periods": "select * from main.periods where entry <= {entry}",
    "outcome_editions": "select * from main.outcome_editions where entry <= {entry}",
}


def stale(db: sqlite3.Connection, at: int) -> dict[str, dict[str, bool]]:
    """By object type and id the records whose outcomes are not those of `at` (epoch ms); True for those that were
    judged later, False for what was open when it was last judged, before."""
    query = (
        "select object_type, record_id, max(judged_at) > ? as later from outcomes"
        f" where judged_at > ? or (judged_at < ? and {_OPEN}) group by 1, 2 order by 1, 2"
    )
    found: defaultdict[str, dict[str, bool]] = defaultdict(dict)
    for object_type, record_id, later in db.execute(query, (at, at, at)):
        found[object_type][record_id] = bool(later)
    return found


def show(db: sqlite3.Connection, at: int, entry: int) -> None:
    """From now on, until the transaction is rolled back, what `replace` is given counts, and no name and no closed
    month that came after `at` (epoch ms), or after this entry of the audit log."""
    with writing(db):
        db.execute("create temp table given_anew (id integer primary key)")
        for table in ("outcomes", "outcome_time"):
            text: str = db.execute("select sql from main.sqlite_master where name = ?", (table,)).fetchone()[0]
            db.execute(
                re.sub(rf'^create table "?{table}"?', f"create temp table {table}_anew", text, flags=re.IGNORECASE)
            )
        for name, view in _VIEWS.items():
            db.execute(f"create temp view {name} as {view.format(at=int(at), entry=int(entry))}")


def replace(
    db: sqlite3.Connection,
    object_type: str,
    record_ids: Sequence[str],
    anew: Mapping[str, Sequence[Outcome]],
    judged: Judged,
) -> None:
    """These records have the outcomes `anew`, by record id; none where they are not there."""
    with writing(db):
        db.executemany(
            "insert into temp.given_anew select id from main.outcomes where object_type = ? and record_id = ?",
            ((object_type, record_id) for record_id in record_ids),
        )
        outcomes.insert(db, object_type, anew, dict.fromkeys(anew, judged), suffix="_anew")
