"""The forms of a report: what harms nobody, what programs read, and what people see."""

from __future__ import annotations

import csv
import gc
import io
import itertools
import re
import shlex
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import openpyxl
import pytest
from click.testing import CliRunner

from hubspot_sla.cli.main import sla
from hubspot_sla.clock.verdict import Status
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reporting import whole_lists
from hubspot_sla.flows.reporting.report import Asked, report
from hubspot_sla.flows.reporting.where import parsed_where
from hubspot_sla.ledger import names
from hubspot_sla.ledger.names import Named
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.render.report import charts
from hubspot_sla.render.report.cells import percent
from hubspot_sla.render.report.comma_separated import comma_separated, defused
from hubspot_sla.render.report.page import page
from hubspot_sla.render.report.workbook import workbook
from reporting.ledgers import Row, in_file, in_mind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sla.render.report.document import Document

HOSTILE = {
    "21": "<script>alert(1)</script>",
    "22": "=cmd|' /C calc'!A0",
    "23": "Grüße 🚀 & Söhne",
    "24": "שלום",
    "25": "-5+3",
    "26": "@SUM(A1)",
}
ROWS = [
    *(
        Row(company, Status.MISSED, "2026-10-05T10:00:00+00:00", "2026-10-06", who={"company_id": company})
        for company in HOSTILE
    ),
    Row("40", Status.MET, "2026-10-05", "2026-10-04"),
    *(Row(f"5{n}", Status.MISSED, f"2026-10-{n % 28 + 1:02}", "2026-10-30", "first_response") for n in range(60)),
    Row("70", Status.WAIVED, "2026-10-05", "2026-10-06", excluded=Excluded.WAIVED),
]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    return filled(tmp_path_factory.mktemp("forms"))


def filled(folder: Path) -> sqlite3.Connection:
    db = in_mind(folder, ROWS)
    names.remember(db, Named.COMPANY, HOSTILE, 0)
    return db


@pytest.fixture(scope="module")
def document(db: sqlite3.Connection) -> Document:
    return report(db, Asked(period="2026-10", by="customer"))


def test_texts_that_begin_as_formulas_are_defused_in_csv_and_numbers_are_not(document: Document) -> None:
    text = comma_separated(document.tables["groups"])
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    customers = {row["customer"] for row in rows}
    assert {"'=cmd|' /C calc'!A0", "'-5+3", "'@SUM(A1)", "Grüße 🚀 & Söhne", "<script>alert(1)</script>"} <= customers
    none = next(row for row in rows if row["customer"] == "none")
    assert (none["judged"], none["change"], none["before"]) == ("61", "", "")
    assert text.endswith("\r\n")
    assert [defused(sign + "1") for sign in "=+-@\t\r"] == [f"'{sign}1" for sign in "=+-@\t\r"]


def test_a_negative_change_is_a_number_in_csv(tmp_path: Path) -> None:
    rows = [Row("1", Status.MET, "2026-09-05", "2026-09-04"), Row("2", Status.MISSED, "2026-10-05", "2026-10-06")]
    found = report(in_mind(tmp_path, rows), Asked(period="2026-10"))
    row = next(csv.DictReader(io.StringIO(comma_separated(found.tables["metrics"]), newline="")))
    assert (row["attainment"], row["before"], row["change"]) == ("0.0", "1.0", "-1.0")


