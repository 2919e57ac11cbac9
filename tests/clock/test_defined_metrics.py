"""Metrics that admins define, and pauses by what they name: what starts, stops, resets and holds a clock."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clock.tickets import CREATED, HOUR, MINUTE, OFFICE, at, changed, judged, promise, ticket
from hubspot_sla.clock.explain import rule, sentence
from hubspot_sla.clock.metrics import (
    IN_WAITING,
    Definition,
    Event,
    EventKind,
    InPlace,
    PauseRule,
    Place,
    PlaceKind,
    PropertyIs,
)
from hubspot_sla.clock.promise import Cause, ChangeRules, OnChange, PromiseChange, Reopen
from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.clock.timeline import Gap, PropertyChange, Role
from hubspot_sla.clock.verdict import Status
from hubspot_sla.policy.metric_documents import parse_event

if TYPE_CHECKING:
    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.clock.verdict import Verdict

BANK = InPlace(Place("Bank"))


def defined(
    starts: object = "created", stops: object = None, *, each: bool = False, hours: float = 4, **terms: Any
) -> list[PromiseChange]:
    """A promise on a metric called `restored`, its events as policies.yaml says them."""
    events = {key: terms.pop(key, None) for key in ("resets", "after")} | {"starts": starts, "stops": stops}
    lists = {key: (parse_event(event),) if event else () for key, event in events.items()}
    closing = terms.pop("closing", True)
    definition = Definition(**lists, first_only=not each, notices_closing=closing)
    return [PromiseChange(0, promise(hours, "restored", definition=definition, **terms))]  # type: ignore[arg-type]


def times(verdict: Verdict) -> list[tuple[int | None, int | None]]:
    """(start, stop) of each cycle, in minutes since the creation."""
    return [
        tuple(None if each is None else (each - CREATED) // MINUTE for each in (cycle.started_at, cycle.over_at))  # type: ignore[misc]
        for cycle in verdict.cycles
    ]


# starts, stops, resets


def test_a_metric_runs_from_its_start_to_its_stop() -> None:
    terms = defined("created", {"entered": "Restored"})
    assert judged(ticket(), terms, "11-23 12:00").cycle.due_at == at("11-23 14:00")
    restored = judged(ticket(("11-23 13:00", "Restored")), terms, "11-23 20:00")
    assert (restored.status, restored.cycle.stopped_at) == (Status.MET, at("11-23 13:00"))
    late = judged(ticket(("11-23 15:00", "Restored")), terms, "11-23 20:00")
    assert (late.status, late.cycle.breached_at) == (Status.MISSED, at("11-23 14:00"))


def test_of_one_cycle_later_starts_mean_nothing() -> None:
    terms = defined({"entered": "L2"}, {"left": "L2"})
    life = ticket(("11-23 11:00", "L2"), ("11-23 12:00", "Desk"), ("11-23 13:00", "L2"))
    assert times(judged(life, terms, "11-23 14:00")) == [(60, 120)]


def test_of_each_cycle_a_start_after_a_stop_opens_the_next_and_one_while_it_runs_means_nothing() -> None:
    terms = defined("customer_message", "agent_message", each=True)
    life = ticket(customers=("11-23 11:00", "11-23 11:30", "11-23 13:00"), replies=("11-23 12:00",))
    assert times(judged(life, terms, "11-23 14:00")) == [(60, 120), (180, None)]


def test_a_reset_ends_the_cycle_as_stopped_and_opens_the_next_in_the_same_instant() -> None:
    terms = defined("created", "closed", resets="note", hours=2)
    life = ticket(("11-23 17:00", Role.CLOSED), notes=("11-23 11:00", "11-23 15:00"))
    verdict = judged(life, terms, "11-23 20:00")
    assert times(verdict) == [(0, 60), (60, 300), (300, 420)]
    assert [cycle.status for cycle in verdict.cycles] == [Status.MET, Status.MISSED, Status.MET]


def test_in_one_instant_a_stop_comes_before_a_start() -> None:
    terms = defined({"entered": "L2"}, "agent_message", each=True)
    life = ticket(("11-23 11:00", "L2"), ("11-23 12:00", "Desk"), ("11-23 13:00", "L2"), replies=("11-23 13:00",))
    assert times(judged(life, terms, "11-23 14:00")) == [(60, 180), (180, None)]


def test_only_the_reply_of_a_certain_team_may_stop_it() -> None:
    terms = defined("created", {"event": "agent_reply", "while": {"in": {"team": "L2 team"}}})
    life = ticket(("11-23 12:00", "L2"), replies=("11-23 11:00", "11-23 13:00"))
    assert times(judged(life, terms, "11-23 14:00")) == [(0, 180)]


def test_updates_may_be_owed_only_after_the_first_reply() -> None:
    terms = defined("first_reply", resets="agent_message")
    assert judged(ticket(), terms, "11-23 14:00").status is Status.PENDING
    life = ticket(replies=("11-23 11:00",), notes=("11-23 12:00",))
    assert times(judged(life, terms, "11-23 14:00")) == [(60, 120), (120, None)]


def test_what_has_not_started_says_what_it_waits_for() -> None:
    verdict = judged(ticket(), defined({"entered": "L2"}, "closed"), "11-23 14:00")
    assert (verdict.status, verdict.cycle.reason) == (Status.PENDING, "it starts when the ticket enters L2")


def test_a_closing_ends_what_has_not_stopped_with_the_reason() -> None:
    terms = defined("created", {"entered": "Restored"})
    verdict = judged(ticket(("11-23 12:00", Role.CLOSED)), terms, "11-23 20:00")
    assert (verdict.status, verdict.cycle.reason) == (
        Status.NOT_APPLICABLE,
        "the ticket was closed before the clock stopped",
    )


def test_a_metric_may_ignore_closings() -> None:
    terms = defined("created", {"entered": "Restored"}, closing=False)
    verdict = judged(ticket(("11-23 12:00", Role.CLOSED)), terms, "11-23 13:00")
    assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("11-23 14:00"))


def test_the_explanation_says_what_starts_and_stops_it() -> None:
    terms = defined("created", {"entered": "Restored"}, pauses=IN_WAITING)
    verdict = judged(ticket(), terms, "11-23 12:00")
    assert sentence(verdict).startswith("Restored (4h on calendar always, policy gold): due Mon 2026-11-23 14:00 UTC")
    assert verdict.promise is not None
    assert rule(verdict.promise) == (
        "starts when the ticket is created; stops when the ticket enters Restored;"
        " stands still while the ticket is in a stage that is waiting"
    )


# properties and dates


def valued(name: str, *changes: tuple[str, str | None], **rest: Any) -> Timeline:
    values = tuple(PropertyChange(at(when), value, "CRM_UI") for when, value in changes)
    return ticket(properties={name: values}, **rest)


def test_a_property_that_becomes_a_value_stops_it_and_one_it_was_created_with_does_not() -> None:
    terms = defined("created", {"became": {"workaround": "given"}})
    assert times(judged(valued("workaround", ("11-23 12:00", "given")), terms, "11-23 13:00")) == [(0, 120)]
    assert times(judged(valued("workaround", ("11-23 10:00", "given")), terms, "11-23 13:00")) == [(0, None)]
    held = defined("created", {"is": {"workaround": "given"}})
    assert times(judged(valued("workaround", ("11-23 10:00", "given")), held, "11-23 13:00")) == [(0, 0)]


def test_a_scheduled_date_starts_it_and_is_a_deadline_until_then() -> None:
    terms = defined({"date": "planned_at"}, "closed")
    life = valued("planned_at", ("11-23 10:30", "2026-11-23T12:00:00Z"))
    waiting = judged(life, terms, "11-23 11:00")
    assert (waiting.status, waiting.cycle.next_at) == (Status.PENDING, at("11-23 12:00"))
    assert judged(life, terms, "11-23 13:00").cycle.due_at == at("11-23 16:00")


def test_a_date_that_was_moved_before_it_came_is_never_reached() -> None:
    terms = defined({"date": "planned_at"}, "closed")
    life = valued("planned_at", ("11-23 10:30", "2026-11-23T12:00:00Z"), ("11-23 11:30", "2026-11-23T15:00:00Z"))
    assert times(judged(life, terms, "11-23 16:00")) == [(300, None)]


def test_a_date_without_a_time_begins_in_the_zone_of_the_calendar() -> None:
    terms = defined({"date": "planned_on"}, "closed", calendar=OFFICE)
    verdict = judged(valued("planned_on", ("11-23 10:30", "2026-11-24")), terms, "11-24 10:00")
    assert verdict.cycle.started_at == at("11-23 23:00")


def test_what_is_no_date_or_has_no_history_is_unknown_and_said() -> None:
    terms = defined({"date": "planned_at"}, "closed")
    odd = judged(valued("planned_at", ("11-23 10:30", "soon")), terms, "11-23 11:00")
    assert (odd.status, odd.cycle.reason) == (Status.UNKNOWN, "planned_at holds 'soon', which is no date")
    shown = valued("planned_at", gaps=(Gap("planned_at", "planned_at has a value, but no history says since when"),))
    assert judged(shown, terms, "11-23 11:00").status is Status.UNKNOWN
    assert judged(shown, [PromiseChange(0, promise(4))], "11-23 11:00").status is Status.RUNNING


# a metric that is defined anew


def test_a_new_definition_ends_the_cycle_that_runs_and_keep_leaves_it_as_it_was() -> None:
    old, new = (defined("created", {"entered": place})[0].promise for place in ("L2", "L3"))
    assert old is not None
    assert new is not None
    life = ticket(("11-23 12:00", "L2"), ("11-23 13:00", "L3"))
    for how, stop in ((OnChange.RECALCULATE, 180), (OnChange.KEEP, 120)):
        rules = ChangeRules(policy=how)
        turns = changed(
            ("11-23 11:00", replace(new, on_change=rules)), cause=Cause.POLICY, first=replace(old, on_change=rules)
        )
        assert times(judged(life, turns, "11-23 20:00")) == [(0, stop)]


def _defined_anew(*stops: str, first: str, **rules: Any) -> list[PromiseChange]:
    """A metric that stops on entering `first`, and from each instant on (`11-23 13:00 L2`) on entering that stage."""
    old = defined("created", {"entered": first}, **rules)[0].promise
    assert old is not None
    turns = [(stop[:11], defined("created", {"entered": stop[12:]}, **rules)[0].promise) for stop in stops]
    return changed(*turns, cause=Cause.POLICY, first=old)


def test_a_definition_edited_while_the_ticket_is_closed_counts_from_the_reopening_on() -> None:
    closed = ticket(("11-23 11:00", "L2"), ("11-23 12:00", Role.CLOSED))
    terms = _defined_anew("11-23 13:00 L2", first="L3")
    before, after = (judged(closed, terms, now) for now in ("11-23 12:30", "11-23 20:00"))
    assert before == after
    assert (after.status, times(after), after.cycle.next_at) == (Status.NOT_APPLICABLE, [(0, 120)], None)
    reopened = ticket(*_moves("11-23 12:00 closed", "11-23 14:00 New", "11-23 15:00 L2"))
    assert times(judged(reopened, terms, "11-23 20:00")) == [(0, 300)]


def _moves(*moves: str) -> list[tuple[str, Role | str]]:
    return [(move[:11], Role.CLOSED if move[12:] == "closed" else move[12:]) for move in moves]


def test_a_ticket_that_stays_closed_is_judged_by_no_definition_of_later() -> None:
    """Not even one that would look at the whole history, since nothing had begun: nor one that notices no closing."""
    closed = ticket(("11-23 12:00", Role.CLOSED), replies=("11-23 11:00",))
    old = defined({"entered": "L3"}, "agent_reply")[0].promise
    assert old is not None
    for closing in (True, False):
        new = defined("created", "agent_reply", closing=closing)[0].promise
        terms = changed(("11-23 13:00", new), cause=Cause.POLICY, first=old)
        before, after = (judged(closed, terms, now) for now in ("11-23 12:30", "11-23 20:00"))
        assert before == after
        assert (after.status, after.cycle.next_at) == (Status.NOT_APPLICABLE, None)


def test_a_definition_there_and_back_while_the_ticket_is_closed_is_none() -> None:
    life = ticket(*_moves("11-23 11:00 L2", "11-23 12:00 closed", "11-23 14:00 New", "11-23 15:00 L3"))
    terms = _defined_anew("11-23 12:30 L2", "11-23 13:00 L3", first="L3")
    assert times(judged(life, terms, "11-23 20:00")) == [(0, 300)]


def test_where_the_first_closing_is_final_no_definition_of_later_counts() -> None:
    life = ticket(*_moves("11-23 12:00 closed", "11-23 14:00 New"))
    ignored = _defined_anew("11-23 14:30 L2", first="L3", reopen=Reopen.IGNORE)
    assert times(judged(life, ignored, "11-23 20:00")) == [(0, 120)]
    waits = defined({"entered": "L3"}, reopen=Reopen.IGNORE)[0].promise
    assert waits is not None
    terms = changed(("11-23 14:30", defined("created")[0].promise), cause=Cause.POLICY, first=waits)
    before, after = (judged(life, terms, now) for now in ("11-23 14:15", "11-23 20:00"))
    assert before == after
    assert (after.status, after.cycle.next_at) == (Status.NOT_APPLICABLE, None)


# pauses by holder, stage or property


def test_a_promise_may_run_while_the_vendor_has_the_ticket_beside_one_that_does_not() -> None:
    life = ticket(("11-23 11:00", "Bank"), ("11-23 15:00", "Desk"))
    runs = [PromiseChange(0, promise(4))]
    holder = PauseRule(InPlace(Place("Bank team", PlaceKind.HOLDER)))
    waits = [PromiseChange(0, promise(4, pauses=(holder,)))]
    assert judged(life, runs, "11-23 16:00").cycle.due_at == at("11-23 14:00")
    assert judged(life, waits, "11-23 16:00").cycle.due_at == at("11-23 18:00")


def test_a_property_may_pause_a_clock_and_says_who_set_it() -> None:
    blocked = PauseRule(PropertyIs("blocked", _Is("yes")))
    terms = [PromiseChange(0, promise(4, pauses=(blocked,)))]
    life = valued("blocked", ("11-23 11:00", "yes"), ("11-23 12:00", "no"))
    assert judged(valued("blocked", ("11-23 11:00", "yes")), terms, "11-23 11:30").status is Status.PAUSED
    verdict = judged(life, terms, "11-23 13:00")
    assert verdict.cycle.due_at == at("11-23 15:00")
    _, held, _ = segments(life, verdict.cycle, at("11-23 13:00"))
    assert (held.state.value, held.why, held.by) == ("paused", "blocked is yes", "CRM_UI")


class _Is:
    def __init__(self, value: str) -> None:
        self.value = value

    def accepts(self, value: str | None) -> bool:
        return value == self.value

    def __str__(self) -> str:
        return self.value


def limited(least: float = 0, greatest: float | None = None, **terms: Any) -> list[PromiseChange]:
    rule_ = PauseRule(BANK, int(least * HOUR), None if greatest is None else int(greatest * HOUR))
    return [PromiseChange(0, promise(terms.pop("hours", 4), pauses=(rule_,), **terms))]


IN_BANK = ticket(("11-23 11:00", "Bank"))


def test_until_a_wait_has_lasted_its_least_the_clock_runs_and_from_then_on_it_is_paused() -> None:
    terms = limited(least=1)
    before = judged(IN_BANK, terms, "11-23 11:30")
    assert (before.status, before.cycle.due_at) == (Status.RUNNING, at("11-23 14:00"))
    paused = judged(IN_BANK, terms, "11-23 12:30")
    assert (paused.status, paused.cycle.due_at) == (Status.PAUSED, None)
    back = judged(ticket(("11-23 11:00", "Bank"), ("11-23 15:00", "Desk")), terms, "11-23 15:30")
    assert back.cycle.due_at == at("11-23 17:00")  # two hours had run, and nothing of that is undone


def test_a_clock_may_breach_before_a_wait_has_lasted_its_least() -> None:
    verdict = judged(IN_BANK, limited(least=2, hours=1.5), "11-23 20:00")
    assert (verdict.status, verdict.cycle.breached_at) == (Status.BREACHED, at("11-23 11:30"))


def test_a_wait_that_ends_before_its_least_is_no_pause() -> None:
    life = ticket(("11-23 11:00", "Bank"), ("11-23 11:59", "Desk"))
    assert judged(life, limited(least=1), "11-23 12:00").cycle.due_at == at("11-23 14:00")


def test_from_its_greatest_on_the_clock_runs_again() -> None:
    terms = limited(greatest=2)
    assert judged(IN_BANK, terms, "11-23 12:00").status is Status.PAUSED
    verdict = judged(IN_BANK, terms, "11-23 13:30")
    assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("11-23 16:00"))
    life = segments(IN_BANK, verdict.cycle, at("11-23 13:30"))
    assert [(part.state.value, part.why) for part in life] == [
        ("running", "New"),
        ("paused", "Bank"),
        ("running", "Bank, after it has lasted 2h"),
    ]
    assert spent(verdict.cycle, life, at("11-23 13:30")).elapsed_ms == 3 * HOUR // 2


def test_both_instants_are_deadlines() -> None:
    terms = limited(least=1, greatest=2)
    assert judged(IN_BANK, terms, "11-23 11:30").cycle.next_at == at("11-23 12:00")
    assert judged(IN_BANK, terms, "11-23 12:30").cycle.next_at == at("11-23 13:00")
    assert judged(IN_BANK, terms, "11-23 13:30").cycle.next_at == at("11-23 15:00") + 1


def test_least_and_greatest_are_of_each_wait_in_the_clocks_business_time() -> None:
    life = ticket(("11-23 15:00", "Bank"))  # at 16:00 local time; the office closes at 17:00 and opens at 09:00
    terms = limited(least=2, hours=8, calendar=OFFICE)
    assert judged(life, terms, "11-23 20:00").status is Status.RUNNING
    assert judged(life, terms, "11-23 20:00").cycle.next_at == at("11-24 09:00")
    assert judged(life, terms, "11-24 09:30").status is Status.PAUSED
    again = ticket(("11-23 11:00", "Bank"), ("11-23 11:40", "Desk"), ("11-23 12:00", "Bank"))
    assert judged(again, limited(least=1), "11-23 12:30").status is Status.RUNNING


def test_moving_on_to_another_stage_begins_a_new_wait() -> None:
    role = PauseRule(InPlace(Place("waiting", PlaceKind.ROLE)), HOUR)
    life = ticket(("11-23 11:00", Role.WAITING))
    other = replace(life.stages[1], at=at("11-23 11:30"), label="other", name="other")
    life = replace(life, stages=(*life.stages, other))
    terms = [PromiseChange(0, promise(4, pauses=(role,)))]
    assert judged(life, terms, "11-23 12:15").status is Status.RUNNING
    assert judged(life, terms, "11-23 12:45").status is Status.PAUSED


def test_the_kinds_of_event_are_a_table_with_room_for_more() -> None:
    """Each kind can be asked of any ticket, also of one on which nothing has happened."""
    for kind in EventKind:
        event = Event(kind, Place("L2"), "planned_at" if kind is EventKind.DATE_REACHED else "")
        definition = Definition((event,), (Event(EventKind.CLOSED),))
        change = PromiseChange(0, promise(4, "any", definition=definition))  # type: ignore[arg-type]
        assert judged(ticket(), [change], "11-23 11:00").status in (Status.PENDING, Status.RUNNING)
