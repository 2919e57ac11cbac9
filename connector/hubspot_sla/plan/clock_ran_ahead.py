"""What becomes of rungs that were reached by a clock that ran ahead: those whose instants are to come are withdrawn.

A breach is withdrawn by judging the record again, and `completions.py` completes what it had asked for. A withdrawn
rung is reached anew at its real instant. What it asks for then has keys of its own, because the first ones are used up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.plan.ladder import Outcome, Reached

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ClockCorrection:
    """The clock by which records were judged ran `ahead_ms` ahead; `until` is the latest instant (epoch ms) as of which
    anything was judged by it. `of_all`: no record has been judged again yet."""

    until: int
    ahead_ms: int
    of_all: bool = False

    @property
    def cause(self) -> str:
        return f"the clock had run {_length(self.ahead_ms)} ahead and was corrected"


def corrected_rungs(
    settled: Mapping[str, Reached], correction: ClockCorrection | None, now: int
) -> tuple[dict[str, Reached], tuple[Reached, ...]]:
    """The rungs as they stand by the corrected clock, by key, and those withdrawn now: whatever became of them, their
    instants are to come. One that was passed by and has been reached by the right time too is not settled any more:
    another rule may apply to it then."""
    if correction is None:
        return dict(settled), ()
    standing, withdrawn = dict(settled), []
    for key, rung in settled.items():
        if not now < rung.at <= correction.until:
            continue
        if rung.due_at > now:
            standing[key] = replace(rung, outcome=Outcome.WITHDRAWN, at=now, reason=correction.cause)
            withdrawn.append(standing[key])
        elif rung.outcome is Outcome.SKIPPED:
            del standing[key]
    return standing, tuple(withdrawn)


def _length(ms: int) -> str:
    minutes = round(ms / 60_000)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.0f} h"
