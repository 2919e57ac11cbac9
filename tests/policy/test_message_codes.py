"""Every message about the mappings has a code, and every code a meaning, an example and a remedy in the document."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import hubspot_sla
from hubspot_sla.errors import Problem
from hubspot_sla.policy.ignore_comments import without_ignored
from hubspot_sla.policy.message_codes import Code

PACKAGE = Path(hubspot_sla.__file__).parent
DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "messages.md"
MAKERS = {"Problem", "Refused", "problem", "refuse", "_refuse"}
"""What makes a message: `Problem(...)`, `Refused(...)`, `document.problem(...)`, and what readers of files call."""


def calls_without_code(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        f"{path.relative_to(PACKAGE)}:{call.lineno}"
        for call in calls
        if name_of(call.func) in MAKERS and not has_code(call) and (call.args or call.keywords)
    ]


def name_of(called: ast.expr) -> str:
    if isinstance(called, ast.Name):
        return called.id
    return called.attr if isinstance(called, ast.Attribute) else ""


def has_code(call: ast.Call) -> bool:
    by_name = any(keyword.arg == "code" for keyword in call.keywords)
    by_place = name_of(call.func) == "Problem" and (
        len(call.args) == 6 or any(isinstance(argument, ast.Starred) for argument in call.args)
    )
    return by_name or by_place


def test_every_message_of_the_policy_language_is_made_with_a_code() -> None:
    sources = sorted((PACKAGE / "policy").rglob("*.py"))
    assert sources
    assert [place for path in sources for place in calls_without_code(path)] == []


def test_every_code_is_given_to_a_message_somewhere() -> None:
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py")) if path.name != "message_codes.py"
    )
    assert [code.name for code in Code if f"Code.{code.name}" not in text] == []


def test_the_document_has_an_entry_for_each_code_and_no_other() -> None:
    entries = re.split(r"^### ", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    titles = {code.value: code.name.lower().replace("_", " ") for code in Code}
    described = {entry[:6]: entry for entry in entries}
    assert list(described) == sorted(titles)
    for code, entry in described.items():
        first, *_ = entry.splitlines()
        assert first == f"{code}: {titles[code]}"
        assert "```" in entry, f"{code} has no example"
        assert "\nRemedy: " in entry, f"{code} has no remedy"


def warning(line: int, code: Code = Code.CALENDAR_UNUSED) -> Problem:
    return Problem("calendars.yaml", line, 3, "something", "", code)


def test_a_comment_leaves_out_the_warnings_it_names_on_its_own_line_only() -> None:
    texts = {"calendars.yaml": "a:\n  b: 1  # a shift, sla: no\n  c: 2  # sla: ignore SLA605, SLA607\n"}
    warnings = [warning(2), warning(3), warning(3, Code.CLOSED_ANYWAY), warning(3, Code.HOURS_LOOK_SWAPPED)]
    assert without_ignored(warnings, texts) == [warnings[0], warnings[3]]


def test_a_comment_that_ignores_nothing_is_a_warning_with_the_reason() -> None:
    text = "a: 1  # sla: ignore SLA605\nb: 2  # sla: ignore\nc: 3  # sla: ignore SLA210 SLA999\n"
    found = without_ignored([], {"calendars.yaml": text})
    assert {problem.code for problem in found} == {Code.IGNORE_WITHOUT_EFFECT}
    assert [(problem.line, problem.column, problem.message) for problem in found] == [
        (1, 7, "this line has no warning SLA605"),
        (2, 7, "this comment names no code"),
        (3, 7, "SLA210 is an error, and errors cannot be ignored"),
        (3, 7, "there is no message SLA999"),
    ]


def test_an_error_cannot_be_ignored() -> None:
    error = Problem("calendars.yaml", 1, 1, "something", "", Code.DURATION)
    assert error in without_ignored([error], {"calendars.yaml": "a: 1  # sla: ignore SLA210\n"})


def test_what_only_the_portal_shows_may_be_ignored_before_it_is_asked() -> None:
    texts = {"portal.yaml": "a: 1  # sla: ignore SLA617\n"}
    assert without_ignored([], texts) == []
    assert [problem.line for problem in without_ignored([], texts, portal_asked=True)] == [1]
