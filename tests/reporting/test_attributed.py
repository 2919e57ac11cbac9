"""Who paused and what that kept: on ledgers small enough to count by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.reporting.report import Asked, counted, report
from hubspot_sla.ledger import names
from hubspot_sla.ledger.names import Named
from hubspot_sla.measure.outcome import Attribution, Excluded, PausedBy
from hubspot_sla.render.report.cells import raw
from reporting.ledgers import HOUR, Row, in_mind

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from hubspot_sla.render.report.document import Document

MARA, WORKFLOW = "CRM_UI userId:7", "AUTOMATION_PLATFORM"
DUE = "2026-10-05T10:00:00+00:00"
OCTOBER = Asked(period="2026-10")


def pause(author: str, hours: int, *, met_only: bool = False) -> PausedBy:
    return PausedBy(author, hours * HOUR, 3 * hours * HOUR, met_only)


def cells(document: Document, key: str) -> list[list[Any]]:
    return [[raw(cell) for cell in row] for row in document.tables[key].rows]


PAUSED = [
    Row("1", Status.MET, DUE, DUE, attribution=Attribution((pause(MARA, 4, met_only=True),), met_by_pauses=True)),
    Row("2", Status.MET, DUE, DUE, attribution=Attribution((pause(MARA, 1), pause(WORKFLOW, 2)), met_by_pauses=True)),
    Row("3", Status.MET, DUE, DUE, attribution=Attribution((pause(WORKFLOW, 1),))),
    Row("4", Status.MET, DUE, DUE),
    Row("5", Status.MISSED, DUE, DUE, attribution=Attribution((pause("", 4),))),
    Row(
        *("6", Status.MET, DUE, DUE),
        excluded=Excluded.BEFORE_GO_LIVE,
        attribution=Attribution((pause(MARA, 9, met_only=True),), met_by_pauses=True),
    ),
    Row("7", Status.MET, "2026-09-05", "2026-09-05", attribution=Attribution((pause(MARA, 9),))),
]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    made = in_mind(tmp_path_factory.mktemp("pauses"), PAUSED)
    names.remember(made, Named.USER, {"7": "Mara Lindqvist"}, 0)
    return made


def test_pauses_are_shown_by_author_with_what_was_kept_only_by_them(db: sqlite3.Connection) -> None:
    document = report(db, OCTOBER)
    assert cells(document, "pauses") == [
        ["Resolution", "Mara Lindqvist", 2, 5 * 3600, 15 * 3600, 1, 0.25],
        ["Resolution", "nobody says", 1, 4 * 3600, 12 * 3600, 0, 0.0],
        ["Resolution", "by a workflow", 2, 3 * 3600, 9 * 3600, 0, 0.0],
        ["Resolution", "all together", 4, 12 * 3600, 36 * 3600, 2, 0.5],
    ]
    section = next(section for section in document.sections if section.key == "pauses")
    assert section.paragraphs == [
        "Without any pause 40.0% of 5 promises would have been kept: 2 of those that were kept were kept only because"
        " of pauses."
    ]


def test_what_was_kept_only_by_pauses_is_listed_and_can_be_asked_for(db: sqlite3.Connection) -> None:
    document = report(db, OCTOBER)
    assert [row[0] for row in cells(document, "paused-resolution")] == ["2", "1"]
    where = "metric: resolution, met_only_by: pauses, excluded: {known: false}"
    asked = counted(db, Asked(period="2026-10", where=where))
    assert [row[0] for row in cells(asked, "list")] == ["2", "1"]


def test_without_pauses_nothing_is_said_of_them(tmp_path: Path) -> None:
    for rows in ([], PAUSED[3:4]):
        document = report(in_mind(tmp_path, rows), OCTOBER)
        section = next(section for section in document.sections if section.key == "pauses")
        assert (section.tables[0].rows, section.paragraphs) == ([], [])
        assert section.tables[0].empty == "Nothing was paused."


def test_where_an_earlier_version_judged_it_is_said_that_nobody_knows(tmp_path: Path) -> None:
    db = in_mind(tmp_path, [Row("1", Status.MET, DUE, DUE, attribution=None)])
    db.execute("update outcomes set paused_ms = 60000")
    section = next(section for section in report(db, OCTOBER).sections if section.key == "pauses")
    assert section.paragraphs[-1] == (
        "Of 1 paused promises it is not known who paused them: an earlier version judged them."
    )


@pytest.mark.parametrize("author", ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "💥 بسم", ""])
def test_an_author_of_any_name_is_shown_as_text(tmp_path: Path, author: str) -> None:
    from hubspot_sla.render.report.comma_separated import comma_separated
    from hubspot_sla.render.report.page import page

    rows = [Row("1", Status.MET, DUE, DUE, attribution=Attribution((pause(author, 1),)))]
    document = report(in_mind(tmp_path, rows), OCTOBER)
    assert b"<script" not in page(document)
    assert ",=" not in comma_separated(document.tables["pauses"])
