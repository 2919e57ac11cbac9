"""When a policy applies: every form of a condition, and the reason where it does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import AgreementKey, Kind
from hubspot_sla.policy.condition_values import Wanted, parse_wanted
from hubspot_sla.policy.conditions import About, All, Any, Asks, Condition, Not, Subject
from hubspot_sla.policy.loader import load
from policy.mapping_texts import SUPPORT, texts

if TYPE_CHECKING:
    from hubspot_sla.policy.policy_set import Match, PolicySet

POLICY = """\
policies:
  - id: special
    when: {CONDITION}
    calendar: always
    targets: {resolution: 4h}
"""


def policy_set(condition: str) -> PolicySet:
    return load(texts(policies=POLICY.replace("{CONDITION}", condition))).policy_set


def asked(condition: str, **told: object) -> Match:
    subject = Subject(**{"at": 0, "tier": "gold", "pipeline": "0", "stage": "1", **told})  # type: ignore[arg-type]
    return policy_set(condition).match(subject, load(texts()).portal.resolve([SUPPORT]))[AgreementKey(Kind.SLA)]


def reason(condition: str, **told: object) -> str | None:
    match = asked(condition, **told)
    return match.rejected[0][1] if match.rejected else None


PROPERTIES = {
    "hs_ticket_priority": "HIGH",
    "hubspot_owner_id": "7",
    "hubspot_team_id": "40",
    "source_type": "EMAIL",
    "hs_ticket_category": "BUG;FEATURE",
    "impact": "3",
    "go_live_on": "2026-11-01",
    "vip": "true",
}
HOLD = [
    "{tier: gold}",
    "{pipeline: Support, stage: New}",
    "{stage: [New, Closed]}",
    "{priority: [HIGH, URGENT], owner: 7, team: 40, source: EMAIL}",
    "{category: BUG}",
    "{category: [FEATURE, OTHER]}",
    "{property: {impact: 3}}",
    "{property: {impact: {at_least: 3}}}",
    "{property: {impact: {above: 2, at_most: 3}}}",
    "{property: {impact: {below: 3.5}}}",
    "{property: {go_live_on: {at_least: 2026-11-01, below: 2026-12-01}}}",
    "{property: {vip: true}}",
    "{property: {vip: {known: true}}}",
    "{property: {nothing: {known: false}}}",
    "{company: {country: DE}}",
    "{contact: {role: [CEO, CTO]}}",
    "{any: [{tier: silver}, {priority: HIGH}]}",
    "{all: [{tier: gold}, {any: [{owner: 8}, {team: 40}]}]}",
    "{not: {tier: silver}}",
    "{not: {any: [{tier: silver}, {priority: LOW}]}}",
    "{}",
]
FAIL = [
    ("{tier: silver}", "tier is gold, not silver"),
    ("{pipeline: Support, stage: Closed}", "stage is New, not Closed"),
    ("{priority: LOW}", "priority is HIGH, not LOW"),
    ("{category: OTHER}", "category is BUG;FEATURE, not OTHER"),
    ("{property: {impact: {above: 3}}}", "impact is 3, not above 3"),
    ("{property: {impact: {above: 1, below: 3}}}", "impact is 3, not above 1 and below 3"),
    ("{property: {source_type: {above: 3}}}", "source_type is EMAIL, not above 3"),
    ("{property: {nothing: 3}}", "nothing is not set, not 3"),
    ("{property: {nothing: {at_most: 3}}}", "nothing is not set, not at most 3"),
    ("{property: {vip: {known: false}}}", "vip is true, not unknown"),
    ("{company: {country: FR}}", "company country is DE and AT, not FR"),
    ("{contact: {role: CFO}}", "contact role is CTO, not CFO"),
    ("{any: [{tier: silver}, {priority: LOW}]}", "tier is gold, not silver; and priority is HIGH, not LOW"),
    ("{not: {tier: gold}}", "it has tier gold, and must not"),
    ("{not: {priority: HIGH, tier: gold}}", "it has priority HIGH, tier gold, and must not"),
    ("{all: [{tier: gold}, {tier: silver}]}", "tier is gold, not silver"),
]
CUSTOMERS = {"companies": ({"country": "DE"}, {"country": "AT"}), "contacts": ({"role": "CTO"},)}


@pytest.mark.parametrize("condition", HOLD)
def test_a_condition_that_holds_lets_the_policy_match(condition: str) -> None:
    assert reason(condition, properties=PROPERTIES, **CUSTOMERS) is None


@pytest.mark.parametrize(("condition", "why"), FAIL)
def test_a_condition_that_does_not_hold_says_why(condition: str, why: str) -> None:
    assert reason(condition, properties=PROPERTIES, **CUSTOMERS) == why


def test_a_ticket_without_companies_or_contacts_fails_what_asks_for_theirs() -> None:
    assert reason("{company: {country: DE}}") == "company country is not set, not DE"
    assert reason("{contact: {role: {known: false}}}") is None


def test_words_such_as_team_mean_the_properties_that_portal_yaml_names() -> None:
    portal = texts()["portal.yaml"] + "properties: {team: our_team}\n"
    mappings = load(texts(portal=portal, policies=POLICY.replace("{CONDITION}", "{team: 40}")))
    assert mappings.policy_set.ticket_properties == ("our_team",)


def test_all_properties_that_conditions_and_targets_look_at_are_known() -> None:
    found = load(
        texts(
            policies=POLICY.replace("{CONDITION}", "{any: [{owner: 7}, {not: {property: {impact: 3}}}]}").replace(
                "{resolution: 4h}", "{resolution: {by: size, big: 4h, default: 8h}, update: 4h}"
            )
        )
    ).policy_set
    assert set(found.ticket_properties) == {"hubspot_owner_id", "impact", "size"}


def test_the_first_match_of_each_kind_applies() -> None:
    policies = """\
