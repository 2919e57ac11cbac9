"""The records behind a figure: the latest of them, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.ledger import report_lists, report_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.ledger.report_lists import ListedCycle

SHOWN: Final = 50
"""So many records a list on the page shows; `sla report list` prints all."""
LATE_SHOWN: Final = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """One cycle with what people call its record."""

    cycle: ListedCycle
    subject: str
    owner: str
    customer: str


@dataclass(frozen=True, slots=True)
class Listing:
    """`rows` of `number`, the latest first. `where` selects all of them (`sla report list --where`)."""

    number: int
    rows: Sequence[Listed]
    where: str = ""


def listed(
    db: sqlite3.Connection, row_ids: Sequence[int], owners: dict[str, str], customers: dict[str, str]
) -> list[Listed]:
    """These rows of outcomes, in this order."""
    cycles = report_lists.of_rows(db, row_ids)
    by_type: dict[str, list[str]] = {}
    for cycle in cycles.values():
        by_type.setdefault(cycle.object_type, []).append(cycle.record_id)
    subjects = {
        (object_type, record_id): title
        for object_type, record_ids in by_type.items()
        for record_id, title in report_rows.titles(
            db, object_type, sorted(set(record_ids)), profile_of(object_type).title
        ).items()
    }
    return [
        Listed(
            cycle,
            subjects.get((cycle.object_type, cycle.record_id), ""),
            owners.get(cycle.owner_id or "", cycle.owner_id or ""),
            customers.get(cycle.company_id or "", cycle.company_id or ""),
        )
        for cycle in (cycles[row_id] for row_id in row_ids if row_id in cycles)
    ]
