"""Metrics that policies.yaml defines, and the terms that differ by metric: what is read, and what is refused."""

from __future__ import annotations

import pytest

from hubspot_sla.clock.metrics import IN_WAITING, Definition, EventKind, Metric, PauseRule, PropertyIs, built_in
from hubspot_sla.clock.promise import Late, Promise, Reopen, ReopenWithin
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.loader import Mappings, load
from hubspot_sla.policy.portal_check import property_problems
from policy.mapping_texts import texts

PORTAL = """\
pipelines:
  Support:
    New: open
    Fixing: {role: open, team: Experts}
    Checking: {role: open, team: Experts}
    Bank: {role: waiting, vendor: Bank AG}
    Waiting: waiting
    Closed: closed
"""
HOUR = 3_600_000


def mappings(metrics: str, terms: str = "", targets: str = "{clock: 4h, resolution: 8h}") -> Mappings:
    policies = f"""\
metrics:
  clock: {metrics}
policies:
  - id: only
    calendar: office
    targets: {targets}
    {terms}
"""
    return load(texts(portal=PORTAL, policies=policies))


def promises(terms: str, metrics: str = "{starts: created, stops: {entered: Bank}}") -> dict[str, Promise]:
    (policy,) = mappings(metrics, terms).policy_set.policies
    return {str(promise.metric): promise for promise in policy.promised(Subject(0, None, ""))}


def definition(metrics: str) -> Definition:
    return mappings(metrics).policy_set.defined["clock"].definition


THE_SIX = {
    Metric.ASSIGNMENT: "{starts: created, stops: owned}",
    Metric.FIRST_RESPONSE: "{starts: created, stops: first_reply}",
    Metric.NEXT_RESPONSE: "{starts: customer_message, stops: agent_reply, after: agent_reply, cycles: each}",
    Metric.UPDATE: "{starts: created, resets: agent_message, pauses: waiting}",
    Metric.RESOLUTION: "{starts: created, stops: closed, pauses: waiting}",
    Metric.STAGE: "{starts: {entered: Bank}, stops: {left: Bank}, cycles: each, closing: ignored}",
}


@pytest.mark.parametrize("metric", Metric)
def test_the_six_are_the_same_thing_with_names(metric: Metric) -> None:
    own, six = definition(THE_SIX[metric]), built_in(metric, "Bank")
    assert (own.starts, own.stops, own.resets, own.after) == (six.starts, six.stops, six.resets, six.after)
    assert (own.first_only, own.notices_closing) == (six.first_only, six.notices_closing)
    promise = promises("", THE_SIX[metric])["clock"]
    assert promise.pauses == (IN_WAITING if metric in (Metric.UPDATE, Metric.RESOLUTION) else ())


SAID = [
    ("{starts: created, stops: {entered: {team: Experts}}}", "stops", "the ticket enters Experts"),
    ("{starts: {left: {stage: New}}, stops: closed}", "starts", "the ticket leaves New"),
    ("{starts: created, stops: {entered: {role: waiting}}}", "stops", "the ticket enters a stage that is waiting"),
    ("{starts: {became: {impact: [HIGH, TOP]}}, stops: closed}", "starts", "impact becomes HIGH or TOP"),
    ("{starts: {is: {impact: HIGH}}, stops: closed}", "starts", "impact is HIGH"),
    ("{starts: {date: planned_on}, stops: closed}", "starts", "the date in planned_on is reached"),
    ("{starts: owner_set, stops: note}", "stops", "a note is written"),
    ("{starts: reopened, stops: closed}", "starts", "the ticket is reopened"),
    (
        "{starts: {entered: Experts}, stops: {event: agent_reply, while: {in: Experts}}}",
        "stops",
        "an agent replies while the ticket is in Experts",
    ),
    ("{starts: created, stops: {is: {score: {at_least: 5}}}}", "stops", "score is at least 5"),
]


@pytest.mark.parametrize(("written", "key", "words"), SAID, ids=[words for _, _, words in SAID])
def test_an_event_is_said_in_the_words_of_the_explanation(written: str, key: str, words: str) -> None:
    (event,) = getattr(definition(written), key)
    assert str(event) == words


