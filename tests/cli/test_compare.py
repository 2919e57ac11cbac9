"""`sla compare` as people and programs meet it: what it prints, what it leaves alone, and what it says to bad input."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flows.world import NOW, TOKEN, world
from hubspot_sandbox.account import Account
from hubspot_sandbox.instants import parse_instant
from hubspot_sandbox.merging import merge
from hubspot_sandbox.native_sla import Goals
from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.server import serve
from hubspot_sla.cli.main import main
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World

POLICIES = """\
policies:
  - id: support
    when: {pipeline: Support Pipeline}
    calendar: always
    targets: {first_response: 1h, resolution: 8h}
"""
GOALS = Goals(first_response=60, close=480)
FIRST_STATUS = "hs_time_to_first_response_sla_status"
COLUMNS = [
    *("record", "subject", "metric", "cause", "due_at", "hubspot_due_at", "elapsed_s", "hubspot_elapsed_s"),
    *("status", "hubspot_status", "made_by", "link"),
]
NATIVE = [f"hs_time_to_{goal}_sla_at" for goal in ("first_response", "next_response", "close")]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = world(copied_portal(NOW, tickets=0), tmp_path, POLICIES)
    made.portal.set_native_sla(GOALS)
    made.go_live()
    made.advance(hours=2)
    settings = {"HUBSPOT_TOKEN": TOKEN, "HUBSPOT_BASE_URL": made.running.url, "SLA_CLOCK": "hubspot"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    yield made
    made.close()


def tickets(desk: World, number: int, **properties: str) -> list[str]:
    """Created one after the other from half an hour ago on, and synced."""
    made = [desk.ticket(age=timedelta(minutes=30 - place), **properties) for place in range(number)]
    desk.sync()
    return made


def ran(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["compare", *arguments])
    printed = capsys.readouterr()
    return int(str(ended.value.code)), printed.out, printed.err


def test_where_both_agree_it_says_so_in_one_sentence(desk: World, capsys: Any) -> None:
    tickets(desk, 3)
    code, out, err = ran(capsys)
    assert code == 0, err
    assert "agree on 6 of 6 goals of 3 tickets; none differs." in out
    assert "first_response\tagree\t3\t" in out
    assert "Calls to HubSpot: 5" in err


def test_the_columns_of_every_form_are_those_of_the_document(desk: World, capsys: Any) -> None:
    [ticket] = tickets(desk, 1)
    desk.portal.set_native_sla(Goals(first_response=61, close=480))
    _, out, _ = ran(capsys, "--json")
    told = json.loads(out)
    assert set(told) == {"title", "sentence", "as_of", "zone", "notes", "tables", "facts"}
    assert list(told["tables"]) == ["metrics", "causes", "goals"]
    assert list(told["tables"]["metrics"][0]) == ["metric", "n", "agree", "differ", "share"]
    assert list(told["tables"]["causes"][0]) == ["metric", "cause", "n", "share", "examples", "links"]
    [goal] = told["tables"]["goals"]
    assert list(goal) == COLUMNS
    assert (goal["record"], goal["metric"], goal["cause"]) == (ticket, "first_response", "unknown")
    assert parse_instant(goal["hubspot_due_at"]) - parse_instant(goal["due_at"]) == 60_000
    assert (goal["status"], goal["hubspot_status"], goal["made_by"]) == ("running", "Active SLA", "CRM_UI")
    assert goal["link"].endswith(f"/record/0-5/{ticket}")
    _, out, _ = ran(capsys, "--format", "csv", "--list", "all")
    [row] = csv.DictReader(io.StringIO(out))
    assert list(row) == COLUMNS
    _, out, _ = ran(capsys, "--format", "csv", "--by", "cause")
    assert out.splitlines()[0] == "cause,n,share,examples,links"


def test_a_list_holds_the_goals_of_one_cause(desk: World, capsys: Any) -> None:
    made = tickets(desk, 2)
    desk.portal.set_native_sla(Goals(first_response=61, close=480))
    _, out, _ = ran(capsys, "--list", "unknown", "--format", "csv")
    assert [row["record"] for row in csv.DictReader(io.StringIO(out))] == made
    _, out, _ = ran(capsys, "--list", "agree", "--format", "csv")
    assert [row["metric"] for row in csv.DictReader(io.StringIO(out))] == ["resolution"] * 2
    assert "None." in ran(capsys, "--list", "holiday + pause")[1]


def test_nothing_is_written(desk: World, capsys: Any) -> None:
    tickets(desk, 2)
    ledger, requests = (desk.folder / "ledger.db").read_bytes(), len(desk.running.requests_since(0))
    assert ran(capsys)[0] == 0
    sent = desk.running.requests_since(0)[requests:]
    assert all(one.method == "GET" or one.path.endswith(("/search", "/batch/read")) for one in sent)
    assert (desk.folder / "ledger.db").read_bytes() == ledger


def test_tickets_that_no_sync_has_seen_as_they_are_now_are_counted_apart(desk: World, capsys: Any) -> None:
    [seen, changed] = tickets(desk, 2)
    desk.advance(minutes=10)
    desk.change(changed, hs_pipeline_stage="4")
    desk.ticket()
    code, out, err = ran(capsys)
    assert code == 0
    assert "2 of 2 goals of 3 tickets" in out
    assert "not compared: 1 ticket, because the ledger has never seen it" in err
    assert "not compared: 1 ticket, because something happened after the last sync: run `sla sync` first" in err
    assert seen in ran(capsys, "--by", "cause")[1]


def test_tickets_that_cannot_be_judged_are_counted_with_the_reason(desk: World, capsys: Any) -> None:
    """One was merged into another before the ledger had seen either."""
    older, younger = (desk.ticket(age=timedelta(minutes=age)) for age in (30, 20))
    with desk.portal.current():
        records = [desk.portal.record(TICKETS, id_) for id_ in (younger, older)]
        merge(desk.portal, TICKETS, *records, desk.portal.clock.now_ms())
    desk.sync()
    code, out, err = ran(capsys)
    assert code == 0
    assert "Not one ticket could be compared." in out
    why = "its first_response is unknown: the stage history begins after the ticket's creation"
    assert f"not compared: 1 ticket, because {why}" in err


def test_a_status_that_nobody_knows_is_named_and_not_compared(desk: World, capsys: Any) -> None:
    tickets(desk, 1)
    catalogue = desk.portal.catalogue(TICKETS)
    status = catalogue.get(FIRST_STATUS)
    options = tuple(one if one.value == "3" else replace(one, label="Snoozed") for one in status.options)
    catalogue.define(replace(status, options=options))
    code, out, err = ran(capsys)
    assert code == 0
    assert "agree on 2 of 2 goals" in out
    assert "nobody knows what this status means, so it was not compared: first_response: Snoozed, of 1 goal" in err


def test_options_are_read_of_the_portal_not_taken_as_documented(desk: World, capsys: Any) -> None:
    """In this portal the digits mean something else."""
    [ticket] = tickets(desk, 1)
    desk.portal.send_agent_message(ticket)
    desk.sync()
    catalogue = desk.portal.catalogue(TICKETS)
    status = catalogue.get(FIRST_STATUS)
    labels = {"3": "Completed late", "4": "Completed on time"}
    options = tuple(replace(one, label=labels.get(one.value, one.label)) for one in status.options)
    catalogue.define(replace(status, options=options))
    _, out, _ = ran(capsys, "--list", "all", "--format", "csv")
    [goal] = csv.DictReader(io.StringIO(out))
    assert (goal["hubspot_status"], goal["status"]) == ("Completed late", "met")


def test_a_portal_without_native_due_instants_is_told_so(desk: World, capsys: Any) -> None:
    desk.portal.set_native_sla(None)
    tickets(desk, 2)
    code, out, _ = ran(capsys)
    assert code == 0
    assert "None of the 2 tickets has a due instant of HubSpot's own SLA." in out


def test_a_portal_without_the_native_properties_is_refused(desk: World, capsys: Any) -> None:
    for name in NATIVE:
        del desk.portal.catalogue(TICKETS)._properties[name]
    code, _, err = ran(capsys)
    assert code == 2
    assert "the portal has none of the properties of HubSpot's own SLA" in err
    assert "Service Hub Professional" in err


def test_the_ledger_of_another_portal_is_refused(desk: World, capsys: Any) -> None:
    tickets(desk, 1)
    desk.portal.account = Account(999_999)
    code, _, err = ran(capsys)
    assert code == 2
    assert "this ledger belongs to portal 145000001, the token to portal 999999" in err


def test_a_token_that_may_not_read_tickets_is_told_which_scope_it_lacks(
    desk: World, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets(desk, 1)
    with serve(desk.portal, token=TOKEN, enforce_limits=False, scopes=["crm.objects.companies.read"]) as running:
        monkeypatch.setenv("HUBSPOT_BASE_URL", running.url)
        code, _, err = ran(capsys)
    assert code == 3
    assert "tickets" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "yesterday"), "--since 'yesterday' is no instant"),
        (("--since", "2031-01-01"), "--since lies in the future"),
        (("--by", "metrik"), "--by knows no 'metrik'"),
        (("--list", "holidays"), "there is no cause 'holidays'"),
        (("--format", "html"), "'html' is not one of"),
    ],
)
def test_what_makes_no_sense_is_refused(desk: World, capsys: Any, arguments: tuple[str, ...], words: str) -> None:
    code, _, err = ran(capsys, *arguments)
    assert code == 2
    assert words in err


def test_a_ledger_that_is_not_there_or_has_judged_nothing_is_told(desk: World, capsys: Any, tmp_path: Path) -> None:
    code, _, err = ran(capsys, "--ledger", str(tmp_path / "nowhere.db"))
    assert code == 2
    assert "nowhere.db" in err
