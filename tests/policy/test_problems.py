"""Whatever is wrong in a mapping is named with its place, its value and what would be right."""

from __future__ import annotations

import pytest

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.loader import load
from policy.mapping_texts import CALENDARS, CSV, POLICIES, PORTAL, TIERS, texts

BASE = {"portal": PORTAL, "calendars": CALENDARS, "tiers": TIERS, "policies": POLICIES, "csv": CSV}


def problems(changed: dict[str, str]) -> list[str]:
    with pytest.raises(MappingInvalid) as caught:
        load(changed)
    return [str(problem) for problem in caught.value.problems]


def spoiled(name: str, old: str, new: str) -> list[str]:
    assert old in BASE[name]
    return problems(texts(**{name: BASE[name].replace(old, new, 1)}))


PORTAL_CASES = [
    ("New: open", "New: opne", "portal.yaml:3:10: 'New' cannot be 'opne' (did you mean 'open'?)"),
    ("New: open", "New: [open]", "portal.yaml:3:10: 'New' must be a group of keys, not a list"),
    (
        "{role: closed}",
        "{role: closed, temm: A}",
        "portal.yaml:5:28: there is no key 'temm' here (did you mean 'team'?)",
    ),
    (
        "{role: closed}",
        "{role: closed, team: A, vendor: B}",
        "portal.yaml:5:13: a stage is held by a team or by a vendor, not by both",
    ),
    ("{role: closed}", "{team: A}", "portal.yaml:5:5: 'role' is missing"),
    ("  Support:", "  Support: {}\n  Other:", "portal.yaml:2:12: 'Support' must not be empty"),
    ("pipelines:", "pipeline:", "portal.yaml:1:1: 'pipelines' is missing"),
]
CALENDAR_CASES = [
    (
        "Europe/Berlin",
        "Europe/Berlni",
        "calendars.yaml:3:15: there is no time zone 'Europe/Berlni' (did you mean 'Europe/Berlin'?)",
    ),
    ("mon:", "monday:", "calendars.yaml:4:13: there is no key 'monday' here (did you mean 'mon'?)"),
    (
        '"09:00-17:00"]',
        '"09:00-25:00"]',
        "calendars.yaml:4:19: '09:00-25:00': '25:00' is not a time of day (write 00:00 to 24:00)",
    ),
    ('"09:00-17:00"]', '"09:00"]', "calendars.yaml:4:19: '09:00' are not hours (write \"09:00-17:30\")"),
    (
        '["09:00-17:00"], ',
        '["09:00-17:00", "16:00-18:00"], ',
        "calendars.yaml:4:34: 16:00-18:00 overlaps mon 09:00-17:00",
    ),
    (
        '["09:00-17:00"], ',
        '["20:00-10:00"], ',
        "calendars.yaml:4:41: 09:00-17:00 overlaps mon 20:00-10:00",
    ),
    (
        'hours: {mon: ["09:00-17:00"], tue: ["09:00-17:00"]}',
        "hours: {}",
        "calendars.yaml:2:3: calendar 'office' never opens (give it `hours`)",
    ),
    (
        "business_day: 8h",
        "business_day: 1bd",
        "calendars.yaml:5:19: a business day cannot be counted in business days (say its hours, for example 8h)",
    ),
    (
        "business_day: 8h",
        "holidays: {country: XX}\n    business_day: 8h",
        "calendars.yaml:5:25: no holidays are known for country 'XX'",
    ),
    (
        "business_day: 8h",
        "holidays: {country: DE, subdivision: BQ}\n    business_day: 8h",
        "calendars.yaml:5:42: DE has no subdivision 'BQ'",
    ),
    (
        "business_day: 8h",
        "closed: [2026-13-01]\n    business_day: 8h",
        "calendars.yaml:5:14: '2026-13-01' is not a date (write 2026-12-24, or",
    ),
    (
        "business_day: 8h",
        "closed: [{date: 2026-12-31, from: '12:00'}]\n    business_day: 8h",
        "calendars.yaml:5:14: `from` and `to` belong together",
    ),
    (
        "  office:",
        "  always: {timezone: UTC, hours: {mon: '09:00-10:00'}}\n  office:",
        "calendars.yaml:2:3: 'always' is built in (give this calendar another name)",
    ),
]
TIER_CASES = [
    ("[gold, silver]", "[gold, gold, silver]", "tiers.yaml:1:15: the tier 'gold' is ranked twice"),
    ("ranks:", "default: glod\nranks:", "tiers.yaml:1:10: there is no tier 'glod' (did you mean 'gold'?)"),
    ("csv: tiers.csv", "csv: other.csv", "tiers.yaml:4:10: there is no file 'other.csv'"),
    ("csv: tiers.csv", "http: ftp://example.com", "tiers.yaml:4:11: 'ftp://example.com' is not an http address"),
    ("csv: tiers.csv", "http: https://me:word@example.com", "tiers.yaml:4:11: 'https://me:word@example.com' is not"),
    (
        "csv: tiers.csv",
        "csv: tiers.csv\n    token: A",
        "tiers.yaml:5:5: there is no key 'token' here (it belongs to `http`)",
    ),
    (
        "csv: tiers.csv",
        "csv: tiers.csv\n    tir: A",
        "tiers.yaml:5:5: there is no key 'tir' here (did you mean 'tier'?)",
    ),
    (
        "csv: tiers.csv",
        "csv: tiers.csv\n    http: https://a.b",
        "tiers.yaml:4:5: a source is one of `company_property`,",
    ),
    (
        "csv: tiers.csv",
        "csvv: tiers.csv",
        "tiers.yaml:4:5: a source is one of `company_property`, `contact_property`, `csv` and `http` "
        "(did you mean 'csv'?)",
    ),
    ("- csv: tiers.csv", "- tiers.csv", "tiers.yaml:4:5: a source must be a group of keys, not 'tiers.csv'"),
    ("csv: tiers.csv", "http: https://a.b\n    token: geheim", "tiers.yaml:5:12: 'geheim' is not the name of a"),
    (
        "csv: tiers.csv",
        "http: https://a.b\n    max_age: 1bd",
        "tiers.yaml:4:5: `max_age` cannot be counted in business",
    ),
    (
        "csv: tiers.csv",
        "contact_property: x\n    tier: y",
        "tiers.yaml:5:5: there is no key 'tier' here (it belongs to `csv`)",
    ),
    (
        "csv: tiers.csv",
        "company_id: id",
        "tiers.yaml:4:5: a source is one of `company_property`, `contact_property`, `csv` and `http`",
    ),
    ("ranks:", "as_of: creaton\nranks:", "tiers.yaml:1:8: 'as_of' cannot be 'creaton' (did you mean 'creation'?)"),
]
CSV_CASES = [
    ("1,gold", "1,glod", "tiers.csv:2:3: there is no tier 'glod' (did you mean 'gold'?)"),
    ("2026-06-01\n", "2026-6-1\n", "tiers.csv:2:19: '2026-6-1' is not an instant"),
    (
        "2026-01-01,2026-06-01",
        "2026-01-01,2026-01-01",
        "tiers.csv:2:19: the tier ends on 2026-01-01, not after it begins on 2026-01-01",
    ),
    (
        "1,silver,2026-06-01",
        "1,silver,2026-05-31",
        "tiers.csv:3:10: company 1 is silver from 2026-05-31, and gold from 2026-01-01 until 2026-06-01 on line 2",
    ),
    ("company_id,tier", "company,tier", "tiers.csv:1:1: the column 'company_id' is missing"),
    ("valid_from,valid_to", "valid_from,tier", "tiers.csv:1:28: the column 'tier' is there twice"),
    ("1,gold,", '"1, or so",gold,extra,', "tiers.csv:2:1: the row has 5 fields, and the header 4"),
    ("1,gold,", '"1, or so",glod,', "tiers.csv:2:12: there is no tier 'glod'"),
    ("1,gold", ",gold", "tiers.csv:2:1: the company id is empty"),
    ("1,gold", '1,"gold', "tiers.csv:2:1: this is not CSV"),
]
POLICY_CASES = [
    (
        "calendar: office",
        "calendar: offce",
        "policies.yaml:4:15: there is no calendar 'offce' (did you mean 'office'?)",
    ),
    ("tier: gold", "tier: glod", "policies.yaml:3:37: there is no tier 'glod' (did you mean 'gold'?)"),
    ("tier: gold", "tier: [gold, slver]", "policies.yaml:3:44: there is no tier 'slver' (did you mean 'silver'?)"),
    ("pipeline: Support", "pipeline: Suport", "policies.yaml:3:22: there is no pipeline 'Suport'"),
    ("URGENT: 15m", "URGENT: 15", "policies.yaml:6:32: '15' has no unit"),
    (
        "resolution: 2bd",
        "resolution: 4d",
        "policies.yaml:7:19: '4d' is ambiguous (say 4bd (business days) or 96h)",
    ),
    ("resolution: 2bd", "next_respons: 2h", "policies.yaml:7:7: there is no metric 'next_respons' (did you mean"),
    (
        "resolution: 2bd",
        "stage: {Nwe: 2h}",
        "policies.yaml:7:15: there is no stage, team or vendor 'Nwe' in portal.yaml",
    ),
    ("resolution: 2bd", "update: {every: 1d}", "policies.yaml:7:23: '1d' is ambiguous"),
    ("resolution: 2bd", "resolution: {by: tier}", "policies.yaml:7:19: nothing is promised here"),
    ("resolution: 2bd", "resolution: {by: tier, gold: 1d}", "policies.yaml:7:36: '1d' is ambiguous"),
    ("id: rest", "id: gold-support", "policies.yaml:8:9: the id 'gold-support' is taken by policy 1"),
    ("id: rest", "id: rest\n    kind: olaf", "policies.yaml:9:11: 'kind' cannot be 'olaf' (did you mean 'ola'?)"),
    ("id: rest", "id: rest\n    at_risk: 120%", "policies.yaml:9:14: '120%' is no threshold (write 75%"),
    ("id: rest", "id: rest\n    at_risk: {resolution: [50%, -1d]}", "policies.yaml:9:33: '1d' is ambiguous"),
    ("id: rest", "id: rest\n    on_change: kep", "policies.yaml:9:16: 'on_change' cannot be 'kep'"),
    (
        "id: rest",
        "id: rest\n    on_change: {tier: kep}",
        "policies.yaml:9:23: 'tier' cannot be 'kep' (did you mean 'keep'?)",
    ),
    ("id: rest", "id: rest\n    reopen: never", "policies.yaml:9:13: a reopening cannot be 'never' here"),
    ("id: rest", "id: rest\n    starts_in: New", "policies.yaml:8:5: `starts_in` says where a first response begins"),
    (
        "id: gold-support",
        "id: gold-support\n    starts_in: Nwe",
        "policies.yaml:3:16: there is no stage, team or vendor",
    ),
    (
        "id: gold-support",
        "id: gold-support\n    starts_in: Closed",
        "policies.yaml:3:16: it can never start: the ticket is closed then, and a closing ends the clock (name where",
    ),
    ("id: rest", "id: rest\n    valid_from: someday", "policies.yaml:9:17: 'someday' is neither a date"),
    (
        "id: rest",
        "id: rest\n    valid_from: 2026-03-01\n    valid_to: 2026-03-01",
        "policies.yaml:10:15: the policy ends on 2026-03-01, not after it begins on 2026-03-01",
    ),
    ("id: rest", "id: rest\n    applies_to: old", "policies.yaml:9:17: 'applies_to' cannot be 'old'"),
    ("id: rest", "id: rest\n    lader: x", "policies.yaml:9:5: there is no key 'lader' here"),
    ("id: rest", "id: rest\n    ladder: x", "policies.yaml:9:13: there is no ladder 'x' in escalations.yaml"),
    (
        "id: rest",
        "id: rest\n    resume_on_customer_message: yes",
        "policies.yaml:9:33: 'resume_on_customer_message' must be true or false, not 'yes'",
    ),
    ("    calendar: always\n", "", "policies.yaml:8:5: 'calendar' is missing"),
    ("{resolution: {HIGH: 1bd, default: none}}", "{}", "policies.yaml:10:14: the policy promises nothing"),
    (
        "when: {pipeline: Support",
        "when: {ownr: 5",
        "policies.yaml:3:12: there is no key 'ownr' here (did you mean 'owner'?)",
    ),
    ("when: {pipeline: Support", "when: {owner: []", "policies.yaml:3:19: the list is empty, so nothing would match"),
    ("when: {pipeline: Support", "when: {owner: ", "policies.yaml:3:18: an empty value is no value"),
    (
        "when: {pipeline: Support",
        "when: {stage: Nwe",
        "policies.yaml:3:19: there is no stage 'Nwe' (did you mean 'New'?)",
    ),
    ("when: {pipeline: Support", "when: {property: {A: 1}", "policies.yaml:3:23: 'A' is not an internal property name"),
    ("when: {pipeline: Support", "when: {property: {a: {above: x}}", "policies.yaml:3:26: 'x' is neither a number nor"),
    ("when: {pipeline: Support", "when: {property: {a: {over: 1}}", "policies.yaml:3:26: a range has no 'over'"),
    (
        "when: {pipeline: Support",
        "when: {property: {a: {above: 3, below: 2}}",
        "policies.yaml:3:26: no value lies between",
    ),
    (
        "when: {pipeline: Support",
        "when: {property: {a: {above: 1, at_least: 2}}",
        "policies.yaml:3:26: 'above' and 'at_least'",
    ),
    (
        "when: {pipeline: Support",
        "when: {company: {a: {known: yes}}",
        "policies.yaml:3:25: 'known' must be true or false",
    ),
    ("when: {pipeline: Support", "when: {any: [{tier: glod}]", "policies.yaml:3:25: there is no tier 'glod'"),
    (
        "when: {pipeline: Support",
        "when: {not: {any: [{tiers: gold}]}",
        "policies.yaml:3:25: there is no key 'tiers' here",
    ),
]
CASES = [
    (name, *case)
    for name, cases in (
        ("portal", PORTAL_CASES),
        ("calendars", CALENDAR_CASES),
        ("tiers", TIER_CASES),
        ("csv", CSV_CASES),
        ("policies", POLICY_CASES),
    )
    for case in cases
]


