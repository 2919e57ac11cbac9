"""A window looks back over those before it no further than it must, however long a contract has run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from fractions import Fraction
from typing import TYPE_CHECKING

from contract.made_contracts import HUNDREDTH, at_least, contract, promises, settled_once
from hubspot_sla.contract.measuring import Kind, Measure
from hubspot_sla.contract.remedies import EachMiss, EachNth, Pay, Unit
from hubspot_sla.contract.terms import Cap, CapOver, Objective
from hubspot_sla.contract.windows import WindowRule
from hubspot_sla.measure.periods import month

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.contract.statement import Statement

FIVE = Pay(Unit.SHARE, 5 * HUNDREDTH)


class Watched(list["Statement"]):
    """The statements of windows, and how many of them were looked at."""

    looked_at = 0

    def __reversed__(self) -> Iterator[Statement]:
        for each in super().__reversed__():
            self.looked_at += 1
            yield each

    def __iter__(self) -> Iterator[Statement]:
        raise AssertionError("from the first one on")


def test_the_last_of_forty_years_looks_at_the_windows_that_bear_on_it() -> None:
    kept = Objective("kept", Measure(Kind.ATTAINMENT), at_least("90"), remedies=(EachMiss(FIVE),))
    one = contract(
        replace(kept, id="repeats", repeat=(Fraction(2), Fraction(3))),
        replace(kept, id="defaults", from_misses=4, of_windows=12),
        Objective(
            "nth", Measure(Kind.MISSES), None, window=WindowRule(12, rolling=True), remedies=(EachNth(10, FIVE),)
        ),
        caps=(Cap(CapOver.ROLLING, share=HUNDREDTH * 300, months=12),),
    )
    windows = [month(year, number, UTC) for year in range(1980, 2021) for number in range(1, 13)]
    past = Watched()
    for window in windows:
        past.looked_at = 0
        past.append(settled_once(replace(one, valid_from=windows[0].start), promises(5, 5), window, past))
    repeats, defaults, _ = past[-1].lines
    assert (repeats.times, bool(defaults.credits)) == (3, True)
    assert 0 < past.looked_at < 60
