"""Business days counted forwards and backwards on a calendar."""

from __future__ import annotations

from datetime import date

import pytest

from clock.tickets import OFFICE
from hubspot_sla.clock.business_days import business_day_after, business_day_before

SUNDAY = date(2026, 11, 29)


@pytest.mark.parametrize("count", [1, 2, 5, 30])
def test_so_many_business_days_after_are_so_many_before(count: int) -> None:
    monday = business_day_after(OFFICE, SUNDAY, 1)
    assert business_day_before(OFFICE, business_day_after(OFFICE, monday, count), count) == monday
    assert business_day_before(OFFICE, monday, count) == business_day_before(OFFICE, SUNDAY, count)


def test_the_day_itself_is_none_of_those_before_it() -> None:
    assert business_day_before(OFFICE, date(2026, 11, 30), 1) == date(2026, 11, 27)
    assert business_day_before(OFFICE, SUNDAY, 0) == SUNDAY


def test_more_business_days_than_a_calendar_knows_are_refused() -> None:
    with pytest.raises(ValueError, match="100000 business days do not lie within"):
        business_day_before(OFFICE, SUNDAY, 100_000)
