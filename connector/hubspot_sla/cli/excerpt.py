"""The line of a file that a message is about, with a caret under the place."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from hubspot_sla import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.errors import Problem

_MOST_BEFORE, _MOST_AFTER = 60, 40
_CUT = "..."


def excerpt(problem: Problem, texts: Mapping[str, str]) -> list[str]:
    """Two lines: `  12 | calendar: usa`, and the caret under it. None where the file or the place is not known."""
    lines = texts.get(problem.file, "").splitlines()
    if not 0 < problem.line <= len(lines):
        return []
    text, column = _cut(lines[problem.line - 1].replace("\t", " "), max(problem.column - 1, 0))
    number = f"{problem.line:>5}"
    return [f"{number} | {text}", f"{' ' * len(number)} | {' ' * _width(text[:column])}^"]


def _cut(line: str, column: int) -> tuple[str, int]:
    """A long line around the place."""
    start = column - _MOST_BEFORE if column > _MOST_BEFORE + len(_CUT) else 0
    end = column + _MOST_AFTER if column + _MOST_AFTER + len(_CUT) < len(line) else len(line)
    shown = f"{_CUT if start else ''}{line[start:end]}{_CUT if end < len(line) else ''}"
    return shown, column - start + (len(_CUT) if start else 0)


def _width(text: str) -> int:
    """How many cells of a terminal it takes, after what does harm in it is written out."""
    return sum(_cells(letter) for letter in plain_text.escaped(text))


def _cells(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
