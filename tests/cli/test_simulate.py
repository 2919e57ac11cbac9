"""sla simulate on a file: a table of flips worked by hand, the conditions of --fail-if, and what is refused.

All tickets are created on Monday, March 2, 2026, 09:00 UTC. The office is open from 9 to 17.
"""

from __future__ import annotations

import csv
import io
import json
import resource
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from cli.test_evaluate import CREATED, NOW, mappings, ticket
from hubspot_sla.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["mappings"]


def closed_at(id_: str, at: str, *, priority: str | None = None, stages: list[tuple[str, str]] | None = None) -> Any:
    row = ticket(id_, stages or [(CREATED, "1"), (at, "4")], hs_ticket_priority=priority)
    row["propertiesWithHistory"]["hs_ticket_priority"] = [{"value": priority or "", "timestamp": CREATED}]
    return row


WAITED = [(CREATED, "1"), ("2026-03-02T10:00:00Z", "2"), ("2026-03-02T14:00:00Z", "1"), ("2026-03-02T16:30:00Z", "4")]
ROWS = [
    closed_at("1", "2026-03-02T12:00:00Z", priority="HIGH"),  # 3 h
    closed_at("2", "2026-03-02T12:30:00Z", priority="HIGH"),  # 3.5 h
    closed_at("3", "2026-03-03T09:30:00Z"),  # 8.5 h of the office
    closed_at("4", "2026-03-02T16:30:00Z", priority="HIGH", stages=WAITED),  # 3.5 h, 7.5 h with the wait
    closed_at("5", "2026-03-02T10:30:00Z"),  # 1.5 h
]


