"""Every clock of generated conversations is what an oracle finds that looks at message after message."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING

import orjson
import pytest

from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.inspection.evaluate import Evaluated, Evaluator, offline_portal_ids
from hubspot_sla.flows.records.file_merges import FileMerges
from hubspot_sla.flows.records.ticket_file import Row, row_of
from hubspot_sla.policy.loader import load
from policy.mapping_texts import texts
from proof import SCALE
from proofs import message_oracle as oracle
from proofs.conversations import conversation, ms, rows, wire
from proofs.message_oracle import Rules

if TYPE_CHECKING:
    from hubspot_sla.clock.verdict import Verdict
    from proofs.conversations import Conversation

POLICIES = """\
policies:
  - id: people
    calendar: always
    targets: {assignment: 20m, first_response: 20m, next_response: 20m, update: 90m}
  - id: after-handover
    agreement: handed
    calendar: always
    starts_in: handover
    targets: {first_response: 20m}
  - id: ai-agent
    agreement: ai
    calendar: always
    targets: {first_response: 5m, next_response: 5m}
"""
NOW = 2_000.0
EACH = 70
"""Conversations of each set of rules, no two the same; `make prove` has fifty times as many, more than 20,000."""
RULES = [
    Rules(),
    Rules(ai_agent="separate", comments="update"),
    Rules(ai_agent="answer", bots="answer", auto_replies="answer", notes="answer", meetings="answer"),
    Rules(ai_agent="separate", within_s=30, calls="update"),
    Rules(within_s=60, sources=("threads",), notes="ignore", calls="ignore", meetings="ignore"),
    Rules(bots="answer", within_s=6, sources=("emails", "threads"), notes="ignore", calls="ignore", meetings="ignore"),
]


def portal_yaml(rules: Rules) -> str:
    replies = {"count": rules.auto_replies}
    if rules.auto_replies == "ignore":
        replies |= {"markers": "'[automatic reply]'"} | ({"within": f"{rules.within_s}s"} if rules.within_s else {})
    lines = [
        f"  sources: [{', '.join(rules.sources)}]",
        f"  ai_agent: {rules.ai_agent}",
        f"  bots: {rules.bots}",
        f"  auto_replies: {{{', '.join(f'{key}: {value}' for key, value in replies.items())}}}",
        "  outside_domains: ours.example",
        f"  comments: {rules.comments}",
        f"  notes: {rules.notes}",
        f"  calls: {rules.calls}",
        f"  meetings: {rules.meetings}",
    ]
    return "\n".join(["pipelines: {'0': {'1': open, '2': waiting, '4': closed}}", "messages:", *lines, ""])


@cache
def evaluator(rules: Rules) -> Evaluator:
    mappings = load(texts(portal=portal_yaml(rules), policies=POLICIES))
    return Evaluator(mappings, offline_portal_ids(mappings, None), ms(NOW), {}, {})


def judged(told: Conversation, rules: Rules) -> Evaluated:
    lines = [row_of(number, orjson.dumps(row)) for number, row in enumerate(rows(told), 1)]
    of_tickets = [row for row in lines if isinstance(row, Row)]
    assert len(of_tickets) == len(lines)
    survivor, *absorbed = of_tickets
    merges = FileMerges()
    if absorbed:
        went = {row.ticket.id: row for row in absorbed}
        merges = FileMerges({survivor.ticket.id: tuple(went)}, went)
    evaluated = evaluator(rules).of(survivor, merges)
    assert isinstance(evaluated, Evaluated), evaluated
    return evaluated


def runs(verdict: Verdict) -> list[tuple[int, int | None]]:
    return [(cycle.started_at, cycle.stopped_at) for cycle in verdict.cycles if cycle.started_at is not None]


def expected(told: Conversation, rules: Rules) -> dict[str, oracle.Runs]:
    known, created = oracle.meaning(told, rules), min(told.tickets)
    clocks = {
        "assignment": oracle.assignment(created, known.owned),
        "first_response": oracle.first_response(created, known.answers),
        "next_response": oracle.next_response(known.customers, known.answers),
        "update": oracle.update(created, known.words),
        "handed:first_response": oracle.from_handover(known),
    }
    if rules.ai_agent == "separate":
        over = known.handover
        answered = oracle.first_response(created, known.ai_answers)[0][1]
        in_time = answered is not None and (over is None or answered <= over)
        clocks["ai:first_response"] = [] if over == created else [(created, answered if in_time else None)]
        clocks["ai:next_response"] = oracle.next_response(known.customers, known.ai_answers, over)
    return clocks


def in_ms(of_clock: oracle.Runs) -> list[tuple[int, int | None]]:
    return [(ms(start), None if stop is None else ms(stop)) for start, stop in of_clock]


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_every_clock_of_a_conversation_is_what_looking_at_each_message_finds(rules: Rules) -> None:
    first = RULES.index(rules) * EACH * SCALE
    for seed in range(first, first + EACH * SCALE):
        told = conversation(Random(seed))  # noqa: S311 - a story, no secret
        evaluated = judged(told, rules)
        by_clock = {verdict.clock.key: verdict for verdict in evaluated.judgement.verdicts}
        for clock, of_clock in expected(told, rules).items():
            assert runs(by_clock[clock]) == in_ms(of_clock), (seed, clock, told)
        assert not any(cycle.inferred for verdict in by_clock.values() for cycle in verdict.cycles)
        assert evaluated.judgement.timeline.first_responder == oracle.meaning(told, rules).first_responder, seed


def test_no_text_and_no_address_is_in_what_is_kept() -> None:
    for seed in range(EACH):
        for row in rows(conversation(Random(seed))):  # noqa: S311 - a story, no secret
            read = row_of(1, orjson.dumps(row))
            assert isinstance(read, Row)
            kept = " ".join(f"{fact.name} {fact.value}" for fact in evaluator(RULES[1]).record(read).facts)
            assert "@" not in kept
            assert "Hello" not in kept
            assert "I am out" not in kept


def test_the_clocks_of_the_ai_agent_end_when_people_take_over() -> None:
    for seed in range(EACH):
        told = conversation(Random(seed))  # noqa: S311 - a story, no secret
        over = oracle.meaning(told, RULES[1]).handover
        by_clock = {verdict.clock.key: verdict for verdict in judged(told, RULES[1]).judgement.verdicts}
        verdict = by_clock["ai:first_response"]
        if over is None or over == min(told.tickets):
            continue
        if verdict.cycle.stopped_at is None:
            assert verdict.status in (Status.NOT_APPLICABLE, Status.MISSED), (seed, wire(over))
            assert verdict.cycle.ended_at == ms(over)
