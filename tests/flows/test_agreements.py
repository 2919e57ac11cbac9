"""From facts and mappings to promises over time: what changed, by which cause, by whom."""

from __future__ import annotations

import pytest

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Cause, Clock, Kind
from hubspot_sla.flows.context.mappings_version import Version
from hubspot_sla.flows.inspection.evaluate import offline_portal_ids
from hubspot_sla.flows.judging.agreements import agreements, in_force_by, promised
from hubspot_sla.flows.judging.explanations import explained_verdict
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.verdict_json import of_verdict
from hubspot_sla.flows.records.record_facts import RecordFacts, timeline_of
from hubspot_sla.hubspot import wire_time
from hubspot_sla.ledger.facts import Fact
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.loader import load

TEXTS = {
    "portal.yaml": """
pipelines:
  Support: {New: open, Waiting: waiting, Bank: {role: waiting, vendor: Bank}, Closed: closed}
  Sales: {New: open, Closed: closed}
""",
    "calendars.yaml": """
calendars:
  office: {timezone: Europe/Berlin, hours: {mon: "09:00-17:00", tue: "09:00-17:00"}}
""",
    "tiers.yaml": "ranks: [gold, silver]\n",
    "policies.yaml": """
policies:
  - id: support
    when: {pipeline: Support}
    calendar: always
    targets:
      first_response: {URGENT: 1h, default: 4h}
      resolution: {URGENT: 8h, default: 24h}
  - id: desk
    kind: ola
    when: {pipeline: Support}
    calendar: always
    targets: {assignment: 30m, stage: {Bank: 2h}}
""",
}
RESOLUTION = Clock(Kind.SLA, Metric.RESOLUTION)


def at(text: str) -> int:
    instant = wire_time.parse(f"2026-11-{text}:00Z")
    assert instant is not None
    return instant


def version(texts: dict[str, str] = TEXTS, effective_at: int = 0) -> Version:
    mappings = load(texts)
    return Version(mappings, offline_portal_ids(mappings, None), effective_at)


def case(*facts: tuple[str, str, str], priority: str = "LOW") -> RecordFacts:
    """Created on the 23rd at 10:00 in Support, New."""
    begun = [("hs_pipeline", "23T10:00", "Support"), ("hs_pipeline_stage", "23T10:00", "New")]
    told = [*begun, ("hs_ticket_priority", "23T10:00", priority), *facts]
    kept = sorted((Fact(name, at(when), value, "CRM_UI") for name, when, value in told), key=lambda f: (f.name, f.at))
    return RecordFacts(RecordRef.of("1"), {"createdate": "2026-11-23T10:00:00Z"}, kept, ())


def test_each_kind_of_policy_promises_beside_the_others() -> None:
    clocks = [clock.key for clock in promised(agreements(case(), [version()]))]
    assert clocks == ["first_response", "resolution", "ola:assignment", "ola:stage:Bank"]


def test_a_priority_is_a_change_with_its_cause_and_whoever_made_it() -> None:
    urgent = case(("hs_ticket_priority", "23T11:00", "URGENT"))
    _, change = promised(agreements(urgent, [version()]))[RESOLUTION]
    assert (change.at, change.cause, change.by) == (at("23T11:00"), Cause.PRIORITY, "CRM_UI")
    assert change.why == "the priority became URGENT"


def test_a_value_no_policy_looks_at_is_no_change() -> None:
    moved = case(("hs_pipeline_stage", "23T11:00", "Waiting"))
    assert len(promised(agreements(moved, [version()]))[RESOLUTION]) == 1


def test_a_pipeline_without_policy_ends_the_promise_and_says_so() -> None:
    sold = case(("hs_pipeline", "23T11:00", "Sales"))
    _, change = promised(agreements(sold, [version()]))[RESOLUTION]
    assert (change.promise, change.cause, change.why) == (None, Cause.PIPELINE, "no policy matches")


def test_an_edit_of_something_else_changes_nothing() -> None:
    edited = {**TEXTS, "policies.yaml": TEXTS["policies.yaml"].replace("assignment: 30m", "assignment: 45m")}
    told = promised(agreements(case(), [version(), version(edited, at("23T12:00"))]))
    assert len(told[RESOLUTION]) == 1
    assert len(told[Clock(Kind.OLA, Metric.ASSIGNMENT)]) == 2