def test_a_word_of_portal_yaml_stands_for_its_property() -> None:
    (start,) = definition("{starts: {became: {priority: HIGH}}, stops: closed}").starts
    assert isinstance(start.condition, PropertyIs)
    assert (start.kind, start.condition.property) == (EventKind.BECAME, "hs_ticket_priority")


def test_what_metrics_and_pauses_look_at_is_read() -> None:
    looked_at = "{starts: {became: {impact: HIGH}}, stops: {date: planned_on}}"
    read = mappings(looked_at, "pauses: {resolution: {is: {blocked: yes}}}").policy_set
    assert set(read.read_properties) == {"impact", "planned_on", "blocked"}
    unused = mappings(looked_at, targets="{resolution: 8h}").policy_set
    assert unused.read_properties == ()


def test_a_metric_has_properties_of_its_own() -> None:
    assert mappings("{starts: created, stops: closed}").policy_set.more_clocks == {("", "clock")}


def test_the_terms_of_a_defined_metric_stand_beside_those_of_the_six() -> None:
    made = promises(
        "at_risk: {default: 50%, clock: -1h}\n    late: {clock: business_time}\n    reopen: {clock: restart}"
    )
    assert [threshold.run_ms for threshold in made["clock"].at_risk] == [3 * HOUR]
    assert [threshold.run_ms for threshold in made["resolution"].at_risk] == [4 * HOUR]
    assert (made["clock"].late, made["resolution"].late) == (Late.BUSINESS_TIME, Late.INSTANT)
    assert (made["clock"].reopen, made["resolution"].reopen) == (Reopen.RESTART, Reopen.RESUME)


PAUSES = [
    ("", IN_WAITING),
    ("pauses: true", IN_WAITING),
    ("pauses: waiting", IN_WAITING),
    ("pauses: false", ()),
    ("pauses: {resolution: false}", ()),
    ("pauses: {default: false, resolution: true}", IN_WAITING),
    ("pauses: {clock: false}", IN_WAITING),
]


@pytest.mark.parametrize(("terms", "rules"), PAUSES, ids=[terms or "nothing" for terms, _ in PAUSES])
def test_pauses_are_said_for_all_metrics_or_for_one(terms: str, rules: tuple[PauseRule, ...]) -> None:
    assert promises(terms)["resolution"].pauses == rules