class Elements(HTMLParser):
    """Every element with its attributes, and every id."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def values(self, name: str) -> Iterator[str]:
        return (attributes[name] or "" for _, attributes in self.elements if name in attributes)


def test_the_page_runs_nothing_loads_nothing_and_escapes_what_strangers_wrote(document: Document) -> None:
    content = page(document)
    elements = Elements(content)
    tags = {tag for tag, _ in elements.elements}
    assert not tags & {"script", "link", "iframe", "img", "object", "embed", "form", "base"}
    assert list(elements.values("src")) == []
    assert not re.search(rb"@import|url\(", content)
    assert not any(name.startswith("on") for _, attributes in elements.elements for name in attributes)
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert "שלום".encode() in content


def test_every_link_in_the_page_leads_somewhere(document: Document) -> None:
    elements = Elements(page(document))
    ids = list(elements.values("id"))
    inner = {link[1:] for link in elements.values("href") if link.startswith("#")}
    assert inner
    assert inner <= set(ids)
    assert all(link.startswith(("#", "https://app.hubspot.com/")) for link in elements.values("href"))


def test_a_reader_that_hears_the_page_finds_its_way(document: Document) -> None:
    elements = Elements(page(document)).elements
    levels = [int(tag[1]) for tag, _ in elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert ("html", {"lang": "en"}) in elements
    assert all("scope" in attributes for tag, attributes in elements if tag == "th")
    drawn = [attributes for tag, attributes in elements if tag == "svg" and attributes.get("class") == "chart"]
    assert len(drawn) == len(charts.CHARTS)
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in drawn)
    scrolling = [attributes for _, attributes in elements if attributes.get("class") == "scroll"]
    assert all(attributes["tabindex"] == "0" and attributes["aria-label"] for attributes in scrolling)


def test_charts_are_in_the_colours_of_the_page_and_keep_the_size_of_their_text(document: Document) -> None:
    drawn = re.findall(r'<svg class="chart".*?</svg>\n<figcaption>', page(document).decode(), re.DOTALL)
    assert len(drawn) == len(charts.CHARTS)
    for chart in drawn:
        assert not re.search(r"viewBox|#[0-9a-f]{3,6}|style=|fill=|stroke=", chart)
        shares = [float(number) for number in re.findall(r'(?:x|y|cx|cy|width)[12]?="([-0-9.]+)%"', chart)]
        assert all(0 <= share <= 100 for share in shares)


def test_equal_ledgers_give_equal_bytes(document: Document, tmp_path: Path) -> None:
    again = report(filled(tmp_path), Asked(period="2026-10", by="customer"))
    assert page(again) == page(document)
    assert workbook(again) == workbook(document)
    assert comma_separated(again.tables["groups"]) == comma_separated(document.tables["groups"])


def test_lists_are_short_and_say_which_command_prints_all(document: Document) -> None:
    broken = document.tables["broken-first_response"]
    assert len(broken.rows) == 50
    assert broken.note == (
        "and 10 more: sla report list --period 2026-10 --where"
        " 'metric: first_response, status: [missed, breached], excluded: {known: false}'"
    )
    dues = [row[5].at for row in broken.rows]  # type: ignore[union-attr]
    assert dues == sorted(dues, reverse=True)


@pytest.mark.parametrize(
    "where",
    ["kind: sla", "{not: {priority: LOW}}", "any: [{kind: sla}, {not: {priority: 'x'}}]"],
)
def test_the_command_of_a_list_means_the_same_whatever_was_asked_for(tmp_path: Path, where: str) -> None:
    shown = report(filled(tmp_path), Asked(period="2026-10", where=where)).tables["broken-first_response"]
    told = shlex.split(shown.note.partition(": ")[2])
    assert told[:5] == ["sla", "report", "list", "--period", "2026-10"]
    metric = "metric: first_response, status: [missed, breached], excluded: {known: false}"
    asked_for = where if where.startswith("{") else f"{{{where}}}"
    assert parsed_where(told[-1]) == parsed_where(f"all: [{{{metric}}}, {asked_for}]")


def test_a_workbook_has_a_sheet_for_each_table_with_numbers_dates_and_filters(document: Document) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(document)))
    assert book.sheetnames[:3] == ["report", "metrics", "groups"]
    groups, late = book["groups"], book["late"]
    cells = {cell.value: cell for cell in groups["A"]}
    assert cells["=cmd|' /C calc'!A0"].data_type == "s"
    assert groups.auto_filter.ref == f"A1:L{len(HOSTILE) + 2}"
    assert (groups["B2"].value, groups["F2"].number_format) == (1, "0.0%")
    assert late["F2"].is_date
    assert late["A2"].hyperlink.target.startswith("https://app.hubspot.com/")
    assert book.properties.created.year == 1980


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_a_page_is_in_the_language_of_the_portal(tmp_path: Path, language: str) -> None:
    from hubspot_sla.flows.installation.starter_set import starter_root

    portal = (starter_root() / "mappings" / "portal.yaml").read_text("utf-8")
    assert "\nlanguage: en\n" in portal
    from reporting import ledgers

    texts, _ = ledgers._mappings("", "")
    changed = dict(texts) | {"portal.yaml": portal.replace("\nlanguage: en\n", f"\nlanguage: {language}\n")}
    db = ledgers.in_mind(tmp_path, ROWS[:7], texts=changed)
    found = report(db, Asked(period="2026-10"))
    words = {"de": "Erfüllung", "fr": "Taux de respect", "es": "Cumplimiento"}
    assert found.language == language
    assert words[language] in [column.title for column in found.tables["metrics"].columns]
    assert f'lang="{language}"'.encode() in page(found)


def test_a_share_is_never_rounded_to_everything_or_nothing() -> None:
    from fractions import Fraction

    from hubspot_sla.language.texts import texts_of

    english, german = texts_of("en"), texts_of("de")
    assert [percent(Fraction(n, 10_000), english) for n in (0, 1, 9_407, 9_999, 10_000)] == [
        "0%",
        "0.1%",
        "94.1%",
        "99.9%",
        "100%",
    ]
    assert percent(Fraction(941, 1000), german) == "94,1\N{NO-BREAK SPACE}%"
    assert percent(None, english) == "–"


def test_the_command_prints_writes_and_refuses(tmp_path: Path) -> None:
    ledger = str(in_file(tmp_path / "ledger.db", ROWS[:7]))
    run = CliRunner().invoke

    def said(*words: str) -> str:
        done = run(sla, ["report", *words, "--period", "2026-10", "--ledger", ledger], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    assert said().startswith("October 2026: 14.3% of 7 promises kept.\nMetric\tCame due")
    assert said("--format", "csv").startswith("metric,judged,met")
    assert '"sentence": "October 2026: 14.3% of 7 promises kept."' in said("--json")
    assert said("--format", "html", "--out", str(tmp_path / "page.html")) == ""
    assert (tmp_path / "page.html").read_bytes().startswith(b"<!doctype html>")
    assert said("--table", "people").startswith("October 2026")


def test_a_file_has_the_form_by_which_its_name_ends_and_is_never_left_out(tmp_path: Path) -> None:
    ledger, csv, text = str(in_file(tmp_path / "ledger.db", ROWS[:7])), tmp_path / "report.CSV", tmp_path / "report.txt"

    def printed(*words: str) -> str:
        asked = [*words, "--period", "2026-10", "--ledger", ledger]
        return CliRunner().invoke(sla, asked, catch_exceptions=False).stdout

    for command in (("report",), ("report", "kept"), ("report", "list"), ("report", "late")):
        assert printed(*command, "--out", str(csv)) == ""
        assert csv.read_text("utf-8").count(",") > 1
        csv.unlink()
    with pytest.raises(UsageProblem, match=r"report\.txt: its name does not say in which form"):
        printed("report", "--out", str(text))
    assert not text.exists()


def test_garbage_is_looked_for_again_when_a_report_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def late(*_: object) -> Document:
        seen.append(gc.isenabled())
        raise UsageProblem("no", remedy="none")

    monkeypatch.setattr(whole_lists, "late", late)
    ended = CliRunner().invoke(sla, ["report", "late", "--ledger", str(in_file(tmp_path / "ledger.db", []))])
    assert isinstance(ended.exception, UsageProblem)
    assert (seen, gc.isenabled()) == ([False], True)
