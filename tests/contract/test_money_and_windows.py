"""Rounding and currencies, leap days, ends of quarters, and months in which the clocks change: worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from contract.made_contracts import contract, promises, settled_once
from contract.written_contracts import loaded
from hubspot_sla.contract.claims import claim_window
from hubspot_sla.contract.fees import Fee, FeeEntry
from hubspot_sla.contract.measuring import Kind, Measure
from hubspot_sla.contract.remedies import EachMiss, Pay, TimeDown, Unit
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.settlement import settled
from hubspot_sla.contract.statement import Observed
from hubspot_sla.contract.terms import Objective
from hubspot_sla.contract.windows import WindowRule
from hubspot_sla.measure.periods import Period, month

HOUR_MS = 3_600_000
WRITTEN = """\
contracts:
  - id: made
    customer: "1"
    currency: {currency}
    valid_from: 2020-01-01
    fees: {{support: {fee}}}
    objectives:
      - {{id: misses, measure: {{misses: all}}, promised: {{at_most: 0}}, credit: {{each_miss: {{pays: {pays}}}}}}}
    caps: {{most: {cap}}}
"""


@pytest.mark.parametrize(
    ("currency", "fee", "pays", "credit", "cap"),
    [
        ("EUR", "1000.10", "0.05%", "0.50", "1.00"),  # 0.50005; the cap of 1.00010 is cut off
        ("EUR", "1001", "0.05%", "0.50", "1.00"),  # 0.5005
        ("EUR", "1010", "0.05%", "0.51", "1.01"),  # 0.505: halves go up
        ("JPY", "1010", "0.05%", "1", "1"),  # 0.505 yen
        ("JPY", "999", "0.05%", "0", "0"),  # 0.4995 yen
        ("KWD", "1001", "0.05%", "0.501", "1.001"),  # 0.5005: a dinar has a thousand fils
        ("KWD", "1000.9", "0.05%", "0.500", "1.000"),  # 0.50045
    ],
)
def test_a_credit_is_rounded_half_up_to_the_coin_of_its_currency(
    currency: str, fee: str, pays: str, credit: str, cap: str
) -> None:
    terms = loaded(WRITTEN.format(currency=currency, fee=fee, pays=pays, cap="0.1%")).terms
    statement = settled_once(terms, promises(9, 1))
    assert str(statement.owed) == credit
    most = settled_once(terms, promises(0, 10))
    assert str(most.payable) == cap


def test_each_line_is_rounded_and_not_their_sum() -> None:
    each = Objective("a", Measure(Kind.MISSES), None, (EachMiss(Pay(Unit.SHARE, Fraction(1, 3000))),))
    statement = settled_once(contract(each, replace(each, id="b"), replace(each, id="c")), promises(0, 1))
    assert [line.money for line in statement.lines] == [Decimal("0.33")] * 3
    assert statement.owed == Decimal("0.99")


def test_a_quarterly_fee_is_a_third_for_each_month_and_whole_for_the_quarter() -> None:
    miss = Objective("misses", Measure(Kind.MISSES), None, (EachMiss(Pay(Unit.SHARE, Fraction(1))),))
    fees = {"all": Fee("all", (FeeEntry(Fraction(1000), 3),))}
    by_month = contract(miss, fees=fees)
    by_quarter = contract(miss, fees=fees, window=WindowRule(3))
    months = [settled_once(by_month, promises(0, 1), month(2026, number, UTC)).owed for number in (10, 11, 12)]
    assert months == [Decimal("333.33")] * 3
    quarter = Period(date(2026, 10, 1), date(2027, 1, 1), UTC)
    assert settled_once(by_quarter, promises(0, 1), quarter).owed == Decimal("1000.00")


@pytest.mark.parametrize(("year", "credit"), [(2027, "500.00"), (2028, "517.24"), (2100, "500.00")])
def test_a_february_of_which_half_is_valid_counts_by_the_days_that_it_has(year: int, credit: str) -> None:
    """14 of 28 days; 15 of the 29 of a leap year. 2100 is none."""
    miss = Objective("misses", Measure(Kind.MISSES), None, (EachMiss(Pay(Unit.SHARE, Fraction(1))),))
    terms = contract(miss, valid_from=date(year, 2, 15))
    assert settled_once(terms, promises(0, 1), month(year, 2, UTC)).owed == Decimal(credit)


@pytest.mark.parametrize(
    ("closes", "period", "last_day"),
    [
        ("{days: 29}", month(2028, 1, UTC), date(2028, 2, 29)),
        ("{days: 29}", month(2027, 1, UTC), date(2027, 3, 1)),
        ("{months: 1}", month(2028, 1, UTC), date(2028, 2, 29)),
        ("{months: 1}", month(2027, 1, UTC), date(2027, 2, 28)),
        ("{billing_cycles: 1}", month(2028, 1, UTC), date(2028, 2, 29)),
        ("{days: 30}", month(2028, 2, UTC), date(2028, 3, 30)),
        ("{months: 12}", month(2027, 2, UTC), date(2028, 2, 29)),
    ],
)
def test_the_last_day_of_a_claim_may_be_a_leap_day(closes: str, period: Period, last_day: date) -> None:
    text = WRITTEN.format(currency="EUR", fee="1", pays="1%", cap="100%") + f"    claim: {{closes: {closes}}}\n"
    claim = loaded(text).terms.claim
    assert claim is not None
    window = claim_window(claim, period)
    assert window is not None
    assert window.last_day == last_day


@pytest.mark.parametrize(
    ("day", "first_month", "months", "start", "end"),
    [
        (date(2026, 12, 31), 1, 3, date(2026, 10, 1), date(2027, 1, 1)),
        (date(2027, 1, 1), 1, 3, date(2027, 1, 1), date(2027, 4, 1)),
        (date(2028, 2, 29), 1, 3, date(2028, 1, 1), date(2028, 4, 1)),
        (date(2028, 2, 29), 3, 12, date(2027, 3, 1), date(2028, 3, 1)),
        (date(2027, 3, 31), 4, 12, date(2026, 4, 1), date(2027, 4, 1)),
        (date(2027, 1, 31), 2, 3, date(2026, 11, 1), date(2027, 2, 1)),
        (date(2026, 6, 30), 4, 6, date(2026, 4, 1), date(2026, 10, 1)),
    ],
)
def test_a_day_lies_in_one_quarter_or_year_from_whichever_month_on_these_begin(
    day: date, first_month: int, months: int, start: date, end: date
) -> None:
    window = WindowRule(months, first_month=first_month).holding(day, UTC)
    assert (window.start, window.end) == (start, end)


@pytest.mark.parametrize(
    ("zone", "number", "hours"),
    [
        ("Europe/Berlin", 3, 743),
        ("Europe/Berlin", 10, 745),
        ("America/New_York", 3, 743),
        ("America/New_York", 11, 721),
        ("Australia/Lord_Howe", 4, Fraction(1441, 2)),  # half an hour
        ("Asia/Tokyo", 3, 744),
    ],
)
def test_a_month_in_which_the_clocks_change_has_the_hours_that_pass_in_it(
    zone: str, number: int, hours: Fraction
) -> None:
    """An hour down costs its share of them, of a fee of as much as there are hours: one."""
    window = month(2026, number, ZoneInfo(zone))
    total = window.end_at - window.start_at
    assert Fraction(total, HOUR_MS) == hours
    terms = replace(
        contract(Objective("up", Measure(Kind.UPTIME), None, (TimeDown(Fraction(1)),)), fee=str(hours)),
        zone=ZoneInfo(zone),
    )
    down = (window.end_at - HOUR_MS, window.end_at)
    sample = Sample(total_ms=total, down=(down,))
    assert settled(terms, window, {("up", None): Observed(sample)}, ()).owed == Decimal("1.00")


def test_a_claim_closes_with_the_first_instant_of_a_day_without_midnight() -> None:
    """In Beirut clocks went from 24:00 of 30 March 2024 to 01:00 of the 31st: the day after a claim's last one."""
    zone = ZoneInfo("Asia/Beirut")
    text = WRITTEN.format(currency="EUR", fee="1", pays="1%", cap="100%") + "    claim: {closes: {days: 30}}\n"
    claim = loaded(text.replace("valid_from", "timezone: Asia/Beirut\n    valid_from")).terms.claim
    assert claim is not None
    window = claim_window(claim, month(2024, 2, zone))
    assert window is not None
    assert window.last_day == date(2024, 3, 30)
    assert window.closes_at == int(datetime(2024, 3, 30, 22, 0, tzinfo=UTC).timestamp() * 1000)
