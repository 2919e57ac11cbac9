"""sla diff: each edit of the mappings is told as the promise that it changes, and for whom."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.test_evaluate import mappings
from hubspot_sla.cli.main import main

__all__ = ["mappings"]
REST, SAME = "pipeline Support", ("", "")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["diff", *arguments])
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.fixture
def new(mappings: Path) -> Path:
    folder = mappings.parent / "new"
    folder.mkdir()
    for file in mappings.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


SHORTER = ("rest: Resolution", f"{REST}, HIGH", "4h on office", "3h on office", "target 3h instead of 4h")
LESS = ("rest: Resolution", f"{REST}, HIGH", "4h on office", "–", "")
MORE = ("gold: Update", "tier gold", "–", "1h on always", "")
OTHERS = ("gold: for whom", "tier silver", "tier gold", "tier silver", "")
STAGE = ("role of a stage", "tickets in Support: 2", "waiting", "open", "")
COMMENT = ("portal.yaml", "–", "–", "–", "the file differs, and no promise does")


@pytest.mark.parametrize(
    ("name", "old", "edited", "change"),
    [
        ("policies.yaml", "HIGH: 4h", "HIGH: 3h", SHORTER),
        ("policies.yaml", "{HIGH: 4h, default: 8h}", "{default: 8h}", LESS),
        ("policies.yaml", "{resolution: 1h}", "{resolution: 1h, update: 1h}", MORE),
        ("policies.yaml", "when: {tier: gold}", "when: {tier: silver}", OTHERS),
        ("portal.yaml", '"2": {role: waiting}', '"2": open', STAGE),
        ("portal.yaml", "pipelines:", "# the same\npipelines:", COMMENT),
    ],
    ids=["target", "a value less", "a metric more", "for whom", "stage", "comment"],
)
def test_an_edit_is_told_as_what_it_changes(
    mappings: Path,
    new: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    old: str,
    edited: str,
    change: tuple[str, ...],
) -> None:
    text = (new / name).read_text("utf-8")
    assert old in text
    (new / name).write_text(text.replace(old, edited), encoding="utf-8")
    rows = json.loads(told(capsys, str(mappings), str(new), "--json"))["tables"]["changes"]
    assert [tuple(row.values()) for row in rows] == [change]


def test_other_hours_are_told_for_every_promise_that_counts_on_them(
    mappings: Path, new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = new / "calendars.yaml"
    path.write_text(path.read_text("utf-8").replace('17:00", tue', '16:00", tue'), encoding="utf-8")
    rows = json.loads(told(capsys, str(mappings), str(new), "--json"))["tables"]["changes"]
    assert {row["why"] for row in rows} == {"calendar office has other hours"}
    assert {row["what"].split(":")[0] for row in rows} == {"rest", "experts"}


def test_the_same_mappings_promise_the_same(mappings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, str(mappings), str(mappings)).startswith("Both promise the same.")
    assert "Both promise the same" in told(capsys, str(mappings), str(mappings), "--format", "markdown")


@pytest.mark.parametrize("form", ["terminal", "json"])
def test_a_full_disk_is_told_as_such_and_never_taken_for_an_answer(mappings: Path, form: str) -> None:
    sla = Path(sys.executable).with_name("sla")
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sla, "diff", mappings, mappings, "--format", form],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=mappings.parent,
            check=False,
        )
    assert ran.returncode == 2
    assert b"the output cannot be written: No space left on device" in ran.stderr
    assert b"Traceback" not in ran.stderr
