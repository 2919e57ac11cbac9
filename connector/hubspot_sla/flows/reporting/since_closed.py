"""What counts otherwise now than in the frozen figures of a closed month, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger import outcome_editions, records, report_rows
from hubspot_sla.measure.restatement import RestatementCause
from hubspot_sla.measure.standing import Standing, standing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

    from hubspot_sla.clock.verdict import Status
    from hubspot_sla.ledger.periods import ClosedPeriod, RecordCycle
    from hubspot_sla.ledger.report_rows import Selection
    from hubspot_sla.measure.outcome import Excluded

    Stands = tuple[Status, Excluded | None]

SINCE: Final = "later event"
"""Why a figure would be another one where nothing was restated: a due date that moved into another month, say."""
NOT_IN_IT: Final = "elsewhere"


@dataclass(frozen=True, slots=True)
class Moved:
    """A cycle that counts otherwise now than in the frozen figures; `was` and `now` say how: kept, broken, a cause of
    exclusion, or not in this month."""

    cycle: RecordCycle
    was: str
    now: str
    cause: str


def moved(
    db: sqlite3.Connection,
    closed: ClosedPeriod,
    frozen: Mapping[RecordCycle, Stands],
    now: Mapping[RecordCycle, Stands],
) -> Iterator[Moved]:
    """By record, clock and cycle; `frozen` is how each stood when the edition was made, `now` how it stands now."""
    causes = {
        (record, edition.restated.clock, edition.restated.cycle): edition.restated.cause.value
        for record, edition in outcome_editions.after(db, closed.entry)
    }
    survivors = records.survivors(db)
    for cycle in sorted({**frozen, **now}):
        was, is_now = _counted_as(frozen.get(cycle)), _counted_as(now.get(cycle))
        if was != is_now:
            goes_on = was == NOT_IN_IT and cycle[0] in survivors  # HubSpot may give a survivor a new id
            yield Moved(cycle, was, is_now, causes.get(cycle, RestatementCause.MERGE.value if goes_on else SINCE))


def records_by_cause(every: Iterable[Moved]) -> dict[str, int]:
    """How many records moved, by the cause of each, sorted by it."""
    return dict(sorted(Counter({one.cycle[0]: one.cause for one in every}.values()).items()))


def of_selection(db: sqlite3.Connection, selection: Selection, closed: ClosedPeriod) -> dict[str, int]:
    """The same of what fulfils a condition then or now, within a transaction."""
    then, now = report_rows.moved(db, selection, closed.number, closed.since, closed.until)
    return records_by_cause(moved(db, closed, then, now))


def _counted_as(stands: Stands | None) -> str:
    """Late and still open is broken, for good."""
    if stands is None:
        return NOT_IN_IT
    of_standing = standing(*stands)
    if of_standing is Standing.EXCLUDED:
        return str(stands[1])
    if of_standing in (Standing.MISSED, Standing.LATE):
        return "broken"
    return "kept" if of_standing is Standing.MET else "open"
