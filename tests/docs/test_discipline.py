"""docs/reference/discipline.md names tests that there are, for each of its ten questions."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = dict(
    re.findall(r"^\| (\d+) \|(.*)\|$", (ROOT / "docs/reference/discipline.md").read_text(encoding="utf-8"), re.M)
)


def test_each_of_the_ten_questions_has_an_answer() -> None:
    assert [int(number) for number in ROWS] == list(range(1, 11))
    assert all("`test_" in row for row in ROWS.values())


def test_every_test_that_is_named_exists() -> None:
    files = [file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py")]
    there = {name for text in files for name in re.findall(r"^def (test_\w+)", text, re.M)}
    assert {name for row in ROWS.values() for name in re.findall(r"`(test_\w+)`", row)} - there == set()
