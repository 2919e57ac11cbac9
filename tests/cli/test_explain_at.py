"""`sla explain --at`, as it is typed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.conftest import Command
    from flows.world import World


def test_it_shows_what_was_known_then_beside_what_is_known_now_and_names_what_was_learned(
    live: World, sla: Command
) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=2)
    live.sync()
    live.advance(minutes=1)
    then = live.now.isoformat()
    live.portal.send_agent_message(ticket, live.now - timedelta(hours=1, minutes=50))
    live.advance(minutes=1)
    live.sync()
    shown = sla("explain", ticket, "--at", then)
    assert shown.code == 0, shown.err
    before, _, rest = shown.out.partition("What is known now of that instant")
    after, _, difference = rest.partition("The difference")
    assert "First response: late since" in before
    assert "First response: done in time" in after
    assert "then: First response: late since" in difference
    assert "now:  First response: done in time" in difference
    assert "Learned since" in difference
    assert f"of ticket {ticket} was" in difference
    found = sla("explain", ticket, "--at", then, "--json")
    assert isinstance(found.json, dict)
    assert [one["clock"] for one in found.json["differences"]] == ["first_response"]
    assert found.json["then"]["metrics"]["first_response"]["status"] == "breached"


def test_what_cannot_be_known_is_refused(live: World, sla: Command) -> None:
    ticket = live.ticket()
    live.sync()
    assert "no instant" in sla("explain", ticket, "--at", "yesterday").err
    refused = sla("explain", ticket, "--at", "2020-01-01")
    assert (refused.code, "was not known then" in refused.err) == (2, True)
    refused = sla("explain", ticket, "--at", "2190-01-01")
    assert (refused.code, "lies ahead" in refused.err) == (2, True)
