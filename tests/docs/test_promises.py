"""What a document says exists, exists: commands, variables, exit codes, properties, tests, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hubspot_sla import errors
from hubspot_sla.cli.main import COMMANDS
from hubspot_sla.plan.properties import WRITTEN

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_readme_names_every_command_and_no_other() -> None:
    table = README[README.index("| command |") : README.index("Every command has")]
    assert set(re.findall(r"`sla (\w+)", table)) == set(COMMANDS)


def test_the_readme_names_the_exit_codes_of_the_error_tree() -> None:
    table = README[README.index("| exit code |") : README.index("| variable |")]
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    raised = {kind.exit_code for kind in classes if issubclass(kind, errors.SlaError)}
    assert told == raised | {0}


def test_the_error_tree_is_drawn_whole() -> None:
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    ours = {kind.__name__ for kind in classes if issubclass(kind, errors.SlaError)}
    drawn = set(re.findall(r"^ {4}[|`\- ]*(\w+)", errors.__doc__ or "", re.MULTILINE))
    assert ours - drawn == {"HubSpotError"}  # what every error with an answer carries; never raised itself


def test_the_readme_and_the_example_name_the_same_variables() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    table = README[README.index("| variable |") : README.index("They come from")]
    assert set(re.findall(r"`((?:HUBSPOT|SLA)_\w+)`", table)) == set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_the_readme_names_every_property_that_is_written() -> None:
    section = README[README.index("## What it writes") : README.index("## The documents")]
    assert set(re.findall(r"`(sla_\w+)`", section)) == {f"sla_{written.key}" for written in WRITTEN}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?://)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_a_document_names_exist(document: Path) -> None:
    code = ROOT / "connector/hubspot_sla"
    named = re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.(?:py|yaml|md|csv))`", document.read_text(encoding="utf-8"))
    assert [name for name in named if not any((top / name).exists() for top in (ROOT, code))] == []
