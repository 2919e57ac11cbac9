"""What is drawn or written from the code is up to date: the picture of the imports, the page of commands."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]


def script(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look for theirs there
    spec.loader.exec_module(module)
    return module


def test_the_picture_shows_todays_imports() -> None:
    drawer = script("docs/explanation/draw_architecture.py")
    assert drawer.TARGET.read_text(encoding="utf-8") == drawer.picture(), "run `make picture`"


def test_the_picture_can_be_read_in_the_dark_and_by_machines() -> None:
    text = (ROOT / "docs/explanation/architecture.svg").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in text
    assert "<title>" in text


def test_the_page_of_commands_says_what_help_says() -> None:
    writer = script("docs/reference/write_commands.py")
    assert writer.TARGET.read_text(encoding="utf-8") == writer.documented(), "run `make commands`"
