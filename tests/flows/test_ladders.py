"""Ladders end to end: what fires, what is queued with it, and what HubSpot shows; nothing twice, whatever happens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import orjson
import pytest

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.flows.inspection.explain import explain
from hubspot_sla.flows.records.merges import rungs_of, unfinished_of
from hubspot_sla.ledger import database, rungs
from hubspot_sla.plain_text import escaped
from hubspot_sla.plan.ladder import Outcome, Reached
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.plan.rung_context import FIELDS

if TYPE_CHECKING:
    from flows.world import World

ESCALATIONS = """\
leads: {tobias.brandt@support.example: mara.lindqvist@support.example}
channels:
  oncall: {slack: {url_env: ONCALL_URL}}
ladders:
  steep:
    rungs:
      - {at: 50%, do: [{task: owner}]}
      - {at: breach, do: [{task: owner}, {note: explanation}, {notify: oncall}]}
      - {at: +2h, when: {priority: HIGH}, do: [{task: lead}, {reassign: lead}, {set: {source_type: PHONE}}]}
      - {at: +4h, every: 1h, times: 2, do: [{notify: oncall}]}
"""
POLICIES = """\
policies:
  - id: support
    when: {pipeline: Support Pipeline}
    calendar: always
    targets: {first_response: {HIGH: 1h, default: 4h}}
    ladder: steep