@pytest.mark.parametrize(("name", "old", "new", "expected"), CASES, ids=[case[3][:70] for case in CASES])
def test_a_problem_names_its_place_its_value_and_the_remedy(name: str, old: str, new: str, expected: str) -> None:
    assert any(problem.startswith(expected) for problem in spoiled(name, old, new)), spoiled(name, old, new)


@pytest.mark.parametrize("case", CASES, ids=[case[3][:70] for case in CASES])
def test_one_slip_does_not_drag_other_files_into_the_report(case: tuple[str, str, str, str]) -> None:
    name, old, new, expected = case
    files = {problem.split(":")[0] for problem in spoiled(name, old, new)}
    assert files == {expected.split(":")[0]}


YAML_CASES = [
    ("a: [1\nb: 2\n", "portal.yaml:1:4: the bracket [ is never closed"),
    ("pipelines:\n\tA: open\n", "portal.yaml:2:1: YAML is indented with spaces, and this is a tab"),
    ("", "portal.yaml: the file is empty"),
    ("# only a comment\n", "portal.yaml: the file is empty"),
    ("- a\n- b\n", "portal.yaml:1:1: the file must hold keys and values, not a list"),
    ("just text\n", "portal.yaml:1:1: the file must hold keys and values, not 'just text'"),
    ("pipelines:\n  A: \x00\n", "portal.yaml:2:6: the character '\\x00' is not allowed in YAML"),
    ("a: 1\n---\nb: 2\n", "portal.yaml:2:1: a second document begins here"),
    ("{" * 1000, "portal.yaml:1:101: the file is nested too deeply"),
    ("pipelines: {A: &x {New: open, B: *x}}\n", "portal.yaml:1:16: this value contains itself"),
    ("pipelines: {A: {<<: open}}\n", "portal.yaml:1:21: only groups of keys can be merged"),
    ("pipelines: {A: {New: !secret open}}\n", "portal.yaml:1:22: the tag !secret is not supported"),
    ("pipelines: {A: {? [x] : open}}\n", "portal.yaml:1:19: a key must be text"),
    (
        "pipelines:\n  A: {New: open}\n  A: {Old: open}\n",
        "portal.yaml:3:3: 'A' is said twice; the first is on line 2",
    ),
]


