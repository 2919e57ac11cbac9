"""Formulas put to a report as examples worked by hand: each figure was worked out on paper, none by the product."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sla.clock.verdict import Status
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.installation.starter_set import starter_root
from hubspot_sla.flows.reporting.report import Asked, report, statement
from hubspot_sla.language.texts import texts_of
from hubspot_sla.measure.outcome import Attribution, Excluded
from hubspot_sla.measure.whose_time import Holder, HolderTime
from hubspot_sla.policy.loader import read_texts
from hubspot_sla.render.report.as_json import rows
from hubspot_sla.render.report.cells import shown as said
from hubspot_sla.render.report.document import Column, Count, Section, Table, Text
from hubspot_sla.render.report.page import page
from reporting.ledgers import HOUR, Row, in_mind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hubspot_sla.render.report.document import Document

DUE, STOPPED = "2026-10-05T10:00:00+00:00", "2026-10-05T09:00:00+00:00"
LATER = "2026-11-20T10:00:00+00:00"
NEXT = {"period": "2026-11"}


def met(record: int, hours: float = 1, **more: Any) -> Row:
    return Row(str(record), Status.MET, DUE, STOPPED, started="2026-10-05T08:00:00+00:00", hours=hours, **more)


def missed(record: int, hours: float = 9, **more: Any) -> Row:
    return Row(str(record), Status.MISSED, DUE, "2026-10-05T19:00:00+00:00", started=DUE, hours=hours, **more)


def shown(folder: Path, of: Sequence[Row], *, objectives: str = "", **asked: str) -> Document:
    return report(in_mind(folder, of, objectives=objectives), Asked(**{"period": "2026-10"} | asked))


def only(document: Document, table: str) -> dict[str, Any]:
    (row, *_) = rows(document.tables[table])
    return row


def test_wilson_of_eight_of_ten(tmp_path: Path) -> None:
    """(0.8 + z²/20 ± z sqrt(0.8 0.2 / 10 + z²/400)) / (1 + z²/10) with z = 1.96: 0.4902 to 0.9433."""
    row = only(shown(tmp_path, [*map(met, range(8)), missed(8), missed(9)]), "metrics")
    assert (row["attainment"], row["interval"]) == (0.8, "0.490162..0.943318")


def test_half_of_four_still_open_is_a_median_that_is_reached_and_one_of_three_is_not(tmp_path: Path) -> None:
    """Two of four end after an hour: S(1h) = 1/2. One of three does: S(1h) = 2/3, and nothing falls below."""
    half = [met(1), met(2), Row("3", Status.BREACHED, DUE, hours=20), Row("4", Status.BREACHED, DUE, hours=30)]
    assert only(shown(tmp_path, half), "durations")["median_of_all_s"] == 3600
    assert only(shown(tmp_path, half[1:]), "durations")["median_of_all_s"] == "not reached"


def test_a_censoring_between_two_ends_makes_the_later_step_larger(tmp_path: Path) -> None:
    """1h ends of five: 4/5; 2h leaves open; 3h ends of three: 4/5 * 2/3 = 8/15; 4h ends of two: 4/15, the median."""
    of = [met(1), Row("2", Status.BREACHED, DUE, hours=2), met(3, 3), met(4, 4), met(5, 5)]
    assert only(shown(tmp_path, of), "durations")["median_of_all_s"] == 4 * 3600


def test_nearest_rank_of_ten(tmp_path: Path) -> None:
    """Of 1 to 10 hours the fifth is p50, the ninth p90, and the tenth p95: 9.5 is rounded up. The mean is 5.5."""
    row = only(shown(tmp_path, [met(n, n) for n in range(1, 11)]), "durations")
    assert [row[key] / 3600 for key in ("mean_s", "p50_s", "p90_s", "p95_s")] == [5.5, 5, 9, 10]


def test_apdex_by_one_target_and_by_one_that_is_asked_for(tmp_path: Path) -> None:
    """By 8 hours: 8 and 1 whole, 9 and 32 half, 33 not at all: (2 + 2/2) / 5. By 2 hours: 1 whole, 8 half: 1.5/5."""
    of = [met(1, 8), met(2, 1), missed(3, 9), missed(4, 32), missed(5, 33)]
    row = only(shown(tmp_path, of), "durations")
    assert (row["apdex"], row["apdex_t_s"]) == (0.6, 8 * 3600)
    business, calendar = rows(shown(tmp_path, of, apdex="2h").tables["durations"])
    assert (business["apdex"], business["apdex_t_s"]) == (0.3, 2 * 3600)
    assert (calendar["apdex"], calendar["apdex_t_s"]) == (0.4, 2 * 3600)  # two of an hour, three of nine


def test_apdex_of_promises_with_several_targets_goes_by_that_of_each(tmp_path: Path) -> None:
    """3 hours of 4 whole, 3 of 2 half, 9 of 2 not at all: 1.5 / 3."""
    of = [met(1, 3, target_hours=4), missed(2, 3, target_hours=2), missed(3, 9, target_hours=2)]
    row = only(shown(tmp_path, of), "durations")
    assert (row["apdex"], row["apdex_t_s"]) == (0.5, "each its own")


@pytest.mark.parametrize("wrong", ["2bd", "soon", "-1h", "0h"])
def test_a_target_of_apdex_that_is_no_duration_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(UsageProblem, match="--apdex"):
        shown(tmp_path, [met(1)], apdex=wrong)


def running(record: int, hours: float) -> Row:
    return Row(str(record), Status.RUNNING, LATER, started="2026-11-01T08:00:00+00:00", hours=hours)


@pytest.fixture
def november() -> list[Row]:
    """Eight kept after an hour, two missed after nine; five still run, for half an hour; one is paused. Of 8 hours."""
    due = "2026-11-01T05:00:00+00:00"
    begun: dict[str, Any] = {"due": due, "started": "2026-10-31T20:00:00+00:00"}
    kept = [Row(str(n), Status.MET, stopped="2026-10-31T21:00:00+00:00", **begun) for n in range(8)]
    broken = [Row(str(n), Status.MISSED, stopped="2026-11-01T06:00:00+00:00", hours=9, **begun) for n in (8, 9)]
    return [
        *kept,
        *broken,
        *(running(n, 0.5) for n in range(10, 15)),
        Row("15", Status.PAUSED, started=due, hours=0.25),
    ]


def test_an_error_budget_counts_what_the_forecast_says_is_to_come(tmp_path: Path, november: list[Row]) -> None:
    """Of 10 + 5 a tenth may be broken: 1.5. Burnt: (2/10) / (1/10) = 2. S(0.5h) = 1 and S(8h) = 2/10, so each of the
    five is kept with 0.8: (8 + 4) / 15 at the end."""
    document = shown(tmp_path, november, objectives="\nobjectives: [{attain: 90%}]\n", **NEXT)
    row = only(document, "objectives")
    assert [row[key] for key in ("judged", "allowed", "broken", "burn_rate", "to_come", "expected")] == [
        *(10, "1.5", 2, "2.0", 5, 0.8)
    ]


def test_what_ran_longer_than_anything_before_comes_due_too_and_has_no_chance(
    tmp_path: Path, november: list[Row]
) -> None:
    """Two more that have run for 9.5 hours of 48: nothing ever took so long. Of 10 + 7 a tenth."""
    odd = [Row(str(n), Status.RUNNING, LATER, started=DUE, hours=9.5, target_hours=48) for n in (16, 17)]
    document = shown(tmp_path, [*november, *odd], objectives="\nobjectives: [{attain: 90%}]\n", **NEXT)
    row = only(document, "objectives")
    assert (row["allowed"], row["to_come"]) == ("1.7", 7)


def test_an_objective_of_everything_has_no_budget_and_no_rate(tmp_path: Path, november: list[Row]) -> None:
    row = only(shown(tmp_path, november, objectives="\nobjectives: [{attain: 100%}]\n", **NEXT), "objectives")
    assert (row["allowed"], row["broken"], row["burn_rate"]) == ("0.0", 2, "none allowed")


def test_a_bottleneck_of_two_late_promises(tmp_path: Path) -> None:
    """Four business hours: three of the queue, of which one came after the breach; one of the bank. Ten closed ones."""

    def held(holder: Holder, name: str, hours: int, *, late: bool = False) -> HolderTime:
        return HolderTime(holder, name, late, hours * HOUR)

    first = (held(Holder.CLOSED_HOURS, "", 10), held(Holder.QUEUE, "7", 2), held(Holder.QUEUE, "7", 1, late=True))
    of = [missed(1, holders=first), missed(2, holders=(held(Holder.VENDOR, "Bank", 1),)), met(3, holders=first)]
    table = rows(shown(tmp_path, of).tables["bottlenecks"])
    keys = ("holder", "business_s", "share", "late_s", "wall_s")
    assert [[row[key] for key in keys] for row in table] == [
        ["our queue", 3 * 3600, 0.75, 3600, 3 * 3600],
        ["vendor", 3600, 0.25, 0, 3600],
        ["closed hours", 0, None, 0, 10 * 3600],
    ]


def test_the_page_shows_the_holders_with_the_most_time_and_says_what_prints_the_rest(tmp_path: Path) -> None:
    held = [HolderTime(Holder.QUEUE, str(team), late=True, ms=(100 - team) * HOUR) for team in range(20)]
    closed = HolderTime(Holder.CLOSED_HOURS, "", late=True, ms=HOUR)
    document = shown(tmp_path, [missed(1, holders=(closed, *held))])
    assert len(rows(document.tables["bottlenecks"])) == 21
    text = page(document).decode().partition('id="bottlenecks"')[2].partition("</table>")
    assert (text[0].count("our queue"), text[0].count("closed hours")) == (15, 1)
    assert "and 5 more: sla report --period 2026-10 --table bottlenecks" in text[2].partition("<table")[0]


def test_a_statement_does_not_count_customers(tmp_path: Path) -> None:
    of = [met(1, who={"company_id": "21"}), missed(2, who={"company_id": "21"})]
    db = in_mind(tmp_path, of, objectives="\nobjectives: [{attain: 90%}]\n")
    document = statement(db, Asked(period="2026-10"), "21")
    assert document.sentence == "October 2026: 50.0% of 2 promises kept."
    assert only(document, "objectives")["attainment"] == 0.5
    assert "below" not in document.tables


def test_a_title_stands_over_its_figures_also_where_the_first_row_has_none(tmp_path: Path) -> None:
    columns = [Column("month", "Month"), Column("today", "Today")]
    table = Table("months", "Months", columns, [[Text("May"), Text("")], [Text("June"), Count(3)]])
    document = replace(shown(tmp_path, [met(1)]), sections=[Section("months", "Months", [table])])
    assert '<th scope="col" class="number">Today</th>' in page(document).decode()


def test_ticket_compliance_is_counted_over_tickets(tmp_path: Path) -> None:
    """Four of five promises: 80 %. Of three tickets two kept all of theirs: 66.7 %."""
    of = [met(1), missed(1, clock="first_response"), met(2), met(2, clock="first_response"), met(3)]
    document = shown(tmp_path, of)
    assert document.sentence == "October 2026: 80.0% of 5 promises kept."
    (paragraph, *_) = document.sections[0].paragraphs
    assert paragraph == "Ticket compliance: 66.7% of 3 tickets with a judged promise kept all of them."


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Ticket compliance: 100% of 1 ticket with a judged promise kept all of them."),
        ("de", "Ticket-Erfüllung: Bei 100 % von 1 Ticket mit beurteilter Zusage wurden alle gehalten."),
        ("fr", "Conformité des tickets : pour 100 % de 1 ticket avec un engagement jugé, tous ont été tenus."),
        ("es", "Cumplimiento por ticket: en 100 % de 1 ticket con un compromiso juzgado se cumplieron todos."),
    ],
)
def test_one_ticket_is_said_in_the_singular(tmp_path: Path, language: str, said: str) -> None:
    texts = read_texts(starter_root() / "mappings")
    texts["portal.yaml"] = texts["portal.yaml"].replace("\nlanguage: en", f"\nlanguage: {language}")
    db = in_mind(tmp_path, [met(1)], texts=texts)
    (paragraph, *_) = report(db, Asked(period="2026-10")).sections[0].paragraphs
    assert " ".join(paragraph.replace(" :", ":").split()) == said.replace(" :", ":")


def test_what_was_waived_stands_outside_and_what_is_late_and_open_counts_as_broken(tmp_path: Path) -> None:
    """Three kept, one late and still open, two waived: 3/4; of the three that would be broken two were waived."""
    ada = Attribution(waived_by="Ada")
    waived = [Row(str(n), Status.WAIVED, DUE, excluded=Excluded.WAIVED, attribution=ada) for n in (5, 6)]
    document = shown(tmp_path, [met(1), met(2), met(3), Row("4", Status.BREACHED, DUE), *waived])
    row = only(document, "metrics")
    assert [row[key] for key in ("judged", "met", "missed", "late", "attainment", "excluded")] == [4, 3, 0, 1, 0.75, 2]
    assert only(document, "waivers") == {"author": "Ada", "number": 2, "rate": 0.666667}


def test_what_stands_outside_is_said_wherever_a_figure_is(tmp_path: Path) -> None:
    """Terminal, page, letter, workbook and statement show the facts of a report."""
    of = {"company_id": "51"}
    paused = [
        Row(record, Status.PAUSED, started=f"2026-{month}-01T08:00:00+00:00", who=of)
        for record, month in (("7", "10"), ("8", "09"))
    ]
    waived = replace(missed(3, who=of), excluded=Excluded.WAIVED)
    beside = [
        ("Excluded", "1 (lateness was waived)"),
        ("Without a due instant", "2 cycles, the oldest since Tue, Sep 1, 2026, 08:00 UTC"),
    ]
    db = in_mind(tmp_path, [met(1, who=of), waived, *paused])
    asked = Asked(period="2026-10")
    assert [list(of_one.facts[2:]) for of_one in (report(db, asked), statement(db, asked, "51"))] == [beside, beside]
    assert not report(in_mind(tmp_path, [met(1)]), asked).facts[2:]


def test_where_nothing_was_judged_a_share_is_a_dash(tmp_path: Path) -> None:
    document = shown(tmp_path, [Row("1", Status.WAIVED, DUE, excluded=Excluded.WAIVED)])
    row = only(document, "metrics")
    assert (row["judged"], row["attainment"], row["interval"], row["ticket_compliance"]) == (0, None, None, None)
    assert document.sentence == "October 2026: no promise came due."
    (cells,) = document.tables["metrics"].rows
    assert [said(cell, texts_of("en"), document.zone) for cell in cells[5:9]] == ["–"] * 4
