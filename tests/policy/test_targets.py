"""What a target may be: a due time, one for each value, one out of a number, the earlier of two; and its calendars."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.due_texts import parse_due
from hubspot_sla.policy.loader import load
from hubspot_sla.policy.portal_check import property_problems
from hubspot_sla.policy.value_errors import Refused
from policy.mapping_texts import TIERS, texts

HOUR = 3_600_000
BERLIN = ZoneInfo("Europe/Berlin")
CALENDARS = """\
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}, business_day: 8h}
  sydney: {timezone: Australia/Sydney, hours: {mon-fri: "09:00-17:00"}, business_day: 8h}
  long: {timezone: Europe/London, hours: {mon-fri: "07:00-21:00"}, business_day: 14h}
  nodays: {timezone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}}
"""
PORTAL = """\
pipelines:
  Support:
    New: open
    2: {role: waiting, team: Sydney team}
    Closed: {role: closed}
"""
CONTRACTS = "company_id,tier,hours,valid_from\n1,gold,6,\n2,silver,,\n3,gold,none,\n"


def mappings(target: str, calendar: str = "office", **more: str) -> Any:
    policies = f"policies:\n  - id: p\n    calendar: {calendar}\n    targets: {{resolution: {target}}}\n"
    return load(texts(calendars=CALENDARS, portal=PORTAL, policies=policies, csv=CONTRACTS, **more))


def subject(**told: Any) -> Subject:
    return Subject(**{"at": 0, "tier": None, "pipeline": "Support", **told})


def promised(target: str, calendar: str = "office", **told: Any) -> Any:
    """The promise, or why there is none."""
    policy = mappings(target, calendar).policy_set.policies[0]
    return next(iter(policy.targets.values())).promise(subject(**told))


def due(target: str, start: str, calendar: str = "office", **told: Any) -> str:
    """When it is due that starts at `23 10:00`, a Monday in Berlin in November 2026."""
    at = int(datetime.strptime(f"2026-11-{start}", "%Y-%m-%d %H:%M").replace(tzinfo=BERLIN).timestamp()) * 1000
    ends = promised(target, calendar, **told).due_without_pauses(at)
    return datetime.fromtimestamp(ends / 1000, BERLIN).strftime("%d %H:%M")


DUE = [
    ("4h", "23 15:00", "24 11:00"),
    ("2bd", "23 15:00", "25 15:00"),
    ("2 days same time", "23 15:00", "25 15:00"),
    ("2 business days same time", "26 15:00", "30 15:00"),
    ("next day same time", "23 15:00", "24 15:00"),
    ("same time next business day", "27 15:00", "30 15:00"),
    ("end of business day", "23 15:00", "23 17:00"),
    ("End of the next day", "23 15:00", "24 17:00"),
    ("2 days end of day", "23 15:00", "25 17:00"),
    ('{due: end of business day, cut_off: "16:00"}', "23 16:30", "24 17:00"),
    ('{due: 4h, cut_off: "16:00"}', "23 16:30", "24 13:00"),
    ("{due: 24h, calendar: always}", "23 15:00", "24 15:00"),
    ("{due: 1bd, calendar: always}", "23 15:00", "24 15:00"),
    ("{earlier_of: [4h, end of business day]}", "23 15:00", "23 17:00"),
    ("{later_of: [4h, end of business day]}", "23 15:00", "24 11:00"),
    ("{later_of: [{due: 24h, calendar: always}, end of next business day]}", "27 12:00", "30 17:00"),
    ("{HIGH: 1h, default: end of next business day}", "23 15:00", "24 17:00"),
]


@pytest.mark.parametrize(("target", "start", "end"), DUE, ids=[case[0] for case in DUE])
def test_a_target_says_when_it_is_due(target: str, start: str, end: str) -> None:
    assert due(target, start) == end


def test_a_target_on_a_calendar_of_its_own_is_a_promise_on_that_calendar() -> None:
    own = promised("{due: 72h, calendar: always}")
    assert (own.target, own.calendar.name, own.budget_ms, own.due_rule) == ("72h", "always", 72 * HOUR, None)
    assert own.same_as(promised("{due: 72h, calendar: always}", "sydney"))
    assert promised("{due: next day same time, calendar: sydney}").calendar.name == "sydney"
    either = promised("{earlier_of: [{due: 72h, calendar: always}, 5bd]}")
    assert (either.target, either.calendar.name) == ("earlier of 72h on always and 5bd", "office")


@pytest.mark.parametrize("target", ["{due: 8h, calendar: nodays}", "{earlier_of: [{due: 8h, calendar: nodays}, 2bd]}"])
@pytest.mark.parametrize(
    "term",
    [
        "at_risk: -1bd",
        "reopen: {resume: 1bd, then: restart}",
        "pauses: [{in: New, least: 1bd}]",
        "ladder: days",
    ],
)
def test_business_days_of_a_term_need_their_length_on_the_calendar_that_a_target_names(target: str, term: str) -> None:
    ladders = "ladders: {days: {rungs: [{at: +1bd, do: [{task: owner}]}]}}\n"
    policies = f"policies:\n  - id: p\n    calendar: office\n    targets:\n      resolution: {target}\n\n    {term}\n"
    with pytest.raises(MappingInvalid) as refused:
        load(texts(calendars=CALENDARS, portal=PORTAL, policies=policies, csv=CONTRACTS, escalations=ladders))
    (problem,) = refused.value.problems
    assert (problem.file, problem.line) == ("policies.yaml", 7)
    assert problem.remedy == "give calendar 'nodays' a business_day, for example 8h"


def test_a_matrix_of_two_properties_asks_the_first_and_then_the_second() -> None:
    matrix = "{by: [impact, urgency], HIGH: {HIGH: 1h, default: 2h}, LOW: {HIGH: 4h, default: none}, default: 3bd}"

    def of(**properties: str) -> str:
        answer = promised(matrix, properties=properties)
        return answer.target if hasattr(answer, "target") else answer.reason

    assert of(impact="HIGH", urgency="HIGH") == "1h"
    assert of(impact="HIGH", urgency="LOW") == "2h"
    assert of(impact="LOW", urgency="HIGH") == "4h"
    assert of(impact="LOW", urgency="LOW") == "no target for urgency LOW"
    assert of(urgency="HIGH") == "3bd"


BY = [
    ("{by: tier, gold: 1h, default: 4h}", {"tier": "gold"}),
    ("{by: pipeline, Support: 1h, default: 4h}", {}),
    ("{by: stage, New: 1h, default: 4h}", {"stage": "New"}),
    ("{by: company.segment, enterprise: 1h, default: 4h}", {"companies": [{"segment": "enterprise"}]}),
    ("{by: contact.role, CEO: 1h, default: 4h}", {"contacts": [{"role": None}, {"role": "CEO"}]}),
    ("{by: contract.hours, '6': 1h, default: 4h}", {"contract": {"hours": "6"}}),
    ("{by: category, BILLING: 1h, default: 4h}", {"properties": {"hs_ticket_category": "BILLING"}}),
    ("{by: impact, '3': 1h, default: 4h}", {"properties": {"impact": "3"}}),
]


@pytest.mark.parametrize(("target", "told"), BY, ids=[case[0] for case in BY])
def test_a_target_may_go_by_the_ticket_the_tier_the_company_the_contact_or_the_contract(
    target: str, told: dict[str, Any]
) -> None:
    assert promised(target, **told).budget_ms == HOUR
    assert promised(target).budget_ms in (HOUR if "pipeline" in target else 4 * HOUR,)


def test_of_several_contacts_the_value_named_first_decides() -> None:
    target = "{by: contact.role, CEO: 1h, CTO: 2h, default: 4h}"
    assert promised(target, contacts=[{"role": "CTO"}, {"role": "CEO"}]).target == "1h"


def test_what_targets_and_calendars_look_at_is_read() -> None:
    target = "{by: company.a, b: {property: contact.limit, unit: h}, default: {by: impact, '1': 4h, default: none}}"
    found = mappings(target, "{by: company.country, DE: office, default: always}").policy_set
    assert found.company_properties == ("a", "country")
    assert found.contact_properties == ("limit",)
    assert found.ticket_properties == ("impact",)
    assert not found.asks_for_contract
    assert mappings("{property: contract.hours, unit: h}").policy_set.asks_for_contract


# numbers

NUMBERS = [
    ("6", "h", 6 * HOUR),
    (" 6 ", "h", 6 * HOUR),
    ("1.5", "h", 3 * HOUR // 2),
    ("90", "m", 3 * HOUR // 2),
    ("30", "s", 30_000),
    ("2", "bd", 16 * HOUR),
    ("0.5", "bd", 4 * HOUR),
    ("1e1", "h", 10 * HOUR),
]


@pytest.mark.parametrize(("number", "unit", "budget"), NUMBERS)
def test_a_number_in_a_property_is_a_target_in_its_unit(number: str, unit: str, budget: int) -> None:
    answer = promised(f"{{property: company.response, unit: {unit}}}", companies=[{"response": number}])
    assert answer.budget_ms == budget


NONE = [
    (None, "company.response is empty", False),
    ("", "company.response is empty", False),
    ("soon", "company.response is 'soon', which is no number", True),
    ("NaN", "company.response is 'NaN', which is no number", True),
    ("-4", "company.response is -4, which is less than nothing", True),
    ("0", "company.response is 0, which promises nothing", True),
    ("0.00", "company.response is 0.00, which promises nothing", True),
    ("1000000", "company.response is 1000000 h, which is longer than ten years", True),
]


@pytest.mark.parametrize(("number", "reason", "odd"), NONE)
def test_what_is_no_number_promises_nothing_with_the_reason(number: str | None, reason: str, odd: bool) -> None:
    answer = promised("{property: company.response, unit: h}", companies=[{"response": number}])
    assert (answer.reason, answer.odd) == (reason, odd)


def test_of_two_that_promise_something_only_one_may_and_then_it_counts() -> None:
    target = "{earlier_of: [8h, {property: company.response, unit: h}]}"
    assert promised(target, companies=[{"response": "6"}]).target == "earlier of 8h and 6h"
    assert promised(target).target == "8h"
    neither = promised("{later_of: [{property: a, unit: h}, {property: b, unit: h}]}", properties={"b": "0"})
    assert (neither.reason, neither.odd) == ("a is empty; b is 0, which promises nothing", True)


def test_a_contract_is_the_row_of_the_customer_in_a_table_of_tiers() -> None:
    from hubspot_sla.policy.customers import CompanyView

    tiers = mappings("{property: contract.hours, unit: h}", tiers=TIERS).tiers
    assert tiers.contract_columns == {"company_id", "tier", "hours", "valid_from"}
    assert tiers.contract([CompanyView("1", primary=True, property_history={})], 0, 0)["hours"] == "6"
    assert tiers.contract([CompanyView("9", primary=True, property_history={})], 0, 0) == {}
    both = [CompanyView(id_, primary=False, property_history={}) for id_ in ("2", "1")]
    assert tiers.contract(both, 0, 0)["company_id"] == "1"  # that of the better tier


# calendars

CALENDARS_CHOSEN = [
    ("sydney", {}, "sydney"),
    ("{by: company.country, AU: sydney, default: office}", {"companies": [{"country": "AU"}]}, "sydney"),
    ("{by: company.country, AU: sydney, default: office}", {}, "office"),
    ("{first_response: sydney, default: office}", {}, "office"),
    ("{resolution: sydney, first_response: office}", {}, "sydney"),
    ("{resolution: {by: tier, gold: always, default: sydney}, default: office}", {"tier": "gold"}, "always"),
]


@pytest.mark.parametrize(("calendar", "told", "name"), CALENDARS_CHOSEN)
def test_the_calendar_may_go_by_a_property_and_by_the_metric(calendar: str, told: dict[str, Any], name: str) -> None:
    assert promised("4h", calendar, **told).calendar.name == name


def test_follow_the_sun_counts_each_holders_time_on_their_own_calendar() -> None:
    calendar = "{follow: holder, Sydney team: sydney, default: office}"
    monday = int(datetime(2026, 11, 23, 10, tzinfo=BERLIN).timestamp()) * 1000
    histories = {"holder": [(monday, None), (monday + 6 * HOUR, "Sydney team"), (monday + 20 * HOUR, None)]}
    promise = promised("10h", calendar, histories=histories)
    # Berlin 10:00 to 16:00 is 6 h; Sydney's Tuesday, 23:00 to 07:00 in Berlin, lies in its turn until 06:00: 7 h
    assert promise.calendar.elapsed(monday, monday + 6 * HOUR) == 6 * HOUR
    assert promise.calendar.elapsed(monday + 6 * HOUR, monday + 20 * HOUR) == 7 * HOUR
    assert promise.due_without_pauses(monday) == monday + 17 * HOUR
    assert promise.calendar.name == "of holder: office, sydney"
    again = promised("10h", calendar, histories=histories)
    assert promise.calendar.same_as(again.calendar)
    assert promised("10h", calendar, histories={"holder": [(monday, None)]}).calendar.name == "office"
    assert promised("10h", calendar).calendar.name == "office"


def test_business_days_and_the_zone_are_those_of_the_default_whoever_holds_the_ticket() -> None:
    calendar = "{follow: holder, Sydney team: long, default: office}"
    monday = int(datetime(2026, 11, 23, 10, tzinfo=BERLIN).timestamp()) * 1000
    for histories in ({"holder": [(monday, "Sydney team")]}, {"holder": [(monday, "Sydney team"), (monday + 1, None)]}):
        promise = promised("1bd", calendar, histories=histories)
        assert promise.budget_ms == 8 * HOUR
        assert str(promise.calendar.zone) == "Europe/Berlin"  # zones differ where their cache was emptied
    alone = promised("1bd", calendar, histories={"holder": [(monday, "Sydney team")]})
    assert alone.due_without_pauses(monday) == monday + 8 * HOUR  # `long` is open until 22:00


def test_follow_the_sun_may_follow_a_property_of_the_ticket() -> None:
    calendar = "{follow: team, '401': sydney, default: office}"
    histories = {"hubspot_team_id": [(0, "401"), (10, "402"), (20, "403"), (30, "401")]}
    assert len(promised("10h", calendar, histories=histories).calendar.legs) == 3


def test_what_a_calendar_is_used_by_is_known() -> None:
    found = mappings("{due: 24h, calendar: always}", "{by: tier, gold: sydney, default: office}").policy_set
    assert found.calendars_used == {"always", "sydney", "office"}


# what is wrong

WRONG = [
    (
        "{by: compny.segment, a: 1h, default: none}",
        "4:32: 'compny.segment': there is no 'compny' to take a value from (did you mean 'comp",
    ),
    ("{by: company, a: 1h}", "4:32: 'company' has many values (say which, for example company.name)"),
    ("{by: company.Segment, a: 1h}", "4:32: 'company.Segment': 'Segment' is not an internal property name"),
    ("{by: Some Thing, a: 1h}", "4:32: 'Some Thing' names no value (write priority, tier, a ticket property"),
    ("{by: [a, b, c], a: 1h}", "4:32: 'by' takes at most 2"),
    ("{by: tier, glod: 1h, default: 4h}", "4:38: there is no tier 'glod' (did you mean 'gold'?)"),
    ("{by: stage, Nwe: 1h, default: 4h}", "4:39: there is no stage 'Nwe' (did you mean 'New'?)"),
    ("{by: pipeline, Suport: 1h, default: 4h}", "4:42: there is no pipeline 'Suport' (did you mean 'Support'?)"),
    ("{by: [impact, tier], A: {glod: 1h}}", "4:52: there is no tier 'glod'"),
    ("{property: contract.hous, unit: h}", "4:38: no table in tiers.yaml has a column 'hous' (did you mean 'hours'?)"),
    ("{property: a}", "4:15: 'unit' is missing"),
    ("{property: a, unit: d}", "4:47: 'unit' cannot be 'd'"),
    ("{property: a, unit: h, defualt: 4h}", "4:50: there is no key 'defualt' here"),
    ("{due: 4h, cutoff: '16:00'}", "4:37: there is no key 'cutoff' here (did you mean 'cut_off'?)"),
    ("{due: 4h, cut_off: '25:00'}", "4:46: '25:00' is not a time of day"),
    ("{due: 4h, calendar: offce}", "4:47: there is no calendar 'offce' (did you mean 'office'?)"),
    ("{due: 1bd, calendar: nodays}", "4:33: '1bd' counts business days, and the calendar does not say how long one is"),
    ("{earlier_of: [4h]}", "4:40: 'earlier_of' needs at least 2"),
    ("{earlier_of: [4h, 2 days]}", "4:45: '2 days' is ambiguous"),
    ("2 days same tim", "4:27: '2 days same tim' is no due time (write 4h, 2bd, `2 days same time`"),
    ("0 days same time", "4:27: '0 days same time' is no time at all"),
    ("9999 days same time", "4:27: '9999 days same time' is longer than ten years"),
    ("[4h]", "4:27: a target is a duration or a group of keys, not a list (for example 4h)"),
    ("{HIGH: [4h]}", "4:34: a target is a duration or a group of keys, not a list"),
    ("{by: tier}", "4:27: nothing is promised here"),
    ("0m", "4:27: '0m' is no time at all"),
]


def problems(target: str, calendar: str = "office") -> list[str]:
    with pytest.raises(MappingInvalid) as caught:
        mappings(target, calendar)
    return [str(problem).removeprefix("policies.yaml:") for problem in caught.value.problems]


@pytest.mark.parametrize(("target", "expected"), WRONG, ids=[case[0] for case in WRONG])
def test_what_is_wrong_with_a_target_is_said_with_its_place_and_the_remedy(target: str, expected: str) -> None:
    found = problems(target)
    assert any(problem.startswith(expected) for problem in found), found


WRONG_CALENDARS = [
    ("offce", "3:15: there is no calendar 'offce' (did you mean 'office'?)"),
    ("[office]", "3:15: a calendar is a name or a group of keys, not a list"),
    ("{by: company.country, DE: office}", "3:15: no calendar is said for everybody else (add default: NAME)"),
    ("{by: company.country, DE: offce, default: office}", "3:41: there is no calendar 'offce'"),
    ("{by: tier, glod: sydney, default: office}", "3:26: there is no tier 'glod'"),
    (
        "{follow: company.country, DE: sydney, default: office}",
        "3:24: nothing follows 'company.country': it does not go",
    ),
    (
        "{follow: holder, Sidney team: sydney, default: office}",
        "3:32: there is no team or vendor 'Sidney team' (did you",
    ),
    ("{resolutoin: sydney, default: office}", "3:16: there is no metric 'resolutoin' (did you mean 'resolution'?)"),
    ("{first_response: sydney}", "3:15: no calendar is said for resolution (add default: NAME)"),
    ("{default: {by: tier, gold: sydney}}", "3:25: no calendar is said for everybody else"),
    ("{}", "3:15: no calendar is named"),
]


@pytest.mark.parametrize(("calendar", "expected"), WRONG_CALENDARS, ids=[case[0] for case in WRONG_CALENDARS])
def test_what_is_wrong_with_a_calendar_is_said_with_its_place_and_the_remedy(calendar: str, expected: str) -> None:
    found = problems("4h", calendar)
    assert any(problem.startswith(expected) for problem in found), found


def test_business_days_need_their_length_on_every_calendar_that_may_count() -> None:
    [problem] = problems("2bd", "{by: tier, gold: nodays, default: office}")
    assert problem == (
        "4:27: '2bd' counts business days, and the calendar does not say how long one is "
        "(give calendar 'nodays' a business_day, for example 8h)"
    )
    [problem] = problems("{property: a, unit: bd}", "nodays")
    assert problem.startswith("4:47: the unit is business days, and the calendar does not say how long one is")


class Definition:
    """A property as the portal defines it."""

    def __init__(self, name: str, type_: str = "enumeration", *values: str) -> None:
        self.name, self.type, self.read_only = name, type_, False
        self.options = [Option(value) for value in values]


class Option:
    def __init__(self, value: str) -> None:
        self.value = value


def of_portal(target: str, calendar: str = "office") -> list[str]:
    tickets = {
        name: Definition(name, "datetime")
        for name in (
            *("hs_ticket_priority", "hubspot_owner_id", "hs_first_agent_message_sent_at", "first_agent_reply_date"),
            *("hs_last_message_received_at", "hs_last_message_sent_at"),
        )
    }
    companies = {
        "segment": Definition("segment", "enumeration", "enterprise", "small"),
        "response_hours": Definition("response_hours", "number"),
        "since": Definition("since", "date"),
        "customer_tier": Definition("customer_tier", "string"),
    }
    found = property_problems(mappings(target, calendar), tickets, companies, {})  # type: ignore[arg-type]
    return [str(problem).removeprefix("policies.yaml:") for problem in found]


PORTAL_CASES = [
    (
        "{by: company.segmnt, enterprise: 1h, default: none}",
        "4:28: the portal has no company property 'segmnt' (did you mean 'segment'?)",
    ),
    (
        "{by: company.segment, entreprise: 1h, default: none}",
        "4:49: the portal has no company.segment 'entreprise' (did you",
    ),
    ("{property: company.response_hour, unit: h}", "4:28: the portal has no company property 'response_hour' (did you"),
    (
        "{property: company.since, unit: h}",
        "4:38: company.since is of type date, not a number (name a property of type",
    ),
    ("{HIGH: {property: company.since, unit: h}, default: none}", "4:45: company.since is of type date, not a number"),
]


@pytest.mark.parametrize(("target", "expected"), PORTAL_CASES, ids=[case[0] for case in PORTAL_CASES])
def test_what_the_portal_does_not_have_is_said_where_a_target_asks_for_it(target: str, expected: str) -> None:
    found = of_portal(target)
    assert any(problem.startswith(expected) for problem in found), found


def test_a_target_that_the_portal_bears_out_is_right() -> None:
    right = "{by: company.segment, enterprise: {property: company.response_hours, unit: h}, default: 8h}"
    assert of_portal(right) == []
    found = of_portal("4h", "{by: company.sement, small: sydney, default: office}")
    assert found == ["3:16: the portal has no company property 'sement' (did you mean 'segment'?)"]


@pytest.mark.parametrize(
    "written", [None, 4, "", "same time", "end of", "end of next", "days same time", "-1 days same time"]
)
def test_what_is_no_due_time_is_refused(written: object) -> None:
    with pytest.raises(Refused):
        parse_due(written)


# a stage, team or vendor: each visit, and all of them together


def visits(target: str) -> dict[str, str]:
    """By clock key, what is promised in the stage `New`."""
    policies = f"policies:\n  - id: p\n    kind: ola\n    calendar: office\n    targets: {{stage: {{New: {target}}}}}\n"
    loaded = load(texts(calendars=CALENDARS, portal=PORTAL, policies=policies, csv=CONTRACTS))
    promises = loaded.policy_set.policies[0].promised(subject(properties={"hs_ticket_priority": "HIGH"}))
    return {promise.clock.key: promise.target for promise in promises}


def test_a_total_over_all_visits_is_a_clock_of_its_own() -> None:
    assert visits("{total: 8h}") == {"ola:stage_total:New": "8h"}
    assert visits("{each: 2h, total: 1bd}") == {"ola:stage:New": "2h", "ola:stage_total:New": "1bd"}
    assert visits("{total: {HIGH: 4h, default: 8h}}") == {"ola:stage_total:New": "4h"}
    assert visits("{total: {due: 24h, calendar: always}}") == {"ola:stage_total:New": "24h"}
    assert visits("{each: {HIGH: 1h, default: none}}") == {"ola:stage:New": "1h"}


def test_priorities_that_are_called_like_a_word_are_named_with_by() -> None:
    assert visits("{by: priority, total: 8h, default: 1h}") == {"ola:stage:New": "1h"}


WRONG_VISITS = [
    ("{total: 8h, HIGH: 1h}", "5:40: there is no key 'HIGH' here (there is 'each', 'total')"),
    (
        "{totl: 8h}",
        "5:29: there is no key 'totl' here (did you mean 'total'?; a priority of this name needs by: priority)",
    ),
    ("{Total: 8h}", "5:29: there is no key 'Total' here (did you mean 'total'?"),
    ("{total: }", "5:28: nothing is promised here (write a duration, for example total: 8h)"),
    ("{total: 8}", "5:36: '8' has no unit"),
    ("{total: {glod: 1h, by: tier}}", "5:37: there is no tier 'glod'"),
    (
        "{total: {total: 1h}}",
        "5:37: there is no key 'total' here (it belongs under the name of a stage, team or vendor",
    ),
]


@pytest.mark.parametrize(("target", "expected"), WRONG_VISITS, ids=[case[0] for case in WRONG_VISITS])
def test_what_is_wrong_with_visits_is_said_with_its_place_and_the_remedy(target: str, expected: str) -> None:
    with pytest.raises(MappingInvalid) as caught:
        visits(target)
    found = [str(problem).removeprefix("policies.yaml:") for problem in caught.value.problems]
    assert any(problem.startswith(expected) for problem in found), found


MISPLACED = [
    ("{total: 8h}", "4:28: there is no key 'total' here (it belongs under the name of a stage, team or vendor"),
    ("{every: 1h, HIGH: 2h}", "4:28: there is no key 'every' here (it stands alone under `update`"),
    ("{HIGH: 1h, defualt: 4h}", "4:38: there is no key 'defualt' here (did you mean 'default'?"),
    ("{HIGH: 1h, Default: 4h}", "4:38: there is no key 'Default' here (did you mean 'default'?"),
    ("{HIGH: 1h, cut_off: 4h}", "4:38: there is no key 'cut_off' here (it belongs beside `due`"),
    ("{HIGH: {calender: 1h}}", "4:35: there is no key 'calender' here (did you mean 'calendar'?"),
]


@pytest.mark.parametrize(("target", "expected"), MISPLACED, ids=[case[0] for case in MISPLACED])
def test_a_word_of_targets_is_no_priority(target: str, expected: str) -> None:
    found = problems(target)
    assert any(problem.startswith(expected) for problem in found), found
