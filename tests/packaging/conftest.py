"""The wheel as an index would serve it, and environments that hold it: each is made once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from from_outside import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, as an index would serve it: what the sdist lacks would be missing here."""
    folder = tmp_path_factory.mktemp("dist")
    run(ROOT / ".tools/bin/uv", "build", "--python", sys.executable, "--out-dir", folder, ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that holds the wheel and its dependencies, nothing else."""
    folder = tmp_path_factory.mktemp("empty")
    uv = ROOT / ".tools/bin/uv"
    run(uv, "venv", "--python", sys.executable, folder / "venv")
    run(uv, "pip", "install", "--python", folder / "venv", wheel)
    return folder / "venv/bin"


@pytest.fixture(scope="session")
def with_sandbox(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the extra `sandbox`."""
    folder = tmp_path_factory.mktemp("sandbox")
    uv = ROOT / ".tools/bin/uv"
    run(uv, "venv", "--python", sys.executable, folder / "venv")
    run(uv, "pip", "install", "--python", folder / "venv", f"{wheel}[sandbox]")
    return folder / "venv/bin"
