"""The mistakes of a first hour: what was written, and the code, the place and the remedy that come of it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from hubspot_sla.clock.promise import OnChange
from hubspot_sla.errors import MappingInvalid, Problem
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.loader import load, read_texts
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.review import warnings_about
from policy.mapping_texts import Pipeline, Stage

STARTER = Path(__file__).parents[2] / "mappings"
NOW = 1_795_867_200_000  # 2026-11-28
CSV = "company_id,tier,valid_from,valid_to\n21,gold,,\n"


class Mistake(NamedTuple):
    """`old` in the file of the starter set is replaced by `new`. The first message about the file is expected."""

    name: str
    file: str
    old: str
    new: str
    code: Code
    place: str
    remedy: str


GOLD = "    when: {pipeline: Support Pipeline, tier: gold}\n    calendar: extended\n"
HOURS = 'mon: ["09:00-12:30", "13:30-17:30"]'

ERRORS = [
    Mistake(
        "a key misspelt",
        "policies.yaml",
        "targets:\n      first_response: {URGENT: 30m",
        "targts:\n      first_response: {URGENT: 30m",
        Code.MISSING_KEY,
        "18:5",
        "",
    ),
    Mistake(
        "a metric misspelt",
        "policies.yaml",
        "first_response: {URGENT: 30m",
        "first_reponse: {URGENT: 30m",
        Code.UNKNOWN_NAME,
        "22:7",
        "first_response",
    ),
    Mistake(
        "a line one space too far in",
        "policies.yaml",
        GOLD,
        GOLD.replace("    calendar", "     calendar"),
        Code.INDENTATION,
        "20:6",
        "indent it by 4 spaces, as 'when' above it",
    ),
    Mistake(
        "a line one space too far out",
        "policies.yaml",
        GOLD,
        GOLD.replace("    calendar", "   calendar"),
        Code.INDENTATION,
        "20:4",
        "indent it by 4 spaces",
    ),
    Mistake(
        "a tab",
        "policies.yaml",
        GOLD,
        GOLD.replace("    calendar", "\tcalendar"),
        Code.TAB,
        "20:1",
        "put spaces in its place",
    ),
    Mistake(
        "a key without its colon",
        "policies.yaml",
        "    targets:\n      first_response: {URGENT: 30m",
        "    targets\n      first_response: {URGENT: 30m",
        Code.COLON_MISSING,
        "21:5",
        "write targets:",
    ),
    Mistake(
        "a value without a colon before it",
        "policies.yaml",
        GOLD,
        GOLD.replace("calendar:", "calendar"),
        Code.COLON_MISSING,
        "20:5",
        "write calendar: extended",
    ),
    Mistake(
        "no space after a colon",
        "policies.yaml",
        GOLD,
        GOLD.replace("calendar: ", "calendar:"),
        Code.COLON_MISSING,
        "20:13",
        "write calendar: extended",
    ),
    Mistake(
        "a bracket never closed",
        "policies.yaml",
        "default: 6h}",
        "default: 6h",
        Code.BRACKET,
        "22:23",
        "write } where the group ends",
    ),
    Mistake(
        "a list never closed",
        "calendars.yaml",
        HOURS,
        HOURS.rstrip("]"),
        Code.BRACKET,
        "10:12",
        "write ] where the list ends",
    ),
    Mistake("a bracket closed twice", "calendars.yaml", HOURS, HOURS + "]", Code.BRACKET, "10:42", "delete it"),
    Mistake(
        "a list closed as a group", "calendars.yaml", HOURS, HOURS.replace("]", "}"), Code.BRACKET, "10:41", "write ]"
    ),
    Mistake(
        "a quote never closed",
        "calendars.yaml",
        HOURS,
        'mon: "09:00-12:30',
        Code.QUOTE,
        "10:12",
        'write " at the end of the text',
    ),
    Mistake(
        "text after a quote",
        "calendars.yaml",
        HOURS,
        'mon: "09:00-12:30" and later',
        Code.QUOTE,
        "10:26",
        "whole value in quotes",
    ),
    Mistake(
        "a comma forgotten",
        "calendars.yaml",
        HOURS,
        HOURS.replace('", "', '" "'),
        Code.COMMA_MISSING,
        "10:27",
        "commas",
    ),
    Mistake(
        "a list on the line of its key",
        "calendars.yaml",
        HOURS,
        "mon: - 09:00-12:30",
        Code.INDENTATION,
        "10:12",
        "next line",
    ),
    Mistake(
        "text that begins with a special character",
        "tiers.yaml",
        "company_property: customer_tier",
        "company_property: @tier",
        Code.QUOTES_NEEDED,
        "9:23",
        "quotes",
    ),
    Mistake(
        "a colon inside a value",
        "policies.yaml",
        "  - id: gold-support",
        "  - id: gold: support",
        Code.QUOTES_NEEDED,
        "18:13",
        "put the value in quotes",
    ),
    Mistake(
        "a backslash",
        "tiers.yaml",
        "csv: tiers.csv",
        r'csv: "mappings\tiers\data.csv"',
        Code.QUOTE,
        "10:25",
        "single quotes",
    ),
    Mistake(
        "quotes of a word processor",
        "policies.yaml",
        GOLD,
        GOLD.replace("extended", "“extended”"),
        Code.TYPOGRAPHIC_QUOTES,
        "20:15",
        "of the keyboard",
    ),
    Mistake(
        "a zone that is none",
        "calendars.yaml",
        "timezone: Europe/Berlin",
        "timezone: CET+1",
        Code.UNKNOWN_TIME_ZONE,
        "8:15",
        "",
    ),
    Mistake(
        "a city that is no zone",
        "calendars.yaml",
        "timezone: Europe/Berlin",
        "timezone: Europe/Munich",
        Code.UNKNOWN_TIME_ZONE,
        "8:15",
        "Europe/Zurich",
    ),
    Mistake(
        "days without a word for them",
        "policies.yaml",
        "default: 4bd",
        "default: 3d",
        Code.DURATION,
        "24:53",
        "say 3bd",
    ),
    Mistake(
        "no time at all", "policies.yaml", "URGENT: 30m", "URGENT: 0m", Code.DURATION, "22:32", "leave the target out"
    ),
    Mistake(
        "a unit that is none", "policies.yaml", "URGENT: 30m", "URGENT: 30 min", Code.DURATION, "22:32", "write 30m"
    ),
    Mistake("a number without a unit", "policies.yaml", "URGENT: 30m", "URGENT: 30", Code.DURATION, "22:32", "30m"),
    Mistake(
        "an id that is taken",
        "policies.yaml",
        "- id: standard-support",
        "- id: gold-support",
        Code.NAME_TAKEN,
        "28:9",
        "",
    ),
    Mistake("hours with dots", "calendars.yaml", HOURS, 'mon: ["09.00–17.00"]', Code.HOURS, "10:13", "09:00-17:30"),
    Mistake(
        "a calendar that is none",
        "policies.yaml",
        GOLD,
        GOLD.replace("extended", "extendet"),
        Code.UNKNOWN_NAME,
        "20:15",
        "extended",
    ),
    Mistake(
        "leads in a circle",
        "escalations.yaml",
        "leads:",
        "leads:\n  a@x.example: b@x.example\n  b@x.example: a@x.example",
        Code.CIRCLE,
        "7:3",
        "topmost",
    ),
    Mistake("a share above the whole", "escalations.yaml", "at: 75%", "at: 120%", Code.RUNG, "23:14", "+2h"),
    Mistake("a rung without a sign", "escalations.yaml", "at: +4h", "at: 4h", Code.RUNG, "18:14", "75%"),
    Mistake(
        "a country in words",
        "calendars.yaml",
        "country: DE",
        "country: GERMANY",
        Code.UNKNOWN_HOLIDAYS,
        "15:25",
        "write its code: DE",
    ),
    Mistake(
        "a subdivision in words",
        "calendars.yaml",
        "subdivision: BE",
        "subdivision: Bavaria",
        Code.UNKNOWN_HOLIDAYS,
        "15:42",
        "'BE'",
    ),
    Mistake("a role misspelt", "portal.yaml", "New: open", "New: opne", Code.NOT_A_CHOICE, "12:10", "open"),
    Mistake("a role left out", "portal.yaml", "New: open", "New:", Code.WRONG_TYPE, "12:5", ""),
    Mistake(
        "a day that no year has", "calendars.yaml", "{every: 12-24}", "2026-02-30", Code.DATE, "17:9", "2026-12-24"
    ),
    Mistake(
        "a date of another country", "calendars.yaml", "{every: 12-24}", "12/24/2026", Code.DATE, "17:9", "2026-12-24"
    ),
    Mistake(
        "an end before its beginning",
        "policies.yaml",
        GOLD,
        GOLD + "    valid_from: 2026-06-01\n    valid_to: 2026-01-01\n",
        Code.ENDS_BEFORE_IT_BEGINS,
        "22:15",
        "first moment",
    ),
    Mistake(
        "a default that is no tier", "tiers.yaml", "default:    ", "default: gald", Code.UNKNOWN_NAME, "14:10", "gold"
    ),
    Mistake(
        "a file that is not there", "tiers.yaml", "csv: tiers.csv", "csv: contracts.csv", Code.FILE_MISSING, "10:10", ""
    ),
    Mistake(
        "a key in a section of one word",
        "policies.yaml",
        GOLD,
        GOLD + "    pauses: yes\n",
        Code.METRIC_EVENT,
        "21:13",
        "",
    ),
    Mistake(
        "a header in other words", "tiers.csv", "company_id,tier", "Company,tier", Code.TABLE_COLUMN, "1:1", "Company"
    ),
    Mistake(
        "an anchor that is none",
        "policies.yaml",
        GOLD,
        GOLD.replace("extended", "*office"),
        Code.UNKNOWN_ALIAS,
        "20:15",
        "&office",
    ),
    Mistake(
        "two documents",
        "policies.yaml",
        "  - id: gold-support",
        "---\n  - id: gold-support",
        Code.SECOND_DOCUMENT,
        "18:1",
        "one document",
    ),
    Mistake(
        "a metric with nothing behind it",
        "policies.yaml",
        "next_response: 4h",
        "next_response:",
        Code.NOTHING_PROMISED,
        "23:21",
        "leave the line out",
    ),
    Mistake(
        "a target that is a share",
        "policies.yaml",
        "next_response: 4h",
        "next_response: 90%",
        Code.DURATION,
        "23:22",
        "for example 15m",
    ),
    Mistake(
        "a target that is never",
        "policies.yaml",
        "next_response: 4h",
        "next_response: never",
        Code.DURATION,
        "23:22",
        "leave the line out",
    ),
    Mistake(
        "a target with a fraction",
        "policies.yaml",
        "next_response: 4h",
        "next_response: 1.5h",
        Code.DURATION,
        "23:22",
        "1h30m",
    ),
    Mistake(
        "a target in a list",
        "policies.yaml",
        "next_response: 4h",
        "next_response: [4h]",
        Code.WRONG_TYPE,
        "23:22",
        "for example 4h",
    ),
    Mistake(
        "a default left out", "policies.yaml", ", default: 6h", "", Code.TARGET_WITHOUT_DEFAULT, "22:23", "add default:"
    ),
    Mistake(
        "a default under another name",
        "policies.yaml",
        "default: 6h",
        "other: 6h",
        Code.TARGET_WITHOUT_DEFAULT,
        "22:23",
        "write default: in place of other:",
    ),
    Mistake(
        "a default with a capital",
        "policies.yaml",
        "default: 6h",
        "Default: 6h",
        Code.UNKNOWN_KEY,
        "22:47",
        "did you mean 'default'?",
    ),
    Mistake(
        "a default that is a dash",
        "policies.yaml",
        "default: 6h",
        "default: '-'",
        Code.NOTHING_PROMISED,
        "22:56",
        "did you mean none?",
    ),
    Mistake(
        "a default that is zero",
        "policies.yaml",
        "default: 6h",
        "default: 0",
        Code.NOTHING_PROMISED,
        "22:56",
        "did you mean none?",
    ),
    Mistake(
        "a default left empty",
        "policies.yaml",
        "default: 6h",
        "default:",
        Code.NOTHING_PROMISED,
        "22:55",
        "write one, or none",
    ),
    Mistake(
        "a threshold without its sign",
        "policies.yaml",
        "resolution: 75%",
        "resolution: 75",
        Code.THRESHOLD,
        "25:27",
        "write 75%",
    ),
    Mistake(
        "a threshold as a fraction",
        "policies.yaml",
        "resolution: 75%",
        "resolution: 0.75",
        Code.THRESHOLD,
        "25:27",
        "write 75%",
    ),
    Mistake(
        "a ladder misspelt", "policies.yaml", "ladder: watched", "ladder: watchd", Code.UNKNOWN_NAME, "16:13", "watched"
    ),
    Mistake("a kind in capitals", "policies.yaml", "kind: ola", "kind: OLA", Code.NOT_A_CHOICE, "52:11", "ola"),
    Mistake(
        "a condition that is a word",
        "policies.yaml",
        "when: {pipeline: Support Pipeline, tier: gold}",
        "when: gold",
        Code.WRONG_TYPE,
        "19:11",
        "write its keys below it",
    ),
    Mistake(
        "a ticket property beside the words",
        "policies.yaml",
        "tier: gold}",
        "tier: gold, impact: 3}",
        Code.UNKNOWN_KEY,
        "19:52",
        "property: {impact: VALUE}",
    ),
    Mistake(
        "a tier of a condition misspelt",
        "policies.yaml",
        "tier: gold}",
        "tier: goald}",
        Code.UNKNOWN_NAME,
        "19:46",
        "gold",
    ),
    Mistake(
        "a range in the words of programs",
        "policies.yaml",
        "tier: gold}",
        "tier: gold, property: {seats: {gt: 100}}}",
        Code.NO_VALUE,
        "19:70",
        "above",
    ),
    Mistake(
        "a calendar described where it is named",
        "policies.yaml",
        "calendar: extended",
        "calendar: {timezone: Europe/Berlin}",
        Code.UNKNOWN_KEY,
        "20:16",
        "in calendars.yaml",
    ),
    Mistake(
        "a stage target without its stage",
        "policies.yaml",
        "stage: {Billing: 1bd}",
        "stage: 1bd",
        Code.WRONG_TYPE,
        "56:14",
        "write its keys below it",
    ),
    Mistake(
        "a stage where conditions stand",
        "policies.yaml",
        "pauses: {resolution: true}",
        "pauses: [Waiting on bank]",
        Code.METRIC_EVENT,
        "48:13",
        "{in: Waiting on bank}",
    ),
    Mistake(
        "yes in place of true",
        "policies.yaml",
        "resume_on_customer_message: true",
        "resume_on_customer_message: yes",
        Code.WRONG_TYPE,
        "49:33",
        "write true",
    ),
    Mistake(
        "a beginning in another country's order",
        "policies.yaml",
        "    ladder: standard\n",
        "    ladder: standard\n    valid_from: 01/02/2026\n",
        Code.INSTANT,
        "35:17",
        "write 2026-12-24",
    ),
    Mistake(
        "hours without minutes", "calendars.yaml", '"09:00-12:30"', '"9-17"', Code.HOURS, "10:13", 'write "09:00-17:00"'
    ),
    Mistake(
        "hours of twelve", "calendars.yaml", '"09:00-12:30"', '"9am-5:30pm"', Code.HOURS, "10:13", 'write "09:00-17:30"'
    ),
    Mistake(
        "hours in words", "calendars.yaml", '"09:00-12:30"', '"09:00 to 12:30"', Code.HOURS, "10:13", "09:00-17:30"
    ),
    Mistake("a day written out", "calendars.yaml", "mon: [", "monday: [", Code.UNKNOWN_KEY, "10:7", "mon"),
    Mistake(
        "a business day without a unit",
        "calendars.yaml",
        "business_day: 7h30m",
        "business_day: 8",
        Code.DURATION,
        "19:19",
        "8h",
    ),
    Mistake(
        "a country in lower case",
        "calendars.yaml",
        "country: DE",
        "country: de",
        Code.UNKNOWN_HOLIDAYS,
        "15:25",
        "write its code: DE",
    ),
    Mistake(
        "stages in a list",
        "portal.yaml",
        "    New: open\n    Waiting on contact: waiting\n    Waiting on us: open\n    Closed: closed\n",
        "    - New\n    - Closed\n",
        Code.WRONG_TYPE,
        "12:5",
        "write its keys below it",
    ),
    Mistake(
        "a label in place of a property",
        "portal.yaml",
        "priority: hs_ticket_priority",
        "priority: Priority",
        Code.WRONG_FORM,
        "31:13",
        "lower-case",
    ),
    Mistake(
        "ranks in one text",
        "tiers.yaml",
        "[platinum, gold, silver, bronze]",
        "platinum, gold, silver, bronze",
        Code.WRONG_TYPE,
        "5:8",
        "[platinum, gold, silver, bronze]",
    ),
    Mistake(
        "a table without its header",
        "tiers.csv",
        "company_id,tier,valid_from,valid_to\n",
        "",
        Code.TABLE_COLUMN,
        "1:1",
        "write company_id,tier,valid_from,valid_to above it",
    ),
    Mistake(
        "a quote in a table never closed", "tiers.csv", "21,gold", '"21,gold', Code.TABLE_FORMAT, "2:1", "never closed"
    ),
    Mistake("a year of two digits", "tiers.csv", "21,gold,,", "21,gold,31.12.26,", Code.INSTANT, "2:9", "2026-12-24"),
    Mistake("a tier of a table with a capital", "tiers.csv", "21,gold", "21,Gold", Code.UNKNOWN_NAME, "2:4", "gold"),
    Mistake(
        "if in place of when", "policies.yaml", GOLD, GOLD.replace("when:", "if:"), Code.UNKNOWN_KEY, "19:5", "'when'"
    ),
    Mistake(
        "a name in place of an id", "policies.yaml", "- id: gold", "- name: gold", Code.MISSING_KEY, "18:5", "add id:"
    ),
    Mistake(
        "an entry without its dash", "policies.yaml", "  - id: gold", "    id: gold", Code.SAID_TWICE, "18:5", "- id:"
    ),
    Mistake(
        "an offset for a zone",
        "calendars.yaml",
        "timezone: Europe/Berlin",
        "timezone: UTC+1",
        Code.UNKNOWN_TIME_ZONE,
        "8:15",
        "zone of a city",
    ),
    Mistake(
        "a country with its subdivision",
        "calendars.yaml",
        "country: DE, subdivision: BE",
        "country: DE-BE",
        Code.UNKNOWN_HOLIDAYS,
        "15:25",
        "write country: DE, subdivision: BE",
    ),
    Mistake("a closed day in words", "calendars.yaml", HOURS, "mon: closed", Code.HOURS, "10:12", "leave the day out"),
    Mistake(
        "a language written out", "portal.yaml", "language: en", "language: german", Code.NOT_A_CHOICE, "38:11", "'de'"
    ),
    Mistake(
        "a language with its country",
        "portal.yaml",
        "language: en",
        "language: de-DE",
        Code.NOT_A_CHOICE,
        "38:11",
        "'de'",
    ),
    Mistake(
        "a role in other words", "portal.yaml", "New: open", "New: on hold", Code.NOT_A_CHOICE, "12:10", "'waiting'"
    ),
    Mistake(
        "today in place of now", "tiers.yaml", "as_of: creation", "as_of: today", Code.NOT_A_CHOICE, "12:8", "'now'"
    ),
    Mistake(
        "a task for nobody there is",
        "escalations.yaml",
        "{task: owner}",
        "{task: owners}",
        Code.NO_VALUE,
        "17:27",
        "owner id",
    ),
]

WARNINGS = [
    Mistake(
        "a comparison as text",
        "policies.yaml",
        "tier: gold}",
        "tier: gold, property: {seats: '> 100'}}",
        Code.LOOKS_LIKE_A_RANGE,
        "19:70",
        "write {above: 100}",
    ),
    Mistake(
        "hours that look swapped",
        "calendars.yaml",
        HOURS,
        'mon: ["17:00-09:00"]',
        Code.HOURS_LOOK_SWAPPED,
        "10:13",
        "write 09:00-17:00 for the day",
    ),
    Mistake(
        "a priority in lower case",
        "policies.yaml",
        "URGENT: 30m",
        "urgent: 30m",
        Code.LOOKS_UNLIKE_HUBSPOT,
        "22:24",
        "write URGENT",
    ),
    Mistake(
        "a priority in a condition",
        "policies.yaml",
        "tier: gold}",
        "tier: gold, priority: High}",
        Code.LOOKS_UNLIKE_HUBSPOT,
        "19:62",
        "write HIGH",
    ),
    Mistake(
        "a name in place of an id",
        "tiers.csv",
        "21,gold",
        "Customer 21,gold",
        Code.LOOKS_UNLIKE_AN_ID,
        "2:1",
        "record id",
    ),
    Mistake(
        "an id as a spreadsheet shows it",
        "tiers.csv",
        "21,gold",
        "5021.0,gold",
        Code.LOOKS_UNLIKE_AN_ID,
        "2:1",
        "write 5021",
    ),
    Mistake(
        "an id with a separator", "tiers.csv", "21,gold", "5.021,gold", Code.LOOKS_UNLIKE_AN_ID, "2:1", "write 5021"
    ),
    Mistake(
        "quotes of a word processor",
        "policies.yaml",
        "tier: gold}",
        "tier: gold, priority: „HIGH“}",
        Code.QUOTES_ARE_TEXT,
        "19:62",
        "of the keyboard",
    ),
]

ACCEPTED = [
    ("a byte order mark", "policies.yaml", "# yaml", "\ufeff# yaml"),
    ("lines of Windows", "policies.yaml", "\n", "\r\n"),
    ("the country of Norway", "calendars.yaml", "{country: DE, subdivision: BE}", "{country: NO}"),
    ("a night shift", "calendars.yaml", HOURS, 'mon: ["22:00-06:00"]'),
]


def written(folder: Path, file: str, old: str, new: str) -> dict[str, str]:
    """The starter set with one mistake in it, read as the program reads it."""
    texts = read_texts(STARTER) | {"tiers.csv": CSV}
    assert old in texts[file], f"{old!r} is not in {file}"
    texts[file] = texts[file].replace(old, new) if old == "\n" else texts[file].replace(old, new, 1)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return read_texts(folder)


@pytest.mark.parametrize("mistake", ERRORS, ids=[mistake.name for mistake in ERRORS])
def test_a_mistake_is_an_error_with_code_place_and_remedy(mistake: Mistake, tmp_path: Path) -> None:
    with pytest.raises(MappingInvalid) as caught:
        load(written(tmp_path, mistake.file, mistake.old, mistake.new))
    assert_said(mistake, list(caught.value.problems))


@pytest.mark.parametrize("mistake", WARNINGS, ids=[mistake.name for mistake in WARNINGS])
def test_a_probable_mistake_is_a_warning_with_code_place_and_remedy(mistake: Mistake, tmp_path: Path) -> None:
    texts = written(tmp_path, mistake.file, mistake.old, mistake.new)
    assert_said(mistake, warnings_about(load(texts), texts, NOW))


def assert_said(mistake: Mistake, problems: list[Problem]) -> None:
    first = next((problem for problem in problems if problem.file == mistake.file), problems[0])
    assert (first.code, first.where) == (mistake.code, f"{mistake.file}:{mistake.place}"), first
    assert mistake.remedy in first.remedy
    assert "this is not YAML" not in first.message


@pytest.mark.parametrize(("name", "file", "old", "new"), ACCEPTED, ids=[case[0] for case in ACCEPTED])
def test_what_looks_odd_and_is_right_is_accepted_without_a_word(
    name: str, file: str, old: str, new: str, tmp_path: Path
) -> None:
    texts = written(tmp_path, file, old, new)
    assert warnings_about(load(texts), texts, NOW) == [], name


def test_the_untouched_starter_set_gives_no_warning_in_any_year() -> None:
    texts = read_texts(STARTER)
    mappings = load(texts)
    for years in range(8):
        assert warnings_about(mappings, texts, NOW + years * 366 * 86_400_000) == []


def test_a_stage_that_only_the_portal_does_not_know_is_named_when_the_portal_is_asked() -> None:
    texts = read_texts(STARTER)
    texts["portal.yaml"] = texts["portal.yaml"].replace("Waiting on contact:", "Waiting on client:")
    stages = (Stage("1", "New"), Stage("2", "Waiting on contact"), Stage("3", "Waiting on us"))
    portal = Pipeline("0", "Support Pipeline", (*stages, Stage("4", "Closed", closed=True)))
    problems = load(texts).portal.check([portal])
    assert {problem.code for problem in problems if problem.line < 17} == {Code.NOT_IN_PORTAL, Code.STAGE_WITHOUT_ROLE}
    assert any("did you mean 'Waiting on contact'?" in problem.remedy for problem in problems)


def test_a_scalar_a_group_and_keys_are_said_once_by_anchor_alias_and_merge(tmp_path: Path) -> None:
    plain = GOLD + "    on_change: {priority: keep, tier: keep}\n"
    policies = read_texts(STARTER)["policies.yaml"].replace(GOLD, plain)
    short = policies.replace("calendar: extended", "calendar: &hours extended", 1).replace(
        "on_change: {priority: keep, tier: keep}", "on_change: &rules {priority: keep, tier: keep}"
    )
    short = short.replace(
        "    when: {pipeline: Onboarding}\n    calendar: berlin\n",
        "    when: {pipeline: Onboarding}\n    calendar: *hours\n    on_change: {<<: *rules, tier: restart}\n",
    )
    texts = read_texts(STARTER) | {"policies.yaml": short}
    onboarding = next(policy for policy in load(texts).policy_set.policies if policy.id == "onboarding")
    assert onboarding.calendar.name == "extended"
    promise = onboarding.promised(Subject(0, None, "1"))[0]
    assert (promise.on_change.priority, promise.on_change.tier) == (OnChange.KEEP, OnChange.RESTART)


def test_a_mistake_behind_an_alias_is_named_once_where_it_is_written() -> None:
    text = "policies:\n  - {id: a, calendar: &c nowhere, targets: {resolution: 4h}}\n"
    text += "  - {id: b, calendar: *c, targets: {resolution: 4h}}\n"
    with pytest.raises(MappingInvalid) as caught:
        load(read_texts(STARTER) | {"policies.yaml": text})
    assert [problem.where for problem in caught.value.problems] == ["policies.yaml:2:23"]


def test_aliases_that_would_fill_the_memory_are_refused_in_a_moment() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    with pytest.raises(MappingInvalid) as caught:
        load(read_texts(STARTER) | {"policies.yaml": "\n".join(lines) + "\n"})
    assert Code.TOO_MANY_ALIASES in {problem.code for problem in caught.value.problems}
    deep = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 3000))]
    with pytest.raises(MappingInvalid):
        load(read_texts(STARTER) | {"policies.yaml": "\n".join(deep) + "\n"})
