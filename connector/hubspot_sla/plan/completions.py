"""Tasks of ours that are to be completed: their record was closed, their rung withdrawn, or the lateness waived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.verdict import Status
from hubspot_sla.plan.actions import CompleteTask
from hubspot_sla.plan.ladder import Outcome, Rung
from hubspot_sla.plan.rung_keys import AGAIN, task_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.plan.actions import PlannedRecord
    from hubspot_sla.plan.ladder import Reached


def completions(
    record: PlannedRecord, verdicts: Iterable[Verdict], rungs: Iterable[Reached], unfinished: Mapping[str, str]
) -> list[CompleteTask]:
    """`unfinished` maps the key of each open task to its id in HubSpot, `rungs` are all that were reached."""
    if not unfinished:
        return []
    if record.closed_at is not None:
        keys = sorted(unfinished)
    else:
        pointless = list(_task_keys(record, verdicts, rungs))
        keys = [key for key in sorted(unfinished) if any(_is_of(key, base) for base in pointless)]
    return [CompleteTask(record.ref, key, unfinished[key]) for key in keys]


def _task_keys(record: PlannedRecord, verdicts: Iterable[Verdict], rungs: Iterable[Reached]) -> Iterator[str]:
    """Of the rungs that stand withdrawn, and of those whose cycle is waived."""
    waived = {
        (verdict.clock.key, cycle.number)
        for verdict in verdicts
        for cycle in verdict.cycles
        if cycle.status is Status.WAIVED
    }
    for rung in rungs:
        if rung.outcome is Outcome.WITHDRAWN or (rung.clock, rung.cycle) in waived:
            yield task_key(record.ref, rung.clock, rung.cycle, Rung.suffix_of(rung.rung, rung.nth))


def _is_of(key: str, base: str) -> bool:
    return key == base or key.startswith((f"{base}:also", f"{base}{AGAIN}"))
