"""The views for people with plain SQLite count as reports do, and show pauses, rungs and months in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.clock.verdict import OPEN, Status
from hubspot_sla.flows.reporting.report import Asked, report
from hubspot_sla.ledger import names, periods, rungs
from hubspot_sla.ledger.figure_views import STANDING
from hubspot_sla.ledger.names import Named
from hubspot_sla.ledger.periods import ClosedPeriod
from hubspot_sla.measure.outcome import Attribution, Excluded, PausedBy
from hubspot_sla.measure.standing import Standing, standing
from hubspot_sla.plan.ladder import Outcome, Reached
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.render.report.as_json import rows
from reporting.ledgers import Row, at, in_mind

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

ANNA, ACME = {"owner_id": "1", "company_id": "51"}, {"company_id": "51"}
PAUSED = Attribution((PausedBy("CRM_UI userId:77", 3_600_000, 7_200_000, met_only=True),), met_by_pauses=True)
ROWS = [
    Row("1", Status.MET, "2026-10-05T10:00:00+00:00", "2026-10-05T09:00:00+00:00", who=ANNA, attribution=PAUSED),
    Row("1", Status.MISSED, "2026-10-06", "2026-10-07", "first_response", who=ANNA),
    Row("2", Status.BREACHED, "2026-10-08", who=ANNA),
    Row("3", Status.MET, "2026-03-05", "2026-03-04", who=ACME),
    Row("4", Status.RUNNING, "2026-12-30", who=ACME),
    Row("5", Status.PAUSED, who=ANNA),
    Row("6", Status.WAIVED, "2026-10-09", "2026-10-10", excluded=Excluded.WAIVED, who=ANNA),
    Row("7", Status.MET, "2026-10-05", "2026-10-04", "ola:resolution", who=ANNA),
    Row("8", Status.NO_SLA, excluded=Excluded.NO_SLA),
]


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    db = in_mind(tmp_path, ROWS)
    names.remember(db, Named.OWNER, {"1": "Anna"}, 0)
    names.remember(db, Named.USER, {"77": "Ben"}, 0)
    names.remember(db, Named.COMPANY, {"51": "Acme"}, 0)
    return db


def found(db: sqlite3.Connection, query: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in db.execute(query)]


@pytest.mark.parametrize(
    ("view", "word", "column"), [("people", "owner", "owner"), ("customers", "customer", "company")]
)
def test_people_and_customers_count_as_a_report_over_all_time_does(
    db: sqlite3.Connection, view: str, word: str, column: str
) -> None:
    document = report(db, Asked(first="2026-01-01", last="2026-12-31", by=word))
    told = {row[word]: (row["judged"], row["met"], row["attainment"]) for row in rows(document.tables["groups"])}
    query = f"select {column}, judged, met, attainment from {view} where judged > 0"
    assert {name or "none": tuple(numbers) for name, *numbers in found(db, query)} == told
    assert told["Anna" if view == "people" else "Acme"][0] > 2


def test_what_is_no_promise_to_a_customer_is_not_counted_and_nobody_is_null(db: sqlite3.Connection) -> None:
    query = "select owner_id, owner, cycles, records, missed, late, to_come, without_due, excluded from people"
    assert found(db, f"{query} order by 1 nulls last") == [
        ("1", "Anna", 5, 4, 1, 1, 0, 1, 1),
        (None, None, 3, 3, 0, 0, 1, 0, 1),
    ]


def test_standing_in_sql_is_that_of_measure(db: sqlite3.Connection) -> None:
    for status in Status:
        for excluded in (None, Excluded.WAIVED):
            cause = "null" if excluded is None else f"'{excluded}'"
            row = f"(select '{status}' as status, {cause} as excluded) as o"
            try:
                expected: Standing | None = standing(status, excluded)
            except KeyError:  # it always comes with its cause
                assert status not in {*OPEN, Status.MET, Status.MISSED}
                expected = None
            assert found(db, f"select {STANDING} from {row}") == [(expected,)]


def test_outcomes_say_how_they_stand_and_when_they_count(db: sqlite3.Connection) -> None:
    query = "select standing, counted_at, met_by_pauses from outcomes_named where record_id in ('1', '5') order by 2"
    assert found(db, query) == [
        ("without_due", None, 0),
        ("met", "2026-10-05T10:00:00.000Z", 1),
        ("missed", "2026-10-06T00:00:00.000Z", 0),
    ]


def test_pauses_name_who_paused(db: sqlite3.Connection) -> None:
    query = "select record_id, metric, cycle, author, author_name, business_s, wall_s, met_only from pauses"
    assert found(db, query) == [("1", "resolution", 1, "CRM_UI userId:77", "Ben", 3600.0, 7200.0, 1)]


def test_rungs_are_shown_with_the_parts_of_their_clock(db: sqlite3.Connection) -> None:
    reached = Reached(
        "key", RecordRef("tickets", "2"), "ola:team:resolution", 1, "standard", "breach", 1, 2, Outcome.FIRED,
        at("2026-10-08"), at("2026-10-08T00:01:00+00:00"), "",
    )  # fmt: skip
    rungs.save(db, [reached], run_id="run")
    query = (
        "select record_id, kind, agreement, metric, place, ladder, rung, state, due_at, reached_at from rungs_reached"
    )
    assert found(db, query) == [
        (
            *("2", "ola", "team", "resolution", "", "standard", "breach", "fired"),
            *("2026-10-08T00:00:00.000Z", "2026-10-08T00:01:00.000Z"),
        )
    ]


def test_closed_months_show_each_edition_with_its_counts(db: sqlite3.Connection) -> None:
    since, until = at("2026-10-01"), at("2026-11-01")
    for edition in (1, 2):
        closed = ClosedPeriod("2026-10", edition, since, until, "UTC", at("2026-11-02"), "anna", "", (), edition)
        periods.close(db, closed, periods.due_between(db, since, until).rows[edition - 1 :])
    query = "select period, edition, newest, since, cycles, judged, met, missed, late, excluded from closed_periods"
    (first, second) = found(db, f"{query} order by edition")
    assert first == ("2026-10", 1, 0, "2026-10-01T00:00:00.000Z", 4, 3, 1, 1, 1, 1)
    assert second[:3] == ("2026-10", 2, 1)
