"""A plan that is kept, and a sync that sends exactly that plan or nothing.

`ExactPlan` takes the records about which a sync would do something, reads each once more by its id, and decides as of
one instant. `checked` does the same again later, as of the same instant, and holds both against each other: the portal,
the version of the mappings, what HubSpot shows of each record and of its customers, what the ledger knows of it, what
waits in the outbox, and the actions themselves. Where nothing differs and no deadline of any record has passed since,
the actions are the same to the letter, and `carry_out` records and sends them as any sync does. Else `PlanStale` names
every difference, and nothing was recorded or sent.

A plan is about its records. What is new since, and what changes no property, is left to the next sync: the cursor stays
where it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, cast

from hubspot_sla.errors import PlanStale, UsageProblem
from hubspot_sla.flows.context import portal_binding, versions_in_force
from hubspot_sla.flows.judging import verdict_json
from hubspot_sla.flows.reading import full_scan, policy_versions
from hubspot_sla.flows.records.assemble import assemble
from hubspot_sla.flows.runs import clock_ran_ahead, plan_file, planned_contracts, sync, waivers_take_effect
from hubspot_sla.flows.runs.plan_file import PlannedChange, RecordState, SavedPlan, digest
from hubspot_sla.flows.runs.sync_run import Before, Progress, begun, silent, surveyor, went_live_at
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.ledger import outbox, records, state, waivers
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.decide import Decision
    from hubspot_sla.flows.reading.batch import Batch
    from hubspot_sla.flows.reading.policy_versions import Candidate
    from hubspot_sla.flows.runs.planned_contracts import ContractPart
    from hubspot_sla.flows.sending.commit import RunStats

COMMAND: Final = "sync --plan"
"""What such a run is called in the ledger."""
CLOCKS_DIFFER_MS: Final = 10_000
"""HubSpot tells its time in whole seconds: what one process takes for now may be a moment ahead for another."""


@dataclass(frozen=True, slots=True)
class _Basis:
    """What records are decided by, beside themselves."""

    versions: Sequence[Version]
    go_live_at: int
    as_of: int
    backfill: bool


@dataclass(slots=True)
class ExactPlan:
    """Iterate over `batches`; afterwards `saved` is what they come to."""

    context: Context
    backfill: bool = False
    _records: list[PlannedChange] = field(default_factory=list)
    _portal_id: int = 0
    _mappings: str = ""
    _made_at: int = 0
    _contracts: tuple[planned_contracts.Body, ...] = ()

    def batches(self) -> Iterator[Batch]:
        """What a sync would do, a page at a time. Raises UsageProblem, MappingInvalid, and what HubSpot raises."""
        context = self.context
        self._portal_id = portal_binding.checked_portal(context)
        _require_right_clock(context)
        self.backfill = self.backfill or _is_backfilling(context)
        ids_by_type: defaultdict[str, list[str]] = defaultdict(list)
        for batch in sync.plan(context, backfill=self.backfill):
            ids_by_type[batch.object_type] += [d.record.ref.record_id for d in batch.decisions if d.actions]
            if batch.failed or batch.refused:
                yield replace(batch, decisions=())
        basis = self._basis()
        for object_type, ids in ids_by_type.items():
            for batch, _missing in _decided(context, basis, object_type, ids):
                self._records += _planned(context, batch)
                yield batch
        part = planned_contracts.decide(context, basis.versions[-1], basis.as_of)
        self._contracts = planned_contracts.described(context, part)

    def _basis(self) -> _Basis:
        context = self.context
        go_live_at = state.read_instant(context.ledger.db, state.GO_LIVE)
        versions = versions_in_force.in_force(context.ledger.db, context.compiled)
        since = max([go_live_at or 0, *(version.effective_at for version in versions[-1:])])
        now = context.now()
        self._made_at = as_of = since if now < since <= now + CLOCKS_DIFFER_MS else now
        edited = policy_versions.candidate(context)
        if edited is not None:
            versions.append(replace(edited.version, effective_at=as_of))
        self._mappings = versions[-1].mappings.version
        return _Basis(versions, as_of if go_live_at is None else go_live_at, as_of, self.backfill)

    def saved(self) -> SavedPlan:
        return SavedPlan(
            format=plan_file.FORMAT,
            program=plan_file.program_version(),
            made_at=self._made_at,
            portal_id=self._portal_id,
            mappings=self._mappings,
            backfill=self.backfill,
            records=tuple(self._records),
            queued=_queued(self.context, self._made_at),
            contracts=self._contracts,
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """A plan that holds: what is recorded and sent, of records and of contracts, the calls that had been made before it
    was looked at, the audit entry of the newest waiver that it was decided with, and the mappings that come into force
    with it."""

    batches: Sequence[Batch]
    contracts: ContractPart
    calls_before: Counter[str]
    newest_waiver: int
    edited: Candidate | None = None


def checked(context: Context, plan: SavedPlan) -> Checked:
    """The plan decided upon again. Raises PlanStale, UsageProblem, MappingInvalid, and what HubSpot raises; nothing is
    recorded and nothing sent."""
    calls_before = Counter(context.portal.transport.calls)
    newest_waiver = waivers.newest_entry(context.ledger.db)
    go_live_at = went_live_at(context)
    portal_id = portal_binding.checked_portal(context)
    _require_right_clock(context)
    if plan.portal_id != portal_id:
        raise PlanStale([f"it is for portal {plan.portal_id}, and the token is of portal {portal_id}"])
    if plan.program != plan_file.program_version():
        raise PlanStale([f"it was made by version {plan.program} of hubspot-sla, and this is another one"])
    edited = sync.edited(context)
    versions = versions_in_force.in_force(context.ledger.db, context.compiled)
    if (versions[-1] if edited is None else edited.version).mappings.version != plan.mappings:
        raise PlanStale(["the mappings are not those that it was made with"])
    if plan.made_at > context.now() + CLOCKS_DIFFER_MS:
        raise PlanStale([f"it was made at {wire(plan.made_at)}, which is still to come"])
    if edited is not None:
        if versions and versions[-1].effective_at >= plan.made_at:
            raise PlanStale(["other mappings have come into force since it was made"])
        edited = replace(edited, version=replace(edited.version, effective_at=plan.made_at))
        versions = [*versions, edited.version]
    as_of = max(plan.made_at, versions[-1].effective_at, go_live_at)
    batches = _compared(context, plan, _Basis(versions, go_live_at, as_of, plan.backfill))
    return Checked(batches, _of_contracts(context, plan, versions[-1], as_of), calls_before, newest_waiver, edited)


def _of_contracts(context: Context, plan: SavedPlan, version: Version, as_of: int) -> ContractPart:
    """Raises PlanStale."""
    part = planned_contracts.decide(context, version, as_of)
    reasons = planned_contracts.differing(plan.contracts, planned_contracts.described(context, part))
    if reasons := reasons or planned_contracts.later(context, version, part):
        raise PlanStale(reasons)
    return part


def carry_out(context: Context, checked_plan: Checked, progress: Progress = silent) -> RunStats:
    """Record and send it, and what waited in the outbox, as any sync would; one that is interrupted is completed by the
    next sync. Raises what HubSpot or the ledger raise."""

    def landed(before: Before) -> Iterator[Batch]:
        for batch in checked_plan.batches:
            before(decision.record.ref for decision in batch.decisions)
            yield batch

    with begun(context, COMMAND, progress, calls=checked_plan.calls_before) as run:
        if waivers.newest_entry(context.ledger.db) != checked_plan.newest_waiver:
            raise PlanStale(["a waiver was granted or revoked this moment"])
        if checked_plan.edited is not None:
            waivers_take_effect.adopt(context, checked_plan.edited, run.id)
        planned_contracts.record(context, checked_plan.contracts, run.id)
        run.carry_out(landed)
    return run.stats


def _require_right_clock(context: Context) -> None:
    if clock_ran_ahead.noticed(context) is not None:
        raise UsageProblem(
            "the clock had run ahead, and what was judged by it is judged again first",
            remedy="run `sla sync`, then make the plan",
        )


def _is_backfilling(context: Context) -> bool:
    """Whether a backfill was interrupted: the next sync goes on with it."""
    db = context.ledger.db
    begun_walks = (full_scan.unfinished(db, object_type) for object_type in records.object_types(db))
    return any(walk is not None and walk.backfill for walk in begun_walks)


def _decided(
    context: Context, basis: _Basis, object_type: str, ids: Iterable[str]
) -> Iterator[tuple[Batch, Sequence[str]]]:
    evaluator = surveyor(
        context,
        basis.versions,
        object_type,
        basis.go_live_at,
        backfill=basis.backfill,
        now=lambda: basis.as_of,
        everything=True,
    )
    return replace(evaluator, company_age_ms=None).evaluate_by_id(ids)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is so of one record, and what would be done about it."""

    state: RecordState
    actions: Sequence[Mapping[str, object]]


