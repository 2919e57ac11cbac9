"""HubSpot's official Node SDK against the sandbox: another client, which nobody here wrote.

It comes from the npm registry, so this runs in .ci/run and not in the offline suite; `npm ci` in tests/node gets it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.packaging
FOLDER = Path(__file__).parents[1] / "node"
TOKEN = "pat-eu1-made-up"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the script and the SDK. Skips where either is not to be had."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Node.js and npm are not installed")
    if (FOLDER / "node_modules").exists():
        return FOLDER
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "drive.js"):
        shutil.copy(FOLDER / name, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    got = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if got.returncode:
        pytest.skip(f"the npm registry did not answer: {got.stderr.strip().splitlines()[-1:]}")
    return folder


def test_the_node_sdk_cannot_tell(node, running, portal) -> None:
    command = ["node", "drive.js", running.url, TOKEN]
    ran = subprocess.run(command, cwd=node, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    ticket = report["made"].pop("id")
    assert report == {
        "made": {"isDate": True, "subject": "From Node"},
        "closed": "true",
        "stages": ["4", "1"],
        "batch": "COMPLETE",
        "some": {"found": 3, "errors": [["OBJECT_NOT_FOUND", ["1"]]]},
        "traced": {"changed": [True], "refused": [["b"]]},
        "found": {"total": 2, "after": "1", "newestFirst": True},
        "page": {"rows": 2, "next": True},
        "all": 40,
        "linked": [True],
        "pipelines": ["Support Pipeline", "Onboarding", "Billing"],
        "defined": "from_node",
        "twice": {"status": 409, "category": "OBJECT_ALREADY_EXISTS", "correlated": True},
        "owners": 8,
        "conversation": {
            "onTicket": True,
            "first": "INCOMING",
            "comment": "From Node",
            "status": "CLOSED",
            "actors": ["LLM", "SYSTEM"],
        },
        "gone": {"status": 404, "correlated": True},
        "portal": portal.account.portal_id,
    }
    assert ticket not in portal.ids("tickets")
    subjects = [portal.read("tickets", ticket)["subject"] for ticket in portal.ids("tickets")]
    assert subjects.count("Changed") == 1
    assert len({"Batch 1", "Batch 2", "Batch 3"} & set(subjects)) == 2
