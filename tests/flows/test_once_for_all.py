"""What is worked out once for the mappings says the same as if it were worked out for each record."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.flows.context.mappings_version import Version
from hubspot_sla.flows.context.once import OnceForVersions
from hubspot_sla.flows.inspection.evaluate import offline_portal_ids
from hubspot_sla.flows.judging import terms
from hubspot_sla.flows.judging.agreements import agreements, promised
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.outcomes import outcomes_without_time
from hubspot_sla.flows.judging.terms import terms_of
from hubspot_sla.flows.judging.verdict_json import of_verdict
from hubspot_sla.flows.records.asked import read_alike
from hubspot_sla.flows.records.hubspot_facts import GONE
from hubspot_sla.flows.records.record_facts import RecordFacts
from hubspot_sla.ledger.facts import Fact
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.loader import load
from proof import examples

if TYPE_CHECKING:
    import pytest

TEXTS = {
    "portal.yaml": """
pipelines:
  Support: {New: open, Waiting: waiting, Closed: closed}
  Sales: {New: open, Closed: closed}
""",
    "calendars.yaml": """
calendars:
  office: {timezone: Europe/Berlin, hours: {mon: "09:00-17:00", tue: "09:00-17:00"}}
""",
    "tiers.yaml": "ranks: [gold, silver]\n",
    "policies.yaml": """
policies:
  - id: dated
    when: {pipeline: Support, tier: gold}
    calendar: {by: region, EU: office, default: always}
    valid_from: 2026-03-01
    valid_to: 2026-04-01
    targets: {first_response: {URGENT: 1h, default: none}, resolution: {by: company.country, DE: 1h, default: 2h}}
  - id: staged
    when: {pipeline: Support, stage: Waiting, not: {company: {country: FR}}}
    calendar: always
    targets: {first_response: {property: hours, unit: h}}
  - id: rest
    when: {any: [{contact: {vip: "true"}}, {priority: [HIGH, LOW]}]}
    calendar: office
    targets: {resolution: {LOW: 20h, default: none}, first_response: 4h}
  - id: desk
    kind: ola
    when: {source: EMAIL}
    calendar: always
    targets: {assignment: 30m}
""",
}
MARCH, APRIL = 1_772_323_200_000, 1_775_001_600_000


def version(**changed: str) -> Version:
    mappings = load({**TEXTS, **{f"{name}.yaml": text for name, text in changed.items()}})
    return Version(mappings, offline_portal_ids(mappings, None), 0)


VERSION = version()
_values = st.sampled_from([None, "", "DE", "FR", "true", "EU", "7", "-1", "odd"])


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    properties = {
        "hs_ticket_priority": draw(st.sampled_from([None, "URGENT", "HIGH", "LOW", "NEW"])),
        "source_type": draw(st.sampled_from([None, "EMAIL", "PHONE"])),
        "region": draw(_values),
        "hours": draw(_values),
    }
    return Subject(
        draw(st.sampled_from([0, MARCH - 1, MARCH, APRIL - 1, APRIL])),
        draw(st.sampled_from([None, "gold", "silver"])),
        draw(st.sampled_from(["Support", "Sales", "9"])),
        draw(st.sampled_from(["New", "Waiting", "Closed", "9"])),
        properties,
        draw(st.lists(st.fixed_dictionaries({"country": _values}), max_size=2)),
        draw(st.lists(st.fixed_dictionaries({"vip": _values}), max_size=2)),
        unranked=draw(st.sampled_from(["", "bronze"])),
    )


@examples(60)
@given(st.lists(subjects(), min_size=2, max_size=8))
def test_subjects_that_look_alike_are_promised_the_same_for_the_same_reasons(several: list[Subject]) -> None:
    for subject in several:
        kept, fresh = terms_of(VERSION, subject, None), terms._terms(VERSION, subject, None)
        assert kept == fresh
        reasons = [one.why_not(clock, subject, VERSION.portal_ids) for one in (kept, fresh) for clock in fresh.clocks]
        assert reasons[: len(fresh.clocks)] == reasons[len(fresh.clocks) :]


def test_no_more_terms_are_kept_than_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "_KEPT", 3)
    own = version()
    for number in range(10):
        terms_of(own, Subject(0, None, f"pipeline {number}"), None)
    assert len(terms._known_terms([own])) <= 3


def test_versions_are_known_by_what_they_are_and_answers_go_with_the_newest() -> None:
    asked: list[int] = []
    once = OnceForVersions[Version, int](lambda versions: asked.append(len(versions)) or len(asked))
    one, same = replace(VERSION), replace(VERSION)
    assert one == same
    answers = [once.of([one]), once.of([same]), once.of([one]), once.of([same, one]), once.of([one, same])]
    assert answers == [1, 2, 1, 3, 4]
    assert asked == [1, 1, 2, 2]
    assert OnceForVersions[Version, str](lambda _: "another").of([one]) == "another"
    assert not replace(one).kept


def test_a_version_that_nobody_has_any_more_is_gone_with_its_answers() -> None:
    gone: list[str] = []
    once = OnceForVersions[Version, object](lambda _: Answer())
    newest = replace(VERSION)
    weakref.finalize(once.of([newest]), gone.append, "gone")
    del newest
    assert gone == ["gone"]


class Answer:
    """What was worked out."""


def test_two_mappings_share_a_timeline_only_where_they_read_a_record_alike() -> None:
    other_targets = TEXTS["policies.yaml"].replace("4h", "5h")
    other_roles = TEXTS["portal.yaml"].replace("Waiting: waiting", "Waiting: open")
    other_replies = TEXTS["portal.yaml"] + "properties: {first_agent_reply: [replied]}\n"
    assert read_alike([VERSION], [version(policies=other_targets)])
    assert not read_alike([VERSION], [version(portal=other_roles)])
    assert not read_alike([VERSION], [version(portal=other_replies)])
    assert not read_alike([VERSION], [])
    assert not read_alike([VERSION], [VERSION, replace(VERSION, effective_at=5)])


SUPPORT = """
policies:
  - {id: support, when: {pipeline: Support}, calendar: office,
     targets: {first_response: 4h, resolution: {URGENT: 8h, HIGH: 24h, default: 90m}}, on_change: {priority: keep}}
  - {id: desk, kind: ola, when: {pipeline: Support}, calendar: always, targets: {assignment: 30m}}
