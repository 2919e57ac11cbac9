"""What was known of a record at an instant, beside what is known now of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flows.test_forget import POLICIES, forgotten
from flows.test_restatements import waived
from flows.test_sweep import merge
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.inspection.explain_at import explain_at
from hubspot_sla.flows.runs.forget import Asked
from hubspot_sla.ledger import database
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.flows.inspection.explain_at import ExplanationAt


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def explained(world: World, ticket: str, at: datetime) -> ExplanationAt:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return explain_at(ledger.db, RecordRef.of(ticket), ms(at), ms(world.now) + 60_000)


def as_json(world: World, ticket: str, at: datetime) -> dict[str, Any]:
    return explained(world, ticket, at).as_json()


def statuses(view: dict[str, Any]) -> dict[str, str]:
    return {clock: verdict["status"] for clock, verdict in view["metrics"].items()}


@pytest.fixture
def late(live: World) -> str:
    """Its first response, due an hour after its creation, is known to be late; the clock says an hour more."""
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=2)
    live.sync()
    live.advance(hours=1)
    return ticket


def test_a_reply_that_was_seen_later_is_known_now_and_was_not_then(live: World, late: str) -> None:
    before = live.now - timedelta(minutes=1)
    live.portal.send_agent_message(late, live.now - timedelta(hours=2, minutes=30))
    live.advance(minutes=1)
    live.sync()
    found = as_json(live, late, before)
    assert statuses(found["then"]) == {"first_response": "breached", "resolution": "running"}
    assert statuses(found["now"]) == {"first_response": "met", "resolution": "running"}
    assert [one["clock"] for one in found["differences"]] == ["first_response"]
    assert found["unrecorded"] == []
    assert {one["what"] for one in found["learned"]} == {"value"}
    assert all(one["at"] < "2026-11-23T10" < "2026-11-23T11" < one["seen_at"] for one in found["learned"])


def test_where_nothing_was_learned_since_there_is_no_difference(live: World, late: str) -> None:
    found = as_json(live, late, live.now)
    assert found["then"] == found["now"]
    assert found["differences"] == found["learned"] == []


def test_between_two_judgements_time_goes_on_and_that_it_was_not_recorded_is_said(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=2)
    found = as_json(live, ticket, live.now)
    assert statuses(found["then"])["first_response"] == "breached"
    assert found["recorded"]["first_response"]["status"] == "running"
    assert found["unrecorded"] == ["first_response"]
    assert found["unrecorded_because"].startswith("it had last been judged 2026-11-23T08:0")


def test_later_events_are_no_part_of_what_is_known_of_then(live: World, late: str) -> None:
    then = live.now
    live.advance(hours=1)
    live.change(late, hs_pipeline_stage="4", hs_ticket_priority="LOW")
    live.sync()
    found = as_json(live, late, then)
    assert statuses(found["now"]) == {"first_response": "breached", "resolution": "running"}
    assert found["differences"] == found["learned"] == []


def test_mappings_and_rows_of_tiers_are_those_of_then(live: World) -> None:
    company = live.portal.create("companies", {"name": "Bolt"}, at=live.now)
    ticket = live.ticket(company=company)
    live.edit("tiers.csv", lambda text: f"{text.rstrip()}\n{company},gold,2026-01-01,\n")
    live.advance(minutes=1)
    live.sync()
    before = live.now + timedelta(seconds=1)
    live.edit("policies.yaml", lambda text: text.replace("first_response: 30m", "first_response: 90m"))
    live.advance(minutes=10)
    live.sync()
    then, now = (as_json(live, ticket, at) for at in (before, live.now + timedelta(seconds=1)))
    assert (then["mappings"], now["mappings"]) == (2, 3)
    assert then["then"]["metrics"]["first_response"]["target"] == "30m"
    assert now["then"]["metrics"]["first_response"]["target"] == "90m"
    (row,) = now["tier_rows"]
    assert (row["tier"], row["from"], row["seen_at"][:16]) == ("gold", "2026-01-01", before.isoformat()[:16])


def test_a_waiver_counts_from_when_it_was_granted_and_is_named(live: World, late: str) -> None:
    then = live.now
    live.advance(minutes=5)
    waived(live, late)
    live.sync()
    live.advance(minutes=5)
    before, after = as_json(live, late, then), as_json(live, late, live.now)
    assert statuses(before["then"])["first_response"] == statuses(before["now"])["first_response"] == "breached"
    assert statuses(after["then"])["first_response"] == "waived"
    assert [(one["what"], one["value"]) for one in before["learned"]] == [("waiver", "agreed by phone")]
    assert after["learned"] == []


def test_a_merge_joins_the_past_and_is_named(live: World, late: str) -> None:
    then = live.now
    other = live.ticket()
    live.sync()
    live.advance(minutes=5)
    merge(live, late, other)
    live.sync()
    found = as_json(live, late, then)
    assert [one["name"].rpartition(" ")[0] for one in found["learned"]] == ["it was merged into ticket"]
    assert statuses(found["then"])["first_response"] == "breached"
    assert statuses(found["now"])["first_response"] == "merged"


def test_a_record_that_was_not_known_then_and_an_instant_ahead_are_refused(live: World, late: str) -> None:
    with pytest.raises(UsageProblem, match="was not known then: it was first seen 2026-11-23T"):
        explained(live, late, live.now - timedelta(days=1))
    with pytest.raises(UsageProblem, match="was not known then: the ledger has no entry about it"):
        explained(live, "999", live.now)
    with pytest.raises(UsageProblem, match="lies ahead"):
        explained(live, late, live.now + timedelta(days=1))


def test_where_values_were_erased_what_was_recorded_counts_and_that_is_said(live: World) -> None:
    live.edit("policies.yaml", lambda _: POLICIES)
    ticket = live.ticket(content="what a person wrote")
    live.sync()
    ((judged_at,),) = live.rows("select max(at) from audit where kind = 'verdict'")
    live.portal.archive("tickets", ticket)
    live.advance(hours=25)
    live.sync()
    forgotten(live, Asked(ticket=ticket))
    found = as_json(live, ticket, datetime.fromtimestamp(int(str(judged_at)) / 1000, UTC))
    assert found["recorded"]["resolution"]["policy"] == "described"
    assert "resolution" in found["unrecorded"]
    assert found["unrecorded_because"] == "it rests on values that were erased since, so what was recorded counts"
