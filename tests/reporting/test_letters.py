"""A report as a letter says what is right whatever the ledger holds, in every language."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, date
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.clock.verdict import Status
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reporting.report import Asked, mappings_of, report
from hubspot_sla.flows.reporting.subscribed import document_of, in_letter, label, period_due
from hubspot_sla.flows.reporting.where import parsed_where
from hubspot_sla.ledger import names
from hubspot_sla.ledger.names import Named
from hubspot_sla.policy.subscriptions import Role, Subscription
from hubspot_sla.render.report import letter
from hubspot_sla.render.report.document import Column, Count, Document, Section, Table, Text
from reporting import ledgers
from reporting.ledgers import Row, at, in_mind

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

NOW = at("2026-11-02T07:00:00+00:00")
LANGUAGES = ("en", "de", "fr", "es")
HOSTILE = {
    "51": "<script>alert(1)</script>\r\nBcc: everybody@example.com",
    "52": "=cmd|' /C calc'!A0",
    "53": "Grüße 🚀 שלום",
}
LATE = {
    "en": "Late and still open",
    "de": "Verspätet und noch offen",
    "fr": "En retard et encore ouvert",
    "es": "Con retraso y aún abierto",
}


class Tags(HTMLParser):
    """Every tag of a page, and whether each that was opened was closed."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(name.startswith("on") for name, _ in attrs)
        self.names.add(tag)
        self.open += [] if tag in self.VOID else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def ledger(folder: Path, rows: list[Row], language: str = "en") -> sqlite3.Connection:
    texts = dict(ledgers._mappings("", "")[0])
    texts["portal.yaml"] = texts["portal.yaml"].replace("\nlanguage: en\n", f"\nlanguage: {language}\n")
    db = in_mind(folder, rows, texts=None if language == "en" else texts)
    names.remember(db, Named.COMPANY, HOSTILE, 0)
    return db


def document(db: sqlite3.Connection, role: Role, where: str = "", now: int = NOW) -> Document:
    mappings = mappings_of(db)
    period = period_due(role, now, mappings)
    assert period is not None
    wanted = Subscription("name", role, "", parsed_where(where), where, ())
    return in_letter(document_of(db, wanted, period, mappings), role)


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_strangers_are_text_in_every_language(tmp_path: Path, language: str) -> None:
    rows = [
        *(Row(f"1{company}", Status.BREACHED, "2026-10-30", who={"company_id": company}) for company in HOSTILE),
        Row("2", Status.BREACHED, "2026-10-30", who={"company_id": "54"}),  # without a name
        Row("3", Status.RUNNING, "2026-11-02T12:00:00+00:00"),  # without a customer
    ]
    db = ledger(tmp_path, rows, language)
    for role in Role:
        of_role = document(db, role)
        text, page = letter.as_text(of_role), letter.as_html(of_role)
        tags = Tags(page)
        assert (tags.names & {"script", "img", "link", "svg", "form"}, tags.open) == (set(), [])
        assert f'lang="{language}"' in page
        assert not any(line.startswith("Bcc") for line in text.splitlines())
        if role is Role.LEAD:
            assert LATE[language] in text
            assert all(name in text for name in ("=cmd|' /C calc'!A0", "Grüße 🚀 שלום", ": 54\n"))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("rows", [[], [Row("1", Status.MET, "2026-10-30", "2026-10-29")]], ids=["empty", "one ticket"])
def test_an_empty_ledger_and_a_single_ticket_make_a_letter(tmp_path: Path, role: Role, rows: list[Row]) -> None:
    of_role = document(ledger(tmp_path, rows), role)
    text, page = letter.as_text(of_role), letter.as_html(of_role)
    assert of_role.sentence in text
    assert of_role.sentence in page
    assert rows or " 0%" not in text.partition("Waiver rate")[0]
    assert "nan" not in text


def test_a_period_without_tickets_says_so_also_in_the_future(tmp_path: Path) -> None:
    db = ledger(tmp_path, [Row("1", Status.MET, "2026-10-30", "2026-10-29")])
    future = document(db, Role.EXECUTIVE, now=at("2031-03-05"))
    assert future.sentence == "February 2031: no promise came due."


