"""`sla test`: do the mappings say what their authors expect?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.errors import MappingInvalid, Problem, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hubspot_sla.flows.inspection.mapping_tests import CaseResult

FAILED = 1
"""The exit code when a test fails."""


@click.command("test", epilog="Example: sla test -k gold    only the tests that have `gold` in their names")
@environment.mappings_option
@click.option("-k", "words", metavar="WORDS", default="", help="Only tests whose names contain WORDS.")
@click.option("--junit", metavar="FILE", help="Also write the results to FILE as JUnit XML, for CI.")
@terminal.json_option
def command(mappings: str | None, words: str, junit: str | None, *, as_json: bool) -> int:
    """Run the tests in tests.yaml of the mappings: tickets as you make them up, and what is expected of each.

    Offline: HubSpot is not asked, and nothing is kept. Each ticket is judged as a sync would judge it. Ends with 0 when
    all tests pass, 1 when one fails, 2 when a file is wrong.

    docs/how-to/test-your-mappings.md shows how to write one.
    """
    from pathlib import Path

    from hubspot_sla.flows.context.loaded_mappings import load_mappings
    from hubspot_sla.flows.context.mapping_texts import texts_offline
    from hubspot_sla.flows.inspection.mapping_tests import tests_in
    from hubspot_sla.policy.mapping_files import TESTS
    from hubspot_sla.policy.message_codes import Code

    settings = environment.settings(mappings=mappings)
    tests = tests_in(settings.mappings, load_mappings(texts_offline(settings)))
    if tests is None:
        message, remedy = f"the file is missing from {settings.mappings}", "docs/how-to/test-your-mappings.md shows one"
        raise MappingInvalid([Problem(TESTS, 0, 0, message, remedy, Code.FILE_MISSING)])
    results = list(tests.run(words))
    if not results:
        raise UsageProblem(f"no test has {words!r} in its name", remedy="leave -k out to run all of them")
    if junit is not None:
        _write_junit(Path(junit), results)
    if as_json:
        terminal.print_json(_as_json(results))
    else:
        _show(results)
    return 0 if all(result.passed for result in results) else FAILED


def _as_json(results: Sequence[CaseResult]) -> dict[str, object]:
    return {
        "passed": sum(result.passed for result in results),
        "failed": sum(not result.passed for result in results),
        "tests": [
            {
                "name": result.name,
                "line": result.line,
                "passed": result.passed,
                "differences": [
                    {"what": one.what, "expected": one.expected, "got": one.got} for one in result.differences
                ],
                "explanation": list(result.explanation),
            }
            for result in results
        ],
    }


def _show(results: Sequence[CaseResult]) -> None:
    for result in results:
        mark, style = ("ok", {"fg": "green"}) if result.passed else ("FAILED", {"fg": "red", "bold": True})
        terminal.say_styled((f"{mark:<8}", style), (result.name, {}))
        for line in _details(result):
            terminal.say(line)
    failed = sum(not result.passed for result in results)
    noun = "test" if len(results) == 1 else "tests"
    terminal.say(f"{len(results)} {noun}: {len(results) - failed} passed, {failed} failed.")


def _details(result: CaseResult) -> list[str]:
    """What was expected and what came, side by side; then why."""
    if result.passed:
        return []
    columns = [("", "expected", "got"), *((one.what, one.expected, one.got) for one in result.differences)]
    widths = [max(len(cells[place]) for cells in columns) for place in (0, 1)]
    rows = [f"    {what:<{widths[0]}}  {expected:<{widths[1]}}  {got}" for what, expected, got in columns]
    return [f"  tests.yaml, line {result.line}", *rows, *(f"  {line}" for line in result.explanation)]


def _write_junit(path: Path, results: Sequence[CaseResult]) -> None:
    """The form that GitHub, GitLab and Jenkins read."""
    from xml.etree.ElementTree import Element, ElementTree, SubElement

    failed = sum(not result.passed for result in results)
    suite = Element("testsuite", name="sla test", tests=str(len(results)), failures=str(failed), errors="0")
    for result in results:
        case = SubElement(suite, "testcase", classname="tests.yaml", name=_printable(result.name))
        if not result.passed:
            first = result.differences[0]
            message = f"{first.what}: expected {first.expected}, got {first.got}"
            failure = SubElement(case, "failure", message=_printable(message))
            failure.text = _printable("\n".join(_details(result)))
    ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def _printable(text: str) -> str:
    """XML knows no control characters but these."""
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")
