"""Promises over time: the same in other words, targets out of properties, calendars that go from hand to hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Cause, Clock, Kind
from hubspot_sla.flows.context.mappings_version import Version
from hubspot_sla.flows.inspection.evaluate import offline_portal_ids
from hubspot_sla.flows.judging.agreements import agreements, promised
from hubspot_sla.flows.judging.decide import judgement_of
from hubspot_sla.flows.records.record_facts import RecordFacts
from hubspot_sla.hubspot import wire_time
from hubspot_sla.ledger.facts import Fact
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.customers import CompanyView
from hubspot_sla.policy.loader import load

RESOLUTION = Clock(Kind.SLA, Metric.RESOLUTION)
PORTAL = """
pipelines:
  Support:
    New: {role: open, team: Berlin team}
    Sydney: {role: open, team: Sydney team}
    Closed: closed
"""
CALENDARS = """
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}, business_day: 8h}
  sydney: {timezone: Australia/Sydney, hours: {mon-fri: "09:00-17:00"}}
"""
POLICY = """\
policies:
  - id: support
    calendar: {calendar}
    on_change: restart
    targets: {{resolution: {target}}}
"""


def at(text: str) -> int:
    instant = wire_time.parse(f"2026-11-{text}:00Z")
    assert instant is not None
    return instant


def version(target: str, effective_at: int = 0, calendar: str = "office", **files: str) -> Version:
    texts = {
        "portal.yaml": PORTAL,
        "calendars.yaml": CALENDARS,
        "tiers.yaml": "ranks: [gold, silver]\n",
        "policies.yaml": POLICY.format(target=target, calendar=calendar),
        **{name.replace("_", "."): text for name, text in files.items()},
    }
    mappings = load(texts)
    return Version(mappings, offline_portal_ids(mappings, None), effective_at)


def record(*facts: tuple[str, str, str], companies: tuple[CompanyView, ...] = ()) -> RecordFacts:
    """Created on Monday the 23rd at 08:00 UTC, 09:00 in Berlin."""
    begun = [("hs_pipeline", "23T08:00", "Support"), ("hs_pipeline_stage", "23T08:00", "New")]
    told = [*begun, *facts]
    kept = sorted((Fact(name, at(when), value, "CRM_UI") for name, when, value in told), key=lambda f: (f.name, f.at))
    return RecordFacts(RecordRef.of("1"), {"createdate": "2026-11-23T08:00:00Z"}, kept, companies)


# by meaning

SAME_WORDS = [
    ("2h", "120m"),
    ("2h", "2H"),
    ("2h", "1h60m"),
    ("2bd", "16h"),
    ("2h", "{default: 2h}"),
    ("{HIGH: 2h, default: 2h}", "2h"),
    ("2h", "{due: 120m}"),
    ("2 days same time", "2 business days  same time"),
    ("end of next business day", "1 day end of day"),
    ("{earlier_of: [2h, 1bd]}", "{earlier_of: [8h, 120m]}"),
    ('{due: 2h, cut_off: "16:00"}', '{due: 120m, cut_off: "16:00"}'),
    ("{due: 24h, calendar: always}", "{due: 1bd, calendar: always}"),
]


@pytest.mark.parametrize(("before", "after"), SAME_WORDS)
def test_an_edit_that_only_says_it_otherwise_is_no_change(before: str, after: str) -> None:
    edited = [version(before), version(after, at("23T09:00"))]
    assert len(promised(agreements(record(), edited))[RESOLUTION]) == 1


OTHER_WORDS = [
    ("2h", "121m"),
    ("2bd", "15h"),
    ("2 days same time", "16h"),
    ("{earlier_of: [2h, 1bd]}", "{later_of: [2h, 1bd]}"),
    ("{due: 2h, cut_off: '16:00'}", "{due: 2h, cut_off: '15:00'}"),
]


@pytest.mark.parametrize(("before", "after"), OTHER_WORDS)
def test_an_edit_that_says_something_else_is_a_change(before: str, after: str) -> None:
    edited = [version(before), version(after, at("23T09:00"))]
    assert len(promised(agreements(record(), edited))[RESOLUTION]) == 2


def test_an_edit_of_the_words_does_not_restart_a_clock() -> None:
    edited = [version("2h"), version("120m", at("23T09:30")), version("2H", at("23T09:45"))]
    [verdict] = [v for v in judgement_of(record(), edited, at("23T09:50")).verdicts if v.clock == RESOLUTION]
    assert verdict.cycle.due_at == at("23T10:00")


def test_a_priority_that_is_promised_the_same_is_no_change() -> None:
    raised = record(("hs_ticket_priority", "23T08:00", "LOW"), ("hs_ticket_priority", "23T09:00", "HIGH"))
    assert len(promised(agreements(raised, [version("{HIGH: 120m, default: 2h}")]))[RESOLUTION]) == 1


def test_a_calendar_under_another_name_with_the_same_hours_is_no_change() -> None:
    renamed = CALENDARS.replace("office:", "berlin:").replace(
        'mon-fri: "09:00-17:00"}, b', 'mon-thu: "09:00-17:00", fri: "09:00-17:00"}, b'
    )
    edited = [version("2bd"), version("2bd", at("23T09:00"), "berlin", calendars_yaml=renamed)]
    assert len(promised(agreements(record(), edited))[RESOLUTION]) == 1


def test_a_threshold_in_other_words_is_no_change() -> None:
    risky = [
        version("2h}\n    at_risk: {resolution: 50%"),
        version("2h}\n    at_risk: {resolution: -60m", at("23T09:00")),
        version("2h}\n    at_risk: {resolution: -50m", at("23T10:00")),
    ]
    assert len(promised(agreements(record(), risky))[RESOLUTION]) == 2


# out of properties


def test_a_number_that_changes_is_a_change_and_one_that_ends_says_why() -> None:
    told = record(
        ("hours", "23T08:00", "6"), ("hours", "23T09:00", "6.0"), ("hours", "23T10:00", "4"), ("hours", "23T11:00", "")
    )
    changes = promised(agreements(told, [version("{property: hours, unit: h}")]))[RESOLUTION]
    assert [(change.at, change.promise and change.promise.target) for change in changes] == [
        (at("23T08:00"), "6h"),
        (at("23T10:00"), "4h"),
        (at("23T11:00"), None),
    ]
    assert changes[-1].why == "policy support has no target: hours is empty"


def test_a_zero_from_a_property_is_no_promise() -> None:
    [change] = promised(agreements(record(("hours", "23T08:00", "0")), [version("{property: hours, unit: h}")]))[
        RESOLUTION
    ]
    assert (change.promise, change.why) == (None, "policy support has no target: hours is 0, which promises nothing")


def company(id_: str, **histories: list[tuple[str, str | None]]) -> CompanyView:
    return CompanyView(
        id_, primary=True, property_history={n: [(at(when), v) for when, v in h] for n, h in histories.items()}
    )


def test_a_contract_row_says_the_target_as_of_the_moment_of_the_tier() -> None:
    tiers = "ranks: [gold, silver]\nsources: [{csv: tiers.csv}]\n"
    rows = "company_id,tier,valid_from,valid_to,hours\n7,gold,,2026-11-24,6\n7,gold,2026-11-24,,3\n"
    target = "{property: contract.hours, unit: h}"
    of_creation = version(target, tiers_yaml=tiers, tiers_csv=rows)
    customer = record(companies=(company("7"),))
    [change] = promised(agreements(customer, [of_creation]))[RESOLUTION]
    assert change.promise is not None
    assert change.promise.target == "6h"
    of_now = version(target, tiers_yaml=f"{tiers}as_of: now\n", tiers_csv=rows)
    _, later = promised(agreements(customer, [of_now]))[RESOLUTION]
    assert (later.at, later.promise and later.promise.target, later.cause) == (at("24T00:00"), "3h", Cause.TIER)


def test_a_value_of_the_customer_changes_the_promise_where_the_tier_is_as_of_now() -> None:
    customer = record(companies=(company("7", country=[("20T00:00", "DE"), ("23T10:00", "AU")]),))
    by_country = "{by: company.country, AU: sydney, default: office}"
    of_now = version("8h", 0, by_country, tiers_yaml="ranks: [gold, silver]\nas_of: now\n")
    _, change = promised(agreements(customer, [of_now]))[RESOLUTION]
    assert (change.at, change.cause) == (at("23T10:00"), Cause.CALENDAR)
    assert len(promised(agreements(customer, [version("8h", 0, by_country)]))[RESOLUTION]) == 1


# follow the sun


def test_follow_the_sun_adds_up_each_teams_time_on_its_own_calendar() -> None:
    handed = record(("hs_pipeline_stage", "23T15:00", "Sydney"), ("hs_pipeline_stage", "24T08:00", "New"))
    following = version("14h", 0, "{follow: holder, Sydney team: sydney, default: office}")
    judgement = judgement_of(handed, [following], at("24T09:00"))
    [verdict] = [v for v in judgement.verdicts if v.clock == RESOLUTION]
    # 7 h in Berlin on Monday, 8 h of Sydney's Tuesday (22:00 to 06:00 UTC)
    assert verdict.cycle.due_at == at("24T05:00")
    assert len(promised(agreements(handed, [following]))[RESOLUTION]) == 1


def test_a_hand_over_later_does_not_change_what_has_passed() -> None:
    following = version("14h", 0, "{follow: holder, Sydney team: sydney, default: office}")
    handed = record(("hs_pipeline_stage", "23T15:00", "Sydney"))
    before = judgement_of(handed, [following], at("23T16:00")).verdicts
    after = judgement_of(
        replace(handed, facts=[*handed.facts, Fact("hs_pipeline_stage", at("24T06:30"), "New", "x")]),
        [following],
        at("24T07:00"),
    )
    due_at = {v.clock: v.cycle.due_at for v in before}[RESOLUTION]
    assert {v.clock: v.cycle.due_at for v in after.verdicts}[RESOLUTION] == due_at