@pytest.mark.parametrize(("text", "expected"), YAML_CASES, ids=[case[1][:60] for case in YAML_CASES])
def test_what_is_no_mapping_at_all_is_said_where_it_stops_being_one(text: str, expected: str) -> None:
    found = [problem for problem in problems(texts(portal=text)) if problem.startswith("portal.yaml")]
    assert any(problem.startswith(expected) for problem in found), found


def test_all_problems_of_all_files_come_at_once_in_the_order_of_files_and_lines() -> None:
    found = problems(
        texts(
            portal=PORTAL.replace("New: open", "New: opne"),
            calendars=CALENDARS.replace("Berlin", "Berlni").replace("mon:", "mo:"),
            tiers=TIERS.replace("company_property", "compny_property"),
            policies=POLICIES.replace("15m", "15").replace("2bd", "2w"),
            csv=CSV,
        )
    )
    assert [problem.split(": ")[0] for problem in found] == [
        "calendars.yaml:4:13",
        "policies.yaml:6:32",
        "policies.yaml:7:19",
        "portal.yaml:3:10",
        "tiers.yaml:3:5",
    ]


def test_several_rows_of_a_csv_are_wrong_at_once() -> None:
    found = problems(texts(csv=CSV.replace("gold", "glod").replace("silver", "slver")))
    assert [problem.split(": ")[0] for problem in found] == ["tiers.csv:2:3", "tiers.csv:3:3"]