def test_words_that_no_outcome_has_are_noted_and_unknown_properties_refused(tmp_path: Path) -> None:
    db = ledger(tmp_path, [Row("1", Status.MET, "2026-10-30", "2026-10-29", tier="gold")])
    assert "no outcome has the tier 'golden'" in letter.as_text(document(db, Role.MANAGER, "tier: golden"))
    with pytest.raises(UsageProblem, match="region"):
        document(db, Role.MANAGER, "property: {region: north}")


def test_a_long_table_shows_its_first_rows_and_counts_the_others() -> None:
    columns = [Column("who", "Who"), Column("empty", "Empty"), Column("number", "Number")]
    rows = [[Text(f"row {n}"), Text(""), Count(n)] for n in range(letter.ROWS + 2)]
    table = Table("t", "Table", columns, rows)
    made = Document("Title", "Sentence.", [], [Section("s", "Section", [table])], UTC, "en", None)
    text, page = letter.as_text(made), letter.as_html(made)
    assert "Who     Number\n------  ------\nrow 0        0\n" in text
    assert "and 2 more" in text
    assert "and 2 more" in page
    assert f"row {letter.ROWS}" not in page
    assert "Empty" not in page


def test_an_instant_in_a_list_has_its_title_beside_it_for_phones(tmp_path: Path) -> None:
    page = letter.as_html(document(ledger(tmp_path, [Row("3", Status.BREACHED, "2026-10-07")]), Role.LEAD))
    label = re.search(r'<span class="label"[^>]*>Due: </span>Oct 7', page)
    assert label
    assert "display: none" in label[0]


def test_of_many_customers_a_letter_shows_those_with_most_broken_promises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letter, "ROWS", 2)
    broken = {"501": 0, "502": 1, "503": 2, "504": 1}
    rows = [Row(f"{who}9", Status.MET, "2026-10-05", "2026-10-04", who={"company_id": who}) for who in broken]
    rows += [
        Row(f"{who}{n}", Status.MISSED, "2026-10-05", "2026-10-06", who={"company_id": who})
        for who, number in broken.items()
        for n in range(number)
    ]
    made = report(ledger(tmp_path, rows), Asked(period="2026-10", by="customer"))
    assert [row[0].text for row in made.tables["groups"].rows] == sorted(broken)  # type: ignore[union-attr]
    section = next(section for section in made.sections if section.key == "attainment")
    groups = [table for table in section.tables if table.key == "groups"]
    of_groups = replace(made, sections=[replace(section, tables=groups)])
    for told in (letter.as_text(of_groups), letter.as_html(of_groups)):
        assert told.index("503") < told.index("502")
        assert "2 of 4, those with most broken promises first" in told
        assert not [who for who in ("501", "504") if who in told]


def test_a_letter_with_five_long_tables_is_shorter_than_what_mail_programs_cut_off() -> None:
    """Gmail shows the first 102 KB."""
    columns = [Column(f"column{place}", f"Column {place}") for place in range(10)]
    rows = [[Text(f"Customer {n}"), *(Count(1_000 + n) for _ in columns[1:])] for n in range(2 * letter.ROWS)]
    tables = [Table(f"t{n}", "Table", columns, rows) for n in range(5)]
    page = letter.as_html(Document("Title", "Sentence.", [], [Section("s", "Section", tables)], UTC, "en", None))
    assert len(page.encode()) < 100_000


def test_without_the_extra_the_styles_stand_in_the_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_role = document(ledger(tmp_path, []), Role.LEAD)
    assert '<h1 style="' in letter.as_html(of_role)
    monkeypatch.setitem(sys.modules, "css_inline", None)
    page = letter.as_html(of_role)
    assert "<h1>" in page
    assert "h1 { font-size" in page


def test_periods_are_called_as_files_can_be(tmp_path: Path) -> None:
    mappings = mappings_of(ledger(tmp_path, []))
    names_of_periods = []
    for role in Role:
        period = period_due(role, NOW, mappings)
        assert period is not None
        assert period.end > date(2026, 10, 31)
        names_of_periods.append(label(period))
    assert names_of_periods == ["2026-11-02", "2026-W44", "2026-10"]
