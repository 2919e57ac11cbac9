"""The JSON Schemas in mappings/schema/ are those of the models, and the mappings that we ship fulfil them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from hubspot_sla.policy.json_schema import MODELS, schema_of, text_of

ROOT = Path(__file__).parents[2]
SHIPPED = [
    path
    for folder in (ROOT / "mappings", ROOT / "docs/tutorial/walkthrough/mappings")
    for name in MODELS
    if (path := folder / f"{name}.yaml").exists() or name not in ("escalations", "tests", "waivers", "contracts")
]


@pytest.mark.parametrize("name", MODELS)
def test_the_schema_of_each_file_is_current(name: str) -> None:
    text_in_repository = (ROOT / "mappings/schema" / f"{name}.json").read_text(encoding="utf-8")
    assert text_in_repository == text_of(name), "run `make schema`"
    Draft202012Validator.check_schema(schema_of(name))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_shipped_file_names_its_schema_and_fulfils_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert named
    assert (path.parent / named[1]).resolve() == ROOT / "mappings/schema" / f"{path.stem}.json"
    assert errors(path.stem, text) == []


def errors(name: str, text: str) -> list[str]:
    content = YAML(typ="safe", pure=True).load(text)
    dates = _without_dates(content)  # an editor's YAML 1.2 knows no dates: they are text
    return [error.message for error in Draft202012Validator(schema_of(name)).iter_errors(dates)]


def _without_dates(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _without_dates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_dates(item) for item in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


WRONG = [
    ("portal", "pipelines: {A: {New: opne}}"),
    ("portal", "pipelines: {A: {New: {role: open, tem: x}}}"),
    ("calendars", "calendars: {a: {timezone: UTC, hours: {mon: ['9-17']}}}"),
    ("calendars", "calendars: {a: {hours: {mon: ['09:00-17:00']}}}"),
    ("calendars", "calendars: {a: {timezone: UTC, hours: {mon-friday: '09:00-17:00'}}}"),
    ("calendars", "calendars: {a: {timezone: UTC, hours: {mon: '09:00-17:00'}, closed: [12-24]}}"),
    ("calendars", "calendars: {a: {timezone: UTC, seasons: [{every: 2026-06-01, hours: {mon: []}}]}}"),
    ("calendars", "calendars: {a: {union: [b]}}"),
    ("calendars", "calendars: {a: {timezone: UTC, open: {27 Dec: []}}}"),
    ("tiers", "sources: []"),
    ("tiers", "{ranks: [a], sources: [{htp: x}]}"),
    ("policies", "policies: [{id: a, calendar: b, targets: {resolution: 4d}}]"),
    ("policies", "policies: [{id: a, calendar: b, targets: {resolution: {HIGH: 4}}}]"),
    ("policies", "policies: [{id: a, calendar: b, targets: {update: 1h}, when: {tiers: c}}]"),
    ("policies", "policies: [{id: a, calendar: b, targets: {update: 1h}, when: {property: {x: {over: 1}}}}]"),
    ("policies", "policies: [{id: a, calendar: b, targets: {update: 1h}, on_change: kep}]"),
]
RIGHT = [
    ("portal", "pipelines: {1000: {1001: open, 1002: {role: waiting, vendor: Bank}}}"),
    (
        "calendars",
        "calendars: {a: {timezone: UTC, hours: {mon: '09:00-17:00'}, closed: [2026-12-24], open: {2026-12-27: []}}}",
    ),
    (
        "calendars",
        "calendars: {a: {timezone: UTC, hours: {mon-fri: '09:00-17:00', sat: []}, holidays: {country: DE},"
        " seasons: [{every: 06-01..08-31, hours: {fri: []}}], open: {12-27..12-29: '09:00-10:00', 2026-12-27: []},"
        " closed: [2026-12-24..2026-12-26, {every: 12-31, from: '12:00', to: '24:00'},"
        " {from: 2026-08-01, to: 2026-08-03}],"
        " alternate_weeks: {first: 2026-01-05, weeks: [{mon: []}, {tue-wed: '09:00-10:00'}]}},"
        " b: {intersection: [a, always], business_day: 8h}, c: {extends: a, holidays: [{country: DE}, {country: AT}]}}",
    ),
    ("tiers", "{ranks: [a, 1], sources: [{http: 'https://x.example/t', token: TIERS_TOKEN, max_age: 1h}], default: }"),
    (
        "policies",
        "policies: [{id: a, calendar: b,"
        " targets: {update: {every: 1bd}, stage: {New: {HIGH: 1h, default: none}}, resolution: 1h30m},"
        " when: {owner: 5, any: [{tier: [a, b]}, {not: {property: {x: {at_least: 3}}}}]}, at_risk: [50%, -30m],"
        " on_change: keep, valid_from: 2026-01-01}]",
    ),
]


@pytest.mark.parametrize(("name", "text"), WRONG)
def test_what_sla_check_refuses_in_form_an_editor_marks(name: str, text: str) -> None:
    assert errors(name, text)


@pytest.mark.parametrize(("name", "text"), RIGHT)
def test_short_and_long_forms_are_both_right(name: str, text: str) -> None:
    assert errors(name, text) == []
