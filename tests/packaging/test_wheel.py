"""The wheel, installed into an empty environment: what a user gets who has no checkout.

Needs the package index for the dependencies, so it is marked `packaging` and runs in .ci/run, not in the offline suite.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from from_outside import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

MOST_PACKAGES = 39
"""Ours included. A new dependency of production is a decision, not an accident."""

pytestmark = pytest.mark.packaging


def test_the_wheel_brings_no_top_level_names_but_its_two(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"hubspot_sla", "hubspot_sandbox"}


def test_the_wheel_brings_the_starter_set_and_the_type_marker(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    starters = [
        *(ROOT / "mappings").glob("*.*"),
        *(ROOT / "mappings/schema").glob("*.json"),
        *(ROOT / "jobs").glob("*.py"),
        *(ROOT / "jobs/deploy").iterdir(),
        ROOT / ".env.example",
    ]
    wanted = {f"hubspot_sla/starter/{path.relative_to(ROOT)}" for path in starters}
    wanted |= {f"hubspot_sla/language/catalogues/{language}.po" for language in ("de", "fr", "es")}
    wanted |= {f"hubspot_sla/render/report/{name}" for name in ("templates/page.html", "templates/charts/trend.svg")}
    wanted |= {"hubspot_sla/render/report/templates/letter.html", "hubspot_sla/flows/inspection/browse/metadata.yaml"}
    assert wanted | {"hubspot_sla/py.typed", "hubspot_sandbox/py.typed"} <= names


def test_a_production_install_has_no_web_server_and_few_packages(installed: Path) -> None:
    listed = run(ROOT / ".tools/bin/uv", "pip", "list", "--python", installed.parent, "--format", "json")
    names = {package["name"] for package in json.loads(listed)}
    assert not names & {"nh3", "starlette", "uvicorn", "anyio", "h11"}
    assert len(names) <= MOST_PACKAGES, sorted(names)


@pytest.mark.parametrize("source", [ROOT, f"git+{ROOT.as_uri()}"], ids=["a clone", "git"])
def test_it_installs_as_the_readme_says_from_a_clone_and_from_git(source: Path | str, tmp_path: Path) -> None:
    uv = ROOT / ".tools/bin/uv"
    run(uv, "venv", "--python", sys.executable, tmp_path / "venv")
    run(uv, "pip", "install", "--python", tmp_path / "venv", source)
    assert run(tmp_path / "venv/bin/sla", "--version").startswith("sla, version ")


def test_the_extra_is_added_to_an_install_though_no_index_has_the_package(wheel: Path, tmp_path: Path) -> None:
    """As the message of `sla demo` says."""
    uv = ROOT / ".tools/bin/uv"
    run(uv, "venv", "--python", sys.executable, tmp_path / "venv")
    run(uv, "pip", "install", "--python", tmp_path / "venv", wheel)
    run(uv, "pip", "install", "--python", tmp_path / "venv", "hubspot-sla[sandbox]")
    assert "starlette" in run(uv, "pip", "list", "--python", tmp_path / "venv")


def test_help_works_where_nothing_else_is_installed(installed: Path) -> None:
    assert "sla demo" in run(installed / "sla", "--help")


@pytest.mark.parametrize("command", ["demo", "sandbox"])
def test_without_the_extra_the_sandbox_says_what_to_install(installed: Path, command: str) -> None:
    ended = subprocess.run([installed / "sla", command], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "pip install 'hubspot-sla[sandbox]'" in ended.stderr


def test_with_the_extra_the_demo_runs(with_sandbox: Path, tmp_path: Path) -> None:
    assert '"audit_chain_whole": true' in run(with_sandbox / "sla", "demo", "--json", cwd=tmp_path)


def test_the_starter_set_is_sound_as_it_is(installed: Path, tmp_path: Path) -> None:
    run(installed / "sla", "init", cwd=tmp_path)
    assert "sound" in run(installed / "sla", "check", cwd=tmp_path)
