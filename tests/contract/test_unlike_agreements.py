"""Sixteen published agreements of unlike kinds, in the words of contracts.yaml, from rows of a feed or from promises
to what is payable; the amounts were worked out by hand, or are the agreement's own example."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from contract.written_contracts import published
from hubspot_sla.contract.promises import CountedPromise, Result
from hubspot_sla.contract.settlement import settled
from hubspot_sla.feeds.availability_file import Availability, availability
from hubspot_sla.flows.inspection.contracts import measure_text, owes_text
from hubspot_sla.flows.reporting.contracts.evidence import observed
from hubspot_sla.measure.periods import Period, month

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.contract.statement import Statement
    from hubspot_sla.contract.terms import Objective

SOURCES = {
    "application_server": "lawinsider.com, a clause on the availability of application servers",
    "cable_outage": "dftcommunications.com, credit for service interruptions",
    "core_hours": "lawinsider.com, a clause with critical and other hours; its figures are filled in",
    "electricity_gsop": "aurora-utilities.co.uk, guaranteed standards of performance (regulation 5)",
    "iban": "iban.com/sla",
    "leased_ethernet": "Computercentric, circuit performance service level (lawinsider.com)",
    "letsflo": "letsflo.co/service-credit-policy-sla",
    "level3_crossroads": "Level 3, availability of CrossRoads (markettransfer.info)",
    "mean_repair": "lawinsider.com, a clause on the mean time to restore; its rates are filled in",
    "ofcom_compensation": "Ofcom's scheme of automatic compensation, as of April 2026",
    "oneio": "support.oneio.cloud, service level commitment",
    "orange_locations": "Orange, service credits by location (lawinsider.com)",
    "texas_dir": "Texas DIR, service level credits (lawinsider.com); its levels are filled in",
    "unitedlayer": "UnitedLayer, scheduled downtime (lawinsider.com)",
    "verizon_local_access": "verizon.com, credit allowance for interruptions of local access",
    "walmart_otif": "Walmart's on time in full, as its suppliers describe it",
}
OCTOBER, NOVEMBER = month(2026, 10, UTC), month(2026, 11, UTC)
YEAR = Period(date(2026, 1, 1), date(2027, 1, 1), UTC)
LAST_QUARTER = Period(date(2026, 10, 1), date(2027, 1, 1), UTC)
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000


@dataclass(frozen=True)
class Given:
    """Rows of one feed, and promises by objective."""

    rows: Availability = field(default_factory=Availability)
    by_objective: Mapping[str, Sequence[CountedPromise]] = field(default_factory=dict)
    until: int = 2**52

    def feed(self, name: str) -> Availability:  # noqa: ARG002 - there is one
        return self.rows

    def seen_until(self, name: str) -> int:  # noqa: ARG002 - there is one
        return self.until

    def promises(
        self,
        written: object,  # noqa: ARG002 - each objective is given its own
        objective: Objective,
        window: Period,  # noqa: ARG002 - the span says all
        span: Period,
    ) -> Sequence[CountedPromise]:
        mine = self.by_objective.get(objective.id, ())
        return [each for each in mine if span.start_at <= each.counted_at < span.end_at]


def outages(*rows: tuple[str, float], key: str = "") -> Availability:
    """Each from an instant on (`11-03 08:00`, in UTC) for so many minutes."""
    lines = ["from,to,key"]
    for text, minutes in rows:
        start = datetime.strptime(f"2026-{text} +0000", "%Y-%m-%d %H:%M %z")
        lines.append(f"{start.isoformat()},{(start + timedelta(minutes=minutes)).isoformat()},{key}")
    return availability("feed.csv", "\n".join(lines) + "\n")


def promises(window: Period, *late_ms: int, kept: int = 0, lasted_ms: Sequence[int] = ()) -> list[CountedPromise]:
    """Broken ones that were so late, and kept ones; or all kept, that lasted so long."""
    broken = [(Result.BROKEN, late, late) for late in late_ms]
    every = [*broken, *[(Result.KEPT, 0, 0)] * kept, *((Result.KEPT, 0, lasted) for lasted in lasted_ms)]
    return [
        CountedPromise("tickets", str(number), "resolution", 1, window.start_at + number, result, late, lasted)
        for number, (result, late, lasted) in enumerate(every)
    ]


def drawn(name: str, given: Given, window: Period = NOVEMBER, past: Sequence[Statement] = ()) -> Statement:
    written = published(name).written
    return settled(written.terms, window, observed(given, written, written.terms, window), past)


def months_of(name: str, givens: Mapping[int, Given]) -> list[str]:
    """What is payable of each month of 2026."""
    past: list[Statement] = []
    for number, given in givens.items():
        past.append(drawn(name, given, month(2026, number, UTC), past))
    return [str(statement.payable) for statement in past]


BRIDGED = {
    "cable_outage": (
        "worse service costs less: 13.333333…% for outages of 1441 min and 1441 min, 10% for one of 2883 min"
    ),
    "electricity_gsop": "worse service may cost less: 190 for 2 outages, 95 for 1 that become longer",
    "leased_ethernet": (
        "worse service costs less: 2 days' fees for outages of 1 min and 1 min, 1 day's fee for one of 3 min"
    ),
    "oneio": "worse service may cost less: outages of 0.5 min and 0.5 min count as 2 min, one of 1.1 min as 1 min",
    "unitedlayer": "worse service costs less: 0.555555…% for outages of 1 min and 1 min, 0.277777…% for one of 3 min",
}
"""Two outages that become one cost less by these agreements, which say so of each."""


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_nothing_is_odd_about_it_but_what_is_known(name: str) -> None:
    known = BRIDGED.get(name)
    assert published(name).warnings == ([] if known is None else [("SLA633", known)])


def test_texas_pays_half_of_the_pool_times_two_fifths_of_the_tenth_at_risk() -> None:
    """Its own example: 50 % x 40 % x 10,000 = 2,000."""
    given = Given(by_objective={"critical": promises(NOVEMBER, 1, kept=9)})
    assert str(drawn("texas_dir", given).payable) == "2000.00"


def test_an_expected_level_is_a_default_with_the_fourth_miss_in_twelve_months_and_a_minimum_at_once() -> None:
    short = {"key": (1, 19), "minimum": (1, 19)}  # 95 %: below the expected 98, above the minimum 90
    bad = {"key": (3, 17), "minimum": (3, 17)}  # 85 %

    def given(number: int, of: Mapping[str, tuple[int, int]]) -> Given:
        window = month(2026, number, UTC)
        made = {name: promises(window, *[1] * broken, kept=kept) for name, (broken, kept) in of.items()}
        return Given(by_objective=made)

    kept = {"key": (0, 20), "minimum": (0, 20)}
    by_month = {1: short, 2: kept, 3: short, 4: {}, 5: short, 6: short, 7: bad, 8: short, 9: kept}
    paid = months_of("texas_dir", {number: given(number, of) for number, of in by_month.items()})
    assert paid == ["0.00"] * 5 + ["3000.00", "6000.00", "3000.00", "0.00"]


def test_the_twelve_windows_move_on() -> None:
    """Three misses at the beginning of 2025 and one in December are four of twelve; some are past by February."""
    written = published("texas_dir").written
    past: list[Statement] = []
    for number in range(14):
        window = month(2025 + number // 12, number % 12 + 1, UTC)
        broken = [1] if number in (0, 1, 2, 11, 13) else []
        given = Given(by_objective={"key": promises(window, *broken, kept=19)})
        past.append(settled(written.terms, window, observed(given, written, written.terms, window), past))
    assert [str(statement.payable) for statement in past[11:]] == ["3000.00", "0.00", "0.00"]


def test_letsflo_pays_ten_times_the_share_of_the_quarter_on_a_month_s_fee() -> None:
    """Its example has 12 hours in a quarter: 0.556 %, 278. Of the 2,160 hours of January to March it is 277.78."""
    given = Given(outages(("02-03 00:00", 12 * 60)))
    assert months_of("letsflo", {1: given, 2: given, 3: given}) == ["0.00", "0.00", "277.78"]
    assert months_of("letsflo", {3: Given(outages(("02-03 00:00", 129)))}) == ["0.00"]  # 99.9005 % is kept


@pytest.mark.parametrize(("misses", "credit"), [(4, "0.00"), (5, "250.00"), (9, "250.00")])
def test_letsflo_pays_a_twentieth_of_the_fee_from_the_fifth_late_answer_of_a_month_on(misses: int, credit: str) -> None:
    given = Given(by_objective={"support": promises(NOVEMBER, *[1] * misses, kept=3)})
    assert str(drawn("letsflo", given).payable) == credit


@pytest.mark.parametrize(
    ("minutes", "october", "november"),
    [
        (10, "0.00", "0.00"),
        (11, "50.00", "70.00"),
        (45, "50.00", "70.00"),
        (46, "100.00", "140.00"),
        (1441, "1000.00", "1400.00"),
    ],
)
def test_level_3_pays_a_share_of_the_port_or_of_the_usage_whichever_is_more(
    minutes: int, october: str, november: str
) -> None:
    down = Given(outages(("10-03 00:00", minutes), ("11-03 00:00", minutes)))
    assert [str(drawn("level3_crossroads", down, window).payable) for window in (OCTOBER, NOVEMBER)] == [
        october,
        november,
    ]


@pytest.mark.parametrize(
    ("hours", "credit"), [([12], "0.00"), ([12.5], "95.00"), ([24], "140.00"), ([35, 13], "235.00"), ([36.5], "185.00")]
)
def test_a_power_cut_costs_95_after_twelve_hours_and_45_for_every_twelve_more(hours: list[float], credit: str) -> None:
    rows = [(f"11-{3 * number + 1:02} 00:00", length * 60) for number, length in enumerate(hours)]
    assert str(drawn("electricity_gsop", Given(outages(*rows))).payable) == credit


def test_verizon_credits_twice_the_charge_of_five_hours_of_a_month_of_thirty_days() -> None:
    """Its example rounds on the way and has 13.80; twice 5/720 of 1,000 is 13.89, in a month of 31 days too."""
    five = outages(("10-03 00:00", 300), ("11-03 00:00", 300), ("11-05 00:00", 29), key="circuit-1")
    for window in (OCTOBER, NOVEMBER):
        statement = drawn("verizon_local_access", Given(five), window)
        assert [(line.key, str(line.money)) for line in statement.lines] == [("circuit-1", "13.89")]
    ten_days = outages(("11-01 00:00", 20 * 24 * 60), key="circuit-2")
    assert str(drawn("verizon_local_access", Given(ten_days)).payable) == "400.00"


@pytest.mark.parametrize(
    ("hours", "credit"), [(23.9, "0.00"), (24, "3.00"), (25, "6.00"), (48, "6.00"), (800, "90.00")]
)
def test_a_thirtieth_of_the_rate_for_each_day_or_part_of_one(hours: float, credit: str) -> None:
    assert str(drawn("cable_outage", Given(outages(("11-01 00:00", hours * 60)))).payable) == credit


@pytest.mark.parametrize(
    ("uptime", "credit"),
    [
        ("100", "0.00"),
        ("99.95", "50.00"),
        ("98.99", "100.00"),
        ("97.95", "150.00"),
        ("90", "250.00"),
        ("89", "275.00"),
        ("88.1", "275.00"),
        ("85", "375.00"),
    ],
)
def test_below_ninety_a_server_costs_a_quarter_and_a_fortieth_for_each_percent(uptime: str, credit: str) -> None:
    minutes = float((1 - Fraction(uptime) / 100) * 30 * 24 * 60)
    assert str(drawn("application_server", Given(outages(("11-01 00:00", minutes)))).payable) == credit


@pytest.mark.parametrize(
    ("percent", "credit"),
    [("0.5", "0.00"), ("1.5", "100.00"), ("1.51", "200.00"), ("5.49", "200.00"), ("5.5", "300.00")],
)
def test_orange_credits_each_location_by_how_far_it_fell_below_its_target(percent: str, credit: str) -> None:
    minutes = float(Fraction(percent) / 100 * 30 * 24 * 60)
    statement = drawn("orange_locations", Given(outages(("11-01 00:00", minutes), key="Lyon")))
    assert (statement.lines[0].key, str(statement.payable)) == ("Lyon", credit)


def test_oneio_counts_whole_minutes_to_the_nearest() -> None:
    """A tenth of a percent of November is 43.2 minutes."""
    rows = [(f"11-{day:02} 00:00", 1.49) for day in range(1, 30)] + [("11-30 00:00", 14.4)]
    assert str(drawn("oneio", Given(outages(*rows))).lines[0].sample.down_ms) == str(43 * MINUTE_MS)
    assert str(drawn("oneio", Given(outages(*rows))).payable) == "0.00"
    assert str(drawn("oneio", Given(outages(*rows[:-1], ("11-30 00:00", 14.5)))).payable) == "30.00"


def test_iban_does_not_count_the_parts_of_minutes_and_looks_at_the_whole_year() -> None:
    seconds = [(f"{number:02}-01 {hour:02}:00", 0.98) for number in range(1, 13) for hour in range(24)]
    assert drawn("iban", Given(outages(*seconds)), YEAR).lines[0].compared == 1
    assert str(drawn("iban", Given(outages(("03-01 00:00", 526.5))), YEAR).payable) == "120.00"  # 526 of 525,600
    assert str(drawn("iban", Given(outages(("03-01 00:00", 525.99))), YEAR).payable) == "0.00"


def test_ofcom_counts_calendar_days_of_delay_and_appointments() -> None:
    late = promises(NOVEMBER, 1, DAY_MS, DAY_MS + 1, 4 * DAY_MS)
    given = Given(by_objective={"repair": late, "appointment": promises(NOVEMBER, 1, 1, kept=5)})
    statement = drawn("ofcom_compensation", given)
    assert [str(line.money) for line in statement.lines] == ["82.72", "64.62"]  # 8 days, 2 visits


@pytest.mark.parametrize(("failed", "credit"), [(200, "0.00"), (201, "241.20"), (500, "600.00")])
def test_walmart_charges_three_per_cent_of_the_cost_of_the_cases_that_failed(failed: int, credit: str) -> None:
    feed = f"from,to,requests,failed\n2026-11-01T00:00:00Z,2026-11-30T00:00:00Z,10000,{failed}\n"
    assert str(drawn("walmart_otif", Given(availability("cases.csv", feed))).payable) == credit


def test_unitedlayer_pays_the_hours_after_the_twelfth_time_in_a_year() -> None:
    rows = [(f"{number:02}-05 00:00", 180.0) for number in range(1, 13)]
    statement = drawn("unitedlayer", Given(outages(*rows)), YEAR)
    assert (statement.lines[0].measured, str(statement.payable)) == (12, "0.00")
    more = Given(outages(*rows, ("12-20 00:00", 61), ("12-21 00:00", 30)))
    assert (str(drawn("unitedlayer", more, YEAR).payable)) == "8.33"  # three hours of 1/360


def test_a_leased_line_pays_the_fee_of_a_day_for_each_hour_begun() -> None:
    """2,700 in the 92 days of October to December; 29.35 a day."""
    assert str(drawn("leased_ethernet", Given(outages(("10-05 00:00", 61))), LAST_QUARTER).payable) == "58.70"
    assert str(drawn("leased_ethernet", Given(outages(("10-05 00:00", 26 * 60))), LAST_QUARTER).payable) == "742.50"


def test_hours_count_within_and_outside_of_a_calendar_and_a_row_of_misses_costs_more() -> None:
    """The office is open from 9 to 17 in Berlin on Mondays and Tuesdays: 10 days, 80 hours of October, and of November
    as well but for one more Monday. Half an hour before it opens is the night's."""
    row = Given(outages(*[(f"{number:02}-{day} 07:30", 60) for number, day in ((9, "07"), (10, "06"), (11, "03"))]))
    critical = drawn("core_hours", row, OCTOBER).lines[0]  # 9:30 to 10:30 in summer
    assert (critical.sample.total_ms, critical.sample.down_ms) == (8 * 8 * HOUR_MS, HOUR_MS)
    november = drawn("core_hours", row).lines  # 8:30 to 9:30 in winter
    assert [line.sample.down_ms for line in november] == [HOUR_MS // 2, HOUR_MS // 2]
    assert sum(line.sample.total_ms for line in november) == 30 * DAY_MS
    paid = months_of("core_hours", {9: row, 10: row, 11: row})
    assert paid == ["50.00", "100.00", "150.00"]


def test_the_mean_time_to_repair_is_that_of_what_was_repaired() -> None:
    critical = promises(NOVEMBER, lasted_ms=[HOUR_MS, 3 * HOUR_MS])
    major = promises(NOVEMBER, lasted_ms=[HOUR_MS, 8 * HOUR_MS])
    statement = drawn("mean_repair", Given(by_objective={"critical": critical, "major": major}))
    assert [str(line.money) for line in statement.lines] == ["0.00", "50.00"]
    assert statement.lines[1].measured == Fraction(9, 2) * HOUR_MS


def test_a_contract_says_in_words_what_it_measures_and_owes() -> None:
    core, ethernet = published("core_hours").written, published("leased_ethernet").written
    critical, other = core.terms.objectives
    assert measure_text(critical, core.sources["critical"]) == "uptime in the hours of office"
    assert measure_text(other, core.sources["other"]) == "uptime outside the hours of office"
    assert owes_text(critical) == "5% at < 99.9%; a repeat counts 2, 3 times"
    assert owes_text(ethernet.terms.objectives[0]) == "1 day's fee for each begun 60 min that an outage lasted"
    assert owes_text(published("texas_dir").terms.objectives[1]) == "3% at < 98%; from the 4. miss in 12 windows on"
