"""`sla waive` and `sla waiver`: what is excused, what HubSpot shows of it, what is taken back, and what is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cli.conftest import Command
from flows.world import NOW, world
from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.properties import Property
from hubspot_sla.ledger import database
from hubspot_sla.plan.instant_text import wire
from proofs import people
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World

LATE = timedelta(hours=30)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    made = world(copied_portal(NOW, tickets=0), tmp_path)
    made.go_live()
    yield made
    made.close()


@pytest.fixture
def sla(desk: World, monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(desk, monkeypatch)


def instant(desk: World, **later: float) -> str:
    return wire(int((desk.now + timedelta(**later)).timestamp()) * 1000)


def late_ticket(desk: World, **properties: str) -> str:
    """Late a day later, with a task."""
    ticket = desk.ticket(**properties)
    desk.sync()
    desk.advance(hours=LATE.total_seconds() / 3600)
    desk.sync()
    assert desk.held(ticket)["resolution_status"] == "breached"
    return ticket


def outcomes(desk: World, ticket: str) -> dict[str, tuple[object, ...]]:
    query = f"select clock, status, excluded from outcomes where record_id = '{ticket}'"
    return {str(clock): rest for clock, *rest in desk.rows(query)}  # type: ignore[misc]


def test_a_waiver_excuses_a_ticket_completes_its_tasks_and_says_why(desk: World, sla: Command) -> None:
    ticket = late_ticket(desk)
    tasks = desk.task_keys()
    assert len(tasks) == 2  # first response and resolution
    granted = sla("waive", ticket, "--reason", "agreed by phone", "--by", "Ada", "--evidence", "https://x.example/7")
    assert (granted.code, granted.out) == (0, "Waiver 1 granted. The next sync judges what it concerns again.\n")
    desk.sync()
    held = desk.held(ticket)
    assert (held["resolution_status"], held["first_response_status"]) == ("waived", "waived")
    assert "agreed by phone" in held["reason"]
    assert desk.completed_task_keys() == tasks
    assert set(map(tuple, outcomes(desk, ticket).values())) == {("waived", "waived")}
    explained = sla("explain", ticket).out
    assert "Waiver 1 by Ada" in explained
    assert "https://x.example/7" in explained
    desk.require_whole_chain()


def test_a_waiver_for_one_metric_leaves_the_others_late(desk: World, sla: Command) -> None:
    ticket = late_ticket(desk)
    assert sla("waive", ticket, "--metric", "resolution", "--reason", "waits for a part").code == 0
    desk.sync()
    held = desk.held(ticket)
    assert (held["resolution_status"], held["first_response_status"]) == ("waived", "breached")
    assert len(desk.completed_task_keys()) == 1


def test_when_a_waiver_expires_what_is_open_is_late_again_and_nothing_is_asked_for_twice(
    desk: World, sla: Command
) -> None:
    ticket = late_ticket(desk)
    sla("waive", ticket, "--until", instant(desk, hours=4), "--reason", "until noon")
    desk.sync()
    before = desk.task_keys()
    desk.advance(hours=5)
    desk.sync()
    assert desk.held(ticket)["resolution_status"] == "breached"
    assert desk.task_keys() == before


def test_a_revoked_waiver_is_undone_in_hubspot_and_in_outcomes(desk: World, sla: Command) -> None:
    ticket = late_ticket(desk)
    desk.change(ticket, hs_pipeline_stage="4")
    sla("waive", ticket, "--reason", "agreed")
    desk.sync()
    assert desk.held(ticket)["resolution_status"] == "waived"
    revoked = sla("waiver", "revoke", "1", "--reason", "the wrong ticket", "--by", "Ada")
    assert revoked.out == "Waiver 1 revoked. The next sync judges what it concerned again.\n"
    desk.sync()
    assert desk.held(ticket)["resolution_status"] == "missed"
    assert outcomes(desk, ticket)["resolution"] == ["missed", None]
    assert "revoked" in sla("waiver", "list").out
    desk.require_whole_chain()


def test_an_outage_of_a_customer_lets_time_not_count_and_withdraws_the_breach(desk: World, sla: Command) -> None:
    company = desk.portal.create("companies", {"name": "Nordwind"}, at=desk.now)
    ticket, other = desk.ticket(company=company), desk.ticket()
    start = instant(desk)
    desk.sync()
    desk.advance(hours=25)
    desk.sync()
    assert desk.held(ticket)["resolution_status"] == "breached"
    interval = ("--from", start, "--to", instant(desk, hours=-15))
    granted = sla("waive", "--customer", company, *interval, "--stop", "--reason", "their outage")
    assert granted.code == 0, granted.err
    desk.sync()
    assert desk.held(ticket)["resolution_status"] != "breached"
    assert desk.held(other)["resolution_status"] == "breached"
    explained = sla("explain", ticket).out
    assert "excused" in explained, explained


def test_a_waiver_for_a_pipeline_excuses_what_became_late_in_its_interval(desk: World, sla: Command) -> None:
    ticket = late_ticket(desk)
    interval = ("--from", instant(desk, hours=-12), "--to", instant(desk))
    assert sla("waive", "--pipeline", "Support Pipeline", *interval, "--reason", "power cut").code == 0
    desk.sync()
    held = desk.held(ticket)
    assert (held["resolution_status"], held["first_response_status"]) == ("waived", "breached")


def test_a_closed_ticket_is_judged_again_for_a_waiver(desk: World, sla: Command) -> None:
    ticket = late_ticket(desk)
    desk.change(ticket, hs_pipeline_stage="4")
    desk.sync()
    assert desk.held(ticket)["resolution_status"] == "missed"
    sla("waive", ticket, "--reason", "agreed afterwards")
    desk.sync()
    assert desk.held(ticket)["resolution_status"] == "waived"


def test_a_waiver_of_a_ticket_that_is_merged_goes_on_with_the_survivor(desk: World, sla: Command) -> None:
    waived, other = desk.ticket(), desk.ticket()
    desk.sync()
    sla("waive", waived, "--reason", "agreed")
    desk.sync()
    survivor = people.merge(desk, other, waived)
    desk.advance(hours=30)
    desk.sync()
    assert desk.held(survivor)["resolution_status"] == "waived"


def test_a_sync_without_new_waivers_judges_nothing_again(desk: World, sla: Command) -> None:
    ticket = late_ticket(desk)
    sla("waive", ticket, "--reason", "agreed")
    assert desk.sync().judged == 1
    desk.advance(minutes=30)
    assert desk.sync().judged == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("waive", "999", "--reason", "x"), "the ledger has never seen ticket 999"),
        (("waive", "--reason", "x"), "name a ticket, or --customer, or --pipeline"),
        (("waive", "1", "--customer", "2", "--reason", "x"), "one of them"),
        (("waive", "{ticket}", "--reason", "  "), "--reason is empty"),
        (("waive", "{ticket}", "--reason", "x", "--until", "2020-01-01"), "would end before it begins"),
        (("waive", "{ticket}", "--reason", "x", "--until", "soon"), "--until 'soon' is no instant"),
        (("waive", "{ticket}", "--reason", "x", "--from", "2026-11-23"), "an interval has two ends"),
        (
            ("waive", "{ticket}", "--reason", "x", "--from", "2026-11-24", "--to", "2026-11-23"),
            "ends before it begins",
        ),
        (("waive", "{ticket}", "--reason", "x", "--stop"), "needs an interval"),
        (("waive", "{ticket}", "--reason", "x", "--metric", "resolutoin"), "no policy promises 'resolutoin'"),
        (("waive", "--customer", "77", "--reason", "x", "--from", "2026-11-23", "--to", "2026-11-24"), "knows no cust"),
        (("waive", "--customer", "77", "--reason", "x"), "needs an interval"),
        (("waive", "--pipeline", "Nope", "--reason", "x", "--from", "2026-11-23", "--to", "2026-11-24"), "no pipeline"),
        (("waiver", "revoke", "9", "--reason", "x"), "there is no waiver 9"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    desk: World, sla: Command, arguments: tuple[str, ...], says: str
) -> None:
    ticket = desk.ticket()
    desk.sync()
    ended = sla(*(argument.format(ticket=ticket) for argument in arguments))
    assert ended.code == 2
    assert says in ended.err
    assert desk.rows("select * from waivers") == []


@pytest.mark.parametrize("by", [(), ("--by", "  ")])
def test_who_grants_it_is_never_nobody(
    desk: World, sla: Command, monkeypatch: pytest.MonkeyPatch, by: tuple[str, ...]
) -> None:
    ticket = desk.ticket()
    desk.sync()
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    assert sla("waive", ticket, "--reason", "agreed", *by).code == 0
    assert desk.rows("select granted_by from waivers") == [("ada",)]

    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", unknown)
    refused = sla("waive", ticket, "--reason", "agreed", *by)
    assert (refused.code, "--by NAME" in refused.err) == (2, True)


def test_a_waiver_is_revoked_once(desk: World, sla: Command) -> None:
    ticket = desk.ticket()
    desk.sync()
    sla("waive", ticket, "--reason", "agreed")
    assert sla("waiver", "revoke", "1", "--reason", "no").code == 0
    again = sla("waiver", "revoke", "1", "--reason", "no")
    assert (again.code, "was revoked before" in again.err) == (2, True)


def test_neither_a_waiver_nor_its_revocation_can_be_changed_or_deleted(desk: World, sla: Command) -> None:
    ticket = desk.ticket()
    desk.sync()
    sla("waive", ticket, "--reason", "agreed")
    sla("waiver", "revoke", "1", "--reason", "no")
    with database.open_for_writing(desk.folder / "ledger.db") as ledger:
        for table in ("waivers", "waiver_revocations"):
            for change in (f"update {table} set reason = 'better'", f"delete from {table}"):
                with pytest.raises(Exception, match="append-only"):
                    ledger.db.execute(change)


def test_the_texts_of_a_waiver_stand_outside_the_chain(desk: World, sla: Command) -> None:
    ticket = desk.ticket()
    desk.sync()
    sla("waive", ticket, "--reason", "agreed with Ms Ito", "--by", "Ada Lovelace")
    (body,) = desk.rows("select body from audit where kind = 'waiver'")
    assert "Ito" not in str(body)
    assert "Lovelace" not in str(body)
    assert desk.entries("waiver")[0]["reason"] == "agreed with Ms Ito"


def test_a_reason_in_the_mapped_property_waives_and_an_emptied_one_revokes(desk: World) -> None:
    reason = Property("waiver_reason", "Why it is excused", "string", "text", "ticketinformation")
    desk.portal.catalogue(TICKETS).define(reason)
    desk.edit("portal.yaml", lambda text: text.replace("\nproperties:\n", "\nproperties:\n  waiver: waiver_reason\n"))
    ticket = late_ticket(desk)
    desk.change(ticket, waiver_reason="agreed with the customer")
    desk.advance(minutes=1)
    desk.sync()
    held = desk.held(ticket)
    assert held["resolution_status"] == "waived"
    assert "agreed with the customer" in held["reason"]
    desk.change(ticket, waiver_reason="")
    desk.advance(minutes=1)
    desk.sync()
    assert desk.held(ticket)["resolution_status"] == "breached"
    desk.require_whole_chain()


WRITTEN = """\
waivers:
  - {{ticket: "{ticket}", reason: as the contract says, by: Legal}}
