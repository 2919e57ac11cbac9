"""`sla report why`: on the terminal, for programs, as a page, and what cannot be asked."""

from __future__ import annotations

import io
import json
import shlex
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.cli.main import main
from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.inspection import why_document
from hubspot_sla.flows.inspection.why_moved import Part, WhyMoved
from hubspot_sla.flows.installation.starter_set import starter_root
from hubspot_sla.measure.difference import Tally
from hubspot_sla.policy.loader import read_texts
from reporting.ledgers import Row, in_file

if TYPE_CHECKING:
    from pathlib import Path

SEPTEMBER, OCTOBER = "2026-09-10T10:00:00+00:00", "2026-10-10T10:00:00+00:00"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of one kind 1 of 2 were kept and then 3 of 4; another kind is new."""
    kept = [(SEPTEMBER, Status.MET, "LOW"), (SEPTEMBER, Status.MISSED, "LOW")]
    kept += [(OCTOBER, Status.MET, "LOW")] * 3 + [(OCTOBER, Status.MISSED, "LOW"), (OCTOBER, Status.MISSED, "=1+1")]
    rows = [
        Row(str(number), status, due, started=due, stopped=due, who={"priority": priority})
        for number, (due, status, priority) in enumerate(kept, 1)
    ]
    return in_file(tmp_path_factory.mktemp("why") / "ledger.db", rows)


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


def run(ledger: Path, *arguments: str) -> Ended:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(["report", *arguments, "--ledger", str(ledger)])
    return Ended(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def test_the_parts_sum_to_the_difference(ledger: Path) -> None:
    found = json.loads(run(ledger, "why", "2026-09", "2026-10", "--json").out)
    parts = {row["part"]: Fraction(row["exact"]) for row in found["tables"]["parts"]}
    assert parts.pop("difference") == sum(parts.values()) == Fraction(3, 5) - Fraction(1, 2)
    assert {part: share for part, share in parts.items() if share} == {
        "performance": Fraction(1, 4),
        "new_kinds": Fraction(-3, 20),
    }
    lists = {row["priority"]: row["list"] for row in found["tables"]["cells"]}
    assert "'policy: support, tier: {known: false}, priority: LOW, metric: resolution'" in lists["LOW"]
    assert 'priority: "=1+1"' in lists["=1+1"]


def test_parts_that_cancel_each_other_are_said_so(tmp_path: Path) -> None:
    """1 of 2 and then 3 of 4, and a new kind of which none of 2 was kept: 3 of 6."""
    kept = [(SEPTEMBER, Status.MET, "LOW"), (SEPTEMBER, Status.MISSED, "LOW"), (OCTOBER, Status.MISSED, "LOW")]
    kept += [(OCTOBER, Status.MET, "LOW")] * 3 + [(OCTOBER, Status.MISSED, "HIGH")] * 2
    rows = [
        Row(str(number), status, due, started=due, stopped=due, who={"priority": priority})
        for number, (due, status, priority) in enumerate(kept)
    ]
    ledger = in_file(tmp_path / "ledger.db", rows)
    assert run(ledger, "why", "2026-09", "2026-10").out.splitlines()[0] == (
        "October 2026: 50.0% of promises kept, as in September 2026: what moved it adds up to nothing, most of all"
        " tickets of one kind fared otherwise (+25.0)."
    )


def test_what_moved_a_figure_most_is_what_moved_it_the_way_it_went() -> None:
    parts = {Part.MIX: Fraction(3, 10), Part.NEW_KINDS: Fraction(-1, 10), Part.MAPPINGS: Fraction(-1, 4)}
    found = WhyMoved(Tally(3, 10), Tally(2, 8), 0, parts, {}, [], 0)
    assert sum(parts.values()) == found.difference
    assert why_document._largest(found) == (Part.MAPPINGS, Fraction(-1, 4))


def test_of_some_promises_the_parts_sum_to_their_own_difference(ledger: Path) -> None:
    found = json.loads(run(ledger, "why", "2026-09", "2026-10", "--where", "not: {priority: '=1+1'}", "--json").out)
    parts = {row["part"]: Fraction(row["exact"]) for row in found["tables"]["parts"] if row["exact"] != "0"}
    assert parts == {"performance": Fraction(1, 4), "difference": Fraction(1, 4)}
    (cell,) = found["tables"]["cells"]
    assert "'all: [{not: {priority: '\"'\"'=1+1'\"'\"'}}, {policy: support" in cell["list"]


def test_what_prints_the_rest_asks_for_the_same(tmp_path: Path) -> None:
    rows = [
        Row(f"{month}{number}", Status.MET, due, started=due, stopped=due, who={"priority": f"P{number}"})
        for month, due in enumerate((SEPTEMBER, OCTOBER), 1)
        for number in range(60)
    ]
    many = in_file(tmp_path / "ledger.db", rows)
    shown = run(many, "why", "2026-09", "2026-10", "--metric", "resolution", "--where", "policy: [support]")
    more = "sla report why 2026-09 2026-10 --metric resolution --where 'policy: [support]' --format csv --table cells"
    assert more in shown.err
    out = tmp_path / "cells.csv"
    assert run(many, *shlex.split(more)[2:], "--out", str(out)).code == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) == 61


def test_people_read_the_parts_in_their_language_and_programs_by_their_keys(tmp_path: Path) -> None:
    texts = read_texts(starter_root() / "mappings")
    texts["portal.yaml"] = texts["portal.yaml"].replace("language: en", "language: de")
    rows = [
        Row(str(number), Status.MET, due, started=due, stopped=due, who={"priority": priority})
        for number, (due, priority) in enumerate(((SEPTEMBER, "LOW"), (OCTOBER, "HIGH")))
    ]
    rows.append(Row("3", Status.MISSED, OCTOBER, started=OCTOBER, who={"priority": "HIGH"}))
    german = in_file(tmp_path / "ledger.db", rows, texts=texts)
    assert "neue Arten von Tickets -1/2" in run(german, "why", "2026-09", "2026-10").out
    (cell, _) = json.loads(run(german, "why", "2026-09", "2026-10", "--json").out)["tables"]["cells"]
    assert cell["exact"] == "new_kinds -1/2"


def test_on_a_terminal_what_matters_comes_first(ledger: Path) -> None:
    shown = run(ledger, "why", "2026-09", "2026-10", "--metric", "resolution")
    assert shown.code == 0, shown.err
    assert shown.out.splitlines()[0].startswith("October 2026: 60.0% of promises kept, after 50.0% in September 2026")
    assert "tickets of one kind fared otherwise" in shown.out
    assert "2026-09 was not closed" in shown.err


@pytest.mark.parametrize("form", ["html", "csv", "xlsx"])
def test_in_every_form(ledger: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"why.{form}"
    result = run(ledger, "why", "2026-09", "2026-10", "--format", form, "--out", str(out))
    assert result.code == 0, result.err
    assert out.stat().st_size > 100


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--period", "2026-12"), "2026-12 has not begun"),
        (("--ticket", "77"), "no outcome of 77"),
        (("--period", "soon"), "'soon' is no period"),
    ],
)
def test_what_cannot_be_asked_of_kept(ledger: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run(ledger, "kept", *arguments)
    assert result.code == 2
    assert said in result.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("2026-10", "2026-09"), "name the earlier period first"),
        (("2026-08", "2026-10"), "no promise came due in 2026-08"),
        (("2026-10", "2026-12"), "2026-12 has not begun"),
        (("2026-13", "2026-10"), "'2026-13' is no period"),
        (("2026-09", "2026-10", "--metric", "resolutoin"), "resolution"),
        (("2026-09", "2026-10", "--where", "tier: gold"), "no promise came due in 2026-09"),
        (("2026-09", "2026-10", "--where", "teir: gold"), "tier"),
        (("2026-09", "2026-10", "--where", "waived_by: Mara"), "there is no dimension 'waived_by' here"),
        (("2026-09", "2026-10", "--format", "csv", "--table", "cell"), "cells"),
    ],
)
def test_what_cannot_be_asked_is_said_with_exit_code_2(ledger: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run(ledger, "why", *arguments)
    assert result.code == 2
    assert said in result.err