policies:
  - {id: theirs, kind: sla, when: {tier: silver}, calendar: always, targets: {resolution: 4h}}
  - {id: ours, kind: ola, calendar: always, targets: {resolution: 2h}}
  - {id: rest, calendar: always, targets: {resolution: 8h}}
  - {id: bank, kind: uc, when: {stage: Closed}, calendar: always, targets: {resolution: 1h}}
"""
    found = load(texts(policies=policies)).policy_set.match(
        Subject(0, "gold", "0", "1"), load(texts()).portal.resolve([SUPPORT])
    )
    chosen = {key.key: match.policy.id if match.policy else None for key, match in found.items()}
    assert chosen == {"sla": "rest", "ola": "ours", "uc": None}
    assert found[AgreementKey(Kind.SLA)].rejected == (("theirs", "tier is gold, not silver"),)
    assert found[AgreementKey(Kind.UC)].rejected == (("bank", "stage is New, not Closed"),)


TARGETS = """\
policies:
  - id: all-of-it
    calendar: office
    targets:
      assignment: 30m
      first_response: {by: tier, gold: 15m, default: 1h}
      next_response: 2h
      update: {every: {URGENT: 2h, default: 1bd}}
      resolution: {by: size, big: 3bd, default: none}
      stage: {New: 4h, "2": {HIGH: 1h, default: 2h}}
    at_risk: {resolution: [50%, -30m], update: 75%}
    on_change: {priority: keep}
    reopen: restart
    starts_in: New
    close_without_reply: missed