"""


def test_waivers_kept_as_code_come_into_force_with_the_file_and_are_revoked_without_it(
    desk: World, sla: Command
) -> None:
    ticket = late_ticket(desk)
    desk.change(ticket, hs_pipeline_stage="4")
    desk.sync()
    file = desk.folder / "mappings" / "waivers.yaml"
    file.write_text(WRITTEN.format(ticket=ticket), encoding="utf-8")
    desk.sync()
    assert desk.held(ticket)["resolution_status"] == "waived"
    assert "Waiver of waivers.yaml by Legal" in sla("explain", ticket).out
    sla("waive", ticket, "--reason", "once more", "--by", "Ada")
    both = [row.split("\t")[:3] for row in sla("waiver", "list").out.splitlines()]
    assert both == [["1", "excuses", f"ticket {ticket}"], ["waivers.yaml", "excuses", f"ticket {ticket}"]]
    assert [one["number"] for one in json.loads(sla("waiver", "list", "--json").out)] == [1, None]
    assert sla("waiver", "revoke", "1", "--reason", "it is in the file").code == 0
    desk.advance(minutes=5)
    file.write_text("waivers: []\n", encoding="utf-8")
    desk.sync()
    listed = sla("waiver", "list").out
    assert "revoked 2026-11-24T14:0" in listed
    assert ": taken out of waivers.yaml" in listed
    assert desk.held(ticket)["resolution_status"] == "missed"
    desk.require_whole_chain()


@pytest.mark.parametrize(
    ("waiver", "place", "says"),
    [
        ("{reason: x}", "2:5", "a waiver is of one ticket, customer or pipeline"),
        ("{ticket: '1', customer: '2', reason: x}", "2:5", "one ticket, customer or pipeline"),
        ("{ticket: '1'}", "2:5", "reason"),
        ("{ticket: '1', reason: x, until: tomorrow}", "2:37", "'tomorrow' is neither a date nor an instant"),
        ("{ticket: '1', reason: x, from: 2026-11-02, to: 2026-11-01}", "2:5", "ends before it begins"),
        ("{ticket: '1', reason: x, from: 2026-11-02}", "2:5", "an interval has two ends"),
        ("{customer: '1', reason: x}", "2:5", "needs an interval"),
        ("{ticket: '1', reason: x, stop: true}", "2:5", "needs an interval"),
        ("{pipeline: Suport, reason: x, from: 2026-11-01, to: 2026-11-02}", "2:16", "no pipeline 'Suport'"),
        ("{ticket: '1', reason: x, metric: resolutoin}", "2:38", "no metric 'resolutoin'"),
        ("{ticket: '1', reason: x, utnil: 2026-11-02}", "2:30", "utnil"),
    ],
)
def test_what_is_wrong_in_waivers_yaml_is_named_with_its_place(
    desk: World, sla: Command, waiver: str, place: str, says: str
) -> None:
    (desk.folder / "mappings" / "waivers.yaml").write_text(f"waivers:\n  - {waiver}\n", encoding="utf-8")
    ended = sla("check")
    assert ended.code == 2
    assert f"waivers.yaml:{place}" in ended.err, ended.err
    assert says in ended.err
