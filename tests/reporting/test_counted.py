"""How a promise counts for a contract, by the waivers that it was judged by and the reasons that the contract names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.clock.promise import Clock
from hubspot_sla.clock.verdict import Status
from hubspot_sla.clock.waivers import StoppedInterval, Waiver
from hubspot_sla.contract.promises import Result
from hubspot_sla.flows.reporting.contracts.counted import Counted, counted
from hubspot_sla.flows.reporting.contracts.waiving import CycleWaivers, Unstopped, WaivedCycle
from hubspot_sla.measure.outcome import Excluded

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

CYCLE = WaivedCycle(Clock.of("resolution"), 1, started_at=0, over_at=None, breached_at=40)
"""Of which the ten from 10 on were stopped."""


@dataclass
class Waived:
    """Excused for a bad day, and stopped for an outage of ours."""

    at: int = 100
    excuses: Sequence[Waiver] = (Waiver(0, "a bad day"),)

    def stops(self, cycle: WaivedCycle) -> Sequence[StoppedInterval]:
        assert cycle == CYCLE
        return [StoppedInterval(0, "our outage", 10, 20)]

    def without(self, reasons: Collection[str], cycle: WaivedCycle) -> Unstopped:
        assert cycle == CYCLE
        stopped = 0 if "our outage" in reasons else 10
        return Unstopped(is_broken=True, late_ms=70 - stopped, lasted_ms=100 - stopped)


@pytest.mark.parametrize(
    ("named", "counts"),
    [
        ([], Counted(Result.BROKEN, 70, 100)),
        (["our outage"], Counted(Result.BROKEN, 60, 90)),
        (["a bad day"], Counted(Result.LEFT_OUT, 70, 100, "a bad day")),
        (["a bad day", "our outage"], Counted(Result.LEFT_OUT, 60, 90, "a bad day")),
    ],
)
def test_what_was_waived_is_as_late_as_without_the_stops_that_the_contract_does_not_name(
    named: list[str], counts: Counted
) -> None:
    waivers = CycleWaivers(Waived(), CYCLE)
    assert counted(Status.WAIVED, Excluded.WAIVED, (60, 90), waivers, frozenset(named)) == counts