class Simulation:
    """The command in a folder with `mappings` and `new`, the latter edited as asked."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        self.file = str(folder / "tickets.jsonl")
        self.new = folder / "new"
        self.new.mkdir()
        for file in (folder / "mappings").iterdir():
            (self.new / file.name).write_text(file.read_text("utf-8"), encoding="utf-8")
        self.write(ROWS)

    def write(self, rows: list[Any]) -> None:
        (self.folder / "tickets.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.new / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        paths = [self.file, "--mappings", str(self.new)]
        against = ["--against", str(self.folder / "mappings"), "--now", NOW]
        with pytest.raises(SystemExit) as ended:
            main(["simulate", *paths, *against, *arguments])
        told = self.capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, told.out, told.err

    def json(self, *arguments: str) -> Any:
        _, out, _ = self("--json", *arguments)
        return json.loads(out)

    def flips(self, *arguments: str) -> list[tuple[str, str, str, str]]:
        rows = self.json(*arguments)["tables"]["flips"]
        return [(row["record"], row["clock"], row["turn"], row["reason"]) for row in rows]


@pytest.fixture
def simulate(tmp_path: Path, mappings: Path, capsys: pytest.CaptureFixture[str]) -> Simulation:
    assert mappings.parent == tmp_path
    return Simulation(tmp_path, capsys)


BROKEN, KEPT = "kept before, broken after", "broken before, kept after"


def test_the_mappings_themselves_flip_nothing(simulate: Simulation) -> None:
    code, out, _ = simulate()
    assert code == 0
    assert out.startswith("90.0% of 10 promises kept instead of 90.0% of 10; no promise flips.")
    assert simulate.flips() == []


SHORTER = "target 3h instead of 4h"


@pytest.mark.parametrize(
    ("file", "old", "new", "flips"),
    [
        ("policies.yaml", "HIGH: 4h", "HIGH: 3h", [("2", BROKEN, SHORTER), ("4", BROKEN, SHORTER)]),
        ("policies.yaml", "default: 8h}", "default: 9h}", [("3", KEPT, "target 9h instead of 8h")]),
        ("policies.yaml", "default: 8h}", "default: 1h}", [("5", BROKEN, "target 1h instead of 8h")]),
        ("portal.yaml", '"2": {role: waiting}', '"2": open', [("4", BROKEN, "the stages have other roles")]),
        ("calendars.yaml", '17:00", tue', '16:00", tue', [("3", KEPT, "calendar office has other hours")]),
        ("policies.yaml", "office\n    targets: {first_response", "always\n    targets: {first_response", []),
        ("policies.yaml", "- id: rest", "- id: others", []),
    ],
    ids=[
        "shorter",
        "longer",
        "much shorter",
        "a wait that counts",
        "hours",
        "a calendar that breaks nothing",
        "a name",
    ],
)
def test_flips_worked_by_hand(
    simulate: Simulation, file: str, old: str, new: str, flips: list[tuple[str, str, str]]
) -> None:
    simulate.edit(file, old, new)
    assert simulate.flips() == [(record, "Resolution", turn, why) for record, turn, why in flips]


def test_a_flip_that_a_waiver_brings_is_not_laid_to_the_stages(simulate: Simulation) -> None:
    """Ticket 3 is an hour over: of which the clock stands still for two."""
    stopped = "from: 2026-03-02T10:00:00Z, to: 2026-03-02T12:00:00Z, stop: true"
    (simulate.new / "waivers.yaml").write_text(
        f"waivers: [{{pipeline: Support, {stopped}, reason: an outage, by: Ada}}]\n", encoding="utf-8"
    )
    assert simulate.flips() == [("3", "Resolution", KEPT, "waivers stop it at other times")]


def test_attainment_before_and_after_by_any_words(simulate: Simulation) -> None:
    simulate.edit("policies.yaml", "HIGH: 4h", "HIGH: 3h")
    tables = simulate.json("--by", "metric", "--by", "priority,policy")["tables"]
    by_metric = {row["metric"]: row for row in tables["by_metric"]}
    resolution = by_metric["resolution"]
    assert (resolution["judged_before"], resolution["met_before"], resolution["met_after"]) == (5, 4, 2)
    assert (resolution["attainment_before"], resolution["attainment_after"]) == (0.8, 0.4)
    assert (resolution["change"], resolution["broken"], resolution["kept"]) == (-0.4, 2, 0)
    assert by_metric["first_response"]["change"] == 0
    high = next(row for row in tables["by_priority_policy"] if row["priority"] == "HIGH")
    assert (high["policy"], high["judged_after"], high["met_after"], high["broken"]) == ("rest", 6, 4, 2)


def test_promises_that_nobody_had_made_are_told_apart_from_flips(simulate: Simulation) -> None:
    simulate.edit("policies.yaml", "stage: {Experts: 2h}", "stage: {Experts: 2h}, update: 1h")
    code, out, err = simulate()
    assert code == 0
    assert "no promise flips" in out
    assert "cycles that were not judged before would be" in err


def test_tasks_a_day_and_rungs_before_and_after(simulate: Simulation) -> None:
    simulate.edit("policies.yaml", "HIGH: 4h", "HIGH: 3h")
    tables = simulate.json()["tables"]
    assert tables["rungs"] == [{"ladder": "default", "rung": "breach", "before": 1, "after": 3}]
    (team,) = tables["tasks"]
    assert (team["team"], team["tasks_before"], team["tasks_after"], team["most_after"]) == ("no team", 1, 3, 3)
    assert (team["a_day_before"], team["a_day_after"]) == ("0.2", "0.6")  # March 2 to 6


def test_rungs_are_of_what_is_asked_for_and_tasks_of_the_team_that_had_the_ticket(simulate: Simulation) -> None:
    rows = [dict(row, propertiesWithHistory=dict(row["propertiesWithHistory"])) for row in ROWS]
    for row, team in zip(rows, ("7", "8", "8", "7", "7"), strict=True):
        row["propertiesWithHistory"]["hubspot_team_id"] = [{"value": team, "timestamp": CREATED}]
    simulate.write(rows)
    simulate.edit("policies.yaml", "HIGH: 4h", "HIGH: 3h")
    teams = {row["team"]: row for row in simulate.json()["tables"]["tasks"]}
    assert {team: (row["tasks_before"], row["tasks_after"]) for team, row in teams.items()} == {
        "7": (0, 1),
        "8": (1, 2),
    }
    tables = simulate.json("--where", "priority: HIGH")["tables"]
    assert [(row["before"], row["after"]) for row in tables["rungs"]] == [(0, 2)]


@pytest.mark.parametrize(
    ("condition", "code", "answer"),
    [
        ("attainment(rest, resolution) < 95%", 1, (0.4, 5, True)),
        ("attainment(resolution) < 40%", 0, (0.4, 5, False)),
        ("attainment(resolution) <= 40%", 1, (0.4, 5, True)),
        ("attainment() >= 70%", 1, (0.7, 10, True)),
        ("attainment(priority=HIGH, metric=resolution) < 50%", 1, (1 / 3, 3, True)),
        ("change(resolution) < -39.9%", 1, (-0.4, 5, True)),
        ("broken(resolution) > 2", 0, (2.0, 5, False)),
        ("kept() > 0", 0, (0.0, 10, False)),
        ("attainment(platinum) < 95%", 2, (None, 0, None)),
        ("attainment(rest, platinum) < 95%", 2, (None, 0, None)),
    ],
)
def test_a_condition_ends_with_its_exit_code(
    simulate: Simulation, condition: str, code: int, answer: tuple[float | None, int, bool | None]
) -> None:
    simulate.edit("policies.yaml", "HIGH: 4h", "HIGH: 3h")
    ended, out, _ = simulate("--json", "--fail-if", condition)
    (said,) = json.loads(out)["conditions"]
    assert (ended, said["text"]) == (code, condition)
    assert (said["value"], said["n"], said["held"]) == answer


def test_of_what_departments_promise_a_condition_asks_by_name_and_no_other_counts_it(simulate: Simulation) -> None:
    """All five take longer than half an hour; 4 of 5 keep what the customer is promised."""
    desk = "  - {id: desk, kind: ola, when: {pipeline: Support}, calendar: office, targets: {resolution: 30m}}\n"
    simulate.edit("policies.yaml", "policies:\n", f"policies:\n{desk}")
    names = ("ola", "kind=ola", "desk", "ola, resolution", "resolution", "sla, resolution")
    asked = [word for name in names for word in ("--fail-if", f"attainment({name}) < 50%")]
    conditions = simulate.json(*asked, "--where", "metric: resolution")["conditions"]
    assert [(one["value"], one["n"], one["held"]) for one in conditions] == [(0.0, 5, True)] * 4 + [(0.8, 5, False)] * 2
    (where,) = simulate.json("--fail-if", "attainment() < 50%", "--where", "kind: ola")["conditions"]
    assert (where["value"], where["n"]) == (0.0, 5)


def test_few_cycles_are_no_answer(simulate: Simulation) -> None:
    code, out, _ = simulate("--json", "--min-n", "6", "--fail-if", "attainment(resolution) < 95%")
    (said,) = json.loads(out)["conditions"]
    assert (code, said["held"], said["why_not"]) == (2, None, "it rests on n = 5, fewer than 6")
    assert simulate("--min-n", "5", "--fail-if", "attainment(resolution) < 95%")[0] == 1


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("attainment(gold) < 95", "compared with a percentage"),
        ("broken(gold) > 5%", "compared with a number"),
        ("attainmnt(gold) < 95%", "'attainmnt'"),
        ("attainment(teem=Billing) < 95%", "no dimension 'teem'"),
        ("attainment(gold,,rest) < 95%", "empty word"),
        ("gold < 95%", "is no condition"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(simulate: Simulation, condition: str, says: str) -> None:
    code, _, err = simulate("--fail-if", condition)
    assert code == 2
    assert says in err


def test_rows_that_cannot_be_judged_end_with_2_unless_they_are_allowed(simulate: Simulation) -> None:
    simulate.write([*ROWS, {"id": "9", "properties": {"createdate": []}}])
    code, _, err = simulate()
    assert code == 2
    assert "1 record could not be judged: line 6, ticket 9: property 'createdate' holds a list" in err
    assert simulate("--allow-unjudged", "1")[0] == 0


def test_what_is_unknown_at_an_earlier_instant_is_said(simulate: Simulation) -> None:
    """At noon nobody can say of a ticket that was closed later how it stood."""
    notes = simulate.json("--now", "2026-03-02T12:30:00Z", "--where", "metric: resolution")["notes"]
    assert notes == [
        "2 cycles are unknown, and not counted: a fact is missing, impossible or later than 2026-03-02T12:30:00Z"
    ]
    assert simulate.json()["notes"] == []


def test_conditions_and_days_choose_what_counts(simulate: Simulation) -> None:
    simulate.edit("policies.yaml", "HIGH: 4h", "HIGH: 3h")
    assert len(simulate.flips("--where", "metric: resolution, priority: HIGH")) == 2
    assert simulate.flips("--where", "metric: first_response") == []
    assert simulate.flips("--since", "2026-03-03") == []
    assert len(simulate.flips("--since", CREATED)) == 2
    assert simulate("--where", "teem: x")[0] == 2
    assert simulate("--by", "waived_by")[0] == 2


def test_markdown_html_and_csv_say_the_same(simulate: Simulation, tmp_path: Path) -> None:
    simulate.edit("policies.yaml", "HIGH: 4h", "HIGH: 3h")
    _, text, _ = simulate("--format", "markdown")
    assert "| kept before, broken after | 2 | Resolution | 1 |" in text
    _, table, _ = simulate("--format", "csv")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["record"], row["reason"]) for row in rows] == [("2", SHORTER), ("4", SHORTER)]
    page = tmp_path / "page.html"
    assert simulate("--format", "html", "--out", str(page))[0] == 0
    assert SHORTER in page.read_text("utf-8")
    comment = tmp_path / "comment.md"
    assert simulate("--out", str(comment))[0] == 0
    assert comment.read_text("utf-8") == text
    assert simulate("--out", str(tmp_path / "comment"))[0] == 2


def test_instants_of_another_year_than_that_of_the_simulation_say_theirs(simulate: Simulation) -> None:
    simulate.edit("policies.yaml", "HIGH: 4h", "HIGH: 3h")
    assert "| Mar 2 13:00 | Mar 2 12:00 | Mar 2 12:30 |" in simulate("--format", "markdown")[1]
    much_later = simulate("--format", "markdown", "--now", "2027-03-01")[1]
    assert "| Mar 2, 2026 13:00 | Mar 2, 2026 12:00 | Mar 2, 2026 12:30 |" in much_later


def test_what_lies_beside_the_copy_of_standard_input_is_not_read(
    simulate: Simulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / "pipelines.json").write_text('{"results": []}', encoding="utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "copies"))
    content = io.BytesIO((simulate.folder / "tickets.jsonl").read_bytes())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content))
    simulate.file = "-"
    assert simulate()[0] == 0


def test_a_full_disk_is_said_and_so_is_a_folder_that_is_missing(simulate: Simulation) -> None:
    code, _, err = simulate("--format", "html", "--out", "/dev/full")
    assert code == 2
    assert "/dev/full cannot be written: No space left on device" in err
    assert simulate("--mappings", "/nowhere")[0] == 2
    simulate.edit("policies.yaml", "HIGH: 4h", "HIGH: 4x")
    assert f"{simulate.new}/policies.yaml:" in simulate()[2]


def test_a_result_is_there_whole_or_what_was_there_before_stays(simulate: Simulation, tmp_path: Path) -> None:
    """A limit on the length of files, in place of a disk that is full after some bytes."""
    page, link = tmp_path / "page.html", tmp_path / "link.html"
    page.write_text("the result of yesterday", encoding="utf-8")
    page.chmod(0o640)
    link.symlink_to(page)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        code, _, err = simulate("--format", "html", "--out", str(link))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == 2
    assert "link.html cannot be written: File too large" in err
    assert page.read_text("utf-8") == "the result of yesterday"
    assert simulate("--format", "html", "--out", str(link))[0] == 0
    assert page.read_text("utf-8").endswith("</html>")
    assert (link.is_symlink(), page.stat().st_mode & 0o777) == (True, 0o640)
    assert sorted(path.name for path in tmp_path.iterdir() if "unfinished" in path.name) == []


def test_only_so_many_flips_are_listed_and_all_are_counted(simulate: Simulation) -> None:
    simulate.edit("policies.yaml", "HIGH: 4h", "HIGH: 1h")
    told = simulate.json("--most", "1")
    assert len(told["tables"]["flips"]) == 1
    assert told["tables"]["total"][0]["broken"] == 3
