"""contracts.yaml: what cannot be is refused where it stands, and what is odd is named with the figures that show it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from contract.written_contracts import WITH_A_VENDOR
from docs.test_mappings import CONTRACTS
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.feeds.availability_file import Availability, Form
from hubspot_sla.flows.reporting.contracts.other_forms import other_forms
from hubspot_sla.policy.loader import load
from hubspot_sla.policy.review import warnings_about
from policy.mapping_texts import texts

SOUND = """\
contracts:
  - id: acme
    customer: "1"
    currency: EUR
    valid_from: 2026-01-01
    fees: {support: 1000}
    objectives:
      - id: kept
        measure: {attainment: resolution}
        promised: 95%
        credit: {bands: [{below: 95%, pays: 10%}]}
"""


def every(text: str) -> dict[str, str]:
    return texts(contracts=text, portal=WITH_A_VENDOR)


def test_without_the_file_there_are_no_contracts() -> None:
    assert load(texts()).contracts.written == ()
    assert load(every(SOUND)).contracts.ids == ("acme",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("currency: EUR", "currency: EURO", "there is no currency 'EURO' (did you mean 'EUR'?)"),
        ("currency: EUR", "currency: DEM", "there is no currency 'DEM'"),  # not since 2002
        ("currency: EUR", "currency: XXX", "there is no currency 'XXX'"),  # no currency, says ISO 4217
        ('customer: "1"', "owner: anna", "a contract has one party"),
        ('customer: "1"', "vendor: Hostr", "there is no vendor in portal.yaml 'Hostr' (did you mean 'Hoster'?)"),
        ("valid_from: 2026-01-01", "{valid_from: 2026-01-01, valid_to: 2026-01-01}", ""),
        ("fees: {support: 1000}", "fees: {support: 1000 EUR}", "without a currency"),
        ("    fees: {support: 1000}\n", "", "a share is paid, and the contract has no fees"),
        ("resolution}", "resolutoin}", "there is no metric 'resolutoin'"),
        ("promised: 95%", "promised: 4h", "attainment is a percentage, and '4h' is a time"),
        ("{below: 95%, pays: 10%}", "{below: 95%, above: 95%, pays: 10%}", "no figure lies between these ends"),
        ("{below: 95%, pays: 10%}", "{below: 95%, pays: ten}", "'ten' cannot be paid"),
        ("{below: 95%, pays: 10%}", "{pays: 10%}", "no end is said"),
        ("bands: [{below: 95%, pays: 10%}]", "time_down: {times: 10}", "`time_down` goes with uptime and downtime"),
        ("bands: [{below: 95%, pays: 10%}]", "linear: {step: 0%, pays: 1%}", "a step of nothing is none"),
        ("bands: [{below: 95%, pays: 10%}]", "each_late: {step: 1h}", "what each pays is said once"),
        ("bands: [{below: 95%, pays: 10%}]", "each_late: {bands: [{above: 1%, pays: 1%}]}", "bands are of times"),
        ("bands: [{below: 95%, pays: 10%}]", "each_late: {step: 1h, pays: 1%, most: 9.00}", "are of two units"),
        ("bands: [{below: 95%, pays: 10%}]", "each_outage: {step: 1h, pays: 1%}", "`each_outage` goes with uptime"),
        ("promised: 95%", "window: quarter\n        base: licences", "there is no fee 'licences'"),
        ("promised: 95%", "measure: {uptime: website}", ""),
        ("measure: {attainment: resolution}", "measure: {uptime: website}", "there is no feed 'website'"),
        ("measure: {attainment: resolution}", "measure: {attainment: all, misses: all}", "a measure is one thing"),
        ("measure: {attainment: resolution}", "measure: {percentile: 95}", "a percentile is one of some metric"),
        ("    objectives:", "    claim: {closes: {business_days: 3, calendar: offce}}\n    objectives:", "'offce'"),
        ("    objectives:", "    groups: [{of: [kept, lost], take: worst}]\n    objectives:", "there is no objective"),
        ("    objectives:", "    smallest: {over: 1, at_least: 1}\n    objectives:", "one amount"),
        ("    objectives:", "    rights: [{action: terminate}]\n    objectives:", "a right follows from one thing"),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(old: str, new: str, said: str) -> None:
    assert old in SOUND
    with pytest.raises(MappingInvalid) as refused:
        load(every(SOUND.replace(old, new, 1)))
    assert said in str(refused.value)
    assert {problem.file for problem in refused.value.problems} == {"contracts.yaml"}
    assert all(problem.line for problem in refused.value.problems)


def test_two_versions_are_not_valid_on_one_day() -> None:
    second = SOUND.removeprefix("contracts:\n").replace("2026-01-01", "2026-07-01")
    with pytest.raises(MappingInvalid, match="two versions of 'acme' are valid on one day"):
        load(every(SOUND + second))
    ended = SOUND.replace("valid_from: 2026-01-01", "valid_from: 2026-01-01\n    valid_to: 2026-07-01")
    assert len(load(every(ended + second)).contracts.versions("acme")) == 2


@pytest.mark.parametrize(
    ("bands", "said"),
    [
        ("[{below: 95%, at_least: 90%, pays: 10%}, {below: 90%, pays: 20%}]", set()),
        ("[{below: 95%, above: 90%, pays: 10%}, {below: 90%, pays: 20%}]", {"exactly 90%", "10% at 92.5%, nothing at"}),
        ("[{below: 95%, at_least: 92%, pays: 10%}, {below: 90%, pays: 20%}]", {"between 90% and 92%", "exactly 90%"}),
        (
            "[{below: 95%, at_least: 89%, pays: 10%}, {at_most: 90%, at_least: 0%, pays: 20%}]",
            {"two bands speak of 90%"},
        ),
        ("[{at_most: 95%, pays: 10%}]", {"95% keeps the promise"}),
        ("[{below: 95%, at_least: 90%, pays: 20%}, {below: 90%, pays: 10%}]", {"20% at 92.5%, 10% at"}),
    ],
)
def test_odd_bands_are_named_with_the_figures_that_show_it(bands: str, said: set[str]) -> None:
    files = every(SOUND.replace("[{below: 95%, pays: 10%}]", bands))
    warnings = [problem for problem in warnings_about(load(files), files, 0) if problem.file == "contracts.yaml"]
    text = "\n".join(str(problem) for problem in warnings)
    assert bool(warnings) == bool(said)
    for part in said:
        assert part in text


@pytest.mark.parametrize(
    ("bands", "said"),
    [
        ("{above: 0m, at_most: 2h, pays: 5%}, {above: 2h, pays: 3%}", ["5% at 60 min, 3% at 121 min"]),
        ("{above: 0m, at_most: 2h, pays: 5%}, {above: 3h, pays: 9%}", ["5% at 60 min, nothing at 150 min"]),
        ("{above: 0m, pays: 5%}, {above: 2h, pays: 3%}", []),  # the worse one of the two counts
        ("{above: 1h, at_most: 2h, pays: 5%}, {above: 2h, pays: 9%}", []),
    ],
)
def test_bands_of_lateness_of_which_a_longer_one_costs_less_are_named(bands: str, said: list[str]) -> None:
    text = every(SOUND.replace("bands: [{below: 95%, pays: 10%}]", f"each_late: {{bands: [{bands}]}}"))
    found = [problem.message for problem in warnings_about(load(text), text, 0) if problem.code == "SLA633"]
    assert found == [f"worse service costs less: {each}" for each in said]


def test_a_promise_that_nothing_feeds_and_a_cap_that_cuts_everything_are_named() -> None:
    odd = SOUND.replace("attainment: resolution", "attainment: assignment").replace(
        "promised: 95%", "promised: 95%\n        caps: {most: 5%}"
    )
    files = every(odd)
    said = {problem.code: problem.message for problem in warnings_about(load(files), files, 0)}
    assert said["SLA634"] == "the cap of 5% cuts even the lowest rate, 10%"
    assert said["SLA635"] == "no policy of kind sla promises assignment, so 'kept' is never measured"


@pytest.mark.parametrize(
    ("cap", "said"),
    [
        ("{most: 5%}", "the cap of 5% cuts even the lowest rate, 10%"),
        ("{most: 99.99}", "the cap of 99.99 cuts even the lowest rate, 100"),
        ("{most: 100}", None),
        ("{most: 1%, base: {for: year}}", None),
        ("{most: 0.5%, base: {for: year}}", "the cap of 60 cuts even the lowest rate, 100"),
    ],
)
def test_a_cap_of_the_whole_contract_below_the_lowest_rate_is_named(cap: str, said: str | None) -> None:
    files = every(SOUND.replace("    objectives:", f"    caps: {cap}\n    objectives:"))
    found = {problem.code: problem.message for problem in warnings_about(load(files), files, 0)}
    assert found.get("SLA634") == said


def test_more_than_a_vendor_promises_of_the_same_is_named() -> None:
    promise = "measure: {attainment: resolution}\n        promised: 95%"
    of_uptime = SOUND.replace(promise, "measure: {uptime: web}\n        promised: 99.9%")
    customer = of_uptime.replace("below: 95%", "below: 99.9%")
    entry = customer.removeprefix("contracts:\n").replace("id: acme", "id: hoster")
    vendor = entry.replace('customer: "1"', "vendor: Hoster")
    files = every(customer + vendor.replace("99.9%", "99.5%") + "feeds: {web: {csv: web.csv}}\n")
    said = [problem.message for problem in warnings_about(load(files), files, 0)]
    assert "99.9% is promised, and Hoster promises 99.5% of the same" in said


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(contracts:.*?)```", CONTRACTS, flags=re.DOTALL))
def test_every_example_of_the_document_loads(block: str) -> None:
    loaded = load(every(block)).contracts
    assert loaded.written or loaded.company_properties
    for name in loaded.feeds:  # one file can hold all that is measured by it
        assert any(not other_forms(loaded.written, {name: Availability(columns=form)}) for form in Form)


def fees_said(
    now: str, valid: str = "valid_from: 2026-01-01", fee: str = "{amounts: {2026-01: 900, 2026-02: 950}}"
) -> list[str]:
    text = SOUND.replace("valid_from: 2026-01-01", valid).replace("{support: 1000}", f"{{support: {fee}}}")
    at = round(datetime.fromisoformat(f"{now}T12:00:00+00:00").timestamp() * 1000)
    files = every(text)
    return [str(problem) for problem in warnings_about(load(files), files, at) if problem.code == "SLA639"]


def test_a_month_of_a_contract_in_force_that_has_no_fee_is_named_with_its_line() -> None:
    assert fees_said("2026-02-28") == []
    (said,) = fees_said("2026-03-01")
    assert said.startswith("contracts.yaml:6:")
    assert "the contract is in force and says no fee 'support' for 2026-03" in said
    (later,) = fees_said("2026-05-31")
    assert "for 2026-03, and 2 more" in later


@pytest.mark.parametrize(
    ("now", "valid", "fee"),
    [
        ("2025-12-31", "valid_from: 2026-01-01", "{amounts: {2025-12: 1}}"),
        ("2026-04-01", "{valid_from: 2026-01-01, valid_to: 2026-02-28}", "{amounts: {2025-12: 1}}"),
        ("2026-04-01", "valid_from: 2026-01-01", "1000"),
    ],
)
def test_no_fee_is_missed_of_a_contract_that_is_not_in_force_or_says_one_for_ever(
    now: str, valid: str, fee: str
) -> None:
    assert fees_said(now, valid.strip("{}").replace(", ", "\n    "), fee) == []


def test_a_fee_that_nothing_rests_on_may_be_missing() -> None:
    text = SOUND.replace("pays: 10%", "pays: 50").replace("1000", "{amounts: {2026-01: 900}}")
    files = every(text)
    at = round(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
    assert [one for one in warnings_about(load(files), files, at) if one.code == "SLA639"] == []


def test_a_feed_whose_file_is_not_there_is_named_with_its_line() -> None:
    files = every(SOUND.replace("{attainment: resolution}", "{uptime: web}") + "feeds: {web: {csv: outages.csv}}\n")
    said = warnings_about(load(files), files, 0, missing_feeds=["outages.csv"])
    (problem,) = [one for one in said if one.code == "SLA640"]
    assert (problem.file, problem.line) == ("contracts.yaml", 12)
    assert [one for one in warnings_about(load(files), files, 0) if one.code == "SLA640"] == []
