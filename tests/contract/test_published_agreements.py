"""Published agreements, in the words of contracts.yaml as they stand: what they pay, and what is odd about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from contract.written_contracts import MINUTE_MS, minutes_down, published, up
from hubspot_sla.contract.chronic import standings
from hubspot_sla.contract.claims import claim_window
from hubspot_sla.contract.fees import FeeEntry
from hubspot_sla.contract.outages import Outage, down_time
from hubspot_sla.contract.review import Odd, findings
from hubspot_sla.contract.sample import Sample
from hubspot_sla.contract.settlement import settled
from hubspot_sla.contract.statement import Observed, State, Statement, Why
from hubspot_sla.measure.periods import Period, add_months, month

if TYPE_CHECKING:
    from collections.abc import Sequence

SEPTEMBER, OCTOBER = month(2026, 9, UTC), month(2026, 10, UTC)
QUARTER = Period(date(2026, 10, 1), date(2027, 1, 1), UTC)
HOUR_MS = 60 * MINUTE_MS


def percent(text: str) -> Fraction:
    return Fraction(text) / 100


def paid(name: str, sample: Sample, window: Period = OCTOBER, past: Sequence[Statement] = ()) -> Statement:
    terms = published(name).terms
    evidence = {(objective.id, None): Observed(sample) for objective in terms.objectives}
    return settled(terms, window, evidence, past)


def of_promises(good: int, bad: int, day: date = date(2026, 10, 5)) -> Sample:
    return Sample(good, bad, broken_on=(day,) * bad)


def codes(name: str) -> list[str]:
    return [code for code, _ in published(name).warnings]


@pytest.mark.parametrize(
    ("uptime", "credit"),
    [("100", 0), ("99.99", 0), ("99.98", 100), ("99", 100), ("98.9", 300), ("95", 300), ("94.9", 1000), ("0", 1000)],
)
def test_aws_compute_pays_by_the_uptime_of_the_month(uptime: str, credit: int) -> None:
    assert paid("aws_compute", up(percent(uptime), OCTOBER)).payable == credit
    assert codes("aws_compute") == []


def test_aws_pays_out_only_what_is_more_than_a_dollar() -> None:
    terms = published("aws_compute").terms
    for fee, payable in ((Fraction(10), "0"), (Fraction(1001, 100), "0"), (Fraction(1010, 100), "1.01")):
        small = replace(terms, fees={"compute": replace(terms.fees["compute"], entries=(FeeEntry(fee),))})
        statement = settled(small, OCTOBER, {("region", None): Observed(up(percent("99.5"), OCTOBER))}, ())
        assert statement.payable == Decimal(payable)
        assert [part.why for part in statement.withheld] == ([] if statement.payable else [Why.SMALLEST])


def test_an_aws_claim_closes_with_the_second_billing_cycle_after() -> None:
    terms = published("aws_compute").terms
    assert terms.claim is not None
    window = claim_window(terms.claim, OCTOBER)
    assert window is not None
    assert window.last_day == date(2026, 12, 31)
    assert window.closes_at is not None
    assert window.is_open(window.closes_at - 1)
    assert not window.is_open(window.closes_at)


def test_an_aws_instance_pays_no_hour_with_more_than_six_minutes_down_and_asks_no_claim_for_it() -> None:
    start = OCTOBER.start_at
    down = ((start, start + 6 * MINUTE_MS), (start + 2 * HOUR_MS, start + 2 * HOUR_MS + 6 * MINUTE_MS + 1))
    statement = paid("aws_instance", Sample(total_ms=744 * HOUR_MS, down=down))
    assert [line.money for line in statement.lines] == [Decimal("0.00"), Decimal("1.00")]
    terms = published("aws_instance").terms
    claims = [terms.claim_of(objective) for objective in terms.objectives]
    assert [claim is not None and claim.automatic for claim in claims] == [False, True]


@pytest.mark.parametrize(("uptime", "credit"), [("99.9", 0), ("99.8", 250), ("98.9", 500), ("95", 500), ("94", 1000)])
def test_microsoft_365_implies_lower_bounds_and_the_worst_band_wins(uptime: str, credit: int) -> None:
    assert paid("microsoft_365", up(percent(uptime), OCTOBER)).payable == credit
    assert codes("microsoft_365") == []


@pytest.mark.parametrize(
    ("good", "bad", "credit"),
    [(10_000, 0, 0), (9_995, 5, 0), (9_994, 6, 40), (99, 1, 40), (98, 2, 100), (9, 91, 200), (9, 90, 0)],
)
def test_google_functions_pays_from_a_hundred_requests_on_and_half_the_bill_at_most(
    good: int, bad: int, credit: int
) -> None:
    assert paid("google_functions", of_promises(good, bad)).payable == credit
    assert published("google_functions").warnings == [
        (
            "SLA633",
            "worse service may cost less: 99 of 99 promises broken cost nothing, for 100 must have been judged",
        )
    ]


def test_atlassian_shows_99_86_percent_for_an_hour_down_in_a_month_of_43_200_minutes() -> None:
    statement = paid("atlassian_cloud", minutes_down(60, SEPTEMBER), SEPTEMBER)
    (line,) = statement.lines
    assert SEPTEMBER.end_at - SEPTEMBER.start_at == 43_200 * MINUTE_MS
    assert (line.measured, line.compared) == (Fraction(43_140, 43_200), percent("99.86"))
    assert (statement.owed, statement.payable) == (200, 150)
    assert [(part.why, part.money, part.cap) for part in statement.withheld] == [(Why.CAP, 50, 150)]
    claim = claim_window(published("atlassian_cloud").terms.claim, SEPTEMBER)  # type: ignore[arg-type]
    assert claim is not None
    assert claim.last_day == date(2026, 10, 15)


@pytest.mark.parametrize(("uptime", "credit"), [("99.91", 0), ("99.9", 300), ("99.01", 300), ("99", 0), ("98.99", 750)])
def test_github_pays_at_99_9_which_it_promises_and_says_nothing_of_exactly_99(uptime: str, credit: int) -> None:
    assert paid("github_enterprise", up(percent(uptime), QUARTER), QUARTER).payable == credit
    assert set(published("github_enterprise").warnings) == {
        ("SLA630", "nothing is said of exactly 99%"),
        ("SLA632", "99.9% keeps the promise, and a band pays for it"),
        ("SLA633", "worse service costs less: 10% at 99.9%, nothing at 99%"),
    }


def test_slack_pays_ten_times_the_fee_of_the_time_down_beyond_a_hundredth_of_a_percent() -> None:
    minutes = 92 * 24 * 60
    statement = paid("slack", minutes_down(60, QUARTER), QUARTER)
    exact = 10 * 3000 * (60 - Fraction(minutes, 10_000)) / minutes
    assert statement.lines[0].credits[0].exact == exact
    assert statement.payable == Decimal("10.59")
    assert paid("slack", minutes_down(13, QUARTER), QUARTER).payable == 0


def test_slack_leaves_out_ten_hours_a_year_of_maintenance_announced_48_hours_before() -> None:
    year = (date(2026, 1, 1), date(2027, 1, 1))
    start = Period(*year, UTC).start_at
    span, window = (start, QUARTER.end_at), (QUARTER.start_at, QUARTER.end_at)
    day = QUARTER.start_at
    in_time, too_late = day - 48 * HOUR_MS, day - 48 * HOUR_MS + 1
    earlier = Outage(start, start + 6 * HOUR_MS, "maintenance", start - 72 * HOUR_MS)
    announced = Outage(day, day + 6 * HOUR_MS, "maintenance", in_time)
    exclusions = published("slack").written.exclusions
    found = down_time([announced, earlier], exclusions, window, {12: [span]})
    assert found.counted == ((day + 4 * HOUR_MS, day + 6 * HOUR_MS),)
    assert found.excluded == (("maintenance", 4 * HOUR_MS),)
    late = down_time([replace(announced, announced_at=too_late)], exclusions, window, {12: [span]})
    assert late.counted == late.all


def test_softwareone_owes_nothing_below_twenty_incidents_of_a_priority_and_does_not_say_how_much() -> None:
    terms = published("softwareone").terms
    samples = {"HIGH": of_promises(17, 3), "LOW": of_promises(1, 18), "MEDIUM": of_promises(18, 2)}
    statement = settled(terms, OCTOBER, {("response", key): Observed(each) for key, each in samples.items()}, ())
    assert [(line.key, line.state) for line in statement.lines] == [
        ("HIGH", State.MISSED),
        ("LOW", State.TOO_FEW),
        ("MEDIUM", State.KEPT),
    ]
    (credit,) = statement.lines[0].credits
    assert (credit.due.band, credit.rate) == (0, None)
    assert statement.payable == 0
    assert terms.sole_remedy


def test_a_softwareone_claim_counts_from_the_review() -> None:
    claim = published("softwareone").terms.claim
    assert claim is not None
    held, by_rule = claim_window(claim, SEPTEMBER), claim_window(claim, OCTOBER)
    assert held is not None
    assert held.last_day == date(2026, 10, 27)
    assert by_rule is not None
    assert by_rule.last_day == date(2026, 12, 1)  # an office that opens Mondays and Tuesdays: reviewed on November 16


@pytest.mark.parametrize(
    ("breaches", "credit"),
    [(0, "0"), (1, "10.00"), (2, "10.00"), (3, "19.99"), (4, "19.99"), (5, "29.99"), (9, "29.99")],
)
def test_edgevirt_pays_by_the_number_of_breaches_rounded_half_up(breaches: int, credit: str) -> None:
    assert paid("edgevirt", of_promises(50, breaches)).payable == Decimal(credit)
    assert codes("edgevirt") == []


def test_the_uk_model_contract_counts_a_repeat_twice_and_never_more() -> None:
    past: list[Statement] = []
    for number, good in enumerate([965, 985, 965, 995, 985, 950]):
        window = Period(add_months(OCTOBER.start, number), add_months(OCTOBER.start, number + 1), UTC)
        past.append(paid("uk_model_services", of_promises(good, 1000 - good), window, past))
    assert [statement.points for statement in past] == [3, 2, 6, 0, 1, 8]


def test_a_window_that_was_not_measured_neither_repeats_nor_resets() -> None:
    past = [paid("uk_model_services", of_promises(965, 35))]
    for number in (1, 2):
        window = Period(add_months(OCTOBER.start, number), add_months(OCTOBER.start, number + 1), UTC)
        sample = Sample() if number == 1 else of_promises(985, 15)
        past.append(paid("uk_model_services", sample, window, past))
    assert [statement.points for statement in past] == [3, 0, 2]


def test_the_uk_model_contract_has_no_gap_where_figures_have_one_decimal() -> None:
    assert codes("uk_model_services") == ["SLA641"]  # what points are worth is for the parties to say
    terms = published("uk_model_services").terms
    (objective,) = terms.objectives
    exact = replace(terms, objectives=(replace(objective, measure=replace(objective.measure, decimals=None)),))
    assert {finding.odd for finding in findings(exact)} == {Odd.GAP, Odd.FALLING}
    assert (percent("97.9"), percent("98")) in [finding.figures for finding in findings(exact)]


def test_the_uk_call_off_pays_target_minus_actual_up_to_a_cap_over_twelve_months_then_damages() -> None:
    past: list[Statement] = []
    for number in range(3):
        window = Period(add_months(OCTOBER.start, number), add_months(OCTOBER.start, number + 1), UTC)
        past.append(paid("uk_call_off", of_promises(75, 25), window, past))
    assert [statement.payable for statement in past] == [230, 230, 40]
    assert past[-1].withheld[0].money == 190
    terms = published("uk_call_off").terms
    assert [standings(terms, past[:number])[0].holds for number in (1, 2, 3)] == [False, True, True]


def test_crossref_pays_for_the_tenth_failure_in_twelve_months_by_the_fee_of_its_year_and_again_for_the_twentieth() -> (
    None
):
    failures = {10: 4, 11: 4, 12: 1, 13: 1, 14: 10, 15: 9}
    days: list[date] = []
    past: list[Statement] = []
    for number, count in failures.items():
        window = Period(add_months(date(2025, 1, 1), number - 1), add_months(date(2025, 1, 1), number), UTC)
        days += [window.start] * count
        past.append(paid("crossref", Sample(100, len(days), broken_on=tuple(days)), window, past))
    assert [statement.payable for statement in past] == [0, 0, 0, 6300, 6300, 0]
    assert ("SLA633", "one broken promise less may cost more: the base rises from 120,000.00 to 126,000.00") in (
        published("crossref").warnings
    )
