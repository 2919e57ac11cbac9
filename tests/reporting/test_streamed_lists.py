"""Lists of a million lines are written as they are read: the bytes are those of the whole document."""

from __future__ import annotations

import io
import json
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.cli import documents, terminal
from hubspot_sla.cli.documents import content
from hubspot_sla.cli.main import sla
from hubspot_sla.clock.verdict import Status
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reporting import whole_lists
from hubspot_sla.flows.reporting.report import Asked
from hubspot_sla.flows.reporting.whole_lists import counted, late, whole
from hubspot_sla.language.texts import texts_of
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.plan.instant_text import wire, wire_of_many
from hubspot_sla.render.report import streamed as forms
from hubspot_sla.render.report import workbook
from hubspot_sla.render.report.cells import shown
from hubspot_sla.render.report.document import Column, Document, Instant, Section, Table
from hubspot_sla.render.report.streamed import Streamed, comma_separated_parts, json_parts, shown_lines
from reporting.ledgers import Row, in_file, in_mind
from reporting.test_odd_input import odd

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

OCTOBER = Asked(period="2026-10")
ROWS = [
    Row("1", Status.MET, "2026-10-05", "2026-10-04"),
    Row("2", Status.MISSED, "2026-10-06", "2026-10-06T03:20:10"),
    Row("3", Status.BREACHED, "2026-10-07"),
    Row("4", Status.MET, "2026-10-08", ended="2026-10-07"),
    Row("5", Status.NOT_APPLICABLE, ended="2026-10-09", excluded=Excluded.NOT_APPLICABLE),
]


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_parts_put_together_are_the_whole_whatever_strangers_wrote(
    tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "AT_ONCE", 2)
    db = odd(tmp_path, language)
    for of, asked in ((counted, OCTOBER), (late, OCTOBER), (counted, Asked(period="1999"))):
        with of(db, asked) as streamed:
            document = whole(streamed)
        with of(db, asked) as streamed:
            assert "".join(comma_separated_parts(streamed)).encode() == content(document, "csv", "list")
        with of(db, asked) as streamed:
            assert "".join([*json_parts(streamed), "\n"]).encode() == content(document, "json", "list")
        with of(db, asked) as streamed:
            texts = texts_of(language)
            cells = [[shown(cell, texts, document.zone) for cell in row] for row in document.tables["list"].rows]
            assert list(shown_lines(streamed)) == cells
            assert streamed.number == len(cells)


def test_a_list_says_how_each_cycle_went(tmp_path: Path) -> None:
    ledger = str(in_file(tmp_path / "ledger.db", ROWS))
    printed = CliRunner().invoke(sla, ["report", "list", "--period", "2026-10", "--ledger", ledger])
    assert printed.stdout.splitlines()[0] == "5 cycles."
    lines = [line.split("\t") for line in printed.stdout.splitlines()[2:]]
    assert [(line[0], line[7]) for line in lines] == [
        ("5", "the promise ended before it was due"),
        ("4", "closed without it; promised 8 hours by support"),
        ("3", "late since Oct 7 00:00 UTC; promised 8 hours by support"),
        ("2", "late by 3 hours 20 minutes; promised 8 hours by support"),
        ("1", "promised 8 hours by support"),
    ]


def test_a_list_that_ends_in_the_middle_replaces_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def broken_off(db: sqlite3.Connection, asked: Asked) -> Iterator[Streamed]:
        def lines() -> Iterator[tuple[str, ...]]:
            raise OSError(5, "Input/output error")
            yield ()

        with counted(db, asked) as streamed:
            yield replace(streamed, lines=lines())

    monkeypatch.setattr(whole_lists, "counted", broken_off)
    out = tmp_path / "out.csv"
    out.write_text("of yesterday")
    ledger = str(in_file(tmp_path / "ledger.db", ROWS))
    ended = CliRunner().invoke(sla, ["report", "list", "--ledger", ledger, "--format", "csv", "--out", str(out)])
    assert ended.exit_code != 0
    assert out.read_text() == "of yesterday"
    assert sorted(path.name for path in tmp_path.iterdir() if "unfinished" in path.name) == []


@given(st.none() | st.integers(0, 4_000_000_000_000))
def test_instants_of_many_are_worded_as_one_is(at: int | None) -> None:
    assert wire_of_many(at) == wire(at)
    zone, texts = ZoneInfo("Africa/Monrovia"), texts_of("en")
    table = Table("list", "", [Column("due_at", "")], [])
    document = Document("", "", (), [Section("list", "", [table])], zone, "en", None)
    of_one = Streamed(document, iter([(at,)]), 1, frozenset({"due_at"}), {})
    assert list(shown_lines(of_one)) == [[shown(Instant(at), texts, zone)]]


def test_json_in_parts_is_ascii_where_nothing_else_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", printed)
    terminal.write_parts(['{"a": "Grüße', ' 🚀"}'], as_json=True)
    printed.flush()
    text = printed.buffer.getvalue()  # type: ignore[attr-defined]
    assert text.isascii()
    assert json.loads(text) == {"a": "Grüße 🚀"}


def test_a_list_goes_to_a_file_whole(tmp_path: Path) -> None:
    ledger, out = str(in_file(tmp_path / "ledger.db", ROWS)), tmp_path / "list.json"
    words = ["report", "list", "--period", "2026-10", "--ledger", ledger]
    ended = CliRunner().invoke(sla, [*words, "--format", "json", "--out", str(out)])
    assert ended.stderr == f"{out}: 5 cycles.\n"
    assert out.read_text() == CliRunner().invoke(sla, [*words, "--json"]).stdout


def test_a_sheet_keeps_the_ticket_of_a_row_that_has_no_link_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "_MOST_LINKS", 2)
    with counted(in_mind(tmp_path, ROWS), OCTOBER) as streamed:
        document = whole(replace(streamed, links={"tickets": "https://app.hubspot.com/"}))
    with ZipFile(io.BytesIO(workbook.workbook(document))) as book:
        sheet = book.read("xl/worksheets/sheet2.xml").decode()
    assert sheet.count("<hyperlink ") == 2
    assert sheet.count('<c r="A') == 1 + len(ROWS)


@pytest.mark.parametrize("form", ["xlsx", "html"])
def test_a_list_too_long_to_be_made_whole_is_refused_and_another_form_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(documents, "MOST_WHOLE", 4)
    words = ["report", "list", "--period", "2026-10", "--ledger", str(in_file(tmp_path / "ledger.db", ROWS))]
    ended = CliRunner().invoke(sla, [*words, "--format", form, "--out", str(tmp_path / "list")])
    assert isinstance(ended.exception, UsageProblem)
    assert ended.exception.remedy == "write CSV, or name a shorter period"
    assert not (tmp_path / "list").exists()
