"""One goal of one ticket, HubSpot's word beside ours: what is proven, and what is not claimed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.clock.calendar import Calendar
from hubspot_sla.clock.hours import WHOLE_DAY, Hours
from hubspot_sla.clock.metrics import IN_WAITING, Metric
from hubspot_sla.clock.promise import Clock, Kind, Late, Promise, PromiseChange
from hubspot_sla.clock.timeline import Message, Role, StageChange, Timeline
from hubspot_sla.measure.comparison.cause import Cause, in_words
from hubspot_sla.measure.comparison.decide import compare
from hubspot_sla.measure.comparison.terms import Standing, Terms
from hubspot_sla.measure.comparison.theirs import Rule, Shown, Theirs

if TYPE_CHECKING:
    from hubspot_sla.measure.comparison.decide import Compared

HOUR = 3_600_000
WEEK = dict.fromkeys(range(5), (Hours(9 * 60, 17 * 60),))
OFFICE = Calendar("office", UTC, WEEK, closed={datetime(2026, 11, 4, tzinfo=UTC).date(): (WHOLE_DAY,)})
THEIRS = Calendar("theirs", UTC, WEEK)


def at(text: str) -> int:
    return int(datetime.fromisoformat(f"2026-11-{text}+00:00").timestamp() * 1000)


NOW = at("20T12:00")
CREATED = at("03T13:00")  # a Tuesday; Wednesday is closed for us


def terms(metric: Metric = Metric.FIRST_RESPONSE, *, reply: str = "03T14:00", hours: int = 6) -> Terms:
    timeline = Timeline(
        created_at=CREATED,
        stages=(StageChange(CREATED, Role.OPEN, "New", id="1"),),
        first_replies=(Message(at(reply)),),
        agent_messages=(Message(at(reply)),),
    )
    promise = Promise(metric, "support", f"{hours}h", hours * HOUR, OFFICE)
    return Terms(Clock(Kind.SLA, metric), timeline, (PromiseChange(CREATED, promise),))


def promised(ours: Terms) -> Promise:
    promise = ours.promises[0].promise
    assert promise is not None
    return promise


def shown(due: str, elapsed_ms: int = HOUR, standing: Standing = Standing.ON_TIME) -> Shown:
    return Shown(at(due), elapsed_ms, standing)


RULE = Rule(THEIRS, 360)
KNOWN = Theirs(RULE, first_reply_at=at("03T14:00"))


def decided(ours: Terms, hubspot: Shown, theirs: Theirs = KNOWN) -> str:
    compared: Compared | None = compare(ours, hubspot, theirs, NOW)
    assert compared is not None
    return in_words(compared.causes)


def test_equal_instants_agree() -> None:
    assert decided(terms(), shown("05T11:00")) == "agree"


def test_a_day_that_only_we_close_is_a_holiday() -> None:
    assert decided(terms(), shown("04T11:00")) == "holiday"


def test_other_hours_need_the_holiday_too_where_both_differ() -> None:
    longer = Calendar("longer", UTC, dict.fromkeys(range(5), (Hours(9 * 60, 18 * 60),)))
    assert decided(terms(), shown("04T10:00"), replace(KNOWN, rule=Rule(longer, 360))) == "holiday + hours or zone"
    assert decided(terms(), shown("05T10:00"), replace(KNOWN, rule=Rule(longer, 360))) == "hours or zone"


def test_another_target_is_a_rule_and_an_edited_one_a_retroactive_edit() -> None:
    rule = replace(RULE, minutes=240, edited_minutes=300)
    assert decided(terms(), shown("03T17:00"), replace(KNOWN, rule=rule)) == "tier or rule"
    assert decided(terms(), shown("05T10:00"), replace(KNOWN, rule=rule)) == "retroactive edit"


def test_less_than_a_second_is_said_to_be_just_that() -> None:
    assert decided(terms(), replace(shown("05T11:00"), due_at=at("05T11:00") - 437)) == "under a second"
    assert decided(terms(), replace(shown("05T11:00"), due_at=at("05T11:00") - 1001)) == "unknown"


def test_a_second_decides_between_in_time_and_late() -> None:
    ours = terms(reply="05T11:00")
    late = Shown(at("05T11:00") - 400, 6 * HOUR, Standing.LATE)
    assert decided(ours, late) == "under a second"


def test_elapsed_time_tells_what_the_due_instant_does_not() -> None:
    """A reply on Thursday to what was due on Tuesday: only the time it took knows of the closed Wednesday."""
    ours = terms(reply="05T10:00", hours=2)
    assert decided(ours, Shown(at("03T15:00"), 13 * HOUR, Standing.LATE)) == "holiday"
    assert decided(ours, Shown(at("03T15:00"), 12 * HOUR, Standing.LATE)) == "unknown"


def test_a_reply_that_only_hubspot_counts_is_a_stop() -> None:
    theirs = replace(KNOWN, first_reply_at=at("03T13:30"))
    assert decided(terms(), shown("05T11:00", HOUR // 2), theirs) == "stop"


def test_a_ticket_that_was_closed_without_a_reply_runs_on_in_hubspot() -> None:
    ours = terms()
    stages = (*ours.timeline.stages, StageChange(at("03T15:00"), Role.CLOSED, "Closed", id="4"))
    timeline = replace(ours.timeline, stages=stages, first_replies=(), agent_messages=())
    closed = replace(ours, timeline=timeline)
    assert decided(closed, Shown(at("05T11:00"), None, Standing.OPEN), Theirs(RULE)) == "stop"


def test_a_ticket_that_nothing_is_promised_for_has_hubspots_rule() -> None:
    nothing = replace(terms(), promises=(PromiseChange(CREATED, None, "no policy matches"),))
    assert decided(nothing, shown("04T11:00")) == "tier or rule"
    assert decided(nothing, shown("04T11:30")) == "unknown"
    assert compare(nothing, Shown(None), KNOWN, NOW) is None


def test_a_goal_without_a_due_instant_in_hubspot_has_no_clock_there() -> None:
    assert decided(terms(), Shown(None)) == "no native clock"


def test_what_is_not_known_of_hubspot_proves_nothing() -> None:
    assert decided(terms(), shown("03T17:00"), Theirs(None)) == "unknown"


@pytest.mark.parametrize("off_ms", [1_001, 59_000, 3_600_000])
def test_no_cause_is_named_that_does_not_give_hubspots_instant(off_ms: int) -> None:
    hubspot = replace(shown("04T11:00"), due_at=at("04T11:00") + off_ms)
    assert decided(terms(), hubspot) == Cause.UNKNOWN


def test_an_edit_of_ours_that_hubspot_never_saw_is_a_retroactive_edit() -> None:
    ours = terms()
    edited_at = at("03T13:30")
    longer = replace(promised(ours), budget_ms=7 * HOUR, target="7h")
    edited = replace(ours, promises=(*ours.promises, PromiseChange(edited_at, longer)))
    without = replace(KNOWN, rule=None, edited_at=frozenset({edited_at}))
    assert decided(edited, shown("05T12:00"), without) == "agree"
    assert decided(edited, shown("05T11:00"), without) == "retroactive edit"
    assert decided(edited, shown("05T11:00"), replace(without, edited_at=frozenset())) == "unknown"


def test_a_clock_that_stands_still_is_compared_as_it_came_to_stand_still() -> None:
    ours = terms()
    stages = (*ours.timeline.stages, StageChange(at("03T14:00"), Role.WAITING, "Waiting", id="2"))
    timeline = replace(ours.timeline, stages=stages, first_replies=(), agent_messages=())
    promise = replace(promised(ours), pauses=IN_WAITING)
    paused = replace(ours, timeline=timeline, promises=(PromiseChange(CREATED, promise),))
    assert decided(paused, Shown(at("05T11:00"), None, Standing.OPEN), Theirs(RULE)) == "agree"


def test_a_pause_that_the_goal_ended_never_was_one_for_hubspot() -> None:
    ours = terms(reply="03T15:00")
    stages = (*ours.timeline.stages, StageChange(at("03T14:00"), Role.WAITING, "Waiting", id="2"))
    promise = replace(promised(ours), pauses=IN_WAITING)
    paused = replace(ours, timeline=replace(ours.timeline, stages=stages), promises=(PromiseChange(CREATED, promise),))
    theirs = Theirs(replace(RULE, paused_in=frozenset({"2"})), first_reply_at=at("03T15:00"))
    assert decided(paused, shown("05T12:00", 2 * HOUR), theirs) == "agree"
    assert decided(paused, shown("05T11:00", 2 * HOUR), theirs) == "pause"


def test_in_time_until_the_next_opening_is_a_rule_that_hubspot_lacks() -> None:
    ours = terms(reply="05T09:00", hours=4)
    promise = replace(promised(ours), late=Late.BUSINESS_TIME)
    kind = replace(ours, promises=(PromiseChange(CREATED, promise),))
    late = Shown(at("03T17:00"), 4 * HOUR, Standing.LATE)
    assert decided(kind, late, Theirs(replace(RULE, minutes=240))) == "tier or rule"