"""


def targets(**told: object) -> dict[str, str]:
    policy = load(texts(policies=TARGETS)).policy_set.policies[0]
    subject = Subject(**{"at": 0, "tier": None, "pipeline": "0", **told})  # type: ignore[arg-type]
    return {promise.clock.key: promise.target for promise in policy.promised(subject)}


def test_targets_depend_on_the_priority_or_on_any_other_property() -> None:
    assert targets() == {
        "assignment": "30m",
        "first_response": "1h",
        "next_response": "2h",
        "update": "1bd",
        "stage:New": "4h",
        "stage:2": "2h",
    }
    urgent = targets(tier="gold", properties={"hs_ticket_priority": "URGENT", "size": "big"})
    assert (urgent["first_response"], urgent["update"], urgent["resolution"]) == ("15m", "2h", "3bd")


def test_the_terms_of_a_policy_reach_its_promises() -> None:
    policy = load(texts(policies=TARGETS)).policy_set.policies[0]
    promises = {clock.metric: dict(target.examples()) for clock, target in policy.targets.items()}
    promise = promises[Metric.RESOLUTION]["big",]
    hour = 3_600_000
    assert [(one.text, one.run_ms) for one in promise.at_risk] == [("50%", 12 * hour), ("-30m", 24 * hour - hour // 2)]
    assert (promise.on_change.priority, promise.on_change.tier) == ("keep", "recalculate")
    assert (promise.reopen, promise.close_without_reply, promise.starts_in) == ("restart", "missed", "")
    first = promises[Metric.FIRST_RESPONSE]["default",]
    assert (first.starts_in, first.at_risk, first.pauses) == ("New", (), ())
    assert promises[Metric.UPDATE]["URGENT",].pauses


def test_a_policy_is_in_force_from_its_first_moment_until_its_last_which_is_not_in_it() -> None:
    dated = "{}\n    valid_from: 2026-07-01\n    valid_to: 2026-08-01T00:00:00Z"
    found = policy_set(dated).policies[0]
    midnight = 1_782_864_000_000  # 2026-07-01T00:00Z, in the zone of `always`
    assert (found.from_ms, found.to_ms) == (midnight, 1_785_542_400_000)
    assert reason(dated, at=midnight - 1) == "it is in force only from 2026-07-01"
    assert reason(dated, at=midnight) is None
    assert reason(dated, at=1_785_542_400_000) == "it was in force only until 2026-08-01T00:00:00Z"
    assert policy_set(dated).turns == (midnight, 1_785_542_400_000)


def test_a_date_is_midnight_in_the_zone_of_the_policys_calendar() -> None:
    dated = POLICY.replace("{CONDITION}", "{}\n    valid_from: 2026-07-01").replace("always", "office")
    assert load(texts(policies=dated)).policy_set.policies[0].from_ms == 1_782_864_000_000 - 2 * 3_600_000


def test_an_edit_for_new_tickets_only_leaves_older_ones_their_own_wording() -> None:
    before = policy_set("{tier: gold}\n    applies_to: new")
    after = policy_set("{tier: silver}\n    applies_to: new")
    portal_ids = load(texts()).portal.resolve([SUPPORT])
    subject = Subject(0, "gold", "0")
    assert after.match(subject, portal_ids)[AgreementKey(Kind.SLA)].policy is None
    kept = after.match(subject, portal_ids, before)[AgreementKey(Kind.SLA)].policy
    assert kept is before.policies[0]
    none = load(texts(policies=POLICY.replace("special", "other").replace("{CONDITION}", "{}"))).policy_set
    assert after.match(subject, portal_ids, none)[AgreementKey(Kind.SLA)].rejected == (
        ("special", "it applies to new tickets only, and the ticket is older than the policy"),
    )


# what two conditions say of each other

WORDS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3).map(lambda words: Wanted(tuple(dict.fromkeys(words))))
KNOWN = st.booleans().map(lambda known: Wanted(known=known))


@st.composite
def ranges(draw: st.DrawFn) -> Wanted:
    ends = sorted(draw(st.lists(st.integers(0, 6), min_size=2, max_size=2, unique=True)))
    lower, upper = draw(st.sampled_from(["above", "at_least"])), draw(st.sampled_from(["below", "at_most"]))
    written = {lower: str(ends[0]), upper: str(ends[1])}
    return parse_wanted({key: written[key] for key in draw(st.sampled_from([[lower], [upper], [lower, upper]]))})


ASKS = st.builds(
    lambda name, wanted: Asks("source" if name == "s" else "tier", About.TICKET, name, wanted),
    st.sampled_from("st"),
    st.one_of(WORDS, KNOWN, ranges()),
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    ASKS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=5,
)
VALUES = [None, "a", "b", "c", "d", "0", "1", "2", "3", "4", "5", "6", "2.5"]
EVERY = [Subject(0, None, "0", properties={"s": one, "t": other}) for one in VALUES for other in VALUES]


@given(CONDITIONS, CONDITIONS)
def test_what_is_said_to_follow_does_and_what_is_said_to_exclude_does(one: Condition, other: Condition) -> None:
    holds = [subject for subject in EVERY if one.reason_against(subject) is None]
    if one.implies(other):
        assert all(other.reason_against(subject) is None for subject in holds)
    if one.excludes(other):
        assert not any(other.reason_against(subject) is None for subject in holds)


@given(CONDITIONS)
def test_not_turns_every_answer_round(condition: Condition) -> None:
    for subject in EVERY:
        assert (Not(condition).reason_against(subject) is None) != (condition.reason_against(subject) is None)
