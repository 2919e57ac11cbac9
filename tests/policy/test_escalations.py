"""escalations.yaml: what it compiles to, and what is wrong with it, with line and remedy."""

from __future__ import annotations

import pytest

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.rungs import Mark, Side, Span
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.plan.channels import Rate
from hubspot_sla.plan.ladder import BUILT_IN, NONE, Late
from hubspot_sla.plan.rung_actions.note import WriteNote
from hubspot_sla.plan.rung_actions.notify import NotifyChannel
from hubspot_sla.plan.rung_actions.reassign import Reassign
from hubspot_sla.plan.rung_actions.set_properties import SetValues
from hubspot_sla.plan.rung_actions.task import MakeTask
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.ladder_review import ladder_warnings
from hubspot_sla.policy.loader import load
from policy.mapping_texts import POLICIES, texts

ESCALATIONS = """\
leads: {anna@acme.com: bea@acme.com, default: "77"}
channels:
  oncall:
    slack: {url_env: ONCALL_URL}
    at_most: 20 per 1h
    quiet: {outside: office}
    template: "{subject} is late: {url}"
  desk: {email: {to: desk@acme.com}}
  hook: {webhook: {url_env: HOOK_URL, secret_env: HOOK_SECRET}}
ladders:
  standard:
    late: fire
    late_after: 30m
    rungs:
      - {at: 75 %, do: [{notify: desk}]}
      - {at: -30m, when: {tier: gold, hours: office}, do: [{task: owner}]}
      - {at: breach, do: [{task: lead}, {note: explanation}, {notify: oncall}]}
      - {at: +2h, do: [{set: {hs_ticket_priority: URGENT, flag: true}}, {reassign: bea@acme.com}]}
      - {at: +1bd, name: daily, every: 1bd, times: 5, do: [{notify: hook}]}
"""
HOUR = 3_600_000


def with_ladder(named: str, escalations: str = ESCALATIONS) -> dict[str, str]:
    policies = POLICIES.replace("      resolution: 2bd\n", f"      resolution: 2bd\n    ladder: {named}\n")
    return texts(policies=policies) | {"escalations.yaml": escalations}


