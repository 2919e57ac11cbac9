"""A slip in an edited file keeps no ticket from being judged: the mappings in force go on, and everybody hears it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cli.conftest import Command
from flows.test_health_and_status import health
from hubspot_sla.errors import MappingInvalid

if TYPE_CHECKING:
    import pytest

    from flows.world import World


def misspell(world: World) -> None:
    world.edit("policies.yaml", lambda text: text.replace("targets:", "targts:", 1))


def correct(world: World) -> None:
    world.edit("policies.yaml", lambda text: text.replace("targts:", "targets:", 1))


def test_tickets_are_judged_and_written_by_what_is_in_force(live: World, caplog: pytest.LogCaptureFixture) -> None:
    misspell(live)
    ticket = live.ticket(hs_ticket_priority="HIGH")
    with caplog.at_level(logging.ERROR, "hubspot_sla.sync"):
        stats = live.sync()
    assert (live.held(ticket)["status"], stats.properties_written, stats.exit_code) == ("running", 1, 2)
    assert isinstance(stats.refused, MappingInvalid)
    [said] = [record.getMessage() for record in caplog.records if "refused" in record.getMessage()]
    assert "policies.yaml:2:5" in said
    live.advance(minutes=61)
    misspell(live)
    live.sync()
    assert live.held(ticket)["first_response_status"] == "breached"


def test_once_corrected_the_edit_counts_and_nothing_is_said_any_more(live: World) -> None:
    misspell(live)
    assert live.sync().exit_code == 2
    correct(live)
    live.edit("policies.yaml", lambda text: text.replace("HIGH: 1h", "HIGH: 30m"))
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(minutes=31)
    stats = live.sync()
    assert (stats.refused, stats.exit_code) == (None, 0)
    assert live.held(ticket)["first_response_status"] == "breached"


def test_a_word_that_only_the_portal_does_not_know_is_refused_likewise(live: World) -> None:
    live.edit("portal.yaml", lambda text: text.replace("Waiting on us: open", "Waiting for us: open"))
    ticket = live.ticket()
    assert "Waiting on us" in str(live.sync().refused)
    assert live.held(ticket)["status"] == "running"


def test_a_folder_that_is_gone_is_no_reason_to_stop(live: World) -> None:
    (live.folder / "mappings").rename(live.folder / "elsewhere")
    ticket = live.ticket()
    assert live.sync().exit_code == 2
    assert live.held(ticket)["status"] == "running"


def test_the_command_shows_place_and_line_after_its_work_and_ends_with_2(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sla = Command(live, monkeypatch)
    misspell(live)
    live.ticket()
    for ended in (sla("sync"), sla("run", "sync")):
        assert ended.code == 2
        assert " seen, " in ended.out
        assert "policies.yaml:5:5: there is no key 'targts' here (did you mean 'targets'?)" in ended.err
        assert "targts: {first_response" in ended.err


def test_status_and_healthz_say_that_it_works_and_what_is_refused(live: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sla = Command(live, monkeypatch)
    misspell(live)
    sla("sync")
    ended, answer = sla("status"), health(live)
    assert (ended.code, answer.working) == (2, True)
    assert ended.out.startswith("working: last sync ")
    assert "by the mappings before the last edit, which is refused: " in ended.out
    assert "policies.yaml:5:5" in answer.reason
    correct(live)
    sla("sync")
    assert sla("status").code == 0
