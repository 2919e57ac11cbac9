"""A merge, from the property that tells it to the verdicts of both tickets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.context.mappings_version import Version
from hubspot_sla.flows.inspection.evaluate import offline_portal_ids
from hubspot_sla.flows.judging.decide import Decision, decide
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.judging_context import JudgingContext
from hubspot_sla.flows.records.assemble import AlreadyDone
from hubspot_sla.flows.records.merges import joined, lineages_of, merged_ids, tasks_of
from hubspot_sla.flows.records.record_facts import RecordFacts
from hubspot_sla.hubspot import wire_time
from hubspot_sla.ledger.facts import Fact
from hubspot_sla.plan.properties import WRITTEN
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.loader import load, read_texts

MAPPINGS = load(read_texts(Path(__file__).parents[2] / "mappings"))
VERSION = Version(MAPPINGS, offline_portal_ids(MAPPINGS, None), 0)
OLD, NEW = "2026-11-23T09:00:00Z", "2026-11-23T12:00:00Z"


def at(text: str) -> int:
    instant = wire_time.parse(text)
    assert instant is not None
    return instant


def case(ticket_id: str, created: str) -> RecordFacts:
    values = {"hs_pipeline": "Support Pipeline", "hs_pipeline_stage": "New", "hs_ticket_priority": "URGENT"}
    facts = [Fact(name, at(created), value, "CRM_UI") for name, value in sorted(values.items())]
    return RecordFacts(RecordRef.of(ticket_id), {"createdate": created, **values}, facts, ())


def decided(one: RecordFacts) -> Decision:
    judging = JudgingContext(
        [VERSION], {written.key: f"sla_{written.key}" for written in WRITTEN}, 0, at("2026-11-23T13:00:00Z")
    )
    return decide(one, AlreadyDone(), judging)


CASES = joined({"1": case("1", OLD), "9": case("9", NEW)}, {"9": ("1",)})


def test_the_merged_ids_are_told_by_one_property() -> None:
    assert merged_ids({"hs_merged_object_ids": "1; 2;1;"}) == ("1", "2")
    assert merged_ids({}) == ()


def test_the_survivor_goes_on_from_the_oldest_creation() -> None:
    verdict = judgement_of(CASES["9"], [VERSION], at("2026-11-23T13:00:00Z")).verdicts[0]
    assert verdict.cycle.started_at == at(OLD)


def test_a_survivor_whose_history_is_that_of_the_younger_ticket_goes_on_from_the_older_one_all_the_same() -> None:
    younger = replace(case("10", NEW), inputs={**case("10", NEW).inputs, "createdate": OLD})
    cases = joined({"1": case("1", OLD), "9": case("9", NEW), "10": younger}, {"10": ("9", "1")})
    verdict = judgement_of(cases["10"], [VERSION], at("2026-11-23T13:00:00Z")).verdicts[0]
    assert (verdict.status, verdict.cycle.started_at) == (Status.BREACHED, at(OLD))


def test_a_history_that_begins_late_for_no_known_reason_stays_unknown() -> None:
    late = replace(case("10", NEW), inputs={**case("10", NEW).inputs, "createdate": OLD})
    verdict = judgement_of(late, [VERSION], at("2026-11-23T13:00:00Z")).verdicts[0]
    assert verdict.status is Status.UNKNOWN


def test_the_merged_ticket_ends_merged_and_nothing_is_asked_of_it_any_more() -> None:
    decision = decided(CASES["1"])
    statuses = {verdict.status for verdict in decision.judgement.verdicts}
    assert Status.MERGED in statuses
    assert statuses <= {Status.MERGED, Status.NO_SLA}
    assert (decision.open, decision.next_at, list(decision.actions)) == (False, None, [])


def test_a_survivor_that_kept_its_id_has_not_absorbed_itself() -> None:
    assert lineages_of({"9": {"hs_merged_object_ids": "9"}}) == {}
    assert lineages_of({"9": {"hs_merged_object_ids": "9;1"}}) == {"9": ("1",)}


def test_what_a_predecessor_had_absorbed_belongs_to_the_survivor_though_that_does_not_name_it() -> None:
    inputs = {"9": {"hs_merged_object_ids": "1"}, "10": {"hs_merged_object_ids": "9"}}
    lineages = lineages_of(inputs)
    assert lineages["10"] == ("9", "1")
    records = joined({"1": case("1", OLD), "9": case("9", NEW), "10": case("10", NEW)}, lineages)
    assert (records["1"].merged_into, records["9"].merged_into, records["10"].merged_into) == ("10", "10", "")
    assert records["9"].absorbed == ()
    assert judgement_of(records["10"], [VERSION], at("2026-11-23T13:00:00Z")).verdicts[0].cycle.started_at == at(OLD)


def test_a_task_made_for_the_merged_ticket_is_not_made_again_for_the_survivor() -> None:
    keys = tasks_of("tickets", {"1": {"task:1:resolution:1:breach"}}, {"9": ("1",)})
    assert keys["9"] == {"task:9:resolution:1:breach"}
