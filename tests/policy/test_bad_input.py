"""bad_input.txt, a table of what may be said wrongly of targets, calendars, metrics and their terms: each mistake is
named once, with its file, its place, its code and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.loader import load
from policy.mapping_texts import texts

PORTAL = """\
pipelines:
  Support:
    New: open
    L2: {role: open, team: Experts}
    Bank: {role: waiting, vendor: Bank AG}
    Closed: closed
"""
CALENDARS = """\
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}, business_day: 8h}
  nodays: {timezone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}}
"""
POLICY = "policies:\n  - id: p\n    calendar: {calendar}\n    targets: {targets}\n"
TEXTS_BY_SECTION = {
    "targets": (
        "policies",
        POLICY.replace("{calendar}", "office").replace(" {targets}", "\n      resolution: {written}"),
    ),
    "calendars": ("calendars", CALENDARS + "  own: {written}\n"),
    "calendars of a policy": (
        "policies",
        POLICY.replace("{calendar}", "{written}").replace("{targets}", "{resolution: 4h}"),
    ),
    "metrics": (
        "policies",
        "metrics:\n  m: {written}\n" + POLICY.replace("{calendar}", "office").replace("{targets}", "{m: 4h}"),
    ),
    "terms": (
        "policies",
        POLICY.replace("{calendar}", "office").replace("{targets}", "{resolution: 4h}") + "    {written}\n",
    ),
}
"""Which file a section of the table is about, and the text around what is written."""


def cases() -> list[tuple[str, str, str]]:
    """Section, what is written, and what is to be said of it."""
    found: list[tuple[str, str, str]] = []
    section = written = ""
    for line in (Path(__file__).parent / "bad_input.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line.startswith("    "):
            found.append((section, written, line.strip()))
        else:
            written = line
    return found


CASES = cases()


@pytest.mark.parametrize(("section", "written", "expected"), CASES, ids=[f"{case[0]}: {case[1]}" for case in CASES])
def test_a_mistake_is_named_once_with_its_file_its_place_its_code_and_the_remedy(
    section: str, written: str, expected: str
) -> None:
    name, text = TEXTS_BY_SECTION[section]
    changed = {"portal": PORTAL, "calendars": CALENDARS, name: text.replace("{written}", written)}
    with pytest.raises(MappingInvalid) as refused:
        load(texts(**changed))
    said = [
        f"{problem.line}:{problem.column} {problem.code.value} {problem.message} ({problem.remedy})"
        for problem in refused.value.problems
    ]
    assert said == [expected]
    assert {problem.file for problem in refused.value.problems} == {f"{name}.yaml"}


def test_the_table_covers_every_section_and_names_a_remedy_in_each_case() -> None:
    assert {section for section, _, _ in CASES} == TEXTS_BY_SECTION.keys()
    assert len(CASES) > 90
    assert [written for _, written, expected in CASES if expected.endswith("()")] == []
