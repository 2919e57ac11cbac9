"""Pauses, waivers, silent hours and records without a promise: on ledgers small enough to count by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.reporting.report import Asked, report, statement
from hubspot_sla.ledger import names, records
from hubspot_sla.ledger.names import Named
from hubspot_sla.ledger.records import RecordRow
from hubspot_sla.measure.outcome import Attribution, Excluded, PausedBy
from hubspot_sla.measure.whose_time import Holder, HolderSpan, HolderTime
from hubspot_sla.render.report.cells import raw
from reporting.ledgers import HOUR, Row, at, in_mind
from reporting.lists import every_cycle

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
        "Without any pause 40.0% of 5 promises would have been kept. Kept only because of pauses: 2."
    ]


def test_what_was_kept_only_by_pauses_is_listed_and_can_be_asked_for(db: sqlite3.Connection) -> None:
    document = report(db, OCTOBER)
    assert [row[0] for row in cells(document, "paused-resolution")] == ["2", "1"]
    where = "metric: resolution, met_only_by: pauses, excluded: {known: false}"
    asked = every_cycle(db, Asked(period="2026-10", where=where))
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
        "Of 1 paused promise it is not known who paused it: an earlier version judged it."
    )


@pytest.mark.parametrize("author", ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "💥 بسم", ""])
def test_an_author_of_any_name_is_shown_as_text(tmp_path: Path, author: str) -> None:
    from hubspot_sla.render.report.comma_separated import comma_separated
    from hubspot_sla.render.report.page import page

    rows = [Row("1", Status.MET, DUE, DUE, attribution=Attribution((pause(author, 1),)))]
    document = report(in_mind(tmp_path, rows), OCTOBER)
    assert b"<script" not in page(document)
    assert ",=" not in comma_separated(document.tables["pauses"])


def test_waivers_are_shown_by_whom_with_their_part_in_the_waiver_rate(tmp_path: Path) -> None:
    def waived(record: str, author: str) -> Row:
        return Row(
            *(record, Status.WAIVED, DUE, DUE), excluded=Excluded.WAIVED, attribution=Attribution(waived_by=author)
        )

    rows = [waived("1", "Mara"), waived("2", "Mara"), waived("3", "Ben"), Row("4", Status.MISSED, DUE, DUE)]
    db = in_mind(tmp_path, rows)
    document = report(db, OCTOBER)
    assert cells(document, "waivers") == [["Mara", 2, 0.5], ["Ben", 1, 0.25], ["all together", 3, 0.75]]
    names.remember(db, Named.COMPANY, {"21": "Acme"}, 0)
    db.execute("update outcomes set company_id = '21'")
    sent = statement(db, OCTOBER, "Acme")
    assert "Mara" not in str(sent)


def held(start: str, *pieces: tuple[float, Holder | None, bool]) -> tuple[HolderSpan, ...]:
    spans, begins = [], at(start)
    for hours, holder, late in pieces:
        ends = begins + int(hours * HOUR)
        spans.append(HolderSpan(begins, ends, holder, "", late, ends - begins if holder else 0))
        begins = ends
    return tuple(spans)


def test_the_time_of_a_ticket_with_two_broken_promises_counts_once(tmp_path: Path) -> None:
    """Both began at eight: the first broke at ten and was over at twelve, the other went on to three."""
    began = "2026-10-05T08:00:00+00:00"
    first = held(began, (2, Holder.QUEUE, False), (2, Holder.QUEUE, True))
    other = held(began, (2, Holder.QUEUE, False), (2, Holder.QUEUE, False), (3, Holder.CUSTOMER, True))
    whole = (HolderTime(Holder.QUEUE, "", late=False, ms=4 * HOUR), HolderTime(Holder.CUSTOMER, "", late=True, ms=HOUR))
    rows = [
        Row("1", Status.MISSED, DUE, DUE, "first_response", began, attribution=Attribution(spans=first)),
        Row("1", Status.MISSED, DUE, DUE, "resolution", began, attribution=Attribution(spans=other)),
        Row("2", Status.MISSED, DUE, DUE, started=began, holders=whole),
    ]
    document = report(in_mind(tmp_path, rows), OCTOBER)
    assert [row[:4:2] + row[4:5] for row in cells(document, "bottlenecks_once")] == [
        ["our queue", 8 * 3600, 2 * 3600],
        ["the customer", 4 * 3600, 4 * 3600],
    ]


def test_records_without_a_promise_are_counted_by_the_month_of_their_creation(tmp_path: Path) -> None:
    rows = [
        Row("1", Status.NO_SLA, excluded=Excluded.NO_SLA),
        Row("1", Status.NO_SLA, clock="first_response", excluded=Excluded.NO_SLA),
        Row("2", Status.NO_SLA, excluded=Excluded.NO_SLA),
        Row("2", Status.MET, DUE, DUE, "first_response"),
        Row("3", Status.MERGED, excluded=Excluded.MERGED),
        Row("4", Status.UNKNOWN, excluded=Excluded.UNKNOWN),
        Row("5", Status.NO_SLA, excluded=Excluded.NO_SLA),
    ]
    db = in_mind(tmp_path, rows, portal="\nreport: {timezone: Europe/Berlin}\n")
    created = dict.fromkeys("1234", "2026-09-30T22:00:00Z") | {"5": "2026-09-30T21:59:59.999Z"}  # October 1 in Berlin
    records.save(
        db,
        [
            RecordRow("tickets", id_, "", 0, (), {}, {"createdate": text, "subject": f"No {id_}"}, open=True, next_at=0)
            for id_, text in created.items()
        ],
    )
    document = report(db, OCTOBER)
    assert cells(document, "coverage")[-2:] == [["Sep 2026", 1, 0, 1, 0, 1.0], ["Oct 2026", 3, 1, 1, 1, 0.5]]
    assert [row[:2] for row in cells(document, "uncovered")] == [["1", "No 1"]]


def test_hours_in_which_nobody_answers_are_those_of_the_calendar(tmp_path: Path) -> None:
    """Answers on twenty Mondays, each at nine in Berlin."""
    days = [f"2026-{month:02}-{day:02}" for month in (6, 7, 8, 9) for day in (1, 8, 15, 22, 29)]
    rows = [
        Row(str(number), Status.MET, f"{day}T07:30:00+00:00", f"{day}T07:30:00+00:00", "first_response")
        for number, day in enumerate(days)
    ]
    db = in_mind(tmp_path, rows)
    ((calendar, answers, promised, silent, share, which),) = cells(report(db, OCTOBER), "hours")
    assert (calendar, answers) == ("berlin", 20)
    assert 0 < silent < promised
    assert share == round(silent / promised, 6)
    assert which
