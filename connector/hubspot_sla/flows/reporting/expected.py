"""The forecast of a period from how this portal's own records have fared."""

from __future__ import annotations

from array import array
from itertools import chain
from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger import report_rows
from hubspot_sla.measure.forecast import Forecast, OpenClock, forecast
from hubspot_sla.measure.periods import months_up_to
from hubspot_sla.measure.survival import Survival, survival

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Set

    from hubspot_sla.ledger.report_rows import OpenCycle, Selection
    from hubspot_sla.measure.attainment import Counts
    from hubspot_sla.measure.periods import Period

MONTHS: Final = 13
"""What started longer ago says little about today."""


def expected(db: sqlite3.Connection, period: Period, selection: Selection, so_far: Counts) -> Forecast:
    """What the period is likely to come to: `so_far` and the promises that come due before its end."""
    open_cycles = report_rows.to_come(db, selection, period.start_at, period.end_at)
    clocks = [
        OpenClock(_groups(cycle.metric, cycle.policy, cycle.priority), cycle.elapsed_ms, cycle.target_ms)
        for cycle in open_cycles
    ]
    return forecast(so_far, clocks, _curves(db, period, selection, open_cycles))


def _groups(metric: str, policy: str, priority: str) -> tuple[str, str, str]:
    return f"{metric}|{policy}|{priority}", f"{metric}|{policy}", metric


def _curves(
    db: sqlite3.Connection, period: Period, selection: Selection, open_cycles: list[OpenCycle]
) -> dict[str, Survival]:
    """Of the groups that the open cycles belong to."""
    if not open_cycles:
        return {}
    asked: Set[str] = set(chain.from_iterable(_groups(*cycle[:3]) for cycle in open_cycles))
    reached = {group: array("q") for group in asked}
    censored = {group: array("q") for group in asked}
    since_at = months_up_to(period, MONTHS)[0].start_at
    for metric, policy, priority, elapsed_ms, is_reached in report_rows.lives(db, selection, since_at):
        kind = reached if is_reached else censored
        for group in _groups(metric, policy, priority):
            if group in kind:
                kind[group].append(elapsed_ms)
    return {
        group: survival(chain(((ms, True) for ms in reached[group]), ((ms, False) for ms in censored[group])))
        for group in asked
    }
