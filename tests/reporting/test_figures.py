"""The figures of a report on ledgers small enough to count by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_sla.clock.verdict import Status
from hubspot_sla.errors import MappingInvalid, UsageProblem
from hubspot_sla.flows.inspection.periods import shown
from hubspot_sla.flows.reporting.gather import gathered
from hubspot_sla.flows.reporting.report import Asked, breakdown, report, standing, statement
from hubspot_sla.flows.reporting.since_closed import records_by_cause
from hubspot_sla.flows.reporting.whole_lists import counted, late, whole
from hubspot_sla.ledger import names, outcome_editions, outcomes, periods, report_rows
from hubspot_sla.ledger.names import Named
from hubspot_sla.ledger.periods import ClosedPeriod
from hubspot_sla.measure.attainment import Counts
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.periods import month
from hubspot_sla.measure.restatement import Restated, RestatementCause
from hubspot_sla.measure.standing import counted_at
from hubspot_sla.measure.whose_time import Holder, HolderTime
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.render.report.as_json import rows
from hubspot_sla.render.report.document import Share, Text
from hubspot_sla.render.report.page import page
from reporting.ledgers import HOUR, SYNCED, Row, at, in_mind

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from hubspot_sla.flows.reporting.figures import Figures

OCTOBER = [
    Row("1", Status.MET, "2026-10-05T10:00:00+00:00", "2026-10-05T09:00:00+00:00", hours=2, tier="gold"),
    Row("1", Status.MET, "2026-10-06T10:00:00+00:00", "2026-10-06T09:00:00+00:00", "first_response", hours=1),
    Row("2", Status.MISSED, "2026-10-07T10:00:00+00:00", "2026-10-07T13:00:00+00:00", hours=11, tier="gold"),
    Row("3", Status.BREACHED, "2026-10-08T10:00:00+00:00", hours=20),
    Row("4", Status.MET, "2026-09-30T22:30:00+00:00", "2026-09-30T20:00:00+00:00"),  # in Berlin: October 1
    Row("5", Status.MISSED, "2026-10-31T23:30:00+00:00", "2026-11-01T01:00:00+00:00"),  # in Berlin: November 1
    Row("6", Status.MET, "2026-09-10T10:00:00+00:00", "2026-09-10T09:00:00+00:00"),
    Row("7", Status.RUNNING, "2026-10-31T10:00:00+00:00", hours=1),
    Row("8", Status.PAUSED, started="2026-10-02T08:00:00+00:00"),
    Row("9", Status.WAIVED, "2026-10-09T10:00:00+00:00", "2026-10-09T11:00:00+00:00", excluded=Excluded.WAIVED),
    Row("10", Status.NO_SLA, excluded=Excluded.NO_SLA),
    Row("11", Status.NOT_APPLICABLE, ended="2026-10-12T10:00:00+00:00", excluded=Excluded.NOT_APPLICABLE),
    Row(
        "12",
        Status.MISSED,
        "2026-11-20T10:00:00+00:00",
        ended="2026-10-20T10:00:00+00:00",
        breached="2026-10-20T10:00:00+00:00",
        clock="first_response",
    ),  # closed without the reply that was owed
    Row("13", Status.MET, "2026-10-05T10:00:00+00:00", "2026-10-05T09:00:00+00:00", "ola:resolution"),
]
BERLIN = "\nreport: {timezone: Europe/Berlin, dimensions: [region]}\n"


def figures(db: sqlite3.Connection, **asked: str) -> Figures:
    with standing(db, Asked(**asked)) as (query, mappings, _):
        return gathered(db, query, mappings)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    return in_mind(tmp_path_factory.mktemp("october"), OCTOBER, portal=BERLIN)


def test_a_cycle_counts_in_the_month_of_its_due_instant_in_the_zone_of_the_report(db: sqlite3.Connection) -> None:
    october = figures(db, period="2026-10")
    assert october.total == Counts(
        met=3, missed=2, late=1, to_come=1, excluded={Excluded.WAIVED: 1, Excluded.NOT_APPLICABLE: 1}
    )
    assert (october.total.attainment, october.total_before.met) == (Fraction(1, 2), 1)
    assert figures(db, period="2026-11").total.judged == 1


def test_what_has_no_due_instant_stands_beside(db: sqlite3.Connection) -> None:
    october = figures(db, period="2026-10")
    assert october.undated == [("resolution", 1, at("2026-10-02T08:00:00+00:00"))]
    assert october.outside == {Excluded.NO_SLA: 1}


def test_tickets_comply_where_all_their_judged_promises_were_kept(db: sqlite3.Connection) -> None:
    october = figures(db, period="2026-10")
    assert (october.compliance.compliant, october.compliance.judged) == (2, 5)


def test_groups_are_sorted_and_what_has_no_value_comes_last(db: sqlite3.Connection) -> None:
    groups = figures(db, period="2026-10", by="tier,metric").groups
    assert [(group.labels, group.counts.met, group.counts.judged) for group in groups] == [
        (("gold", "resolution"), 1, 2),
        (("", "first_response"), 1, 2),
        (("", "resolution"), 1, 2),
    ]


@pytest.mark.parametrize(
    ("by", "where"),
    [("customer,metric", ""), ("owner", "metric: resolution"), ("kind,policy", ""), ("tier", "property: {region: EU}")],
)
def test_the_breakdown_alone_is_that_of_the_whole_report(db: sqlite3.Connection, by: str, where: str) -> None:
    asked = Asked("2026-10", by=by, where=where)
    whole, alone = report(db, asked), breakdown(db, asked)
    tables = [table for section in whole.sections for table in section.tables if table.key == "groups"]
    assert [table for section in alone.sections for table in section.tables] == tables != []
    assert alone.facts == whole.facts[: len(alone.facts)]  # what stands beside figures follows
    assert (alone.zone, alone.as_of, alone.notes) == (whole.zone, whole.as_of, whole.notes)


def test_durations_are_those_of_what_reached_its_goal_and_the_rest_is_censored(db: sqlite3.Connection) -> None:
    resolution = next(group for group in figures(db, period="2026-10").metrics if group.key == ("resolution",))
    assert (resolution.business.n, resolution.business.p50_ms) == (3, 2 * HOUR)
    assert (resolution.curve.ended, resolution.curve.censored) == (3, 2)


def test_only_what_customers_are_promised_counts_unless_another_kind_is_asked_for(db: sqlite3.Connection) -> None:
    assert figures(db, period="2026-10", where="kind: ola").total.judged == 1
    by_kind = figures(db, period="2026-10", by="kind").groups
    assert [(group.labels, group.counts.judged) for group in by_kind] == [(("ola",), 1), (("sla",), 6)]


def test_conditions_are_those_of_the_policy_language(db: sqlite3.Connection) -> None:
    def judged(where: str) -> int:
        return figures(db, period="2026-10", where=where).total.judged

    assert judged("tier: gold") == 2
    assert judged("{tier: {known: false}}") == 4
    assert judged("not: {tier: gold}") == 4
    assert judged("any: [{tier: gold}, {metric: first_response}]") == 4
    assert judged("status: [missed, breached], metric: resolution") == 2


def test_a_word_that_no_outcome_has_is_said(db: sqlite3.Connection) -> None:
    october = figures(db, period="2026-10", where="tier: golt")
    assert (october.total.judged, list(october.notes)) == (0, ["no outcome has the tier 'golt': did you mean 'gold'?"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": "teir"}, "no dimension 'teir'"),
        ({"period": "2026-13"}, "no period"),
        ({"period": "soon"}, "no period"),
        ({"period": "2026-10", "first": "2026-10-01"}, "different things"),
        ({"first": "2026-10-09", "last": "2026-10-01"}, "before"),
        ({"first": "2026-10-09"}, "two ends"),
        ({"first": "yesterday", "last": "2026-10-09"}, "no day"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_remedy(
    db: sqlite3.Connection, asked: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageProblem, match=said) as refused:
        figures(db, **asked)
    assert refused.value.remedy


@pytest.mark.parametrize("where", ["tears: gold", "tier: {about: 3}", "tier: [", "gold"])
def test_conditions_that_are_none_are_refused(db: sqlite3.Connection, where: str) -> None:
    with pytest.raises(MappingInvalid):
        figures(db, period="2026-10", where=where)


def test_a_future_period_and_an_empty_one_are_reports_too(db: sqlite3.Connection) -> None:
    assert report(db, Asked(period="2027-05")).sentence == "May 2027: no promise came due."
    assert report(db, Asked(period="1999-05")).sentence == "May 1999: no promise came due."


def test_an_empty_ledger_is_reported_without_any_figure(tmp_path: Path) -> None:
    nothing = report(in_mind(tmp_path, []), Asked(period="2026-10"))
    assert nothing.sentence == "October 2026: no promise came due."
    assert nothing.tables["metrics"].rows == []


def test_one_promise_is_said_as_one(tmp_path: Path) -> None:
    assert report(in_mind(tmp_path, OCTOBER[:1]), Asked(period="2026-10")).sentence == (
        "October 2026: one promise came due, and was kept."
    )


def test_the_month_of_the_last_sync_is_reported_where_none_is_named(db: sqlite3.Connection) -> None:
    assert figures(db).query.period.name == "2026-11"
    asked = figures(db, at=at("2026-12-15"))  # type: ignore[arg-type]
    assert (asked.query.period.name, asked.query.as_of) == ("2026-12", at(SYNCED))


def test_before_anything_was_known_no_report_can_be_made(db: sqlite3.Connection) -> None:
    with pytest.raises(UsageProblem, match="at 2026-10-15T00:00:00Z this portal was not set up yet"):
        report(db, Asked(period="2026-10", at=at("2026-10-15")))


def test_thirteen_months_end_with_the_period(db: sqlite3.Connection) -> None:
    trend = figures(db, period="2026-10").trend
    assert [(month.period.name, month.counts.judged) for month in trend][-3:] == [
        ("2026-08", 0),
        ("2026-09", 1),
        ("2026-10", 6),
    ]
    assert len(trend) == 13


def test_breaches_are_mapped_by_weekday_and_hour_of_the_zone(db: sqlite3.Connection) -> None:
    assert dict(figures(db, period="2026-10").breaches) == {(2, 12): 1, (3, 12): 1, (1, 12): 1}


def test_the_time_of_broken_promises_is_shown_by_holder(tmp_path: Path) -> None:
    held = (
        HolderTime(Holder.QUEUE, "401", late=False, ms=3 * HOUR),
        HolderTime(Holder.QUEUE, "401", late=True, ms=HOUR),
    )
    kept = Row(
        "2", Status.MET, "2026-10-07", "2026-10-06", holders=(HolderTime(Holder.CUSTOMER, "", late=False, ms=9),)
    )
    db = in_mind(tmp_path, [Row("1", Status.MISSED, "2026-10-05", "2026-10-06", holders=held), kept])
    names.remember(db, Named.TEAM, {"401": "Tier 2"}, 0)
    rows = report(db, Asked(period="2026-10")).tables["bottlenecks"].rows
    assert [[getattr(cell, "text", getattr(cell, "ms", None)) for cell in row] for row in rows] == [
        ["Resolution", "our queue", "Tier 2", 4 * HOUR, None, HOUR, 4 * HOUR]
    ]


OBJECTIVES = """
objectives:
  - {metric: resolution, when: {tier: gold}, attain: 95%}
  - {attain: 50%, name: everything else}