"""
TOBIAS, MARA = "3002", "3001"


@pytest.fixture
def steep(empty: World) -> World:
    """Set up with a steep ladder, synced, and a minute gone."""
    (empty.folder / "mappings/escalations.yaml").write_text(ESCALATIONS, encoding="utf-8")
    (empty.folder / "mappings/policies.yaml").write_text(POLICIES, encoding="utf-8")
    empty.go_live()
    empty.advance(minutes=1)
    return empty


def parcels(world: World, kind: str) -> dict[str, dict[str, str]]:
    rows = world.rows(f"select key, body from outbox where kind = '{kind}' order by key")
    return {str(key): orjson.loads(str(body)) for key, body in rows}


def settled(world: World) -> dict[str, str]:
    """What became of each rung, by what follows the ticket in its key."""
    return {str(key).split(":", 2)[2]: str(state) for key, state in world.rows("select key, state from rungs")}


def climbed(world: World, **properties: str) -> str:
    """A ticket of Tobias that has passed its breach, looked at every half hour."""
    ticket = world.ticket(hs_ticket_priority="HIGH", hubspot_owner_id=TOBIAS, **properties)
    for _ in range(2):
        world.sync()
        world.advance(minutes=30)
    world.advance(seconds=1)
    world.sync()
    return ticket


def test_each_rung_fires_once_and_says_what_it_asks_for(steep: World) -> None:
    ticket = climbed(steep)
    assert settled(steep) == {"first_response:1:steep:50%": "fired", "first_response:1:steep:breach": "fired"}
    tasks = {task["sla_task_key"]: task["hs_task_subject"] for task in steep.tasks()[ticket]}
    assert tasks == {
        f"task:{ticket}:first_response:1:50%": "SLA at risk, 50% of the time used: First response - Printer on fire",
        f"task:{ticket}:first_response:1:breach": "SLA breached: First response - Printer on fire",
    }
    (note,) = parcels(steep, "note").values()
    assert note["html"].startswith("<p><strong>SLA breached: First response</strong></p>")
    assert "1 hour, around the clock" in note["html"]
    assert note["rung_key"] == f"rung:{ticket}:first_response:1:steep:breach"
    before = steep.task_keys()
    steep.sync()
    assert (steep.task_keys(), len(parcels(steep, "note"))) == (before, 1)


def test_a_notification_carries_everything_a_template_may_name(steep: World) -> None:
    ticket = climbed(steep)
    ((key, told),) = parcels(steep, "notification").items()
    assert key == f"notification:{ticket}:first_response:1:steep:breach:oncall"
    assert set(FIELDS) <= told.keys()
    assert told["url"] == f"https://app-eu1.hubspot.com/contacts/{steep.portal.account.portal_id}/record/0-5/{ticket}"
    assert (told["target"], told["policy"], told["tier"], told["rung"]) == ("oncall", "support", "no tier", "breach")
    assert steep.rows("select channel from outbox where kind = 'notification'") == [("oncall",)]


def test_higher_rungs_go_to_the_lead_and_change_what_they_say(steep: World) -> None:
    ticket = climbed(steep)
    steep.advance(hours=2)
    steep.sync()
    owners = {task["sla_task_key"]: task["hubspot_owner_id"] for task in steep.tasks()[ticket]}
    assert owners[f"task:{ticket}:first_response:1:+2h"] == MARA
    assert owners[f"task:{ticket}:first_response:1:breach"] == TOBIAS
    fields = {key: body["changes"] for key, body in parcels(steep, "fields").items()}
    assert fields == {
        f"fields:{ticket}:first_response:1:steep:+2h:owner": {"hubspot_owner_id": MARA},
        f"fields:{ticket}:first_response:1:steep:+2h:set": {"source_type": "PHONE"},
    }


def test_the_level_and_the_last_escalation_are_seen_in_hubspot_and_end_with_the_clock(steep: World) -> None:
    ticket = climbed(steep)
    assert steep.held(ticket)["escalation_level"] == "2"
    assert steep.held(ticket)["last_escalated_at"] == "2026-11-23T09:01:00Z"
    steep.portal.send_agent_message(ticket, steep.now)
    steep.advance(minutes=1)
    steep.sync()
    assert steep.held(ticket)["escalation_level"] == "0"
    assert steep.held(ticket)["last_escalated_at"] == "2026-11-23T09:01:00Z"


def test_a_rung_whose_condition_does_not_hold_is_passed_by_with_the_reason(steep: World) -> None:
    ticket = steep.ticket(hs_ticket_priority="LOW", hubspot_owner_id=TOBIAS)
    steep.sync()
    for hours in (2, 2.01, 2):
        steep.advance(hours=hours)
        steep.sync()
    (reason,) = steep.rows("select reason from rungs where rung = '+2h'")
    assert reason == ("priority is LOW, not HIGH",)
    assert f"task:{ticket}:first_response:1:+2h" not in steep.task_keys()


def test_the_next_rung_is_when_the_ticket_is_looked_at_again(steep: World) -> None:
    ticket = steep.ticket(hs_ticket_priority="HIGH")
    steep.sync()
    (row,) = steep.rows(f"select next_at from records where record_id = '{ticket}'")
    assert row == (int(steep.now.timestamp() * 1000) + 30 * 60_000,)


def test_a_dry_run_shows_the_rungs_that_a_sync_then_fires(steep: World) -> None:
    steep.ticket(hs_ticket_priority="HIGH", hubspot_owner_id=TOBIAS)
    steep.sync()
    steep.advance(hours=1, minutes=1)
    planned = {action.key for action in steep.plan() if not action.key.startswith("properties:")}
    assert settled(steep) == {}
    steep.sync()
    assert {str(key) for (key,) in steep.rows("select key from outbox where kind <> 'properties'")} == planned
    assert len(planned) == 3


def test_closing_the_ticket_completes_its_tasks_and_withdraws_what_was_not_sent(steep: World) -> None:
    ticket = climbed(steep)
    steep.change(ticket, hs_pipeline_stage="4")
    steep.advance(hours=3)
    steep.sync()
    sent = {task["sla_task_key"]: task["hs_object_id"] for task in steep.tasks()[ticket]}
    done = {body["task_key"]: body["task_id"] for body in parcels(steep, "completion").values()}
    assert done == sent
    states = steep.rows("select distinct state from outbox where kind in ('note', 'notification', 'fields')")
    assert set(states) == {("withdrawn",), ("confirmed",)}  # nothing was told: the channel's variable is not set
    assert "first_response:1:steep:+2h" not in settled(steep)
    steep.sync()
    assert len(parcels(steep, "completion")) == len(sent)


def test_what_a_rung_asks_for_is_told_in_the_audit_log(steep: World) -> None:
    ticket = climbed(steep)
    told = [one for body in steep.entries(ticket_id=ticket) for one in body.get("rungs", [])]
    assert [(one["rung"], one["state"], one["level"]) for one in told] == [("50%", "fired", 1), ("breach", "fired", 2)]
    steep.require_whole_chain()


def test_a_ladder_given_to_a_policy_fires_nothing_for_the_time_before_it(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.advance(hours=1, seconds=1)
    live.sync()
    assert live.task_keys() == [f"task:{ticket}:first_response:1:breach"]
    (live.folder / "mappings/escalations.yaml").write_text(ESCALATIONS, encoding="utf-8")
    live.edit("policies.yaml", lambda text: text.replace("  - id: support\n", "  - id: support\n    ladder: steep\n"))
    live.advance(minutes=1)
    live.sync()
    assert live.task_keys() == [f"task:{ticket}:first_response:1:breach"]
    live.advance(hours=2, seconds=2)  # our clock may be a moment ahead of one that stands still, as when the edit came
    live.sync()
    assert live.task_keys() == [f"task:{ticket}:first_response:1:+2h", f"task:{ticket}:first_response:1:breach"]


def test_a_ledger_from_before_ladders_does_not_make_its_tasks_again(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.advance(hours=1, seconds=1)
    live.sync()
    with database.open_for_writing(live.folder / "ledger.db") as ledger, ledger.transaction() as db:
        db.execute("delete from rungs")
    live.change(ticket, subject="Printer still on fire", hs_ticket_priority="LOW")
    live.change(ticket, hs_ticket_priority="HIGH")
    live.advance(minutes=1)
    live.sync()
    assert live.task_keys() == [f"task:{ticket}:first_response:1:breach"]


def test_the_explanation_shows_what_fired_what_is_to_come_and_what_is_cancelled(steep: World) -> None:
    ticket = climbed(steep)
    told = story(steep, ticket)
    assert [(one["rung"], one["state"]) for one in told["rungs"]] == [("50%", "fired"), ("breach", "fired")]
    assert [(one["rung"], one["at"]) for one in told["coming"]] == [
        ("+2h", "2026-11-23T11:01:00Z"),
        ("+4h", "2026-11-23T13:01:00Z"),
    ]
    steep.portal.send_agent_message(ticket, steep.now)
    steep.advance(minutes=1)
    steep.sync()
    told = story(steep, ticket)
    assert (told["coming"], [one["rung"] for one in told["cancelled"]]) == ([], ["+2h", "+4h"])


def test_a_rung_that_was_reached_while_the_index_lagged_is_passed_by_with_its_instant_and_the_reason(
    steep: World,
) -> None:
    """What warns of a clock is pointless once that has stopped; so the rung does not fire, and is not silent either."""
    with steep.running.faults.during("search_lag", lag_s=7200):
        ticket = steep.ticket(hs_ticket_priority="HIGH")
        steep.advance(minutes=35)
        steep.sync()
        steep.portal.send_agent_message(ticket, steep.now)
        steep.advance(minutes=1)
    steep.sync()
    told = story(steep, ticket)
    assert told["rungs"] == []
    passed_by = {one["rung"]: (one.get("reached_at"), one["reason"]) for one in told["cancelled"]}
    assert passed_by["50%"] == (
        "2026-11-23T08:31:00Z",
        "it was reached while nobody looked, and the clock was over when somebody did",
    )
    assert passed_by["breach"] == (None, "the clock was over before")


@pytest.mark.parametrize(
    "bad",
    [{"fault": "poison_rows"}, {"fault": "poison_rows", "fails": "request"}, {"fault": "vanishing_rows"}],
    ids=lambda bad: "-".join(map(str, bad.values())),
)
def test_a_rung_that_was_reached_while_its_row_could_not_be_read_says_so_and_the_breach_fires(
    steep: World, bad: dict[str, str]
) -> None:
    """Nobody could judge it then, so nothing warned; once it can be read, the breach is told and the warning is not."""
    ticket, other = steep.ticket(hs_ticket_priority="HIGH"), steep.ticket(hs_ticket_priority="HIGH")
    steep.sync()
    how = {key: bad[key] for key in bad if key != "fault"}
    with steep.running.faults.during(bad["fault"], ids=[ticket], route="batch_read", **how):
        steep.advance(minutes=31)
        steep.sync()
        assert [one["rung"] for one in story(steep, other)["rungs"]] == ["50%"]
        assert story(steep, ticket)["rungs"] == []
        steep.advance(minutes=31)
    steep.sync()
    shown = {one["rung"]: (one["state"], one["due_at"], one.get("reason")) for one in story(steep, ticket)["rungs"]}
    assert shown["50%"] == ("skipped", "2026-11-23T08:31:00Z", "the clock is late already")
    assert shown["breach"][:2] == ("fired", "2026-11-23T09:01:00Z")
    assert steep.rows(f"select kind from audit where record_id = '{ticket}' and kind = 'quarantine'")
    assert steep.rows("select record_id from quarantine") == []


def test_a_rung_that_was_reached_before_go_live_says_so(steep: World) -> None:
    ticket = steep.ticket(hs_ticket_priority="HIGH", age=timedelta(hours=5))
    steep.portal.send_agent_message(ticket, steep.now)
    steep.sync()
    reasons = {one["rung"]: one["reason"] for one in story(steep, ticket)["cancelled"]}
    assert reasons["breach"] == "it was reached before go-live"
    assert steep.task_keys() == []


def test_a_rung_whose_note_may_not_be_written_says_so_and_is_mended_when_it_may(steep: World) -> None:
    ticket = steep.ticket(hs_ticket_priority="HIGH")
    steep.sync()
    steep.advance(minutes=61)
    with steep.running.faults.during("missing_scope", scopes=["crm.objects.contacts.write"], path="*/notes/*"):
        steep.sync()
    [breach] = [one for one in story(steep, ticket)["rungs"] if one["rung"] == "breach"]
    assert breach["state"] == "fired"
    steep.advance(days=1)
    steep.sync()
    assert len(list(steep.portal.ids("notes"))) == 1


def story(world: World, ticket: str) -> dict[str, list[dict[str, str]]]:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        now = int(world.now.timestamp() * 1000)
        body = explain(ledger.db, RecordRef.of(ticket), now).as_json()
    assert isinstance(body["rungs"], list)
    return body  # type: ignore[return-value]  # JSON


def test_a_rung_that_failed_is_kept_with_its_reason_and_does_not_fire_again(steep: World) -> None:
    ticket = climbed(steep)
    key = f"rung:{ticket}:first_response:1:steep:breach"
    with database.open_for_writing(steep.folder / "ledger.db") as ledger, ledger.transaction() as db:
        rungs.failed(db, key, "the webhook is gone")
    steep.advance(minutes=1)
    steep.sync()
    with database.open_for_reading(steep.folder / "ledger.db") as ledger:
        (failed,) = rungs.every_failed(ledger.db)
        assert (failed.key, failed.reason, failed.outcome) == (key, "the webhook is gone", Outcome.FAILED)
    assert steep.held(ticket)["escalation_level"] == "2"
    steep.advance(hours=2)
    steep.sync()
    assert settled(steep)["first_response:1:steep:+2h"] == "fired"


WRONG = [
    ("mara.lindqvist@support.example", "nobody@support.example", "the portal has no owner 'nobody@support.example'"),
    ("tobias.brandt@support.example", "3001", "the leads go in a circle"),
    ("source_type: PHONE", "sorce_type: X", "the portal has no ticket property 'sorce_type'"),
    ("PHONE", "PHNE", "source_type has no value 'PHNE' (did you mean 'PHONE'?)"),
    ("source_type: PHONE", "hs_object_id: 1", "HubSpot does not let anybody set 'hs_object_id'"),
    ("priority: HIGH", "priority: HIHG", "hs_ticket_priority has no value 'HIHG' (did you mean 'HIGH'?)"),
    ("priority: HIGH", "property: {impct: 1}", "the portal has no ticket property 'impct'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), WRONG, ids=[case[2][:40] for case in WRONG])
def test_what_the_portal_does_not_bear_out_is_found_before_anything_is_written(
    empty: World, old: str, new: str, expected: str
) -> None:
    (empty.folder / "mappings/escalations.yaml").write_text(ESCALATIONS.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(MappingInvalid) as refused:
        empty.set_up()
    assert [problem for problem in refused.value.problems if expected in str(problem)]
    assert all(problem.file == "escalations.yaml" and problem.line for problem in refused.value.problems)


def reached(ticket: str, outcome: Outcome) -> Reached:
    key, record = f"rung:{ticket}:resolution:1:a:b", RecordRef.of(ticket)
    return Reached(key, record, "resolution", 1, "a", "b", 1, 1, outcome, 5, 6)


def test_the_rungs_of_a_merged_ticket_count_as_the_survivors() -> None:
    fired, skipped = reached("1", Outcome.FIRED), reached("9", Outcome.SKIPPED)
    merged = rungs_of({"1": {fired.key: fired}, "9": {skipped.key: skipped}}, {"9": ("1",)})
    assert merged["9"][skipped.key].fired
    assert merged["9"][skipped.key].record.record_id == "9"


def test_closing_the_survivor_completes_the_tasks_of_what_it_absorbed() -> None:
    assert unfinished_of({"1": {"task:1:a": "77"}}, {"9": ("1",)})["9"] == {"task:1:a": "77"}


def test_no_control_character_of_a_subject_reaches_a_task_or_a_note(steep: World) -> None:
    """NUL ends a text, ESC moves a cursor: whoever exports tasks to a file or a terminal would get them."""
    steep.ticket(hs_ticket_priority="HIGH", hubspot_owner_id=TOBIAS, subject="Printer\0 \x1b[31mon fire\a")
    steep.sync()
    steep.advance(minutes=61)
    steep.sync()
    tasks = [task for of_ticket in steep.tasks().values() for task in of_ticket]
    assert [task["hs_task_subject"] for task in tasks if "breached" in str(task["hs_task_subject"])] == [
        "SLA breached: First response - Printer [31mon fire"
    ]
    notes = [steep.portal.read("notes", id_) for id_ in steep.portal.ids("notes")]
    written = [str(value) for record in (*tasks, *notes) for value in record.values()]
    assert [text for text in written if escaped(text, keep="\n\t") != text] == []
