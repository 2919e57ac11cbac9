"""What a document says exists, exists: commands, options, variables, keys, exit codes, properties, tests, files."""

from __future__ import annotations

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from hubspot_sandbox.faults.catalogue import FAULTS
from hubspot_sandbox.faults.when import When
from hubspot_sla import errors
from hubspot_sla.cli.main import COMMANDS, sla
from hubspot_sla.flows.reading import company_properties
from hubspot_sla.flows.worker import worker_metrics
from hubspot_sla.plan.properties import WRITTEN, written_for
from hubspot_sla.policy.json_schema import MODELS, schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CODE = ROOT / "connector/hubspot_sla"
REFERENCE = ROOT / "docs/reference"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "benchmarks/README.md"]
HISTORY = ROOT / "CHANGELOG.md"
"""It may name what is no more."""

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
each_living_document = pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if path != HISTORY], ids=lambda path: str(path.relative_to(ROOT))
)


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def code_in(document: Path) -> list[str]:
    """Every code span, and every line of a code block without its comment."""
    text = text_of(document)
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"\s{2,}#? .*$", "", line) for kind, block in blocks for line in typed_in(kind, block)]
    return [*re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)), *lines]


def typed_in(kind: str, block: str) -> list[str]:
    """The lines of a block; of a session at a terminal only those that somebody types."""
    lines = block.splitlines()
    return [line for line in lines if line.startswith("$ ")] if kind == "console" else lines


# Commands and their options.


def commands_in(document: Path) -> Iterator[list[str]]:
    for code in code_in(document):
        for called in re.findall(r"(?:^|[ ;&|])sla ((?:[a-z][\w-]*)(?: [^;&|#]*)?)", code):
            yield called.split()


def problem_with(words: list[str]) -> str:
    """What is wrong with a call of `sla`; empty where nothing is."""
    command: click.Command = sla
    for word in words:
        if not isinstance(command, click.Group) or not re.fullmatch(r"[a-z][\w-]*", word):
            break
        found = command.get_command(click.Context(command), word)
        if found is None:
            return f"there is no {word}" if command is sla or not command.invoke_without_command else ""
        command = found
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"--help", "--version"}
    unknown = [word for word in words if word.startswith("--") and word.rstrip("].,").split("=")[0] not in known]
    return f"{command.name} has no {unknown[0]}" if unknown else ""


@each_living_document
def test_every_command_and_option_that_a_document_calls_exists(document: Path) -> None:
    problems = {" ".join(words): problem_with([word.strip("[]") for word in words]) for words in commands_in(document)}
    assert {call: problem for call, problem in problems.items() if problem} == {}


@cache
def all_options() -> set[str]:
    waiting: list[click.Command] = [sla]
    found: set[str] = {"--help", "--version"}
    while waiting:
        command = waiting.pop()
        found |= {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        if isinstance(command, click.Group):
            names = command.list_commands(click.Context(command))
            waiting += [one for name in names if (one := command.get_command(click.Context(command), name))]
    return found


@each_living_document
def test_every_option_that_a_document_names_alone_exists(document: Path) -> None:
    named = {match[1] for code in code_in(document) if (match := re.match(r"(--[a-z-]+)\b", code))}
    assert named - all_options() == set()


@each_living_document
def test_every_make_target_that_a_document_names_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z.][a-z./-]*):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {match[1] for code in code_in(document) if (match := re.match(r"make ([a-z./-]+)", code))}
    assert named - targets == set()


def test_the_page_of_commands_has_all_of_them() -> None:
    text = text_of(REFERENCE / "commands.md")
    assert re.findall(r"^\| \[`sla (\w+)`", text, re.MULTILINE) == list(COMMANDS)


# Settings and exit codes.


def exit_codes() -> set[int]:
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    return {kind.exit_code for kind in classes if issubclass(kind, errors.SlaError)} | {0}


def test_the_settings_name_the_exit_codes_of_the_error_tree() -> None:
    text = text_of(REFERENCE / "settings.md")
    table = text[text.index("| exit code |") :]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == exit_codes()


@each_living_document
def test_every_exit_code_that_a_document_names_is_one(document: Path) -> None:
    text = " ".join(text_of(document).split())
    named = re.findall(r"(?:exit codes?|exits? with|ends? with|ended with|exit) (\d+)\b(?! [a-z]*hour| minute)", text)
    assert {int(code) for code in named} - exit_codes() == set()


def test_the_error_tree_is_drawn_whole() -> None:
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    ours = {kind.__name__ for kind in classes if issubclass(kind, errors.SlaError)}
    drawn = set(re.findall(r"^ {4}[|`\- ]*(\w+)", errors.__doc__ or "", re.MULTILINE))
    assert ours - drawn == {"HubSpotError"}  # what every error with an answer carries; never raised itself


def variables() -> set[str]:
    return set(re.findall(r"^(\w+)=", text_of(ROOT / ".env.example"), re.MULTILINE))


