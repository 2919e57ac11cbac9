"""What an edit of the mappings or a merge must not rewrite."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Clock, Kind
from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.context.mappings_version import Version
from hubspot_sla.flows.inspection.evaluate import offline_portal_ids
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.records.record_facts import RecordFacts
from hubspot_sla.hubspot import wire_time
from hubspot_sla.ledger.facts import Fact
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.customers import CompanyView
from hubspot_sla.policy.loader import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.clock.verdict import Verdict

RESOLUTION = Clock(Kind.SLA, Metric.RESOLUTION)
FIRST_RESPONSE = Clock(Kind.SLA, Metric.FIRST_RESPONSE)
NEXT_RESPONSE = Clock(Kind.SLA, Metric.NEXT_RESPONSE)
TEXTS = {
    "portal.yaml": "pipelines:\n  Support: {New: open, Closed: closed}\n",
    "calendars.yaml": "calendars:\n  office: {timezone: Etc/UTC, hours: {mon: '09:00-17:00'}}\n",
    "tiers.yaml": "ranks: [gold, silver]\nas_of: now\nsources:\n  - csv: tiers.csv\n",
    "tiers.csv": "company_id,tier,valid_from,valid_to\nc1,gold,2026-11-01,2026-11-24\nc1,silver,2026-11-24,\n",
    "policies.yaml": """
policies:
  - id: gold
    when: {tier: gold}
    calendar: always
    targets: {resolution: 90h, first_response: 8h, next_response: 8h}
  - id: others
    calendar: always
    targets: {resolution: {LOW: 40h, default: 4h}, first_response: 8h, next_response: 8h}
""",
}


def at(text: str) -> int:
    instant = wire_time.parse(f"2026-11-{text}:00Z")
    assert instant is not None
    return instant


def version(effective_at: int = 0, **edits: str) -> Version:
    """`edits` are the files that read otherwise, by their names without the ending."""
    texts = {name: edits.get(name.partition(".")[0], text) for name, text in TEXTS.items() if "csv" not in name}
    mappings = load({**texts, "tiers.csv": edits.get("csv", TEXTS["tiers.csv"])})
    return Version(mappings, offline_portal_ids(mappings, None), effective_at)


def case(created: str, *facts: tuple[str, str, str], company: str = "c2", id_: str = "1") -> RecordFacts:
    begun = [("hs_pipeline", created, "Support"), ("hs_pipeline_stage", created, "New")]
    told = sorted((Fact(name, at(when), value, "CRM_UI") for name, when, value in (*begun, *facts)), key=_order)
    return RecordFacts(
        RecordRef.of(id_), {"createdate": f"2026-11-{created}:00Z"}, told, (CompanyView(company, True, {}),)
    )


def _order(fact: Fact) -> tuple[str, int]:
    return fact.name, fact.at


def judged(one: RecordFacts, versions: Sequence[Version], now: str, clock: Clock = RESOLUTION) -> Verdict:
    return next(each for each in judgement_of(one, versions, at(now)).verdicts if each.clock == clock)


def test_a_tier_that_an_edit_removed_still_ended_when_it_did() -> None:
    closed = case("23T10:00", ("hs_pipeline_stage", "26T10:00", "Closed"), company="c1")
    edited = version(at("27T00:00"), csv="company_id,tier,valid_from,valid_to\nc1,gold,2026-11-01,\n")
    before, after = (judged(closed, versions, "27T01:00") for versions in ([version()], [version(), edited]))
    assert before.status is Status.MISSED
    assert after == before


def test_a_tier_of_a_later_version_changes_nothing_before_that_version() -> None:
    never = version(0, csv="company_id,tier,valid_from,valid_to\nc1,gold,2026-11-01,\n")
    closed = case("23T10:00", ("hs_pipeline_stage", "26T10:00", "Closed"), company="c1")
    assert judged(closed, [never, version(at("27T00:00"))], "27T01:00").status is Status.MET


def merged(survivor: RecordFacts, *absorbed: RecordFacts) -> RecordFacts:
    return replace(survivor, absorbed=absorbed)


PRIORITY = "hs_ticket_priority"


def test_before_the_survivor_the_priority_is_that_of_the_oldest_ticket_it_absorbed() -> None:
    old = case("23T10:00", (PRIORITY, "23T10:00", "LOW"), id_="10")
    survivor = case("24T10:00", (PRIORITY, "24T10:00", "LOW"), id_="11")
    verdict = judged(merged(survivor, old), [version()], "24T12:00")
    assert (verdict.status, verdict.cycle.due_at, verdict.cycle.withdrawn) == (Status.RUNNING, at("25T02:00"), ())


def test_the_survivors_other_priority_counts_from_its_own_creation() -> None:
    old = case("23T10:00", (PRIORITY, "23T10:00", "LOW"), id_="10")
    survivor = case("24T10:00", (PRIORITY, "24T10:00", "HIGH"), id_="11")
    verdict = judged(merged(survivor, old), [version()], "24T12:00")
    assert (verdict.cycle.due_at, verdict.cycle.breached_at) == (at("23T14:00"), at("24T10:00"))


def test_a_priority_that_no_absorbed_ticket_tells_is_the_survivors_first() -> None:
    survivor = case("24T10:00", (PRIORITY, "24T10:00", "LOW"), (PRIORITY, "24T11:00", "LOWER"), id_="11")
    verdict = judged(merged(survivor, case("23T10:00", id_="10")), [version()], "24T10:30")
    assert (verdict.status, verdict.cycle.due_at, verdict.cycle.withdrawn) == (Status.RUNNING, at("25T02:00"), ())


def test_a_survivor_without_a_priority_keeps_that_of_the_oldest_ticket() -> None:
    older, old = case("22T20:00", (PRIORITY, "22T20:00", "LOW"), id_="9"), case("23T10:00", id_="10")
    verdict = judged(merged(case("24T10:00", id_="12"), merged(old, older)), [version()], "24T11:00")
    assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("24T12:00"))


def test_a_younger_absorbed_ticket_says_nothing_of_the_survivors_priority() -> None:
    younger = case("24T10:00", (PRIORITY, "24T10:00", "LOW"), id_="11")
    survivor = case("23T10:00", (PRIORITY, "23T12:00", "LOW"), id_="10")
    assert judged(merged(survivor, younger), [version()], "24T12:00") == judged(survivor, [version()], "24T12:00")


@pytest.mark.parametrize(
    ("word", "old", "new"),
    [
        ("first_agent_reply", "hs_first_agent_message_sent_at", "first_agent_reply_date"),
        ("agent_message", "hs_last_message_sent_at", "another"),
    ],
)
def test_a_reply_that_counted_counts_after_an_edit_of_where_replies_are_read(word: str, old: str, new: str) -> None:
    closed = case(
        "23T10:00",
        (old, "23T11:00", "2026-11-23T11:00:00Z"),
        ("hs_first_agent_message_sent_at", "23T11:00", "2026-11-23T11:00:00Z"),
        ("hs_last_message_received_at", "23T11:30", "2026-11-23T11:30:00Z"),
        (old, "23T12:00", "2026-11-23T12:00:00Z"),
        ("hs_pipeline_stage", "24T10:00", "Closed"),
    )
    edited = version(at("25T00:00"), portal=f"{TEXTS['portal.yaml']}properties: {{{word}: {new}}}\n")
    for clock in (FIRST_RESPONSE, NEXT_RESPONSE):
        before, after = (judged(closed, each, "25T01:00", clock) for each in ([version()], [version(), edited]))
        assert after == before
    assert judged(closed, [version(), edited], "25T01:00", FIRST_RESPONSE).status is Status.MET