"""


def test_objectives_say_who_is_below_and_each_promise_counts_for_the_first(tmp_path: Path) -> None:
    rows = [
        *(
            Row(str(n), Status.MET, "2026-10-05", "2026-10-04", tier="gold", who={"company_id": "21"})
            for n in range(18)
        ),
        *(
            Row(str(n), Status.MISSED, "2026-10-05", "2026-10-06", tier="gold", who={"company_id": "21"})
            for n in (18, 19)
        ),
        *(Row(str(n), Status.MET, "2026-10-05", "2026-10-04", tier="gold", who={"company_id": "22"}) for n in (20, 21)),
        Row("30", Status.MISSED, "2026-10-05", "2026-10-06", who={"company_id": "22"}),
        Row("31", Status.MET, "2026-10-05", "2026-10-04", who={"company_id": "22"}),
    ]
    db = in_mind(tmp_path, rows, objectives=OBJECTIVES)
    names.remember(db, Named.COMPANY, {"21": "Acme"}, 0)
    october = figures(db, period="2026-10")
    assert [(one.objective, one.counts.judged, one.is_below) for one in october.objectives] == [
        ("resolution: tier gold", 22, True),
        ("everything else", 2, False),
    ]
    assert [(one.customer, one.counts.attainment, one.budget.left) for one in october.below] == [
        ("Acme", Fraction(9, 10), Fraction(-1))
    ]
    assert report(db, Asked(period="2026-10")).sentence == (
        "October 2026: 87.5% of 24 promises kept; 1 customer below an objective."
    )
    assert (october.goals, october.goal) == (
        {"resolution": Fraction(22 * 95 + 2 * 50, 2400)},
        Fraction(22 * 95 + 2 * 50, 2400),
    )
    shown = report(db, Asked(period="2026-10")).tables
    assert shown["metrics"].rows[0][-1] == shown["trend"].rows[0][-1] == Share(october.goal)
    with_goal, without = (
        page(report(ledger, Asked(period="2026-10"))).count(b'class="goal') for ledger in (db, in_mind(tmp_path, rows))
    )
    assert (with_goal, without) == (4, 0)  # in two charts and their legends


def test_a_statement_is_of_one_customer_and_names_nobody_of_ours(tmp_path: Path) -> None:
    who = {"company_id": "21", "owner_id": "701"}
    rows = [
        Row("1", Status.MISSED, "2026-10-05", "2026-10-06", who=who),
        Row("2", Status.MET, "2026-10-05", "2026-10-04", who={"company_id": "22"}),
        Row("3", Status.MET, "2026-10-05", "2026-10-04", "first_response", who=who),
    ]
    db = in_mind(tmp_path, rows)
    names.remember(db, Named.COMPANY, {"21": "Acme", "22": "Bolt"}, 0)
    names.remember(db, Named.OWNER, {"701": "Mara Lindqvist"}, 0)
    sent = statement(db, Asked(period="2026-10"), "acme")
    assert (sent.title, sent.sentence) == (
        "Statement for Acme, October 2026",
        "October 2026: 50.0% of 2 promises kept.",
    )
    assert not {"people", "bottlenecks"} & sent.tables.keys()
    assert "Mara" not in str(sent)
    first = statement(db, Asked(period="2026-10", where="metric: first_response"), "21")
    assert first.sentence == "October 2026: one promise came due, and was kept."
    with pytest.raises(UsageProblem, match="nothing was ever promised to the customer 'Acmee'") as refused:
        statement(db, Asked(period="2026-10"), "Acmee")
    assert "Acme" in (refused.value.remedy or "")


def test_a_closed_month_shows_what_was_frozen_and_beside_it_what_is_known_today(tmp_path: Path) -> None:
    late_one = Row("1", Status.MISSED, "2026-10-05", "2026-10-06")
    db = in_mind(tmp_path, [late_one, Row("2", Status.MET, "2026-10-05", "2026-10-04")])
    october = month(2026, 10, ZoneInfo("UTC"))
    closed = ClosedPeriod("2026-10", 1, october.start_at, october.end_at, "UTC", at("2026-11-01"), "Mara", "", (), 0)
    periods.close(db, closed, periods.due_between(db, october.start_at, october.end_at).rows)
    outcomes.save(
        db,
        "tickets",
        {"1": [replace(late_one, status=Status.MET, stopped="2026-10-04").outcome()]},
        {"1": outcomes.Judged(at(SYNCED), 1, 1, 0)},
    )
    last = figures(db, period="2026-10").trend[-1]
    assert (last.frozen, last.edition, last.counts) == (Counts(met=1, missed=1), 1, Counts(met=2))
    row = report(db, Asked(period="2026-10")).tables["trend"].rows[-1]
    assert [row[2], row[5], row[6]] == [
        Share(Fraction(1, 2), few=True),
        Text("edition 1"),
        Share(Fraction(1), few=True),
    ]


def changed_since_it_was_closed(folder: Path) -> sqlite3.Connection:
    """October, closed and then: a promise kept after all, one back-dated, one of another customer that is waived."""
    missed = [
        Row(str(n), Status.MISSED, "2026-10-05", "2026-10-06", who={"company_id": "21" if n < 3 else "22"})
        for n in (1, 2, 3)
    ]
    db = in_mind(folder, [*missed, Row("4", Status.MET, "2026-10-05", "2026-10-04")])
    october = month(2026, 10, ZoneInfo("UTC"))
    closed = ClosedPeriod("2026-10", 1, october.start_at, october.end_at, "UTC", at("2026-11-01"), "Mara", "", (), 1)
    periods.close(db, closed, periods.due_between(db, october.start_at, october.end_at).rows)
    for record, cause in (("2", RestatementCause.BACK_DATED), ("3", RestatementCause.WAIVER)):
        restated = [Restated("resolution", 1, cause)]
        outcome_editions.keep(db, RecordRef("tickets", record), restated, at=at("2026-11-01"), entry=2)
    now = {
        "1": replace(missed[0], status=Status.MET),
        "2": replace(missed[1], status=Status.MET),
        "3": replace(missed[2], status=Status.WAIVED, excluded=Excluded.WAIVED),
    }
    judged = dict.fromkeys(now, outcomes.Judged(at(SYNCED), 1, 1, 0))
    outcomes.save(db, "tickets", {record: [row.outcome()] for record, row in now.items()}, judged)
    return db


def test_a_closed_month_says_why_its_figure_would_be_another_one_now(tmp_path: Path) -> None:
    db = changed_since_it_was_closed(tmp_path)
    october = report(db, Asked(period="2026-10"))
    assert dict(october.facts)["Changed since it was closed"] == (
        "25.0% → 100%: 3 tickets (back-dated 1, later event 1, waiver 1)"
    )
    assert rows(october.tables["restated"]) == [
        {"cause": cause, "tickets": 1} for cause in ("back-dated", "later event", "waiver")
    ]
    assert records_by_cause(shown(db, "2026-10").moved) == {"back-dated": 1, "later event": 1, "waiver": 1}


def test_why_a_closed_month_changed_is_said_of_what_a_report_is_about_alone(tmp_path: Path) -> None:
    db = changed_since_it_was_closed(tmp_path)
    of_customer = dict(statement(db, Asked(period="2026-10"), "22").facts)
    assert of_customer["Changed since it was closed"] == "0% → –: 1 ticket (waiver 1)"
    for asked in (Asked(period="2026"), Asked(period="2026-10", where="metric: first_response")):
        document = report(db, asked)
        assert "restated" not in document.tables
        assert "Changed since it was closed" not in dict(document.facts)


def test_late_lists_what_is_late_and_still_open(db: sqlite3.Connection) -> None:
    with late(db, Asked()) as streamed:
        assert [line[0] for line in streamed.lines] == ["3"]


def test_list_shows_what_stands_behind_a_figure(db: sqlite3.Connection) -> None:
    where = "metric: resolution, status: [missed, breached], excluded: {known: false}"
    with counted(db, Asked(period="2026-10", where=where)) as streamed:
        rows = whole(streamed).tables["list"].rows
    assert [row[0].text for row in rows] == ["3", "2"]  # type: ignore[union-attr]
    assert rows[1][-1].text == "late by 3 hours; promised 8 hours by support"  # type: ignore[union-attr]
    assert rows[1][0].link.endswith("/145000001/record/0-5/2")  # type: ignore[union-attr]


INSTANTS = st.none() | st.integers(0, 100).map(lambda hour: f"2026-10-{1 + hour // 24:02}T{hour % 24:02}:00:00+00:00")


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(INSTANTS, INSTANTS, INSTANTS), min_size=6, max_size=30))
def test_the_instant_that_counts_is_the_same_in_sql(
    tmp_path_factory: pytest.TempPathFactory, instants: list[tuple[str | None, str | None, str | None]]
) -> None:
    rows = [
        Row(str(number), Status.MISSED, due, breached=breached, ended=ended)
        for number, (due, breached, ended) in enumerate(instants)
    ]
    db = in_mind(tmp_path_factory.mktemp("sql"), rows)
    found = db.execute(f"select o.due_at, o.breached_at, {report_rows.COUNTED_AT} from outcomes as o").fetchall()
    assert all(counted_at(row[0], row[1]) == row[2] for row in found)
    assert len(found) == len(rows)
