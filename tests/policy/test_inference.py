"""Policies out of due instants, and guesses out of words: small cases by hand. Whole portals are in tests/proofs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from hubspot_sla.clock.calendar import ALWAYS, Calendar
from hubspot_sla.clock.hours import Hours
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.policy.inference import team_leads, tier_property, user_hours
from hubspot_sla.policy.inference.drafts import doubt_about, drafts_of
from hubspot_sla.policy.inference.infer import infer
from hubspot_sla.policy.inference.observation import Observation, Stay
from hubspot_sla.policy.inference.pausing_stages import Votes
from hubspot_sla.policy.inference.segments import due_again
from hubspot_sla.policy.inference.stage_roles import RoleGuess, role_by_label, role_by_votes
from hubspot_sla.policy.inference.week_hours import WeekHours

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
MONDAY = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp() * 1000)
OFFICE = Calendar("office", UTC, dict.fromkeys(range(5), (Hours(9 * 60, 17 * 60),)), business_day_ms=8 * HOUR)
WAITING = ("0", "2")


def observed(
    number: int,
    due: Callable[[int], int],
    *,
    priority: str = "HIGH",
    pipeline: str = "0",
    metric: Metric = Metric.FIRST_RESPONSE,
    stays: tuple[Stay, ...] = (),
) -> Observation:
    """The ticket of this number starts some hours and minutes after the one before."""
    start = MONDAY + number * (5 * HOUR + 7 * MINUTE)
    return Observation(f"{priority}{number}", metric, pipeline, priority, "", start, due(start), stays)


def in_office(minutes: int) -> Callable[[int], int]:
    return lambda start: OFFICE.due(start, minutes * MINUTE)


# Hours and targets.


def test_hours_and_targets_come_out_of_due_instants() -> None:
    rows = [observed(n, in_office(60)) for n in range(60)]
    rows += [observed(n, in_office(240), priority="LOW") for n in range(60)]
    inferred = infer(rows, frozenset(), ["UTC"])
    assert (inferred.explained, inferred.observations) == (120, 120)
    [group] = inferred.groups
    assert {segment.priority: segment.target_minutes for segment in group.segments} == {"HIGH": 60, "LOW": 240}
    assert group.promises[0].hours.zoned.hours == WeekHours.of(dict.fromkeys(range(5), (540, 1020)))


def test_urgent_tickets_may_be_served_day_and_night() -> None:
    rows = [observed(n, in_office(120)) for n in range(80)]
    rows += [observed(n, lambda start: start + 30 * MINUTE, priority="URGENT") for n in range(40)]
    [group] = infer(rows, frozenset(), ["UTC"]).groups
    always = {promise.priority: promise.hours.zoned.hours.is_always for promise in group.promises}
    assert always == {"HIGH": False, "URGENT": True}


def test_a_night_shift_is_found_in_hours_that_pass_midnight() -> None:
    night = Calendar("night", UTC, dict.fromkeys(range(5), (Hours(22 * 60, 30 * 60),)))
    rows = [observed(n, lambda start: night.due(start, 90 * MINUTE)) for n in range(90)]
    rows += [observed(n, lambda start: night.due(start, 600 * MINUTE), priority="LOW") for n in range(90)]
    inferred = infer(rows, frozenset(), ["UTC"])
    assert inferred.explained == 180
    assert inferred.groups[0].promises[0].hours.zoned.calendar("found").segments(
        MONDAY, MONDAY + 14 * DAY
    ) == night.segments(MONDAY, MONDAY + 14 * DAY)


def test_pipelines_with_targets_of_their_own_are_told_apart() -> None:
    rows = [observed(n, in_office(60)) for n in range(60)]
    rows += [observed(n, in_office(240), pipeline="9") for n in range(30)]
    groups = infer(rows, frozenset(), ["UTC"]).groups
    assert {group.pipelines: group.segments[0].target_minutes for group in groups} == {("0",): 60, ("9",): 240}


def test_a_metric_that_one_pipeline_lacks_is_promised_to_the_other_alone() -> None:
    rows = [observed(n, in_office(60)) for n in range(60)]
    rows += [observed(n, in_office(60), pipeline="9") for n in range(40)]
    rows += [observed(n, in_office(480), pipeline="9", metric=Metric.RESOLUTION) for n in range(40)]
    without = {("0", "HIGH", Metric.RESOLUTION): 60}
    groups = infer(rows, frozenset(), ["UTC"], without).groups
    metrics = {group.pipelines: {segment.metric for segment in group.segments} for group in groups}
    assert metrics == {("0",): {Metric.FIRST_RESPONSE}, ("9",): {Metric.FIRST_RESPONSE, Metric.RESOLUTION}}


def test_nothing_comes_of_nothing_and_no_target_of_chaos() -> None:
    assert infer([], frozenset(), ["UTC"]).groups == ()
    rows = [observed(n, lambda start: start + (start * 7919) % (3 * DAY)) for n in range(60)]
    [group] = infer(rows, frozenset(), ["UTC"]).groups
    assert [segment.doubt for segment in group.segments] == ["less than 80% explained"]
    assert drafts_of(group, ["HIGH"]) == []


def test_a_priority_without_due_instants_on_most_of_its_tickets_is_doubted() -> None:
    rows = [observed(n, in_office(60)) for n in range(60)]
    [group] = infer(rows, frozenset(), ["UTC"], {("0", "HIGH", Metric.FIRST_RESPONSE): 40}).groups
    assert [(segment.share, segment.doubt) for segment in group.segments] == [(0.6, "less than 80% explained")]


def test_a_few_tickets_are_no_policy() -> None:
    rows = [observed(n, in_office(60)) for n in range(60)]
    rows += [observed(n, in_office(30), priority="URGENT") for n in range(19)]
    [group] = infer(rows, frozenset(), ["UTC"]).groups
    assert {segment.priority: segment.doubt for segment in group.segments} == {
        "HIGH": "",
        "URGENT": "fewer than 20 tickets",
    }
    assert [draft.priorities for draft in drafts_of(group, ["LOW", "HIGH", "URGENT"])] == [("HIGH",)]


def test_what_the_rule_does_not_explain_is_named() -> None:
    rows = [observed(n, in_office(60)) for n in range(60)]
    rows[7] = observed(7, in_office(45))
    [group] = infer(rows, frozenset(), ["UTC"]).groups
    [difference] = group.segments[0].differences
    assert (difference.observation.ticket_id, difference.computed_ms) == ("HIGH7", in_office(60)(rows[7].start_ms))


def test_tickets_without_a_priority_get_a_default_that_excludes_what_is_not_known() -> None:
    rows = [observed(n, in_office(60), priority="") for n in range(40)]
    rows += [observed(n, in_office(30)) for n in range(40)]
    [draft] = drafts_of(infer(rows, frozenset(), ["UTC"]).groups[0], ["LOW", "HIGH"])
    assert (draft.priorities, draft.excluded, draft.for_no_priority) == (("HIGH",), ("LOW",), True)
    assert draft.minutes(Metric.FIRST_RESPONSE) == {"": 60, "HIGH": 30}


def test_a_priority_that_the_portal_no_longer_has_is_no_policy() -> None:
    [group] = infer([observed(n, in_office(60)) for n in range(40)], frozenset(), ["UTC"]).groups
    assert doubt_about(group.segments[0], ["LOW"]) == "the portal has no such priority any more"
    assert drafts_of(group, ["LOW"]) == []


# Time zones.


@pytest.mark.parametrize(("zone", "others"), [("America/New_York", ["Europe/Berlin"]), ("Asia/Kolkata", [])])
def test_the_zone_of_a_rule_need_not_be_that_of_the_account(zone: str, others: list[str]) -> None:
    calendar = Calendar("there", ZoneInfo(zone), dict.fromkeys(range(5), (Hours(9 * 60, 17 * 60),)))
    rows = [observed(n - 120, lambda start: calendar.due(start, 90 * MINUTE)) for n in range(240)]
    inferred = infer(rows, frozenset(), others or ["Europe/Berlin"])
    assert inferred.explained == 240
    inferred_calendar = inferred.groups[0].promises[0].hours.zoned.calendar("found")
    assert inferred_calendar.segments(MONDAY - 20 * DAY, MONDAY + 20 * DAY) == calendar.segments(
        MONDAY - 20 * DAY, MONDAY + 20 * DAY
    )


def test_a_zone_that_does_not_exist_is_passed_over() -> None:
    inferred = infer([observed(n, in_office(60)) for n in range(40)], frozenset(), ["Mars/Olympus", "", "UTC"])
    assert inferred.groups[0].promises[0].hours.zoned.zone == "UTC"


# Pauses.


def on_hold(number: int, minutes: int, *, pauses: bool) -> Observation:
    """Waits from one hour after its start for two hours, around the clock."""
    start = MONDAY + number * (5 * HOUR + 7 * MINUTE)
    stay = Stay(WAITING, start + HOUR, start + 3 * HOUR)
    due = start + minutes * MINUTE + (2 * HOUR if pauses else 0)
    return Observation(f"held{number}", Metric.RESOLUTION, "0", "HIGH", "", start, due, (stay,))


@pytest.mark.parametrize("pauses", [True, False])
@pytest.mark.parametrize("guessed", [frozenset(), frozenset({WAITING})])
def test_a_stage_pauses_as_the_due_instants_say_whatever_its_label(
    pauses: bool, guessed: frozenset[tuple[str, str]]
) -> None:
    rows = [observed(n, lambda start: start + 480 * MINUTE, metric=Metric.RESOLUTION) for n in range(60)]
    rows += [on_hold(n, 480, pauses=pauses) for n in range(20)]
    inferred = infer(rows, guessed, ["UTC"])
    assert (WAITING in inferred.pausing, inferred.explained) == (pauses, 80)
    assert inferred.pauses(Metric.RESOLUTION, ["0"]) is pauses


def test_a_pause_that_begins_at_the_due_instant_moves_nothing() -> None:
    observation = on_hold(0, 60, pauses=False)
    assert due_again(observation, ALWAYS, 60, [WAITING]) == observation.start_ms + HOUR
    assert due_again(observation, ALWAYS, 61, [WAITING]) == observation.start_ms + 3 * HOUR + MINUTE


# Roles of stages.


@pytest.mark.parametrize(
    ("label", "closed", "role"),
    [
        ("New", False, "open"),
        ("Waiting on contact", False, "waiting"),
        ("Waiting on us", False, "open"),
        ("Pending vendor", False, "waiting"),
        ("On hold", False, "waiting"),
        ("Wartet auf Kunde", False, "waiting"),
        ("Rückmeldung an uns", False, "open"),
        ("En attente du client", False, "waiting"),
        ("Esperando respuesta", False, "waiting"),
        ("Resolved", False, "open"),
        ("Waiting room closed", True, "closed"),
        ("Household", False, "open"),
    ],
)
def test_a_role_is_guessed_from_a_label(label: str, closed: bool, role: str) -> None:
    guess = role_by_label(label, closed=closed)
    assert (guess.role.value, bool(guess.reason)) == (role, True)


def test_what_due_instants_show_goes_before_the_label() -> None:
    waiting, working = role_by_label("On hold", closed=False), role_by_label("Working", closed=False)
    shown = role_by_votes(working, Votes(9, 1), pipeline_pauses=True)
    assert (shown.role.value, "9 of 10" in shown.reason) == ("waiting", True)
    assert role_by_votes(waiting, Votes(0, 9), pipeline_pauses=True).role.value == "open"
    assert role_by_votes(waiting, Votes(0, 9), pipeline_pauses=False) is waiting
    assert role_by_votes(waiting, Votes(0, 1), pipeline_pauses=True) is waiting
    assert role_by_votes(waiting, None, pipeline_pauses=True) is waiting
    closed = RoleGuess(role_by_label("Done", closed=True).role, "")
    assert role_by_votes(closed, Votes(9, 0), pipeline_pauses=True) is closed


# Tiers.


def candidate(name: str, *values: str, label: str = "") -> tier_property.TierCandidate:
    return tier_property.TierCandidate(name, label or name, values)


def test_the_property_that_looks_like_a_tier_is_chosen_and_others_are_named() -> None:
    properties = [
        candidate("industry", "SOFTWARE", "RETAIL"),
        candidate("support_plan", "a", "b"),
        candidate("customer_tier", "bronze", "gold", "silver"),
        candidate("tier_of_one", "gold"),
        candidate("metal", "gold", "silver"),
        candidate("blank_tier", "gold ", "silver", ""),
    ]
    likely = tier_property.candidates(properties)
    assert [candidate.name for candidate in likely] == ["customer_tier", "metal", "support_plan"]
    guess = tier_property.guessed_tier([(likely[0], 0), (likely[1], 7), (likely[2], 0)])
    assert guess is not None
    assert (guess.name, guess.ranks, guess.others) == ("metal", ("gold", "silver"), ("customer_tier", "support_plan"))
    assert "7 companies" in guess.reason
    assert tier_property.guessed_tier([]) is None


@pytest.mark.parametrize(
    ("values", "ranks"),
    [
        (("bronze", "platinum", "gold"), ("platinum", "gold", "bronze")),
        (("Tier 2", "Tier 10", "Tier 1"), ("Tier 1", "Tier 2", "Tier 10")),
        (("C", "A", "B"), ("A", "B", "C")),
        (("red", "blue"), ("red", "blue")),
    ],
)
def test_tiers_are_ranked_by_words_numbers_letters_or_as_they_stand(
    values: tuple[str, ...], ranks: tuple[str, ...]
) -> None:
    ordered, reason = tier_property.ranked(values)
    assert (ordered, bool(reason)) == (ranks, True)


# Working hours of users.


def profile(hours: str, zone: str = "Europe/Berlin") -> user_hours.Profile:
    return user_hours.Profile(zone, hours)


def test_weeks_of_users_are_counted_the_most_common_first() -> None:
    usual = '[{"days":"MONDAY_TO_FRIDAY","startMinute":540,"endMinute":1020}]'
    split = '[{"days":"MONDAY","startMinute":540,"endMinute":720},{"days":"MONDAY","startMinute":780,"endMinute":1020}]'
    weeks = user_hours.weeks_of([profile(split), profile(usual), profile(usual, ""), profile("")], "Europe/Berlin")
    assert [week.users for week in weeks.shared] == [2, 1]
    assert weeks.shared[1].week.days == ((0, ((540, 720), (780, 1020))),)
    assert (weeks.without, weeks.unreadable) == (1, 0)


@pytest.mark.parametrize(
    "hours",
    [
        "no json",
        "7",
        "[7]",
        "[]",
        '[{"days":"SOMEDAY","startMinute":540,"endMinute":1020}]',
        '[{"days":"MONDAY","startMinute":1020,"endMinute":540}]',
        '[{"days":"MONDAY","startMinute":"9","endMinute":540}]',
        '[{"days":"MONDAY","endMinute":540}]',
    ],
)
def test_working_hours_that_make_no_sense_are_counted_and_passed_over(hours: str) -> None:
    weeks = user_hours.weeks_of([profile(hours)], "UTC")
    assert (weeks.shared, weeks.unreadable) == ((), 1)
    assert user_hours.weeks_of(
        [profile('[{"days":"EVERY_DAY","startMinute":0,"endMinute":1}]', "No/Where")], "UTC"
    ).unreadable


# Leads.


def member(email: str, title: str = "", team: str = "1") -> team_leads.Member:
    return team_leads.Member(email, title, ((team, f"Team {team}"),) if team else ())


def test_a_lead_is_the_only_one_of_a_team_whose_title_says_so() -> None:
    teams = team_leads.team_leads(
        [
            member("a@x", "Head of Support"),
            member("b@x", "Agent"),
            member("c@x", "Teamleiterin", "2"),
            member("d@x", "Manager", "2"),
            member("e@x", "", "3"),
            member("f@x", "Director", ""),
        ]
    )
    assert [(team.team, team.lead) for team in teams] == [("Team 1", "a@x"), ("Team 2", ""), ("Team 3", "")]
    assert all(team.reason for team in teams)
    assert team_leads.leads_by_member(teams) == {"b@x": "a@x"}
    assert team_leads.lead_of_others(teams) == "a@x"
    assert team_leads.lead_of_others(teams[1:]) == ""
