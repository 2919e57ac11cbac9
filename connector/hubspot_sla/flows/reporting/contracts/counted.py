"""How one promise counts for a contract, whoever asks: as it came out, but for waivers that the contract does not
name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.promises import Result
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.standing import Standing, standing

if TYPE_CHECKING:
    from hubspot_sla.clock.verdict import Status
    from hubspot_sla.flows.reporting.contracts.waiving import CycleWaivers

_RESULTS: Final = {
    Standing.MET: Result.KEPT,
    Standing.MISSED: Result.BROKEN,
    Standing.LATE: Result.BROKEN,
}


@dataclass(frozen=True, slots=True)
class Counted:
    """How one promise counts; times are business time. `reason` says why it is left out."""

    result: Result
    late_ms: int
    lasted_ms: int
    reason: str = ""


def counted(
    status: Status,
    excluded: Excluded | None,
    lengths: tuple[int, int],
    waivers: CycleWaivers,
    named: frozenset[str],
) -> Counted | None:
    """`lengths` are how late it was and how long it lasted (ms), `named` the reasons that the contract names. None: it
    does not count. A waiver whose reason the contract does not name leaves nothing out, and no clock of it stands
    still."""
    if excluded is Excluded.WAIVED:
        excusing = sorted(waivers.excusing() & named)
        found = _unstopped(Counted(Result.BROKEN, *lengths), waivers, named)
        return replace(found, result=Result.LEFT_OUT, reason=excusing[0]) if excusing else found
    result = _RESULTS.get(standing(status, excluded))
    return None if result is None else _unstopped(Counted(result, *lengths), waivers, named)


def _unstopped(found: Counted, waivers: CycleWaivers, named: frozenset[str]) -> Counted:
    """What of it rests on a stopped clock."""
    stopping = waivers.stopping()
    if stopping - named:
        without = waivers.without(stopping - named)
        if without is not None:
            result = Result.BROKEN if without.is_broken else found.result
            found = Counted(result, without.late_ms, without.lasted_ms)
    excusing = sorted(stopping & named)
    if excusing and found.result is Result.KEPT:
        without = waivers.without(stopping)
        if without is not None and without.is_broken:
            return Counted(Result.LEFT_OUT, without.late_ms, without.lasted_ms, excusing[0])
    return found