def test_an_edit_of_the_hours_is_a_change_of_calendar() -> None:
    office = {**TEXTS, "policies.yaml": TEXTS["policies.yaml"].replace("always", "office")}
    longer = {**office, "calendars.yaml": TEXTS["calendars.yaml"].replace("17:00", "18:00")}
    _, change = promised(agreements(case(), [version(office), version(longer, at("23T12:00"))]))[RESOLUTION]
    assert change.cause is Cause.CALENDAR


def test_an_edit_of_a_target_is_a_change_of_policy() -> None:
    edited = {**TEXTS, "policies.yaml": TEXTS["policies.yaml"].replace("24h", "12h")}
    _, change = promised(agreements(case(), [version(), version(edited, at("23T12:00"))]))[RESOLUTION]
    assert (change.at, change.cause) == (at("23T12:00"), Cause.POLICY)


def test_a_policy_that_ends_on_a_day_to_come_is_known_already() -> None:
    ending = {
        **TEXTS,
        "policies.yaml": TEXTS["policies.yaml"].replace("id: support", "id: support\n    valid_to: 2026-11-24"),
    }
    agreed = agreements(case(), [version(ending)])
    judgement = judgement_of(case(), [version(ending)], at("23T11:00"))
    assert len(in_force_by(agreed, at("23T11:00"))) == 1
    resolution = next(verdict for verdict in judgement.verdicts if verdict.clock == RESOLUTION)
    assert resolution.cycle.next_at is not None
    assert resolution.cycle.next_at < resolution.cycle.due_at  # type: ignore[operator]  # it runs


def test_facts_in_another_order_of_arrival_change_nothing() -> None:
    told = case(("hs_pipeline_stage", "23T11:00", "Waiting"), ("hs_ticket_priority", "23T11:30", "URGENT"))
    by_name = RecordFacts(told.ref, told.inputs, sorted(told.facts, key=lambda f: (f.at, f.name)), ())
    one, other = (judgement_of(each, [version()], at("23T12:00")) for each in (told, by_name))
    assert [of_verdict(verdict) for verdict in one.verdicts] == [of_verdict(verdict) for verdict in other.verdicts]


def test_a_stage_carries_the_vendor_that_holds_it() -> None:
    (_, bank) = timeline_of(case(("hs_pipeline_stage", "23T11:00", "Bank")), [version()]).stages
    assert bank.holder == "Bank"


def test_an_owner_of_whom_nobody_knows_since_when_makes_the_assignment_unknown() -> None:
    shown = case()
    shown = RecordFacts(
        RecordRef.of("1"), shown.inputs, [*shown.facts, Fact("hubspot_owner_id", at("23T12:00"), "7", "VALUE")], ()
    )
    verdicts = {verdict.clock.key: verdict for verdict in judgement_of(shown, [version()], at("23T12:00")).verdicts}
    assert verdicts["ola:assignment"].status.value == "unknown"
    assert verdicts["resolution"].status.value == "running"


def test_a_message_shown_without_its_history_is_inferred() -> None:
    shown = [Fact("hs_last_message_received_at", 0, "2026-11-23T12:00:00Z", "VALUE")]
    timeline = timeline_of(RecordFacts(RecordRef.of("1"), case().inputs, [*case().facts, *shown], ()), [version()])
    assert [(said.inferred, said.source) for said in timeline.customer_messages] == [
        (True, "hs_last_message_received_at")
    ]


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01T00:00:00Z"])
def test_a_message_time_that_is_none_is_a_defect_with_its_value(text: str) -> None:
    odd = [Fact("hs_last_message_sent_at", 0, text, "CRM_UI")]
    timeline = timeline_of(RecordFacts(RecordRef.of("1"), case().inputs, [*case().facts, *odd], ()), [version()])
    assert text in timeline.defects[0]


def test_what_is_kept_does_not_tick_and_what_is_told_does() -> None:
    earlier, later = (judgement_of(case(), [version()], at(now)) for now in ("23T11:00", "23T12:00"))
    for one, other in zip(earlier.verdicts, later.verdicts, strict=True):
        if one.status is other.status:
            assert of_verdict(one) == of_verdict(other)
    told = [
        explained_verdict(each, each.verdicts[1], at(now)) for each, now in ((earlier, "23T11:00"), (later, "23T12:00"))
    ]
    assert [body["elapsed_s"] for body in told] == [3_600, 7_200]
    assert [body["hands"] for body in told] == [{"support": 3_600}, {"support": 7_200}]