def test_a_ladder_says_when_and_what() -> None:
    ladder = load(with_ladder("standard")).policy_set.escalations.ladders["standard"]
    assert (ladder.late, ladder.late_after_ms, ladder.counts_days) == (Late.FIRE, HOUR // 2, True)
    assert [(rung.name, rung.level, rung.mark) for rung in ladder.rungs] == [
        ("75%", 1, Mark(Side.SHARE, percent=75)),
        ("-30m", 2, Mark(Side.BEFORE, span=Span(HOUR // 2))),
        ("breach", 3, Mark(Side.BREACH)),
        ("+2h", 4, Mark(Side.AFTER, span=Span(2 * HOUR))),
        ("daily", 5, Mark(Side.AFTER, span=Span(business_days=1), every=Span(business_days=1), times=5)),
    ]
    assert [rung.actions for rung in ladder.rungs][2:4] == [
        (MakeTask("lead"), WriteNote(), NotifyChannel("oncall")),
        (SetValues((("hs_ticket_priority", "URGENT"), ("flag", "true"))), Reassign("bea@acme.com")),
    ]


def test_channels_name_variables_and_no_secrets() -> None:
    channels = load(with_ladder("standard")).policy_set.escalations.channels
    oncall = channels["oncall"]
    assert (oncall.kind, oncall.variables, oncall.at_most) == ("slack", ("ONCALL_URL",), Rate(20, HOUR))
    assert channels["desk"].to == ("desk@acme.com",)
    assert channels["hook"].variables == ("HOOK_URL", "HOOK_SECRET")


def test_the_former_name_of_channels_goes_on_working_and_is_worth_a_second_look() -> None:
    former = with_ladder("standard", ESCALATIONS.replace("\nchannels:", "\ntargets:"))
    assert list(load(former).policy_set.escalations.channels) == ["oncall", "desk", "hook"]
    renamed = "escalations.yaml:2:1: `targets` is called `channels` now (rename the key; nothing else changes)"
    assert renamed in warned(former)
    assert not any("is called" in warning for warning in warned(with_ladder("standard")))


def test_problems_under_the_former_name_are_found_at_their_place() -> None:
    former = ESCALATIONS.replace("\nchannels:", "\ntargets:").replace("outside: office", "outside: ofice")
    (found,) = problems(with_ladder("standard", former))
    assert found.startswith("escalations.yaml:6:22: there is no calendar 'ofice'")


def test_a_channel_under_both_names_is_refused() -> None:
    twice = ESCALATIONS + "targets: {desk: {email: {to: desk@acme.com}}}\n"
    (found,) = problems(with_ladder("standard", twice))
    assert found.endswith("'desk' is in `channels` and in `targets` (keep it in `channels`)")


def test_quiet_is_the_time_outside_a_calendar_or_its_hours() -> None:
    quiet = load(with_ladder("standard")).policy_set.escalations.channels["oncall"].quiet
    monday_noon, monday_night = 1_790_589_600_000, 1_790_546_400_000  # 2026-09-28 10:00 and 2026-09-27 22:00 UTC
    assert quiet is not None
    assert (quiet.holds_at(monday_noon), quiet.holds_at(monday_night)) == (False, True)


def test_a_policy_names_one_ladder_for_all_metrics_or_one_for_some() -> None:
    policy_set = load(with_ladder("standard")).policy_set
    assert {policy_set.ladder(policy_set.policies[0], metric).name for metric in Metric} == {"standard"}
    policy_set = load(with_ladder("{resolution: standard, first_response: none}")).policy_set
    found = {metric: policy_set.ladder(policy_set.policies[0], metric) for metric in Metric}
    assert found[Metric.RESOLUTION].name == "standard"
    assert found[Metric.FIRST_RESPONSE] == NONE
    assert found[Metric.UPDATE] == BUILT_IN


def test_without_escalations_every_breach_makes_one_task() -> None:
    policy_set = load(texts()).policy_set
    assert {policy_set.ladder(policy, metric) for policy in policy_set.policies for metric in Metric} == {BUILT_IN}


def test_a_ladder_called_default_takes_the_place_of_the_built_in_one() -> None:
    own = "ladders: {default: {rungs: [{at: +1h, do: [{task: owner}]}]}}\n"
    policy_set = load(texts() | {"escalations.yaml": own}).policy_set
    assert [rung.name for rung in policy_set.ladder(policy_set.policies[0], Metric.UPDATE).rungs] == ["+1h"]


def test_the_version_of_the_mappings_counts_escalations() -> None:
    assert load(with_ladder("standard")).version != load(with_ladder("standard", ESCALATIONS + "# x\n")).version


def test_the_conditions_of_a_rung_are_the_words_of_policies_and_hours() -> None:
    condition = load(with_ladder("standard")).policy_set.escalations.conditions["standard", "-30m"]
    open_at, shut_at = 1_790_589_600_000, 1_790_546_400_000
    gold = Subject(open_at, "gold", "Support")
    assert condition.reason_against(gold, open_at) is None
    assert condition.reason_against(gold, shut_at) == "calendar office was closed"
    assert condition.reason_against(Subject(open_at, "silver", "Support"), open_at) == "tier is silver, not gold"


def test_what_a_rung_asks_of_a_ticket_is_read_with_the_rest() -> None:
    asked = ESCALATIONS.replace("tier: gold", "property: {impact: HIGH}, company: {country: DE}")
    policy_set = load(with_ladder("standard", asked)).policy_set
    assert "impact" in policy_set.ticket_properties
    assert "country" in policy_set.company_properties


def test_everybody_who_is_named_is_known_by_the_first_line_that_does() -> None:
    people = load(with_ladder("standard")).policy_set.escalations.people
    assert set(people) == {"anna@acme.com", "bea@acme.com", "77"}


CASES = [
    ("at: 75 %", "at: 175%", "escalations.yaml:15:14: 175% of the target is never reached in time"),
    ("at: 75 %", "at: 100%", "escalations.yaml:15:14: '100%' is the breach itself (write breach)"),
    ("at: 75 %", "at: soon", "escalations.yaml:15:14: 'soon' is no place on a ladder"),
    ("at: -30m", "at: -30", "escalations.yaml:16:14: '30' has no unit"),
    ("at: 75 %", "at: -30m", "escalations.yaml:16:14: rung 1 is called '-30m' already (give one of them a `name`)"),
    ("at: 75 %, do", "at: 75%, every: 1h, times: 2, do", "escalations.yaml:15:9: a rung at 75% does not come back"),
    (", times: 5", "", "escalations.yaml:19:9: `every` and `times` belong together"),
    ("times: 5", "times: 500", "escalations.yaml:19:52: '500' is no number of times"),
    ("{task: owner}", "{task: owner, note: explanation}", "escalations.yaml:16:60: an action is one of"),
    ("{reassign: bea@acme.com}", "{reassign: owner}", "escalations.yaml:18:73: the owner has the ticket already"),
    ("{notify: oncall}", "{notify: onkall}", "escalations.yaml:17:71: there is no channel 'onkall'"),
    ("tier: gold", "tier: glod", "escalations.yaml:16:33: there is no tier 'glod' (did you mean 'gold'?)"),
    ("hours: office", "hours: ofice", "escalations.yaml:16:46: there is no calendar 'ofice' (did you mean 'office'?)"),
    ("outside: office", "outside: ofice", "escalations.yaml:6:22: there is no calendar 'ofice'"),
    ("{subject} is", "{subjct} is", "escalations.yaml:7:15: the template has no field 'subjct' (did you"),
    ("{subject} is", "{subject!r} is", "escalations.yaml:7:15: the field 'subject' of the template stands for itself"),
    ("{subject} is", "{subject is", "escalations.yaml:7:15: the braces of the template do not fit"),
    ("20 per 1h", "20 an hour", "escalations.yaml:5:14: '20 an hour' is no rate (write how many"),
    ("at_most: 20 per 1h", "teams: {url_env: X}", "escalations.yaml:4:5: a channel is one of"),
    ("{url_env: ONCALL_URL}", "{url_env: https://a.example}", "escalations.yaml:4:22: 'https://a.example' is not the"),
    ("{url_env: ONCALL_URL}", "{url_env: A, secret_env: B}", "escalations.yaml:4:5: `secret_env` belongs"),
    ("desk@acme.com", "desk", "escalations.yaml:8:22: 'desk' is not an address of mail"),
    ("default: \"77\"", "bea@acme.com: Anna@acme.com", "escalations.yaml:1:9: the leads go in a circle: anna"),
    ("late: fire", "late: always", "escalations.yaml:12:11: 'late' cannot be 'always'"),
    ("  standard:", "  none:", "escalations.yaml:11:3: 'none' means no ladder at all"),
    ("leads: {anna@acme.com: bea@acme.com, default: \"77\"}\n", "", "escalations.yaml:16:34: no lead is named"),
]  # fmt: skip


def problems(texts_: dict[str, str]) -> list[str]:
    with pytest.raises(MappingInvalid) as caught:
        load(texts_)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(("old", "new", "expected"), CASES, ids=[case[2][17:80] for case in CASES])
def test_what_is_wrong_is_named_with_its_place_and_the_remedy(old: str, new: str, expected: str) -> None:
    assert old in ESCALATIONS
    found = problems(with_ladder("standard", ESCALATIONS.replace(old, new, 1)))
    assert any(problem.startswith(expected) for problem in found), found
    assert all(problem.startswith("escalations.yaml") for problem in found) or "  none:" in new, found


def test_a_policy_that_names_a_ladder_nobody_has_made_is_told_the_nearest() -> None:
    (found,) = problems(with_ladder("standrad"))
    assert found == ("policies.yaml:8:13: there is no ladder 'standrad' in escalations.yaml (did you mean 'standard'?)")


def test_business_days_of_a_ladder_need_a_calendar_that_says_how_long_one_is() -> None:
    without = with_ladder("{first_response: standard}")
    calendars = without["calendars.yaml"].replace("    business_day: 8h\n", "")
    policies = without["policies.yaml"].replace("resolution: 2bd", "resolution: 2h")
    (found,) = problems(without | {"calendars.yaml": calendars, "policies.yaml": policies})
    assert found.startswith("policies.yaml:8:30: ladder 'standard' counts business days, and the calendar does not")


def warned(texts_: dict[str, str]) -> list[str]:
    return [str(problem) for problem in ladder_warnings(load(texts_).policy_set)]


def test_what_nobody_uses_is_worth_a_second_look() -> None:
    found = warned(texts() | {"escalations.yaml": ESCALATIONS.replace("{notify: desk}", "{notify: oncall}")})
    assert "escalations.yaml:11:3: no policy names the ladder 'standard'" in found
    assert "escalations.yaml:8:3: no rung notifies the channel 'desk'" in found
    assert warned(texts()) == []


def test_a_rung_further_before_due_than_the_target_is_long_is_worth_a_second_look() -> None:
    (found,) = warned(with_ladder("standard"))
    assert found.startswith(
        "escalations.yaml:16:14: -30m is reached at the start of a target of 15m (policy gold-support"
    )


def test_a_lead_that_most_owners_do_not_have_is_worth_a_second_look() -> None:
    found = warned(with_ladder("{resolution: standard}", ESCALATIONS.replace(', default: "77"', "")))
    assert [one for one in found if one.startswith("escalations.yaml:17:") and "`leads` does not name" in one]


def test_calendars_and_variables_that_escalations_need_are_known() -> None:
    escalations = load(with_ladder("standard")).policy_set.escalations
    assert escalations.calendars == {"office"}
    assert escalations.variables == {"oncall": ("ONCALL_URL",), "hook": ("HOOK_URL", "HOOK_SECRET")}
