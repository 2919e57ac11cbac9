"""One file of mappings/ as plain values that remember where they stood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.errors import Problem
from hubspot_sla.policy.message_codes import Code

if TYPE_CHECKING:
    from collections.abc import Mapping

Tree = bool | str | list["Tree"] | dict[str, "Tree"] | None
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its content, and where each value and each key of it begins.

    A path is the keys and list positions that lead to a value: `("policies", 0, "calendar")`.
    """

    file: str
    content: Mapping[str, Tree]
    values: Mapping[Path, Place] = field(default_factory=dict)
    keys: Mapping[Path, Place] = field(default_factory=dict)

    def named(self, path: Path) -> str:
        """The last key on the way to `path` that stands in the file."""
        steps = [step for length, step in enumerate(path, 1) if path[:length] in self.keys]
        return str(steps[-1]) if steps else self.file

    def problem(
        self, path: Path, message: str, remedy: str = "", *, at_key: bool = False, code: Code = Code.INVALID
    ) -> Problem:
        """A problem at `path`, or at the nearest thing above it that stands in the file. Where one value was written
        for a list of one, its number counts for nothing."""
        path = self._without_numbers_of_single_values(path)
        for length in range(len(path), -1, -1):
            place = (at_key and self.keys.get(path[:length])) or self.values.get(path[:length])
            if place:
                return Problem(self.file, place.line, place.column, message, remedy, code)
        return Problem(self.file, 0, 0, message, remedy, code)

    def _without_numbers_of_single_values(self, path: Path) -> Path:
        entry: Tree = dict(self.content)
        steps: list[str | int] = []
        for step in path:
            if isinstance(step, int) and isinstance(entry, dict | str):
                continue
            steps.append(step)
            entry = _inside(entry, step)
        return tuple(steps)


def _inside(entry: Tree, step: str | int) -> Tree:
    if isinstance(entry, dict):
        return entry.get(str(step))
    return entry[step] if isinstance(entry, list) and isinstance(step, int) and step < len(entry) else None


def described(value: object) -> str:
    """A value as a message names it: what was written, or what kind of thing it is."""
    if value is None:
        return "an empty value"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return repr(value)
    return "a list" if isinstance(value, list) else "a group of keys"
