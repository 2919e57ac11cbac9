"""docs/reference/conformance.md and the tests of the clock name each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/reference/conformance.md").read_text(encoding="utf-8")))


def names_in(*files: Path) -> set[str]:
    return {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.M)}


def test_every_test_that_a_rule_names_exists() -> None:
    assert names_in(*(ROOT / "tests").rglob("test_*.py")) >= NAMED


@pytest.mark.parametrize(
    "file",
    [
        *(
            f"clock/test_{name}.py"
            for name in (
                "judge",
                "metrics",
                "changes",
                "classic_bugs",
                "machine_laws",
                "rungs",
                "settled_choices",
                "defined_metrics",
                "closing_and_lateness",
                "waivers",
            )
        ),
        "plan/test_escalation.py",
    ],
)
def test_every_test_of_a_rule_is_named_by_the_rule(file: str) -> None:
    assert names_in(ROOT / "tests" / file) - NAMED == set()