def _found(context: Context, batch: Batch) -> dict[str, _Found]:
    """By record id."""
    of_ledger = _ledger_digests(context, batch.object_type, [one.record.ref.record_id for one in batch.decisions])
    return {
        (record_id := decision.record.ref.record_id): _Found(
            _state(decision, batch, of_ledger[record_id]),
            [_redacted(context, verdict_json.of_action(action)) for action in decision.actions],
        )
        for decision in batch.decisions
    }


def _redacted(context: Context, body: Mapping[str, object]) -> dict[str, object]:
    return cast("dict[str, object]", context.settings.redactor.within(dict(body)))


def _planned(context: Context, batch: Batch) -> Iterator[PlannedChange]:
    """The records of a batch about which something is to be done."""
    for record_id, found in _found(context, batch).items():
        if found.actions:
            yield PlannedChange(
                object_type=batch.object_type,
                record_id=record_id,
                state=found.state,
                actions=tuple(map(dict, found.actions)),
            )


def _state(decision: Decision, batch: Batch, of_ledger: str) -> RecordState:
    record, record_id = decision.record, decision.record.ref.record_id
    row = next(row for row in batch.rows if row.id == record_id)
    shown = {
        "updated_at": row.updated_at,
        "inputs": row.inputs,
        "written": {name: value for name, value in row.written.items() if value},
        "facts": batch.facts.get(record_id, ()),
        "merged": [absorbed.ref for absorbed in record.absorbed],
    }
    customers = {"links": row.companies, "companies": record.companies, "contacts": record.contacts}
    return RecordState(
        hubspot=digest(shown),
        customers=digest(customers),
        ledger=of_ledger,
        updated_at=row.updated_at,
        next_at=decision.next_at,
    )


