"""Rungs of contracts: what is reached is recorded in one transaction with what is to be sent, as for tickets, and sent
by the outbox. A look that finds nothing new writes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.errors import AccessDenied
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.failpoints import Failpoint
from hubspot_sla.flows.context.portal_binding import record_link
from hubspot_sla.flows.judging import audit_entries
from hubspot_sla.flows.judging.escalate import people_of
from hubspot_sla.flows.judging.verdict_json import of_rung
from hubspot_sla.flows.reporting.contracts.occasions import every_occasion
from hubspot_sla.flows.runs import resend
from hubspot_sla.flows.runs.job_run import new_run_id
from hubspot_sla.flows.sending.commit import outbox_item
from hubspot_sla.hubspot.objects import companies
from hubspot_sla.language.texts import texts_of
from hubspot_sla.ledger import audit, held_notices, names, outbox, rungs, state, unfinished_tasks
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.names import Named
from hubspot_sla.ledger.one_state import one_state
from hubspot_sla.plan.actions import CompleteTask, CreateTask
from hubspot_sla.plan.contract_rung_actions import ContractRungActions, Party
from hubspot_sla.plan.contract_rungs import PREFIX, contract_rung_key, contract_rungs, reached_rungs, rung_of_key
from hubspot_sla.plan.ladder import Outcome

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.reporting.contracts.occasions import ContractOccasions, Rights
    from hubspot_sla.plan.actions import Action
    from hubspot_sla.plan.contract_rungs import SettledContractRung
    from hubspot_sla.plan.ladder import Reached
    from hubspot_sla.plan.records import RecordRef

KIND: Final = "contract_rungs"
"""The kind of the audit entries."""


@dataclass(frozen=True, slots=True)
class ContractNews:
    """What a look at one contract found: rungs that are settled now, and what is to be done: what they ask for, and
    tasks of earlier ones that are over."""

    contract: str
    record: RecordRef
    settled: Sequence[SettledContractRung]
    actions: Sequence[Action]

    @property
    def rungs(self) -> list[Reached]:
        return [each.reached for each in self.settled]


@dataclass(slots=True)
class ContractLook:
    """At every contract that has rungs. `rights` hold now, by contract; `number` is that of the mappings."""

    news: list[ContractNews] = field(default_factory=list)
    rights: dict[str, Rights] = field(default_factory=dict)
    number: int = 0

    @property
    def rights_json(self) -> str:
        return orjson.dumps(self.rights, option=orjson.OPT_SORT_KEYS).decode()


def look(
    db: sqlite3.Connection, version: Version, reader: FeedReader, now: int, unknown: Collection[str] = ()
) -> ContractLook:
    """What would be done as of `now` (epoch ms); nothing is written. `unknown` are companies that HubSpot does not
    have."""
    found, mappings = ContractLook(), version.mappings
    held = orjson.loads(state.read(db, state.CONTRACT_RIGHTS) or "{}")
    go_live_at = state.read_instant(db, state.GO_LIVE)
    for each in every_occasion(db, mappings, reader, now, held, unknown):
        if each.rights:
            found.rights[each.terms.id] = each.rights
        keys = [contract_rung_key(one, rung) for one in each.found for rung in reached_rungs(each.ladder, one)]
        done = rungs.by_keys(db, keys)
        settled = contract_rungs(each.ladder, each.found, done, now if go_live_at is None else go_live_at, now)
        actions: list[Action] = [*_actions(db, version, each, settled), *_completions(db, each)]
        if settled or actions:
            record = settled[0].reached.record if settled else actions[0].record
            found.news.append(ContractNews(each.terms.id, record, settled, actions))
    return found


def _completions(db: sqlite3.Connection, of: ContractOccasions) -> Iterator[CompleteTask]:
    """Tasks of its rungs that stand for what is over."""
    for task, key in unfinished_tasks.of_rungs(db, f"{PREFIX}{of.terms.id}:"):
        about = rung_of_key(of.ladder, of.terms.id, key)
        if about is not None and of.over.is_over(about[0].place, *about[1:]):
            yield CompleteTask(task.record, task.key, task.task_id)


def _actions(
    db: sqlite3.Connection, version: Version, of: ContractOccasions, settled: Collection[SettledContractRung]
) -> Iterator[Action]:
    if not settled:
        return iter(())
    ids, owner = version.portal_ids.owners, of.terms.owner
    owner_id = ids.get(owner) if owner else None
    name = names.newest_of(db, Named.OWNER, owner_id) if owner_id else ""
    link = record_link(db, companies.PROFILE.name)
    record = next(iter(of.found)).record
    url = f"{link}{record.record_id}" if link and record.object_type == companies.PROFILE.name else ""
    party = Party(owner_id, name or owner, of.party, url)
    texts = texts_of(version.mappings.portal.language)
    return ContractRungActions(party, people_of(version), texts.text).actions(settled)


def fire(context: Context, reader: FeedReader) -> str:
    """Record what is reached now and send it; what was done, in words, "" for nothing."""
    versions = versions_in_force.in_force(context.ledger.db, context.compiled)
    version = versions[-1] if versions else None
    if version is None or not version.mappings.policy_set.escalations.contracts:
        return ""
    found = looked(context, version, reader, context.now())
    if not record(context, found, new_run_id()):
        return ""
    context.reached(Failpoint.RECORDED)
    resend.send_waiting(context)
    return _said(found)


def looked(context: Context, version: Version, reader: FeedReader, now: int) -> ContractLook:
    """As `look`, with the companies that HubSpot does not have: it is asked where a task is to lie on one."""
    found = _look(context, version, reader, now)
    unknown = _unknown_companies(context, found)
    return _look(context, version, reader, now, unknown) if unknown else found


def _look(
    context: Context, version: Version, reader: FeedReader, now: int, unknown: Collection[str] = ()
) -> ContractLook:
    with one_state(context.ledger.db):
        return look(context.ledger.db, version, reader, now, unknown)


def _unknown_companies(context: Context, found: ContractLook) -> set[str]:
    """Those that a task is to lie on, and that HubSpot does not have; asked only where there is any such task. Where
    the token may not read companies, nobody knows better."""
    tasks = [action for news in found.news for action in news.actions if isinstance(action, CreateTask)]
    ids = {one.record.record_id for one in tasks if one.record.object_type == companies.PROFILE.name}
    if not ids:
        return set()
    try:
        return ids - context.portal.customers.companies(ids, ()).keys()
    except AccessDenied:
        return set()


def record(context: Context, found: ContractLook, run_id: str) -> bool:
    """All of it, or nothing; whether there was anything to record."""
    at, db = context.now(), context.ledger.db
    is_same = (state.read(db, state.CONTRACT_RIGHTS) or "{}") == found.rights_json
    if is_same and not found.news:
        return False
    with context.ledger.transaction() as db:
        first = audit.next_number(db)
        for number, each in enumerate(found.news, first):
            rungs.save(db, each.rungs, run_id=run_id)
            outbox.put(db, [outbox_item(action, number) for action in each.actions], run_id=run_id, at=at)
        held_notices.withdraw(db)
        state.write(db, state.CONTRACT_RIGHTS, found.rights_json)
        audit.append(db, at=at, run_id=run_id, entries=[_entry(each) for each in found.news])
    return True


def _entry(news: ContractNews) -> Entry:
    body = {
        "contract": news.contract,
        "rungs": [of_rung(rung) for rung in news.rungs],
        "plan": [audit_entries.planned(action) for action in news.actions],
    }
    return Entry(KIND, {key: value for key, value in body.items() if value}, news.record)


def _said(found: ContractLook) -> str:
    counts = Counter(rung.outcome for news in found.news for rung in news.rungs)
    fired, passed = counts[Outcome.FIRED], counts[Outcome.SKIPPED]
    done = sum(isinstance(action, CompleteTask) for news in found.news for action in news.actions)
    said = [f"{fired} rung{'' if fired == 1 else 's'} of contracts fired"] if fired else []
    said += [f"{passed} passed by"] if passed else []
    return ", ".join([*said, f"{done} task{'' if done == 1 else 's'} over"] if done else said)
