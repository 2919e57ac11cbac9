"""What a sync would do, as `sla plan` shows it.

A ledger that was restored from a backup does not know what was sent since. A sync finds tasks and notes again by their
markers before it makes any, and so does this before any is announced; notices that are held are shown as such.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.errors import AccessDenied
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.inspection.plan_totals import PlanTotals
from hubspot_sla.flows.judging.verdict_json import of_action
from hubspot_sla.flows.reading import policy_versions
from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
from hubspot_sla.flows.runs import company_writes, contract_rungs
from hubspot_sla.ledger import held_notices, outbox
from hubspot_sla.ledger.markers import is_unique
from hubspot_sla.ledger.one_state import one_state
from hubspot_sla.ledger.outbox import Kind
from hubspot_sla.plan.actions import AddNote, CreateTask, Notify
from hubspot_sla.plan.contract_rungs import CONTRACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.reading.batch import Batch
    from hubspot_sla.hubspot.notes import Notes
    from hubspot_sla.hubspot.tasks import Tasks
    from hubspot_sla.ledger.outbox import OutboxItem
    from hubspot_sla.plan.actions import Action
    from hubspot_sla.plan.records import RecordRef

_LOOKED_FOR = {CreateTask: Kind.TASK, AddNote: Kind.NOTE}


@dataclass(slots=True)
class LookAhead:
    """`actions` is what would be done; `contracts` what the job contract_states would do now; `queued` waits from an
    earlier run; `already_there` are tasks and notes that HubSpot has, by key; `held` notices that are not sent;
    `failed` says why a record cannot be judged."""

    actions: list[Action] = field(default_factory=list)
    contracts: list[Action] = field(default_factory=list)
    queued: list[OutboxItem] = field(default_factory=list)
    already_there: dict[str, RecordRef] = field(default_factory=dict)
    held: list[Notify] = field(default_factory=list)
    failed: dict[RecordRef, str] = field(default_factory=dict)
    totals: PlanTotals = field(default_factory=PlanTotals)

    def as_json(self) -> dict[str, object]:
        return {
            "actions": [of_action(action) for action in self.actions],
            "contracts": [of_action(action) for action in self.contracts],
            "queued": [dict(item.body) for item in self.queued],
            "already_there": list(self.already_there),
            "held": [notice.key for notice in self.held],
            "failed": {record.key: reason for record, reason in self.failed.items()},
            "totals": self.totals.as_json(),
        }


def look_ahead(context: Context, batches: Iterable[Batch], progress: Callable[[LookAhead], None]) -> LookAhead:
    """What these batches, and what waits, come to. HubSpot is asked about tasks and notes only where any is planned.
    Raises what HubSpot raises."""
    ahead = LookAhead()
    held_before = held_notices.held_before(context.ledger.db)
    planned_keys: set[str] = set()
    for batch in batches:
        actions = [action for decision in batch.decisions for action in decision.actions]
        planned_keys.update(action.key for action in actions)
        kinds = ((_LOOKED_FOR.get(type(action)), action.record, action.key) for action in actions)
        there = _already_there(context, kinds)
        ahead.already_there |= there
        for decision in batch.decisions:
            held = [
                one for one in decision.actions if isinstance(one, Notify) and held_notices.is_held(one, held_before)
            ]
            new = [action for action in decision.actions if action.key not in there and action not in held]
            ahead.held += held
            ahead.actions += new
            ahead.totals.add(decision, new)
        unread = {**batch.failed, **batch.refused}
        ahead.failed |= dict(zip(batch.refs(unread), unread.values(), strict=True))
        progress(ahead)
    waiting = [one for one in outbox.to_be_sent(context.ledger.db, context.now()) if one.key not in planned_keys]
    there = _already_there(context, ((item.kind, item.record, item.key) for item in waiting))
    ahead.already_there |= there
    ahead.queued = [item for item in waiting if item.key not in there]
    _look_at_contracts(context, ahead, held_before)
    return ahead


def _look_at_contracts(context: Context, ahead: LookAhead, held_before: int | None) -> None:
    """What the job contract_states would do by now, by the mappings as they stand in the folder."""
    edited = policy_versions.candidate(context)
    in_force = versions_in_force.in_force(context.ledger.db, context.compiled)
    versions = [*in_force, edited.version] if edited else in_force
    if not versions:
        return
    reader = FeedReader(context.settings.mappings, context.settings.secret)
    actions = _of_rungs(context, versions[-1], reader)
    there = _already_there(context, ((_LOOKED_FOR.get(type(one)), one.record, one.key) for one in actions))
    held = [one for one in actions if isinstance(one, Notify) and held_notices.is_held(one, held_before)]
    ahead.already_there |= there
    ahead.held += held
    ahead.contracts = [action for action in actions if action.key not in there and action not in held]
    ahead.contracts += _of_companies(context, versions[-1], reader)


def _of_rungs(context: Context, version: Version, reader: FeedReader) -> list[Action]:
    if not version.mappings.policy_set.escalations.contracts:
        return []
    with one_state(context.ledger.db):
        found = contract_rungs.look(context.ledger.db, version, reader, context.now())
    return [action for news in found.news for action in news.actions]


def _of_companies(context: Context, version: Version, reader: FeedReader) -> Sequence[Action]:
    """Nothing where the token may not read companies: the job does nothing then either, and doctor says so."""
    try:
        return company_writes.decide(context, version.mappings, reader, context.now()).actions
    except AccessDenied:
        return ()


def _already_there(context: Context, planned: Iterable[tuple[Kind | None, RecordRef, str]]) -> dict[str, RecordRef]:
    """The record of each task and note that HubSpot shows on it, by key."""
    kinds: dict[Kind | None, Tasks | Notes] = {Kind.TASK: context.portal.tasks, Kind.NOTE: context.portal.notes}
    wanted: defaultdict[tuple[Kind, str], dict[str, RecordRef]] = defaultdict(dict)
    for kind, record, key in planned:
        if kind is not None and kind in kinds:
            wanted[kind, record.object_type][key] = record
    there: dict[str, RecordRef] = {}
    for (kind, object_type), records_by_key in wanted.items():
        if object_type == CONTRACTS and not is_unique(context.ledger.db, kind.value + "s"):
            continue  # none is made
        markers = kinds[kind].there(records_by_key)
        there |= {key: record for key, record in records_by_key.items() if markers.id_of(key)}
    return there