def test_the_settings_and_the_example_name_the_same_variables() -> None:
    text = text_of(REFERENCE / "settings.md")
    table = text[text.index("| variable |") : text.index("## Exit codes")]
    assert set(re.findall(r"`((?:HUBSPOT|SLA)_\w+)`", table)) == variables()


@each_living_document
def test_every_variable_that_a_document_names_is_one(document: Path) -> None:
    assert set(re.findall(r"\b(?:HUBSPOT|SLA)_[A-Z_]+\b", text_of(document))) - variables() == set()


# Properties and metrics.


def test_the_reference_names_every_property_that_is_written_and_the_markers() -> None:
    named = set(re.findall(r"`(sla_\w+)`", text_of(REFERENCE / "properties.md")))
    assert named == {f"sla_{written.key}" for written in WRITTEN} | MARKERS


MARKERS = {"sla_task_key", "sla_note_key"}
EXAMPLES = {("gdpr", "resolution"), ("", "restored")}
"""(agreement, metric) of the clocks that the documents show beside the six of the agreement without a name."""


@each_living_document
def test_every_property_or_metric_that_a_document_names_exists(document: Path) -> None:
    source = Path(worker_metrics.__file__).read_text(encoding="utf-8")
    metrics = {f"sla_{name}" for name in re.findall(r'"(\w+)"', source)}
    named = set(re.findall(r"`(sla_\w+)`", text_of(document)))
    known = (
        {f"sla_{written.key}" for written in written_for(EXAMPLES)}
        | MARKERS
        | {*company_properties.NAMES.values()}
        | metrics
        | {f"{name}_total" for name in metrics}
    )
    assert named - known == set()


# Keys of the mappings.


def keys_in(schema: object) -> Iterator[str]:
    """Every key that a JSON Schema knows, however deep."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from keys_in(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from keys_in(part)


@cache
def keys() -> set[str]:
    """Every key of every file of mappings, and of the sandbox's faults."""
    of_mappings = {key for name in MODELS for key in keys_in(schema_of(name))}
    of_faults = {key for outcome in FAULTS.values() for key in outcome.model_fields} | {*When.model_fields}
    return of_mappings | of_faults | {"fault", "script", "repeat"}


@each_living_document
def test_every_key_of_the_mappings_that_a_document_names_exists(document: Path) -> None:
    named = {match[1] for code in code_in(document) if (match := re.fullmatch(r"\{?([a-z_]+): [^/]*", code))}
    outside_yaml_blocks = re.sub(r"^```.*?^```", "", text_of(document), flags=re.MULTILINE | re.DOTALL)
    inline = {name for name in named if f"`{name}:" in outside_yaml_blocks or f"`{{{name}:" in outside_yaml_blocks}
    assert inline - keys() - {"working"} == set()  # what the first line of `sla status` says


# Files and tests.


@each_document
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?://)([^)#]+)", text_of(document))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@each_document
def test_links_to_a_heading_lead_to_one(document: Path) -> None:
    for file, heading in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", text_of(document)):
        target = document.parent / file if file else document
        titles = re.findall(r"^#+ (.*)$", text_of(target), re.MULTILINE)
        assert heading in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@each_living_document
def test_files_that_a_document_names_exist(document: Path) -> None:
    named = {
        name
        for code in code_in(document)
        for name in re.findall(r"(?:^|\s)((?:[\w.-]+/)+[\w.-]*?)(?=$|[\s,:]|\.(?:\s|$))", code)
    }
    ours = {name for name in named if name.split("/")[0] in TOPS}
    missing = {name for name in ours if not any((top / name).exists() for top in (ROOT, CODE))}
    assert missing - OPTIONAL == set()


TOPS = {path.name for top in (ROOT, CODE) for path in top.iterdir() if path.is_dir() and not path.name.startswith(".")}
OPTIONAL = {"mappings/contracts.yaml", "mappings/waivers.yaml"}
"""Files that the starter set does without."""


@each_living_document
def test_files_of_a_checkout_that_a_session_names_exist(document: Path) -> None:
    named = re.findall(r"/path/to/hubspot-sla/([\w./-]+)", text_of(document))
    assert [name for name in named if not (ROOT / name).exists()] == []


@each_living_document
def test_every_test_that_a_document_names_exists(document: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", text_of(document)))
    assert named - names_of_tests() == set()


@cache
def names_of_tests() -> set[str]:
    files = [text_of(file) for file in (ROOT / "tests").rglob("test_*.py")]
    return {name for text in files for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}


@pytest.mark.parametrize("script", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.stem)
def test_what_a_benchmark_imports_of_ours_exists(script: Path) -> None:
    imports = [node for node in ast.walk(ast.parse(text_of(script))) if isinstance(node, ast.ImportFrom)]
    ours = [(node.module, name.name) for node in imports for name in node.names if (node.module or "").startswith(OURS)]
    missing = [name for name in ours if not hasattr(importlib.import_module(str(name[0])), name[1])]
    assert [name for name in missing if importlib.util.find_spec(".".join(map(str, name))) is None] == []


OURS = ("hubspot_sla", "hubspot_sandbox")
