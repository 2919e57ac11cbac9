"""Mappings that were in force before every target had to say its `default` go on, and say so; edited ones do not."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from cli.conftest import Command
from flows.world import NOW, world
from hubspot_sandbox.seed import seeded_portal
from hubspot_sla.ledger import database, versions
from hubspot_sla.ledger.versions import PolicyVersion
from hubspot_sla.policy.grammars import version_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World

COMPLETE = """\
policies:
  - id: support
    when: {pipeline: Support Pipeline}
    calendar: always
    targets: {resolution: {HIGH: 8h, default: none}}
"""
OLD = COMPLETE.replace(", default: none", "")


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[World]:
    """A desk whose mappings came into force under a release that asked for no default."""
    made = world(seeded_portal(NOW, tickets=0), tmp_path, COMPLETE)
    made.go_live()
    made.edit("policies.yaml", lambda _: OLD)
    with database.open_for_writing(made.folder / "ledger.db") as ledger, ledger.transaction() as db:
        before = versions.latest(db)
        assert before is not None
        texts = before.texts | {"policies.yaml": OLD}
        versions.add(db, PolicyVersion(version_of(texts), before.effective_at + 1, texts, before.portal_ids))
    made.advance(minutes=1)
    yield made
    made.close()


def test_a_worker_goes_on_with_them_and_every_run_says_so(upgraded: World, caplog: pytest.LogCaptureFixture) -> None:
    urgent, plain = upgraded.ticket(hs_ticket_priority="HIGH"), upgraded.ticket()
    with caplog.at_level(logging.WARNING, "hubspot_sla.sync"):
        upgraded.sync()
        upgraded.sync()
    assert upgraded.held(urgent)["resolution_status"] == "running"
    assert upgraded.held(plain)["status"] == "no_sla"
    assert "no target for a ticket without a priority" in upgraded.held(plain)["reason"]
    warned = [record.getMessage() for record in caplog.records if "`default`" in record.getMessage()]
    assert len(warned) == 2
    assert "1, the first at policies.yaml:5:27" in warned[0]


def test_a_clock_without_a_target_is_named_beside_one_that_has_one(upgraded: World) -> None:
    both = "first_response: 1h, resolution: {HIGH: 8h, default: none}"
    upgraded.edit("policies.yaml", lambda _: COMPLETE.replace("resolution: {HIGH: 8h, default: none}", both))
    ticket = upgraded.ticket(hs_ticket_priority="LOW")
    upgraded.sync()
    assert upgraded.held(ticket)["status"] == "running"
    assert "no target for priority LOW" in upgraded.held(ticket)["reason"]


EVERY_CLOCK = """\
policies:
  - id: support
    when: {pipeline: Support Pipeline}
    calendar: always
    targets:
      assignment: {HIGH: 1h, default: none}
      next_response: {HIGH: 2h, default: none}
      resolution: 8h
  - id: desk
    kind: ola
    when: {pipeline: Support Pipeline}
    calendar: always
    targets: {assignment: {HIGH: 10m, default: none}}
"""


def test_any_clock_without_a_target_has_a_verdict_that_says_so(upgraded: World) -> None:
    """Of the first response and the resolution it was said always; of the others nobody heard."""
    upgraded.edit("policies.yaml", lambda _: EVERY_CLOCK)
    upgraded.set_up()
    ticket = upgraded.ticket()
    assert upgraded.sync().refused is None
    held = upgraded.held(ticket)
    assert (held["status"], held["resolution_status"]) == ("running", "running")
    assert (held["assignment_status"], held["next_response_status"], held["ola_status"]) == ("no_sla",) * 3
    for clock in ("Assignment", "Next response", "OLA: Assignment"):
        assert f"{clock}: no target for a ticket without a priority." in held["reason"]


def test_the_reason_why_nothing_is_promised_is_the_present_one(upgraded: World) -> None:
    upgraded.edit("policies.yaml", lambda _: COMPLETE)
    ticket = upgraded.ticket(hs_ticket_priority="LOW")
    upgraded.sync()
    assert "no target for priority LOW" in upgraded.held(ticket)["reason"]
    upgraded.advance(minutes=1)
    upgraded.change(ticket, hs_ticket_priority="MEDIUM")
    upgraded.sync()
    assert "no target for priority MEDIUM" in upgraded.held(ticket)["reason"]


def test_new_rows_of_a_table_are_no_edit(upgraded: World) -> None:
    upgraded.edit("tiers.csv", lambda text: text + "5099,gold,,\n")
    ticket = upgraded.ticket(hs_ticket_priority="HIGH")
    upgraded.sync()
    assert upgraded.held(ticket)["resolution_status"] == "running"
    with database.open_for_reading(upgraded.folder / "ledger.db") as ledger:
        adopted = versions.latest(ledger.db)
    assert adopted is not None
    assert "5099" in adopted.texts["tiers.csv"]


@pytest.mark.parametrize("name", ["policies.yaml", "calendars.yaml"])
def test_an_edited_file_is_refused_until_each_target_has_a_default(upgraded: World, name: str) -> None:
    upgraded.edit(name, lambda text: text + "# edited\n")
    assert "there is no `default`" in str(upgraded.sync().refused)
    upgraded.edit("policies.yaml", lambda _: COMPLETE)
    assert upgraded.sync().refused is None


def test_other_line_endings_are_no_edit(upgraded: World) -> None:
    path = upgraded.folder / "mappings" / "policies.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    upgraded.sync()


def test_check_calls_them_wrong_and_doctor_worth_a_second_look(
    upgraded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sla = Command(upgraded, monkeypatch)
    checked, examined = sla("check"), sla("doctor", "--json")
    assert checked.code == 2
    assert "policies.yaml:5:27: there is no `default`" in checked.err
    findings = json.loads(examined.out)["findings"]
    [about] = [finding for finding in findings if "there is no `default`" in finding["message"]]
    assert about["level"] == "warn"