def test_a_pause_has_a_condition_and_perhaps_a_least_and_a_greatest_time() -> None:
    pauses = "pauses: {resolution: [{in: Bank AG, least: 30m, greatest: 5bd}, {is: {blocked: yes}}]}"
    bank, blocked = promises(pauses)["resolution"].pauses
    assert (str(bank.condition), bank.least_ms, bank.greatest_ms) == ("the ticket is in Bank AG", HOUR // 2, 40 * HOUR)
    assert (str(blocked.condition), blocked.least_ms, blocked.greatest_ms) == ("blocked is yes", 0, None)
    promises_by_clock = promises("pauses: {in: Bank AG, greatest: 1h}")
    assert promises_by_clock["resolution"].pauses == promises_by_clock["clock"].pauses != ()


REOPENINGS = [
    ("count", Reopen.COUNT),
    ("{resume: 5bd}", ReopenWithin(40 * HOUR, Reopen.IGNORE)),
    ("{resume: 5bd, then: restart}", ReopenWithin(40 * HOUR, Reopen.RESTART)),
    ("{clock: ignore, resolution: {resume: 1h}}", ReopenWithin(HOUR, Reopen.IGNORE)),
    ("{default: restart, clock: ignore}", Reopen.RESTART),
]


@pytest.mark.parametrize(("written", "rule"), REOPENINGS, ids=[written for written, _ in REOPENINGS])
def test_a_reopening_is_said_for_all_metrics_or_for_one(written: str, rule: Reopen | ReopenWithin) -> None:
    assert promises(f"reopen: {written}")["resolution"].reopen == rule


WRONG = [
    ("{starts: creatd, stops: closed}", "there is no event 'creatd'", "did you mean 'created'?"),
    ("{starts: created}", "nothing stops it, so what is promised can never be met", "say `stops`, or `resets`"),
    ("{stops: closed}", "'starts' is missing", ""),
    ("{starts: created, stops: {entered: Bnak}}", "there is no stage, team or vendor 'Bnak' in portal.yaml", "Bank"),
    ("{starts: created, stops: {entered: {team: Bank AGG}}}", "there is no team or vendor 'Bank AGG'", "Bank AG"),
    ("{starts: created, stops: {entered: {rle: open}}}", "a place has no 'rle'", "did you mean 'role'?"),
    ("{starts: closed, stops: reopened}", "it can never start: the ticket is closed then", "`reopened`"),
    ("{starts: {entered: Closed}, stops: {entered: New}}", "it can never start: the ticket is closed then", "closing"),
    (
        "{starts: {entered: New, while: {in: Bank}}, stops: closed}",
        "this can never happen: not at once the ticket is in Bank and the ticket is in New",
        "leave one of the two out",
    ),
    ("{starts: customer_message, stops: created}", "it would stop before it starts", "name what happens later"),
    (
        "{starts: {entered: Fixing}, stops: {in: Experts}}",
        "it would stop in the instant in which it starts: the ticket is in Experts when the ticket enters Fixing",
        "name what happens later",
    ),
    ("{starts: owner_set, stops: owned}", "it would stop in the instant in which it starts", "later"),
    (
        "{starts: created, stops: {became: {sla_status: breached}}}",
        "sla_status is written by hubspot-sla itself",
        "name a property that people or other tools set",
    ),
    (
        "{starts: created, stops: {became: {sla_clock_status: met}}}",
        "sla_clock_status is written by hubspot-sla itself",
        "",
    ),
    (
        "{starts: {entered: Fixing}, stops: {left: Fixing}, pauses: {in: Experts}}",
        "the clock would stand still for ever: the ticket is in Experts from its start to its end",
        "narrow the pauses",
    ),
    (
        "{starts: created, stops: closed, pauses: [waiting, {in: {role: open}}]}",
        "the clock would stand still for ever: it is paused in every stage that is not closed",
        "narrow the pauses",
    ),
    (
        "{starts: created, stops: closed, pauses: [{is: {x: {known: true}}}, {is: {x: {known: false}}}]}",
        "the clock would stand still for ever: x is always either known or unknown",
        "",
    ),
    (
        "{starts: created, stops: closed, pauses: {in: Bank, least: 2h, greatest: 1h}}",
        "`greatest` (1h) is not longer than `least` (2h)",
        "so it never pauses: make it longer",
    ),
    ("{starts: created, stops: closed, pauses: {least: 2h}}", "nothing says what it waits for", "write waiting"),
    ("{starts: created, stops: closed, cycles: all}", "'cycles' cannot be 'all'", "first"),
    ("{starts: created, stops: {is: {x: 1}, while: waiting}}", "a condition holds for a while by itself", ""),
    ("{starts: [{became: {x: 1}, left: New}], stops: closed}", "left and became is said, where one thing must be", ""),
    ("{starts: {date: Planned}, stops: closed}", "'Planned' is not an internal property name", "lower-case"),
]


def problems(metrics: str, terms: str = "", **other: str) -> list[str]:
    with pytest.raises(MappingInvalid) as caught:
        mappings(metrics, terms, **other)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(("written", "message", "remedy"), WRONG, ids=[message for _, message, _ in WRONG])
def test_what_is_wrong_with_a_metric_is_said_with_its_line_and_the_remedy(
    written: str, message: str, remedy: str
) -> None:
    found = problems(written)
    assert any(
        problem.startswith("policies.yaml:2:") and message in problem and remedy in problem for problem in found
    ), found


WRONG_TERMS = [
    ("targets: {clok: 4h}", "there is no metric 'clok'", "did you mean 'clock'?"),
    ("pauses: {clok: true}", "there is no metric 'clok'", "did you mean 'clock'?"),
    ("at_risk: {resolutoin: 50%}", "there is no metric 'resolutoin'", "did you mean 'resolution'?"),
    ("ladder: {clok: breach}", "there is no metric 'clok'", ""),
    ("reopen: {clok: count}", "there is no metric 'clok'", ""),
    ("reopen: never", "a reopening cannot be 'never' here", ""),
    ("reopen: {resume: 5bd, then: count}", "a reopening cannot be 'count' here", ""),
    ("reopen: {resume: 5d}", "'5d' is ambiguous", "say 5bd"),
    ("late: sometimes", "'late' cannot be 'sometimes'", ""),
    ("pauses: {resolution: {in: Bnak}}", "there is no stage, team or vendor 'Bnak' in portal.yaml", "Bank"),
    ("pauses: {resolution: {is: {sla_status: met}}}", "sla_status is written by hubspot-sla itself", ""),
    ("pauses: [waiting, {in: {role: open}}]", "the clock would stand still for ever", "narrow the pauses"),
    ("pauses: {resolution: {in: Bank, least: 1bd, greatest: 1h}}", "`greatest` (1h) is not longer than", ""),
]


@pytest.mark.parametrize(("terms", "message", "remedy"), WRONG_TERMS, ids=[terms for terms, _, _ in WRONG_TERMS])
def test_what_is_wrong_with_a_term_is_said_with_its_line_and_the_remedy(terms: str, message: str, remedy: str) -> None:
    targets = terms.removeprefix("targets: ") if terms.startswith("targets") else "{clock: 4h, resolution: 8h}"
    own = "" if terms.startswith("targets") else terms
    found = problems("{starts: created, stops: closed}", own, targets=targets)
    line = "6" if not own else "7"
    assert any(
        problem.startswith(f"policies.yaml:{line}:") and message in problem and remedy in problem for problem in found
    ), found


@pytest.mark.parametrize("name", ["resolution", "sla", "stage_total", "default", "Restored", "a" * 41, "next"])
def test_some_names_are_taken_or_cannot_be(name: str) -> None:
    policy = "{id: a, calendar: office, targets: {resolution: 1h}}"
    policies = f"metrics:\n  {name}: {{starts: created, stops: closed}}\npolicies: [{policy}]\n"
    with pytest.raises(MappingInvalid) as caught:
        load(
            texts(
                portal=PORTAL, policies=policies.replace("[]", "[{id: a, calendar: office, targets: {resolution: 1h}}]")
            )
        )
    assert all(str(problem).startswith("policies.yaml:2:3") for problem in caught.value.problems)


def test_a_metric_and_an_agreement_cannot_share_their_properties() -> None:
    policies = """\
metrics:
  gdpr_resolution: {starts: created, stops: closed}
policies:
  - {id: a, agreement: gdpr, calendar: office, targets: {resolution: 1h}}
"""
    with pytest.raises(MappingInvalid, match="gdpr_resolution_status"):
        load(texts(portal=PORTAL, policies=policies))


class Described:
    """A property as HubSpot describes it."""

    def __init__(self, type_: str, *options: str) -> None:
        self.type = type_
        self.options = [type("Option", (), {"value": value}) for value in options]


def test_what_the_portal_lacks_is_said_with_the_line() -> None:
    loaded = mappings("{starts: {became: {impact: HIHG}}, stops: {date: planned_on}}", "pauses: {is: {blockd: yes}}")
    tickets = {
        "impact": Described("enumeration", "HIGH", "LOW"),
        "planned_on": Described("string"),
        "blocked": Described("bool"),
    }
    found = [str(problem) for problem in property_problems(loaded, tickets, {}, {})]
    for expected in (
        "policies.yaml:2:11: the portal has no ticket impact 'HIHG' (did you mean 'HIGH'?)",
        "policies.yaml:2:52: ticket property 'planned_on' is of type string, not a date",
        "policies.yaml:7:5: the portal has no ticket property 'blockd' (did you mean 'blocked'?)",
    ):
        assert any(problem.startswith(expected) for problem in found), found
