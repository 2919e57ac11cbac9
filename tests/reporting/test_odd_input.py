"""Whatever strangers call themselves, and however little there is: each door gives something that is right, in each
language and form, and the same bytes again."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import openpyxl
import pytest

from hubspot_sla.cli.documents import content, show_whole
from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.installation.starter_set import starter_root
from hubspot_sla.flows.reporting.report import Asked, report, statement, uncovered
from hubspot_sla.ledger import names, records
from hubspot_sla.ledger.names import Named
from hubspot_sla.ledger.records import RecordRow
from hubspot_sla.measure.outcome import Excluded
from reporting import ledgers
from reporting.ledgers import Row, in_mind
from reporting.lists import every_cycle, late_now

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from hubspot_sla.render.report.document import Document

NAMES: Final = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-5+3",
    "🚀 Grüße & Söhne",
    "שלום \u202e(moc.elpmaxe)",
    "\x1b[31mred\x07\x0b",
    "two\r\nlines\tand a tab",
    "",  # a customer without a name
)
FORMS: Final = ("csv", "json", "html", "xlsx")
ASKED: Final = Asked(period="2026-10", by="customer")
DOORS: Final[dict[str, Callable[[sqlite3.Connection, Asked], Document]]] = {
    "report": report,
    "late": late_now,
    "list": every_cycle,
    "uncovered": uncovered,
}


def odd(folder: Path, language: str) -> sqlite3.Connection:
    """A customer of each name with a late ticket of that subject, and one that nobody promised anything."""
    rows = [
        Row(str(n), Status.BREACHED, "2026-10-05", who={"company_id": str(900 + n), "owner_id": str(n)})
        for n in range(len(NAMES))
    ]
    rows += [Row(str(50 + n), Status.NO_SLA, excluded=Excluded.NO_SLA) for n in range(len(NAMES))]
    db = in_mind(folder, rows, texts=in_language(language))
    names.remember(db, Named.COMPANY, {str(900 + n): name for n, name in enumerate(NAMES)}, 0)
    names.remember(db, Named.OWNER, {str(n): name for n, name in enumerate(NAMES)}, 0)
    records.save(db, [record(number, name) for n, name in enumerate(NAMES) for number in (str(n), str(50 + n))])
    return db


def record(number: str, subject: str) -> RecordRow:
    inputs: dict[str, str | None] = {"createdate": "2026-10-02T09:00:00Z", "subject": subject}
    return RecordRow("tickets", number, "", 0, (), {}, inputs, open=True, next_at=None)


def in_language(language: str) -> dict[str, str]:
    portal = (starter_root() / "mappings" / "portal.yaml").read_text("utf-8")
    texts, _ = ledgers._mappings("", "")
    return dict(texts) | {"portal.yaml": portal.replace("\nlanguage: en\n", f"\nlanguage: {language}\n")}


@pytest.fixture(scope="module", params=["en", "de", "fr", "es"])
def documents(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    db = odd(tmp_path_factory.mktemp("odd"), request.param)
    doors = {**DOORS, "statement": partial(statement, customer="900")}
    return {name: of(db, ASKED) for name, of in doors.items()}


def keys(document: Document) -> list[str]:
    return list(document.tables)


def test_no_page_holds_what_strangers_wrote_as_markup(documents: dict[str, Document]) -> None:
    for document in documents.values():
        page = content(document, "html", "").decode()
        assert page.startswith("<!doctype html>")
        assert "<script" not in page
        assert not set(page) & {"\x1b", "\x07", "\x0b", "\r", "\u202e"}


def test_no_cell_of_csv_is_a_formula_and_each_row_is_whole(documents: dict[str, Document]) -> None:
    for document in documents.values():
        for key, table in document.tables.items():
            rows = list(csv.reader(io.StringIO(content(document, "csv", key).decode(), newline="")))
            assert [len(row) for row in rows] == [len(table.columns)] * (len(table.rows) + 1)
            texts = [cell for row in rows for cell in row if not _is_number(cell)]
            assert not [cell for cell in texts if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_json_holds_every_name_as_it_is(documents: dict[str, Document]) -> None:
    for document in documents.values():
        assert set(json.loads(content(document, "json", ""))["tables"]) == set(keys(document))
    said = json.loads(content(documents["report"], "json", ""))["tables"]["groups"]
    assert set(NAMES) - {""} <= {row["customer"] for row in said}


def test_no_cell_of_a_workbook_is_a_formula(documents: dict[str, Document]) -> None:
    for name in ("report", "uncovered"):
        book = openpyxl.load_workbook(io.BytesIO(content(documents[name], "xlsx", "")))
        cells = [cell for sheet in book for row in sheet for cell in row]
        assert len(cells) > 10
        assert all(cell.data_type != "f" for cell in cells)


def test_nothing_on_the_terminal_steers_it(documents: dict[str, Document], capsys: pytest.CaptureFixture[str]) -> None:
    for document in documents.values():
        show_whole(document)
    printed = capsys.readouterr().out
    assert "alert(1)" in printed
    assert not set(printed) & {"\x1b", "\x07", "\x0b", "\r", "\u202e"}


def test_equal_ledgers_give_equal_bytes(tmp_path: Path) -> None:
    first, second = (report(odd(tmp_path, "fr"), ASKED) for _ in range(2))
    for form in FORMS:
        assert content(first, form, keys(first)[0]) == content(second, form, keys(second)[0])


@pytest.mark.parametrize("rows", [[], [Row("1", Status.MET, "2026-10-05", "2026-10-04")]], ids=["nothing", "one"])
def test_of_nothing_and_of_one_ticket_each_door_has_a_page(tmp_path: Path, rows: list[Row]) -> None:
    db = in_mind(tmp_path, rows, texts=in_language("de"))
    for of, period in (*((of, "2026-10") for of in DOORS.values()), (report, "2031")):
        document = of(db, Asked(period=period))
        assert content(document, "html", "").startswith(b"<!doctype html>")
        assert content(document, "xlsx", "").startswith(b"PK")


def test_a_list_says_how_many_more_there_are_and_the_command_prints_all(tmp_path: Path) -> None:
    rows = [Row(str(n), Status.NO_SLA, excluded=Excluded.NO_SLA) for n in range(60)]
    db = in_mind(tmp_path, rows)
    records.save(db, [record(str(n), f"Ticket {n}") for n in range(60)])
    shown = report(db, Asked(period="2026-10")).tables["uncovered"]
    assert (len(shown.rows), shown.note) == (50, "and 10 more: sla report uncovered --period 2026-10")
    assert len(uncovered(db, Asked(period="2026-10")).tables["uncovered"].rows) == 60
    assert datetime(2026, 10, 2, 9, tzinfo=UTC).timestamp() * 1000 == shown.rows[0][2].at  # type: ignore[union-attr]