def _ledger_digests(context: Context, object_type: str, ids: Sequence[str]) -> dict[str, str]:
    """Of what the ledger knows of each record, as it stood before anything new was read."""
    db = context.ledger.db
    known = assemble(db, object_type, records.load(db, object_type, ids).values()).records
    nothing = digest(None)
    digests = {}
    for record_id in ids:
        one = known.get(record_id)
        if one is None:
            digests[record_id] = nothing
            continue
        row = replace(one.row, updated_at=0, fingerprint="")  # an echo of our own write changes these alone
        facts = one.facts.facts, [absorbed.facts for absorbed in one.facts.absorbed]
        digests[record_id] = digest([row, facts, one.facts.waivers, one.done, one.respected_edits])
    return digests


def _queued(context: Context, now: int) -> dict[str, str]:
    """What a sync would send though it was decided upon before: the digest of each item of the outbox."""
    return {
        item.key: digest([item.kind, item.record, item.body, item.channel])
        for item in outbox.to_be_sent(context.ledger.db, now)
    }


def _compared(context: Context, plan: SavedPlan, basis: _Basis) -> list[Batch]:
    planned_by_ref = {RecordRef(one.object_type, one.record_id): one for one in plan.records}
    if len(planned_by_ref) < len(plan.records):
        raise PlanStale(["it names a record twice"])
    reasons = _of_queue(plan.queued, _queued(context, context.now()))
    batches: list[Batch] = []
    ids_by_type: defaultdict[str, list[str]] = defaultdict(list)
    for ref in planned_by_ref:
        ids_by_type[ref.object_type].append(ref.record_id)
    for object_type, ids in ids_by_type.items():
        if object_type not in basis.versions[-1].mappings.object_types:
            raise PlanStale([f"it names records of {object_type}, and the mappings do not"])
        for batch, missing_ids in _decided(context, basis, object_type, ids):
            reasons += _of_batch(context, batch, missing_ids, planned_by_ref)
            batches.append(batch)
    if reasons:
        raise PlanStale(reasons)
    return batches


def _of_queue(planned: Mapping[str, str], queued: Mapping[str, str]) -> list[str]:
    keys = sorted({key for key in planned.keys() | queued.keys() if planned.get(key) != queued.get(key)})
    return [f"what waits in the outbox is not what it was: {key}" for key in keys]


def _of_batch(
    context: Context, batch: Batch, missing_ids: Iterable[str], planned_by_ref: Mapping[RecordRef, PlannedChange]
) -> list[str]:
    """Why each record of this batch is not what it was."""
    now = context.now()
    gone = "HubSpot no longer shows it (archived, deleted, or merged into another)"
    reasons = [f"{_name(batch, record_id)}: {gone}" for record_id in missing_ids]
    unread = {**batch.failed, **batch.refused}
    reasons += [f"{_name(batch, record_id)}: it cannot be judged any more: {why}" for record_id, why in unread.items()]
    for record_id, found in _found(context, batch).items():
        planned = planned_by_ref.get(RecordRef(batch.object_type, record_id))
        if planned is not None:
            reasons += [f"{_name(batch, record_id)}: {why}" for why in _of_record(planned, found, now)]
    return reasons


def _of_record(planned: PlannedChange, found: _Found, now: int) -> list[str]:
    before, after = planned.state, found.state
    passed = before.next_at is not None and before.next_at <= now
    reasons = [f"a deadline has passed at {wire(before.next_at)}"] if passed else []
    if after.hubspot != before.hubspot:
        newer = after.updated_at != before.updated_at
        reasons.append(
            f"HubSpot changed it at {wire(after.updated_at)}" if newer else "HubSpot shows other values of it"
        )
    if after.customers != before.customers:
        reasons.append("its companies or contacts are not what they were")
    if after.ledger != before.ledger:
        reasons.append("the ledger knows something else about it")
    if not reasons and (list(planned.actions) != found.actions or before.next_at != after.next_at):
        reasons.append("something else would be done about it")
    return reasons


def _name(batch: Batch, record_id: str) -> str:
    return f"{profile_of(batch.object_type).singular} {record_id}"
