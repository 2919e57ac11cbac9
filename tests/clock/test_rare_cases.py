"""Rules of the clock for what is rare: odd histories, calendars that end, and what a caller may ask by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date

import pytest

from clock.scenes import Equals
from clock.tickets import CREATED, HOUR, MINUTE, OFFICE, always, at, judged, promise, ticket
from hubspot_sla.clock.calendar import Calendar
from hubspot_sla.clock.closings import UNNOTICED, ClosingsOfClock, closings_of
from hubspot_sla.clock.cycles import CycleTimes, cycle_times
from hubspot_sla.clock.due_rules import BusinessTime
from hubspot_sla.clock.explain import sentence, story
from hubspot_sla.clock.history import TicketHistory
from hubspot_sla.clock.hours import Hours
from hubspot_sla.clock.judge import judge_all
from hubspot_sla.clock.metrics import (
    Definition,
    Event,
    EventKind,
    InPlace,
    Metric,
    Owned,
    PauseRule,
    Place,
    PlaceKind,
    PropertyIs,
)
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.phases import Phase
from hubspot_sla.clock.promise import AgreementKey, Clock, Kind, Late, PromiseChange
from hubspot_sla.clock.segments import segments
from hubspot_sla.clock.stays import closed_intervals, intervals_in, stays
from hubspot_sla.clock.timeline import (
    OWNER_GAP,
    Gap,
    Message,
    OwnerChange,
    Pause,
    PropertyChange,
    Role,
    StageChange,
    Timeline,
)
from hubspot_sla.clock.verdict import Status

ONE_DAY_ONLY = Calendar("one day", UTC, {}, opened={date(2026, 11, 23): (Hours(9 * 60, 17 * 60),)})
"""Open on Monday 23 November 2026 and never again."""
CLOSING_TIME = at("11-23 17:00")
ON_HOLD = PropertyIs("on_hold", Equals("yes"))


# calendars


def test_a_night_shift_belongs_to_the_date_on_which_it_begins() -> None:
    nights = Calendar("nights", UTC, dict.fromkeys(range(7), (Hours(22 * 60, 30 * 60),)))
    next_time = BusinessTime(HOUR, cut_off=23 * 60)
    assert next_time.due(at("11-24 02:00"), nights) == at("11-24 23:00")
    assert next_time.due(at("11-23 22:30"), nights) == at("11-23 23:30")


def test_a_calendar_shows_its_name_and_zone() -> None:
    assert repr(OFFICE) == "<Calendar office Europe/Berlin>"


def test_nothing_is_late_behind_the_last_closing_of_a_calendar_where_lateness_waits_for_business_time() -> None:
    terms = promise(7, calendar=ONE_DAY_ONLY, late=Late.BUSINESS_TIME)
    assert terms.late_after(CLOSING_TIME - HOUR) == CLOSING_TIME - HOUR
    assert terms.late_after(CLOSING_TIME) is None
    assert replace(terms, late=Late.INSTANT).late_after(CLOSING_TIME) == CLOSING_TIME


def test_a_wait_that_can_never_last_its_least_time_is_no_pause() -> None:
    waiting = InPlace(Place("waiting", PlaceKind.ROLE))
    in_bank = ticket(("11-23 16:00", Role.WAITING))
    hour, two_hours = (
        promise(4, calendar=ONE_DAY_ONLY, pauses=(PauseRule(waiting, least_ms=hours * HOUR),)) for hours in (1, 2)
    )
    pauses = Pauses.at(in_bank, at("11-25 10:00"))
    assert [pause.start for pause in pauses.of(hour)] == [CLOSING_TIME]
    assert (pauses.of(two_hours), pauses.next_change_at(two_hours)) == ((), None)


# what a promise says of itself


@pytest.mark.parametrize(
    ("agreement", "key"),
    [
        (AgreementKey(Kind.SLA), "sla"),
        (AgreementKey(Kind.OLA), "ola"),
        (AgreementKey(Kind.SLA, "gdpr"), "gdpr"),
        (AgreementKey(Kind.OLA, "gdpr"), "ola:gdpr"),
    ],
)
def test_the_key_of_an_agreement_is_its_kind_and_its_name(agreement: AgreementKey, key: str) -> None:
    assert agreement.key == key


@pytest.mark.parametrize(
    "clock",
    [
        Clock(Kind.SLA, Metric.RESOLUTION),
        Clock(Kind.OLA, Metric.RESOLUTION, agreement="gdpr"),
        Clock(Kind.UC, Metric.STAGE, "Bank: second desk"),
        Clock(Kind.SLA, Metric.STAGE, "Bank", total=True),
    ],
)
def test_a_clock_is_found_again_by_its_key(clock: Clock) -> None:
    assert Clock.of(clock.key) == clock


def test_without_pauses_a_cycle_is_due_by_its_budget_or_at_the_instant_that_its_rule_fixes() -> None:
    assert promise(4, calendar=OFFICE).due_without_pauses(at("11-23 14:00")) == at("11-24 10:00")
    fixed = promise(4, calendar=OFFICE, due_rule=BusinessTime(2 * HOUR))
    assert fixed.due_without_pauses(at("11-23 14:00")) == at("11-23 16:00")


def test_a_verdict_names_its_metric_and_kind() -> None:
    verdict = judged(ticket(), always(4, kind=Kind.OLA), "11-23 11:00")
    assert (verdict.metric, verdict.kind) == (Metric.RESOLUTION, Kind.OLA)


def test_the_story_of_a_clock_that_nothing_is_promised_for_is_its_sentence() -> None:
    life = Timeline(None, ())
    verdict = judged(life, always(), "11-23 11:00")
    assert verdict.cycle.promise is None
    assert story(verdict, ()) == sentence(verdict)


def test_the_sentence_says_where_a_message_may_have_hidden_others() -> None:
    life = replace(ticket(), first_replies=(Message(at("11-23 11:00"), inferred=True),))
    text = sentence(judged(life, always(4, Metric.FIRST_RESPONSE), "11-23 12:00"))
    assert "inferred from the latest messages only" in text


# facts that are missing


def test_without_a_creation_time_a_ticket_is_unknown() -> None:
    verdict = judged(Timeline(None, ()), always(), "11-23 11:00")
    assert (verdict.status, verdict.cycle.reason) == (Status.UNKNOWN, "the ticket has no creation time")


def test_a_defect_of_its_facts_makes_a_ticket_unknown_and_is_the_reason() -> None:
    life = replace(ticket(), defects=("a stage has no time", "the history is cut off"))
    verdict = judged(life, always(), "11-23 11:00")
    assert (verdict.status, verdict.cycle.reason) == (
        Status.UNKNOWN,
        "a stage has no time; the history is cut off",
    )


def test_a_gap_in_the_owners_makes_only_the_clocks_unknown_that_look_at_the_owner() -> None:
    life = ticket(gaps=(Gap(OWNER_GAP, "no history of the owner"),))
    owned = Definition((Event(EventKind.CREATED),), (Event(EventKind.OWNER_SET),))
    looking = judged(life, always(4, "taken", definition=owned), "11-23 11:00")  # type: ignore[arg-type]
    assert (looking.status, looking.cycle.reason) == (Status.UNKNOWN, "no history of the owner")
    assert judged(life, always(), "11-23 11:00").status is Status.RUNNING


def test_a_gap_in_a_property_makes_the_clocks_unknown_that_pause_by_it() -> None:
    life = ticket(gaps=(Gap("on_hold", "no history of on_hold"),))
    paused_by_it = judged(life, always(pauses=(PauseRule(ON_HOLD),)), "11-23 11:00")
    assert (paused_by_it.status, paused_by_it.cycle.reason) == (Status.UNKNOWN, "no history of on_hold")
    assert judged(life, always(pauses=(PauseRule(Owned()),)), "11-23 11:00").status is Status.RUNNING


def test_a_gap_in_a_property_makes_the_clocks_unknown_that_start_or_stop_by_it() -> None:
    life = ticket(gaps=(Gap("on_hold", "no history of on_hold"),))
    definition = Definition((Event(EventKind.CREATED),), (Event(EventKind.BECAME, condition=ON_HOLD),))
    assert list(definition.properties()) == ["on_hold"]
    verdict = judged(life, always(4, "held", definition=definition), "11-23 11:00")  # type: ignore[arg-type]
    assert (verdict.status, verdict.cycle.reason) == (Status.UNKNOWN, "no history of on_hold")


# places


def test_a_stage_is_known_by_its_name_label_and_id_but_not_by_its_holder() -> None:
    life = Timeline(CREATED, (StageChange(CREATED, Role.OPEN, "Bei der Bank", holder="Billing", id="7", name="Bank"),))
    found = {
        name: bool(intervals_in(Place(name, PlaceKind.STAGE), stays(life)))
        for name in ("Bank", "Bei der Bank", "7", "Billing")
    }
    assert found == {"Bank": True, "Bei der Bank": True, "7": True, "Billing": False}


# facts from before the creation


def test_before_the_first_stage_a_clock_runs_in_no_stage_and_on_the_time_of_support() -> None:
    life = Timeline(CREATED, (StageChange(CREATED + HOUR, Role.OPEN, "New", holder="Billing"),))
    verdict = judged(life, always(), CREATED + 2 * HOUR)
    hands = [
        (each.why, each.whose, each.end - each.start) for each in segments(life, verdict.cycle, CREATED + 2 * HOUR)
    ]
    assert hands == [("", "support", HOUR), ("New", "Billing", HOUR)]


def test_a_wait_by_a_property_before_the_first_stage_is_on_the_time_of_support() -> None:
    life = Timeline(
        CREATED,
        (StageChange(CREATED + HOUR, Role.WAITING, "With the bank", holder="Bank"),),
        properties={"on_hold": (PropertyChange(CREATED, "yes", "CRM_UI"),)},
    )
    (pause,) = Pauses.at(life, CREATED + HOUR).of(promise(pauses=(PauseRule(ON_HOLD),)))
    assert (pause.start, pause.end, pause.holder, pause.by) == (CREATED, None, "support", "CRM_UI")


def test_a_condition_that_held_before_the_creation_only_stops_no_clock() -> None:
    owners = (OwnerChange(CREATED - HOUR, "7"), OwnerChange(CREATED - MINUTE, ""))
    owned = Definition((Event(EventKind.CREATED),), (Event(EventKind.CONDITION, condition=Owned()),))
    terms = always(4, "owned", definition=owned)  # type: ignore[arg-type]
    assert judged(replace(ticket(), owners=owners), terms, "11-23 11:00").status is Status.RUNNING
    still_owned = judged(replace(ticket(), owners=owners[:1]), terms, "11-23 11:00")
    assert (still_owned.status, still_owned.cycle.stopped_at) == (Status.MET, CREATED)


# closings


def test_closings_mean_nothing_to_a_metric_that_does_not_notice_them() -> None:
    definition = Definition((Event(EventKind.CREATED),), notices_closing=False)
    closed = (Pause(at("11-23 12:00"), None, "Done"),)
    terms = promise(4, "uptime", definition=definition)  # type: ignore[arg-type]
    assert closings_of(definition, closed, lambda _: terms) is UNNOTICED


def test_clocks_of_one_ticket_read_its_closings_alike() -> None:
    life = ticket(
        ("11-23 11:00", Role.CLOSED),
        ("11-23 12:00", Role.OPEN),
        ("11-23 13:00", Role.CLOSED),
        ("11-23 14:00", Role.OPEN),
    )
    terms = {each.clock: [PromiseChange(0, each)] for each in (promise(8), promise(6, kind=Kind.OLA))}
    due = [verdict.cycle.due_at for verdict in judge_all(life, terms, at("11-23 15:00"))]
    assert due == [at("11-23 20:00"), at("11-23 18:00")]


def test_two_closed_stages_in_a_row_are_one_closing() -> None:
    life = ticket(("11-23 11:00", Role.CLOSED), ("11-23 12:00", Role.CLOSED), ("11-23 13:00", Role.OPEN))
    assert [(pause.start, pause.end) for pause in closed_intervals(life)] == [(at("11-23 11:00"), at("11-23 13:00"))]


def test_a_budget_of_many_years_goes_on_behind_the_pauses_in_years_that_nobody_asked_for_yet() -> None:
    calendar = Calendar("five minutes a week", UTC, {0: (Hours(9 * 60, 9 * 60 + 5),)})
    life = ticket(("11-23 11:00", Role.WAITING), ("11-24 11:00", Role.OPEN))
    verdict = judged(life, always(24, calendar=calendar, pauses=True), "11-25 10:00")
    assert verdict.cycle.due_at == calendar.due(CREATED, 24 * HOUR)


@pytest.mark.parametrize(
    ("again_at", "expected"),
    [
        (None, []),
        (CREATED + 2 * HOUR, []),
        (CREATED + HOUR // 2, [(CREATED + HOUR // 2, CREATED + HOUR, None, False)]),
    ],
    ids=["never reopened", "answered before the reopening", "answered after the reopening"],
)
def test_a_ticket_closed_before_its_creation_begins_its_cycle_with_the_reopening(
    again_at: int | None, expected: list[CycleTimes]
) -> None:
    answered = Definition((Event(EventKind.CREATED),), (Event(EventKind.AGENT_REPLY),))
    history = TicketHistory(ticket(replies=("11-23 11:00",)), at("11-23 15:00"))
    closings = ClosingsOfClock(((CREATED - HOUR, again_at, False),))
    assert cycle_times(history, [Phase(0, answered, UTC)], closings) == expected


# values that were never set


@dataclass(frozen=True)
class IsNot:
    """A matcher for every value but one, the empty one too."""

    value: str

    def accepts(self, value: str | None) -> bool:
        return value != self.value


def test_a_condition_that_an_empty_property_meets_holds_from_the_creation_to_the_first_value_that_does_not() -> None:
    not_on_hold = PropertyIs("on_hold", IsNot("yes"))
    changes = (PropertyChange(CREATED + HOUR, "yes"), PropertyChange(CREATED + 2 * HOUR, None))
    set_later = TicketHistory(ticket(properties={"on_hold": changes}), CREATED + 3 * HOUR)
    assert set_later.intervals(not_on_hold) == [(CREATED, CREATED + HOUR), (CREATED + 2 * HOUR, None)]
    at_creation = (PropertyChange(CREATED, "yes"),)
    set_at_once = TicketHistory(ticket(properties={"on_hold": at_creation}), CREATED + HOUR)
    assert set_at_once.intervals(not_on_hold) == []