def test_a_file_that_is_not_there_is_a_problem_of_that_file() -> None:
    without = texts()
    del without["calendars.yaml"]
    assert problems(without) == ["calendars.yaml: the file is missing (`sla init` writes one)"]


def test_a_business_day_that_no_calendar_defines_is_refused_where_it_is_used() -> None:
    found = problems(texts(calendars=CALENDARS.replace("    business_day: 8h\n", "")))
    assert found == [
        "policies.yaml:7:19: '2bd' counts business days, and the calendar does not say how long one is "
        "(give calendar 'office' a business_day, for example 8h)"
    ]


UNREADABLE = {
    "%YAML 9.9": ("%YAML 9.9\n---\n", "policies.yaml:1:1: YAML 9.9 cannot be read, only 1.1 and 1.2 (leave the %YAML"),
    "%YAML 1.3": ("%YAML 1.3\n---\n", "policies.yaml:1:1: YAML 1.3 cannot be read, only 1.1 and 1.2 (leave the %YAML"),
    "%YAML 1.9 in the middle": ("a: [\n%YAML 1.9\n", "policies.yaml:2:1: YAML 1.9 cannot be read"),
    "brackets": ("a: " + "[" * 2400 + "\n", "policies.yaml:1:104: the file is nested too deeply to be a mapping"),
    "braces": ("a:\n" + "  {a: " * 800 + "\n", "policies.yaml:2:603: the file is nested too deeply to be a mapping"),
    "both": ("a: " + "[{a: " * 500 + "\n", "policies.yaml:1:254: the file is nested too deeply to be a mapping"),
    "indentation": ("- " * 5000 + "\n", "policies.yaml: the file is nested too deeply to be a mapping"),
    "line ends of three kinds": (
        "a: # b\x85c\r\r\r",
        "policies.yaml:1:1: the YAML parser cannot read this",
    ),
    "a character beyond all": (
        'a: "\\UFFFFFFFF"\n',
        "policies.yaml: the YAML parser cannot read this (write it more simply",
    ),
    "half a character": ('a: "\\ud800"\n', "policies.yaml:1:4: this holds half a character (write the whole"),
}


@pytest.mark.parametrize(("text", "expected"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_the_parser_does_not_know_is_a_problem_and_no_traceback(text: str, expected: str) -> None:
    found = problems(texts(policies=text + POLICIES))
    assert any(problem.startswith(expected) for problem in found), found


def test_brackets_in_comments_and_closed_ones_are_not_deep() -> None:
    """A file may have as many as it likes, one after the other."""
    harmless = "# [[[[[[[[[[ a drawing {{{{{{{{\n" * 50 + POLICIES.replace("[HIGH, URGENT]", str(["HIGH"] * 500))
    load(texts(policies=harmless))
