"""What is so, by the portal alone: its tickets read past HTTP and past every fault, and judged offline.

The facts are those `sla evaluate` would read from a file of the same tickets; nothing of what the worker has kept is
asked, but two things that HubSpot does not know: which version of the mappings came into force when, and what was seen
of tickets before they were merged into others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sandbox import json_views
from hubspot_sandbox.object_types import COMPANIES, TICKETS
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.inspection.evaluate import Evaluator
from hubspot_sla.flows.judging import verdict_json
from hubspot_sla.flows.judging.decide import decide
from hubspot_sla.flows.judging.judging_context import JudgingContext
from hubspot_sla.flows.records import hubspot_facts, merges, ticket_file
from hubspot_sla.flows.records.assemble import AlreadyDone
from hubspot_sla.flows.records.record_facts import RecordFacts
from hubspot_sla.ledger import database, facts, records, state
from hubspot_sla.plan.actions import CreateTask
from hubspot_sla.plan.properties import WRITTEN, desired
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from flows.world import World
    from hubspot_sandbox.object_types import ObjectType
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.records import Record
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.decide import Decision
    from hubspot_sla.flows.records.ticket_file import Linked, Row

NOT_IN_THE_FACTS = ("reason", "escalation_level", "last_escalated_at")


@dataclass(frozen=True, slots=True)
class Truth:
    """One ticket as it is: what HubSpot shows, what was decided about it from scratch, what it should show."""

    inputs: Mapping[str, str | None]
    held: Mapping[str, str | None]
    decision: Decision
    wanted: Mapping[str, str]

    @property
    def verdicts(self) -> Mapping[str, verdict_json.Body]:
        return {verdict.clock.key: verdict_json.of_verdict(verdict) for verdict in self.decision.judgement.verdicts}

    @property
    def task_keys(self) -> set[str]:
        """One for each promise broken, as long as the ticket is open."""
        return {action.key for action in self.decision.actions if isinstance(action, CreateTask)}


def truth(world: World) -> dict[str, Truth]:
    """Every live ticket of the portal, as of its clock."""
    now = world.portal.clock.now_ms()
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        versions = versions_in_force.in_force(ledger.db)
        go_live_at = state.read_instant(ledger.db, state.GO_LIVE) or 0
        evaluator, read = _evaluator(world.portal, versions, now), _tickets(world.portal, versions)
        mine = {row.ticket.id: evaluator.record(row) for row in read}
        cases = _with_absorbed(ledger.db, mine)
    current = versions[-1].mappings
    words = hubspot_facts.vocabulary(
        current.portal, (one.key for one in WRITTEN), also=current.policy_set.ticket_properties
    )
    judging = JudgingContext(versions, words.written, go_live_at, now)
    found = {}
    for row in read:
        decision = decide(cases[row.ticket.id], AlreadyDone(), judging)
        found[row.ticket.id] = Truth(
            hubspot_facts.inputs_of(row.ticket.properties, words),
            hubspot_facts.written_of(row.ticket.properties, words),
            decision,
            _wanted(decision, words),
        )
    return found


def _wanted(decision: Decision, words: hubspot_facts.Vocabulary) -> dict[str, str]:
    """Our properties as HubSpot should hold them, but the paragraph of words, and what tells of rungs: which of them
    fired is not to be seen in the facts, but in the tasks."""
    wanted = desired(decision.judgement.verdicts, tier=decision.judgement.tier, reason="")
    return {words.written[key]: value for key, value in wanted.items() if key not in NOT_IN_THE_FACTS}


def _with_absorbed(db: sqlite3.Connection, mine: Mapping[str, RecordFacts]) -> dict[str, RecordFacts]:
    """HubSpot shows nothing of a ticket that was merged away: what was seen of it before counts on."""
    lineages = {id_: merges.merged_ids(case.inputs) for id_, case in mine.items()}
    gone = {id_ for ids in lineages.values() for id_ in ids} - mine.keys()
    known, remembered = records.load(db, "tickets", gone), facts.recall(db, "tickets", gone)
    kept = {id_: RecordFacts(RecordRef.of(id_), row.inputs, remembered.get(id_, []), ()) for id_, row in known.items()}
    return merges.joined({**kept, **mine}, lineages)


def _evaluator(portal: Portal, versions: Sequence[Version], now: int) -> Evaluator:
    latest = versions[-1]
    asked = latest.mappings.company_properties
    companies = {
        company.id: company for company in (_company(body) for body in _bodies(portal, COMPANIES, asked, asked))
    }
    return Evaluator(latest.mappings, latest.portal_ids, now, companies, {})


def _company(body: dict[str, object]) -> Linked:
    return ticket_file.linked_of(body, str(body["id"]), primary=False)


def _tickets(portal: Portal, versions: Sequence[Version]) -> list[Row]:
    latest = versions[-1].mappings
    words = hubspot_facts.vocabulary(
        latest.portal, (one.key for one in WRITTEN), also=latest.policy_set.ticket_properties
    )
    bodies = _bodies(portal, TICKETS, words.requested, words.histories)
    return [_row(orjson.dumps(body)) for body in bodies]


def _row(line: bytes) -> Row:
    row = ticket_file.row_of(1, line)
    assert isinstance(row, ticket_file.Row), row
    return row


def _bodies(
    portal: Portal, kind: ObjectType, names: Sequence[str], histories: Sequence[str]
) -> list[dict[str, object]]:
    with portal.current():
        chosen = json_views.selection(portal, kind, names, histories)
        return [_body(portal, kind, found, chosen) for found in portal.table(kind)]


def _body(portal: Portal, kind: ObjectType, found: Record, chosen: json_views.Selection) -> dict[str, object]:
    body = json_views.record_json(portal, kind, found, chosen)
    if kind is TICKETS:
        body["associations"] = json_views.associations_json(portal, kind, found, [COMPANIES])
    return body
