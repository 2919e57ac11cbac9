"""docs/reference/calendar.md is run: its Python as doctests, its commands as commands, its keys against the models."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from hubspot_sla.cli.main import main
from hubspot_sla.policy.calendar_documents import CalendarSection

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs/reference/calendar.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)[0]
COMMANDS = re.findall(r"^\$ sla (.*)\n((?:(?!\$ ).*\n)*)", CONSOLE, re.MULTILINE)


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("SLA_MAPPINGS", raising=False)


def test_the_python_in_the_document_does_what_it_says() -> None:
    example = doctest.DocTestParser().get_doctest(TEXT, {}, DOCUMENT.name, str(DOCUMENT), 0)
    outcome = doctest.DocTestRunner().run(example)
    assert outcome.attempted > 20
    assert outcome.failed == 0


@pytest.mark.parametrize(("command", "said"), COMMANDS, ids=[command.split()[1] for command, _ in COMMANDS])
def test_the_commands_in_the_document_say_what_it_says(
    command: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    assert not ended.value.code
    assert capsys.readouterr().out == said


def test_every_question_of_the_clock_is_shown() -> None:
    assert [command.split()[1] for command, _ in COMMANDS] == ["due", "before", "elapsed", "open", "show"]


def test_the_document_names_every_key_of_an_entry_and_no_other() -> None:
    table = TEXT[TEXT.index("| key | says |") : TEXT.index("- Hours belong")]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(CalendarSection.model_fields)
