"""Faults from a file, in YAML or JSON, read by `sla sandbox --faults` and by tests."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from hubspot_sandbox.faults.catalogue import FAULTS
from hubspot_sandbox.faults.spec import FaultsInvalid
from hubspot_sandbox.faults.when import When

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "/account-info/v3/details"
TICKETS = "/crm/objects/2026-09/tickets"
DOCUMENT = Path(__file__).parents[2] / "docs/reference/faults.md"

BAD_DAY = """\
# What a bad day looks like.
- fault: locked
  route: account
  nth: [2]
- script: [ok, reset, {fault: server_error, status: 502, body: html}]
  route: [list, search]
- fault: daily_quota
  since: 2026-11-23T12:00:00Z
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "faults.yaml"


def _struck(http) -> list[object]:
    outcomes: list[object] = [http.get(ACCOUNT).status_code for _ in range(3)]
    for _ in range(3):
        try:
            outcomes.append(http.get(TICKETS).status_code)
        except requests.ConnectionError:
            outcomes.append("reset")
    return outcomes


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_file_in_yaml(http, running, file, wrapped) -> None:
    indented = "faults:\n" + re.sub("(?m)^", "  ", BAD_DAY) if wrapped else BAD_DAY
    file.write_text(indented, encoding="utf-8")
    assert len(running.faults.add_file(file)) == 3
    assert _struck(http) == [200, 423, 200, 200, "reset", 502]
    faults = requests.get(f"{running.url}/sandbox/faults", timeout=5).json()["faults"]
    assert [row["calls"] for row in faults] == [3, 3, 0]


def test_a_file_in_json(http, running, tmp_path) -> None:
    file = tmp_path / "faults.json"
    faults = [
        {"fault": "locked", "route": "account", "nth": 2},
        {"script": ["ok", "reset", "server_error"], "route": "list"},
    ]
    file.write_text(json.dumps({"faults": faults}, indent=2), encoding="utf-8")
    running.faults.add_file(file)
    assert _struck(http) == [200, 423, 200, 200, "reset", 500]


def test_ids_may_be_written_as_numbers(http, running, portal, file) -> None:
    ticket_id = portal.ids("tickets")[0]
    file.write_text(f"- fault: archive_records\n  ids: [{ticket_id}]\n", encoding="utf-8")
    running.faults.add_file(file)
    assert http.get(f"{TICKETS}/{ticket_id}").status_code == 404


@pytest.mark.parametrize(
    ("text", "expected_lines"),
    [
        ("- fault: rest\n", "{}:1:3: fault: there is no fault 'rest' (did you mean 'reset'?)"),
        (
            "- fault: reset\n- fault: latency\n  sm: 5\n",
            "{}:2:3: ms: this key is needed\n{}:3:3: sm: there is no such key",
        ),
        ("- fault: reset\n  probability: 1.5\n", "{}:2:3: probability: Input should be less than or equal to 1"),
        ("- script:\n  - ok\n  - fault: rest\n", "{}:3:5: fault: there is no fault 'rest'"),
        ("- fault: reset\n  since: 2026-11-23 09:00:00\n", "{}:2:3: since: Input should have timezone info"),
        ("- reset\n", "{}:1:3: a fault is a mapping of keys to values, not 'reset'"),
        ("- fault: [\n", "{}:2:1: "),
        ("faults: 3\n", "{}: a file of faults is a list of them"),
        ("", "{}: a file of faults is a list of them"),
        ("- fault: reset\n  fault: reset\n", "{}:2:3: "),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_line_and_column(running, file, text, expected_lines) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FaultsInvalid) as raised:
        running.faults.add_file(file)
    lines = str(raised.value).splitlines()
    for line, expected in zip(lines, expected_lines.replace("{}", str(file)).splitlines(), strict=True):
        assert line.startswith(expected)
    assert running.faults.listed() == []


@contextmanager
def _sandbox(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command as a process, which is gone afterwards."""
    start = "from hubspot_sla.cli.main import main; main()"
    command = [sys.executable, "-c", start, "sandbox", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_command_serves_what_its_file_says(file) -> None:
    file.write_text(BAD_DAY, encoding="utf-8")
    with _sandbox("--faults", str(file), "--now", "2026-11-23T09:00:00Z") as process:
        url = re.search(r"http://[\d.:]+", process.stdout.readline())[0]
        bearer = {"Authorization": "Bearer pat-sandbox"}
        statuses = [requests.get(url + ACCOUNT, headers=bearer, timeout=5).status_code for _ in range(3)]
    assert statuses == [200, 423, 200]


def test_the_command_refuses_a_file_that_is_wrong(file) -> None:
    file.write_text("- fault: rest\n", encoding="utf-8")
    with _sandbox("--faults", str(file)) as process:
        output = process.communicate(timeout=60)[0]
        assert process.returncode == 2
    assert "faults.yaml:1:3: fault: there is no fault 'rest' (did you mean 'reset'?)" in output


def test_no_key_of_a_fault_is_one_that_says_when() -> None:
    assert {name for value in FAULTS.values() for name in value.model_fields} & set(When.model_fields) == set()


@pytest.mark.parametrize("name", FAULTS)
def test_the_document_has_a_row_for_every_fault_with_its_keys(name) -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \| (.*?) \|", DOCUMENT.read_text(encoding="utf-8"))
    keys = {fault: set(re.findall(r"\*\*(\w+)\*\*", cell)) for fault, cell in rows}
    assert keys[name] == set(FAULTS[name].model_fields)


def test_the_document_has_no_other_faults_and_all_that_says_when() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert {fault for fault, _ in re.findall(r"(?m)^\| `(\w+)` \| (\*\*|-)", text)} == set(FAULTS)
    assert set(re.findall(r"(?m)^\| \*\*(\w+)\*\* \|", text)) == {*When.model_fields, "script", "repeat"}


def test_the_examples_of_the_document_are_faults(running, tmp_path) -> None:
    blocks = re.findall(r"```(?:yaml|json)\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for at, block in enumerate(blocks):
        file = tmp_path / f"{at}.yaml"
        file.write_text(block, encoding="utf-8")
        assert running.faults.add_file(file)