"""
EDITS = {
    "nothing": version(policies=SUPPORT),
    "a target": version(policies=SUPPORT.replace("8h", "9h")),
    "its words": version(policies=SUPPORT.replace("24h", "1440m")),
    "a policy's name": version(policies=SUPPORT.replace("id: desk", "id: bench")),
    "a calendar's name": version(
        policies=SUPPORT.replace("office", "shop"), calendars=TEXTS["calendars.yaml"].replace("office", "shop")
    ),
    "hours": version(policies=SUPPORT, calendars=TEXTS["calendars.yaml"].replace("17:00", "18:00")),
    "a rule": version(policies=SUPPORT.replace("keep", "restart")),
    "a promise less": version(policies=SUPPORT.replace("first_response: 4h, ", "")),
    "what warns": version(policies=SUPPORT.replace("on_change", "at_risk: 50%, on_change")),
}
HOUR_MS = 3_600_000


@st.composite
def records(draw: st.DrawFn) -> RecordFacts:
    """Created at the beginning of March; stages, priorities and replies come within two days."""
    facts = [Fact("hs_pipeline", MARCH, "Support", "CRM_UI"), Fact("hs_pipeline_stage", MARCH, "New", "CRM_UI")]
    values = {
        "hs_pipeline_stage": ["New", "Waiting", "Closed"],
        "hs_ticket_priority": ["LOW", "HIGH", "URGENT"],
        "hubspot_owner_id": ["1", "2"],
    }
    for name in draw(st.lists(st.sampled_from(list(values)), max_size=8)):
        after = draw(st.integers(0, 48))
        facts.append(Fact(name, MARCH + after * HOUR_MS, draw(st.sampled_from(values[name])), "CRM_UI"))
    facts.sort(key=lambda fact: (fact.name, fact.at))
    return RecordFacts(RecordRef.of("1"), {"createdate": "2026-03-01T00:00:00Z"}, facts, ())


@examples(40)
@given(st.lists(st.tuples(records(), st.booleans(), st.integers(-2, 2)), min_size=2, max_size=4))
def test_records_that_begin_alike_are_promised_as_if_each_came_first(
    several: list[tuple[RecordFacts, bool, int]],
) -> None:
    shared = replace(EDITS["nothing"])
    for record, goes, days in several:
        gone_at = MARCH + days * 24 * HOUR_MS
        facts = [*record.facts, Fact(GONE, gone_at, "yes", "")] if goes else record.facts
        one = RecordFacts(record.ref, record.inputs, facts, record.companies)
        told = [promised(agreements(one, [version])) for version in (shared, replace(shared))]
        assert told[0] == told[1]
        assert list(told[0]) == list(told[1])


@examples(80)
@given(records(), st.sampled_from(list(EDITS)), st.sampled_from(list(EDITS)), st.integers(0, 72))
def test_what_two_mappings_promise_alike_is_judged_once_and_says_the_same(
    record: RecordFacts, before: str, after: str, hours: int
) -> None:
    now, versions = MARCH + hours * HOUR_MS, [EDITS[after]]
    alone = judgement_of(record, versions, now)
    beside = judgement_of(record, versions, now, judgement_of(record, [EDITS[before]], now))
    assert list(map(of_verdict, beside.verdicts)) == list(map(of_verdict, alone.verdicts))
    told = [outcomes_without_time(record, judgement, versions, now) for judgement in (beside, alone)]
    assert told[0] == told[1]
    thresholds = [
        [cycle.promise.at_risk for verdict in judgement.verdicts for cycle in verdict.cycles if cycle.promise]
        for judgement in (beside, alone)
    ]
    assert thresholds[0] == thresholds[1]


def test_only_the_clocks_that_are_promised_something_else_are_judged_again() -> None:
    record = RecordFacts(
        RecordRef.of("1"),
        {"createdate": "2026-03-01T00:00:00Z"},
        [Fact("hs_pipeline", MARCH, "Support", ""), Fact("hs_pipeline_stage", MARCH, "New", "")],
        (),
    )
    known = judgement_of(record, [EDITS["nothing"]], MARCH)
    beside = judgement_of(record, [version(policies=SUPPORT.replace("90m", "91m"))], MARCH, known)
    kept = [verdict.clock.key for verdict in beside.verdicts if any(verdict is one for one in known.verdicts)]
    assert kept == ["first_response", "ola:assignment"]
