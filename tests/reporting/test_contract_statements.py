"""Statements of contracts from a ledger and feeds: what counts, what it comes to, and how it is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from channels.receivers import Answer, Receiver
from hubspot_sla.cli.main import main
from hubspot_sla.clock.verdict import Status
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.inspection.contracts_due import due_days
from hubspot_sla.flows.installation.starter_set import starter_root
from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
from hubspot_sla.flows.reporting.contracts.statement import Asked, drawn_window, drawn_windows, statement
from hubspot_sla.flows.reporting.report import Asked as ReportAsked
from hubspot_sla.flows.reporting.report import mappings_of, report
from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.ledger import waivers
from hubspot_sla.ledger.waivers import WaiverScope, WaiverTerms
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.policy.loader import read_texts
from hubspot_sla.render.report.page import page
from hubspot_sla.render.report.workbook import workbook
from reporting.ledgers import Row, as_records, at, in_file, in_mind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sla.flows.reporting.contracts.history import Settled

CONTRACT = """\
contracts:
  - id: acme
    name: Support of Acme
    customer: "9001"
    currency: EUR
    timezone: Europe/Berlin
    valid_from: 2026-09-16
    fees: {support: 999.99}
    objectives:
      - id: resolution
        measure: {attainment: resolution}
        promised: 95%
        repeat: 2
        credit: {bands: [{below: 95%, at_least: 90%, pays: 5%}, {below: 90%, pays: 10%}]}
      - id: uptime
        measure: {uptime: web}
        promised: 99.9%
        credit: {bands: [{below: 99.9%, pays: 10%}]}
    exclusions:
      - {outage: maintenance, notice: 48h}
      - {waived: [customer's fault]}
    caps: {most: 250, over: {last_months: 12}}
    claim: {closes: {days: 30}}
    rights: [{action: terminate, objective: resolution, misses: 2, of: 3}]
feeds: {web: {csv: web.csv}}
"""
OUTAGES = """\
from,to,kind,announced
2026-10-05T10:00:00Z,2026-10-05T11:00:00Z,,
2026-10-06T10:00:00Z,2026-10-06T12:00:00Z,maintenance,2026-10-01T00:00:00Z
"""
NOW = "2026-11-15"


def reading(folder: Path) -> FeedReader:
    return FeedReader(folder, Token)


def texts() -> dict[str, str]:
    return read_texts(starter_root() / "mappings") | {"contracts.yaml": CONTRACT}


def promise(number: int, status: Status, day: str = "2026-10-05", company: str = "9001", **more: Any) -> Row:
    who = {"company_id": company}
    return Row(str(number), status, due=f"{day}T08:00:00+00:00", stopped=f"{day}T08:00:00+00:00", who=who, **more)


def october(kept: int, missed: int) -> list[Row]:
    statuses = [Status.MET] * kept + [Status.MISSED] * missed
    return [promise(number, status) for number, status in enumerate(statuses)]


def settled(db: sqlite3.Connection, folder: Path, period: str = "2026-10", now: str = NOW) -> Settled:
    return drawn_window(db, mappings_of(db), Asked("acme", period, reading(folder), at(now))).settled


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "web.csv").write_text(OUTAGES, encoding="utf-8")
    return tmp_path


def test_a_statement_counts_the_customers_promises_and_the_uptime_of_its_window(folder: Path) -> None:
    others = [promise(900, Status.MISSED, company="9002"), promise(901, Status.MISSED, day="2026-11-01")]
    db = in_mind(folder, [*october(18, 2), *others], texts=texts())
    found = settled(db, folder).statement
    resolution, uptime = found.lines
    assert (resolution.sample.good, resolution.sample.bad, resolution.money) == (18, 2, Decimal("50.00"))
    assert uptime.compared is not None
    assert (uptime.compared.numerator, uptime.compared.denominator) == (744, 745)  # October has 745 hours in Berlin
    assert uptime.unexcluded is not None
    assert uptime.unexcluded.denominator == 745
    assert (found.owed, found.payable) == (Decimal("150.00"), Decimal("150.00"))


def test_a_contract_and_a_report_measure_the_same_attainment(folder: Path) -> None:
    db = in_mind(folder, october(17, 3), texts=texts())
    document = report(db, ReportAsked(period="2026-10", where='customer: "9001"'))
    shares = {row[0].text: row for row in document.tables["metrics"].rows}  # type: ignore[union-attr]
    measured = settled(db, folder).statement.lines[0].measured
    assert any(getattr(cell, "share", None) == measured for row in shares.values() for cell in row)


def test_a_repeat_counts_twice_and_a_cap_over_twelve_months_leaves_what_it_has_room_for(folder: Path) -> None:
    rows = [*october(8, 2), *(promise(100 + n, Status.MISSED, day="2026-09-20") for n in range(3))]
    found = settled(in_mind(folder, rows, texts=texts()), folder)
    (september,) = found.past
    assert september.payable == Decimal("50.00")
    assert found.statement.lines[0].times == 2
    assert found.statement.owed == Decimal("300.00")
    assert found.statement.payable == Decimal("200.00")
    assert [part.money for part in found.statement.withheld] == [Decimal("100.00")]


def test_a_window_of_which_half_is_valid_is_measured_over_that_half_and_its_base_by_days(folder: Path) -> None:
    rows = [promise(1, Status.MISSED, day="2026-09-15"), promise(2, Status.MISSED, day="2026-09-16")]
    found = settled(in_mind(folder, rows, texts=texts()), folder, "2026-09").statement
    line = found.lines[0]
    assert (line.sample.bad, line.window.name) == (1, "2026-09-16..2026-09-30")
    assert line.credits[0].base == Fraction("999.99") / 2


def test_a_waived_promise_is_left_out_only_where_the_contract_names_the_reason(folder: Path) -> None:
    waived = [promise(number, Status.WAIVED, excluded=Excluded.WAIVED) for number in (50, 51)]
    db = in_mind(folder, [*october(19, 0), *waived], texts=texts())
    as_records(db, waived)
    for record, reason in (("50", "customer's fault"), ("51", "a bad day")):
        scope, terms = WaiverScope("tickets", record), WaiverTerms(reason, "anna", at("2026-10-06"))
        waivers.grant(db, scope, terms, 1)
    line = settled(db, folder).statement.lines[0]
    assert (line.sample.good, line.sample.bad, line.sample.excluded) == (19, 1, (("customer's fault", 1),))
    assert line.measured is not None
    assert line.unexcluded is not None
    assert (line.measured.denominator, line.unexcluded.denominator) == (20, 21)


def test_a_waiver_of_a_pipeline_in_waivers_yaml_is_an_exclusion_by_its_reason(folder: Path) -> None:
    within = "from: 2026-10-01T00:00:00Z, to: 2026-10-31T00:00:00Z"
    ours = f"{{pipeline: Support Pipeline, reason: customer's fault, {within}}}"
    others = f"{{pipeline: Onboarding, reason: strike, {within}}}"
    files = texts() | {"waivers.yaml": f"waivers: [{ours}, {others}]\n"}
    who = {"company_id": "9001", "pipeline_id": "Support Pipeline"}
    due = "2026-10-05T08:00:00+00:00"
    waived = Row("50", Status.WAIVED, due=due, breached=due, excluded=Excluded.WAIVED, who=who)
    elsewhere = replace(waived, record="51", who=who | {"pipeline_id": "Onboarding"})
    db = in_mind(folder, [*october(19, 0), waived, elsewhere], texts=files)
    as_records(db, [waived, elsewhere])
    line = settled(db, folder).statement.lines[0]
    assert (line.sample.good, line.sample.bad, line.sample.excluded) == (19, 1, (("customer's fault", 1),))


def test_a_feed_that_cannot_be_read_is_named_and_not_measured(tmp_path: Path) -> None:
    db = in_mind(tmp_path, october(20, 0), texts=texts())
    document = statement(db, Asked("acme", "2026-10", reading(tmp_path), at(NOW)))
    assert document.notes == ("web.csv cannot be read: No such file or directory",)
    assert [row[8].text for row in document.tables["objectives"].rows] == ["kept", "not measured"]  # type: ignore[union-attr]


def test_in_a_window_that_runs_only_what_has_happened_counts(folder: Path) -> None:
    db = in_mind(folder, october(1, 0), texts=texts())
    line = settled(db, folder, now="2026-10-06").statement.lines[1]
    assert line.sample.total_ms == at("2026-10-06") - at("2026-09-30T22:00:00+00:00")


@pytest.mark.parametrize(
    ("contract", "period", "said"),
    [
        ("acmee", "2026-10", "there is no contract 'acmee'"),
        ("acme", "2026-Q4", "2026-Q4 is more than one window of 'acme'"),
        ("acme", "2026-08", "'acme' is not valid in 2026-08"),
        ("acme", "October", "'October' is no period"),
        ("acme", "2026-12", "2026-12 of 'acme' has not begun"),
    ],
)
def test_what_there_is_not_is_refused(folder: Path, contract: str, period: str, said: str) -> None:
    db = in_mind(folder, october(1, 0), texts=texts())
    with pytest.raises(UsageProblem) as refused:
        statement(db, Asked(contract, period, reading(folder), at(NOW)))
    assert said in str(refused.value)


def test_what_an_objective_selects_is_looked_up_once_for_all_windows(folder: Path) -> None:
    """The values of a column are read from all outcomes, which may be a million."""
    db = in_mind(folder, october(8, 2), texts=texts())
    asked: list[str] = []
    db.set_trace_callback(asked.append)
    drawn_windows(db, mappings_of(db), "acme", reading(folder), at("2027-02-15"))
    assert sum("select distinct" in each and "outcomes" in each for each in asked) == 1


def test_equal_ledgers_give_equal_bytes_of_every_form(folder: Path) -> None:
    documents = [
        statement(in_mind(folder, october(8, 2), texts=texts()), Asked("9001", "2026-10", reading(folder), at(NOW)))
        for _ in range(2)
    ]
    assert page(documents[0]) == page(documents[1])
    assert workbook(documents[0]) == workbook(documents[1])
    assert "EUR 200.00" in page(documents[0]).decode()


def test_the_commands_list_show_and_draw(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = str(in_file(folder / "ledger.db", october(8, 2), texts=texts()))

    def printed(*words: str) -> Any:
        with pytest.raises(SystemExit) as ended:
            main(["contract", *words, "--ledger", ledger, "--json"])
        assert ended.value.code == 0
        return json.loads(capsys.readouterr().out)

    assert [each["id"] for each in printed("list")] == ["acme"]
    assert printed("show", "9001")[0]["objectives"][0]["owes"] == (
        "5% at ≥ 90%, < 95%, 10% at < 90%; a repeat counts 2 times"
    )
    drawn = printed("statement", "acme", "--period", "2026-10", "--at", f"{NOW}T00:00:00Z", "--mappings", str(folder))
    assert [row["credit"] for row in drawn["tables"]["objectives"]] == ["100.00", "100.00"]
    assert drawn["tables"]["rights"] == [
        {
            "right": "terminate",
            "action": "terminate",
            "reached": "1",
            "needed": "2 of 3",
            "notice": "",
            "cure": "",
            "holds": "no",
        }
    ]
    assert drawn["tables"]["claims"][0]["last_day"] == "Nov 30, 2026"


def test_what_is_due_is_listed_with_the_last_day_of_claims_and_notice(folder: Path) -> None:
    dated = CONTRACT.replace(
        "    claim:", "    dates: [{what: renewal, on: 2026-12-31, notice: {days: 30}}]\n    claim:"
    )
    files = texts() | {"contracts.yaml": dated}
    db = in_mind(folder, october(8, 2), texts=files)
    found = [(day.day.isoformat(), day.what) for day in due_days(db, reading(folder), at("2026-11-15"), 50)]
    assert found == [
        ("2026-11-30", "last day to claim for resolution in 2026-10"),
        ("2026-11-30", "last day to claim for uptime in 2026-10"),
        ("2026-12-01", "last day of notice for the renewal on 2026-12-31"),
        ("2026-12-31", "renewal"),
    ]


DATES = """\
    dates:
      - {what: renewal, on: 2028-06-30, notice: {months: 18}}
      - {what: review, on: 2024-02-29, every_months: 12, notice: {business_days: 3, calendar: berlin}}
      - {what: audit, on: 2027-03-31, every_months: 1}
    claim:"""


@pytest.mark.parametrize(
    ("now", "valid_to", "found"),
    [
        ("2026-12-01", "", [("2026-12-30", "notice for the renewal on 2028-06-30")]),
        (
            "2027-02-20",
            "",
            [
                ("2027-02-24", "notice for the review on 2027-02-28"),  # a Sunday
                ("2027-02-28", "review"),
                ("2027-03-31", "audit"),
            ],
        ),
        (
            "2028-02-20",
            "",
            [
                ("2028-02-24", "notice for the review on 2028-02-29"),
                ("2028-02-29", "audit"),
                ("2028-02-29", "review"),
                ("2028-03-31", "audit"),
            ],
        ),
        (
            "2028-02-20",
            "2028-02-29",
            [
                ("2028-02-24", "notice for the review on 2028-02-29"),
                ("2028-02-28", "last day"),
                ("2028-02-29", "audit"),
                ("2028-02-29", "review"),
            ],
        ),
    ],
)
def test_days_are_found_over_leap_days_and_however_long_the_notice(
    folder: Path, now: str, valid_to: str, found: list[tuple[str, str]]
) -> None:
    """None after the contract, whose end is the day before `valid_to`."""
    dated = CONTRACT.replace("    claim:", DATES)
    if valid_to:
        dated = dated.replace("    fees:", f"    valid_to: {valid_to}\n    fees:")
    db = in_mind(folder, [], texts=texts() | {"contracts.yaml": dated})
    days = [
        (each.day.isoformat(), each.what.removeprefix("last day of "))
        for each in due_days(db, reading(folder), at(now), 45)
        if "claim" not in each.what
    ]
    assert [(day, what.replace("version 1", "last day")) for day, what in days] == found


def test_short_outages_and_those_of_a_few_users_count_as_the_contract_says(tmp_path: Path) -> None:
    short, of_a_quarter = "2026-10-05T10:00:00Z,2026-10-05T10:04:00Z,", "2026-10-06T10:00:00Z,2026-10-06T14:00:00Z,25%"
    outages = f"from,to,affected\n{short}\n{of_a_quarter}\n"
    (tmp_path / "web.csv").write_text(outages, encoding="utf-8")
    contract = CONTRACT.replace("measure: {uptime: web}", "measure: {uptime: web}\n        least: {outage: 5m}")
    db = in_mind(tmp_path, october(1, 0), texts=texts() | {"contracts.yaml": contract})
    assert settled(db, tmp_path).statement.lines[1].measured == Fraction(744, 745)


@pytest.mark.parametrize(
    ("per", "window", "down_h"),
    [
        ("year", "{last_months: 12}", 1),
        ("quarter", "{last_months: 12}", 1),
        ("quarter", "month", 1),
        ("window", "{last_months: 12}", 2),
        ("month", "{last_months: 12}", 0),
    ],
)
def test_what_is_left_out_at_most_is_counted_in_each_year_quarter_or_month_of_the_contract(
    tmp_path: Path, per: str, window: str, down_h: int
) -> None:
    """Three hours of maintenance in October, three in December and one in January, of which five are left out."""
    spells = [("2026-10-05", 3), ("2026-12-07", 3), ("2027-01-11", 1)]
    rows = [f"{day}T10:00:00Z,{day}T{10 + hours}:00:00Z,maintenance,2026-01-01T00:00:00Z" for day, hours in spells]
    (tmp_path / "web.csv").write_text("\n".join(["from,to,kind,announced", *rows]) + "\n", encoding="utf-8")
    written = CONTRACT.replace("notice: 48h", f"notice: 48h, most: 5h, per: {per}")
    written = written.replace("measure: {uptime: web}", f"measure: {{downtime: web}}\n        window: {window}")
    written = written.replace("promised: 99.9%\n        credit: {bands: [{below: 99.9%, pays: 10%}]}", "promised: 0m")
    db = in_mind(tmp_path, october(1, 0), texts=texts() | {"contracts.yaml": written})
    period = "2026-12" if window == "month" else "2027-01"
    line = settled(db, tmp_path, period, "2027-02-15").statement.lines[-1]
    assert line.measured == down_h * 3_600_000


def test_lateness_is_paid_by_the_hour_begun_of_each_promise(folder: Path) -> None:
    credit = "credit: {each_late: {step: 1h, pays: 50.00, steps: started, most: 120}}"
    contract = CONTRACT.replace(
        "credit: {bands: [{below: 95%, at_least: 90%, pays: 5%}, {below: 90%, pays: 10%}]}", credit
    )
    stops = ("2026-10-05T08:20:00+00:00", "2026-10-05T09:30:00+00:00", "2026-10-05T17:00:00+00:00")
    who = {"company_id": "9001"}
    rows = [
        Row(str(number), Status.MISSED, due="2026-10-05T08:00:00+00:00", stopped=stopped, who=who)
        for number, stopped in enumerate(stops)
    ]
    db = in_mind(folder, rows, texts=texts() | {"contracts.yaml": contract})
    assert settled(db, folder).statement.lines[0].money == Decimal("270.00")


def test_a_feed_may_be_an_address_that_answers_rows_and_is_named_when_it_does_not(
    tmp_path: Path, receiver: Receiver
) -> None:
    body = b'[{"from": "2026-10-05T10:00:00Z", "to": "2026-10-05T11:00:00Z"}]'
    receiver.always("/outages", Answer(body=body))
    place = f"{{http: {receiver.url}/outages, token: WEB_TOKEN}}"
    files = texts() | {"contracts.yaml": CONTRACT.replace("{csv: web.csv}", place)}
    db = in_mind(tmp_path, october(20, 0), texts=files)
    assert settled(db, tmp_path).statement.lines[1].measured == Fraction(744, 745)
    assert [got.headers["Authorization"] for got in receiver.received] == ["Bearer WEB_TOKEN"]
    receiver.always("/outages", Answer(404))
    document = statement(db, Asked("acme", "2026-10", reading(tmp_path), at(NOW)))
    assert document.notes == (f"{receiver.url}/outages cannot be had: it answered 404",)
