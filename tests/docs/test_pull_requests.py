"""The workflow of docs/how-to/pull-requests.md, step by step, in a real repository with a change of the mappings."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from cli.test_evaluate import mappings
from cli.test_simulate import ROWS

__all__ = ["mappings"]
DOCUMENT = Path(__file__).parents[2] / "docs/how-to/pull-requests.md"
POLICIES = """\
policies:
  - id: rest
    when: {pipeline: Support}
    calendar: office
    targets: {resolution: {HIGH: 4h, default: 8h}}
"""
TESTS = """\
zone: Etc/UTC
tests:
  - name: an urgent ticket is solved within a day
    ticket: {created: 2026-03-02 09:00, pipeline: Support, stage: "1", priority: HIGH}
    events: [2026-03-02 11:00 stage 4]
    expect: {policy: rest, resolution: met}
"""


def steps() -> dict[str, str]:
    """What the workflow runs, by the names of its steps."""
    (text,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    workflow: Any = YAML(typ="safe").load(text)
    return {step["name"]: step["run"] for step in workflow["jobs"]["mappings"]["steps"] if "name" in step}


def workflow(folder: Path) -> tuple[dict[str, int], str]:
    """The exit codes of the steps until one fails, and what is sent to be the comment: that step runs always."""
    tools = folder / "tools"
    tools.mkdir()
    (tools / "gh").write_text(
        '#!/bin/sh\ntest "$1 $2 $3 $4" = "pr comment 7 --body-file" && cat "$5" > sent.md\n', "utf-8"
    )
    (tools / "gh").chmod(0o755)
    codes: dict[str, int] = {}
    for name, script in steps().items():
        if name == "Comment" or not any(codes.values()):
            codes[name] = run(folder, script).returncode
    return codes, (folder / "sent.md").read_text("utf-8")


def run(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(folder / "tools"), str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "GITHUB_BASE_REF": "main", "NUMBER": "7"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def clone(tmp_path: Path, mappings: Path) -> Path:
    """A clone of a repository whose branch `main` holds the mappings, on a branch of its own."""
    (mappings / "policies.yaml").write_text(POLICIES, encoding="utf-8")
    (mappings / "tests.yaml").write_text(TESTS, encoding="utf-8")
    (tmp_path / "tickets.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    who = "git config user.email a@example.com && git config user.name A"
    made = run(tmp_path, f"git init -q -b main . && {who} && git add . && git commit -qm Begin")
    assert made.returncode == 0, made.stderr
    assert run(tmp_path, "git clone -q . clone && cd clone && git switch -q -c change").returncode == 0
    return tmp_path / "clone"


def test_the_workflow_checks_tests_and_simulates_a_change(clone: Path) -> None:
    policies = clone / "mappings/policies.yaml"
    policies.write_text(policies.read_text("utf-8").replace("HIGH: 4h", "HIGH: 3h"), encoding="utf-8")
    codes, comment = workflow(clone)
    assert codes == {"Check": 0, "Test": 0, "Simulate": 1, "Comment": 0}
    assert "| rest: Resolution | pipeline Support, HIGH | 4h on office | 3h on office |" in comment
    assert "| attainment\\(resolution\\) \\< 75% | 40.00% | 5 | yes |" in comment
    assert "kept before, broken after" in comment


@pytest.mark.parametrize(
    ("old", "new", "codes", "said"),
    [
        ("HIGH: 4h", "HIGH: [4h", {"Check": 2, "Comment": 0}, "    error: 1 problem in the mappings:\n"),
        ("HIGH: 4h", "HIGH: 1h", {"Check": 0, "Test": 1, "Comment": 0}, "    FAILED  an urgent ticket is solved"),
    ],
    ids=["a file is wrong", "a test fails"],
)
def test_what_stops_it_before_the_simulation_is_the_comment(
    clone: Path, old: str, new: str, codes: dict[str, int], said: str
) -> None:
    policies = clone / "mappings/policies.yaml"
    policies.write_text(policies.read_text("utf-8").replace(old, new), encoding="utf-8")
    ended, comment = workflow(clone)
    assert ended == codes
    assert comment.startswith("**These mappings do not pass, so nothing was simulated.**\n\n    ")
    assert said in comment
