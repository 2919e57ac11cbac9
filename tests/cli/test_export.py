"""sla export: to standard output, into a file, as JSON, and what it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.cli.main import main
from policy.mapping_texts import POLICIES, texts

if TYPE_CHECKING:
    from pathlib import Path

OBJECTIVES = "objectives:\n  - {metric: resolution, when: {tier: gold}, attain: 95%}\n"


class Exporting:
    """The command in a folder with `mappings`."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        (folder / "mappings").mkdir()
        self.write(POLICIES + OBJECTIVES)

    def write(self, policies: str) -> None:
        for name, text in texts(policies=policies).items():
            (self.folder / "mappings" / name).write_text(text, encoding="utf-8")

    def __call__(self, *arguments: str) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["export", *arguments])
        told = self.capsys.readouterr()
        return ended.value.code, told.out, told.err


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Exporting:
    monkeypatch.chdir(tmp_path)
    return Exporting(tmp_path, capsys)


def test_documents_go_to_standard_output_and_notes_beside_them(export: Exporting) -> None:
    code, out, err = export("--openslo")
    assert code == 0
    assert out.startswith("---\napiVersion: openslo/v1\n")
    assert [line for line in out.splitlines() if line.startswith("kind: ")] == [
        *("kind: DataSource", "kind: Service", "kind: SLI", "kind: SLO")
    ]
    assert "target: 0.95\n" in out
    assert "a calendar month is written" in err


def test_a_file_holds_the_same_and_is_named(export: Exporting) -> None:
    printed = export("--openslo")[1]
    code, out, err = export("--openslo", "--out", "objectives.yaml")
    assert (code, out) == (0, "")
    assert (export.folder / "objectives.yaml").read_text(encoding="utf-8") == printed
    assert "objectives.yaml: 1 DataSource, 1 Service, 1 SLI, 1 SLO" in err


def test_json_has_the_objects_and_the_notes(export: Exporting) -> None:
    body = json.loads(export("--openslo", "--json")[1])
    assert [each["kind"] for each in body["objects"]] == ["DataSource", "Service", "SLI", "SLO"]
    assert body["objects"][-1]["spec"]["objectives"][0]["target"] == 0.95
    assert len(body["notes"]) == 1


@pytest.mark.parametrize(
    ("policies", "arguments", "said"),
    [
        (POLICIES, ("--openslo",), "the mappings have no objective to export"),
        (POLICIES + OBJECTIVES, ("--openslo", "--out", "no/folder/x.yaml"), "no/folder/x.yaml cannot be written"),
        (POLICIES + OBJECTIVES, (), "write `sla export --openslo`"),
        (POLICIES + OBJECTIVES.replace("95%", "95"), ("--openslo",), "policies.yaml:12:"),
        (POLICIES + OBJECTIVES, ("--openslo", "--mappings", "elsewhere"), "there is no such folder"),
    ],
)
def test_what_cannot_be_exported_ends_with_2(
    export: Exporting, policies: str, arguments: tuple[str, ...], said: str
) -> None:
    export.write(policies)
    code, out, err = export(*arguments)
    assert (code, out) == (2, "")
    assert said in err
