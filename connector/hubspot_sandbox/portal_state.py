"""What one HubSpot account consists of: its records, definitions, people and clock, and how they hang together."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Protocol

from hubspot_sandbox import refusals
from hubspot_sandbox.account import Account, Owner
from hubspot_sandbox.associations import Associations, LinkType
from hubspot_sandbox.behaviour import Behaviour
from hubspot_sandbox.clock import VirtualClock
from hubspot_sandbox.conversation_store import ConversationStore
from hubspot_sandbox.ids import ClusteredIds, SequentialIds
from hubspot_sandbox.instants import to_wire
from hubspot_sandbox.merged_ids import MergedIds
from hubspot_sandbox.native_sla import DUE_PROPERTIES, RETROACTIVE, NativeSla, rules_of
from hubspot_sandbox.object_types import ALL, DEALS, TICKETS, USERS, ObjectType
from hubspot_sandbox.pipelines import AuditTrail
from hubspot_sandbox.properties import Catalogue, Option
from hubspot_sandbox.records import CALCULATED, Record, Table, versions_of
from hubspot_sandbox.sales_properties import SALES_PIPELINE
from hubspot_sandbox.search_filters import register
from hubspot_sandbox.stage_effects import stage_properties
from hubspot_sandbox.standard_properties import catalogues, stage_property
from hubspot_sandbox.store import Store
from hubspot_sandbox.unique_values import UniqueValues

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from hubspot_sandbox.ids import Ids
    from hubspot_sandbox.native_sla import Goals, SlaRule
    from hubspot_sandbox.pipelines import Pipeline

Id = str | int


class Upcoming(Protocol):
    """What is still to happen by itself as the clock moves: a log that is replayed."""

    def catch_up(self) -> int:
        """Let everything happen up to the portal's clock; answers how much did."""

    def __len__(self) -> int:
        """How much is still to come."""


class PortalState:
    """`now` is where its clock starts; `store` is where it lives, a temporary database unless one is given."""

    def __init__(
        self,
        now: datetime,
        *,
        account: Account | None = None,
        behaviour: Behaviour | None = None,
        store: Store | None = None,
    ) -> None:
        self.lock = RLock()
        self.store = store or Store()
        register(self.store)
        self.clock = VirtualClock(now)
        self.account = account or Account()
        self.behaviour = behaviour or Behaviour()
        self.replay: Upcoming | None = None
        self._pipelines: dict[str, dict[str, Pipeline]] = {kind.name: {} for kind in ALL}
        self.pipeline_trail = AuditTrail()
        self.owners: dict[str, Owner] = {}
        self.links = Associations(self.store)
        self.conversations = ConversationStore(self.store)
        self.merged_ids = MergedIds()
        self.native_sla = NativeSla()
        self._catalogues = catalogues()
        self._tables = {kind.name: Table(self.store, kind.name, self._ids(kind), kind.modified) for kind in ALL}

        self.set_pipelines([SALES_PIPELINE], DEALS)

    @property
    def pipelines(self) -> dict[str, Pipeline]:
        """Those of tickets, by id."""
        return self._pipelines[TICKETS.name]

    def pipelines_of(self, kind: ObjectType) -> dict[str, Pipeline]:
        """Those of a type, by id; none where a type has none."""
        return self._pipelines[kind.name]

    def _ids(self, kind: ObjectType) -> Ids:
        clustered = kind.clustered_ids and self.behaviour.clustered_ids
        return ClusteredIds(kind.first_id) if clustered else SequentialIds(kind.first_id)

    def table(self, kind: ObjectType) -> Table:
        """The records of a type."""
        return self._tables[kind.name]

    def catalogue(self, kind: ObjectType) -> Catalogue:
        """The property definitions of a type."""
        return self._catalogues[kind.name]

    def watch(
        self,
        wrote: Callable[[str, str, Record, Iterable[str]], None],
        linked: Callable[[LinkType, int, int], None],
    ) -> None:
        """Tell of every write from now on: (type name, action, record, names written), and of every link."""
        for name, table in self._tables.items():
            table.observer = partial(wrote, name)
        self.links.observer = linked

    def set_pipelines(self, pipelines: Iterable[Pipeline], kind: ObjectType = TICKETS) -> None:
        """Replace the pipelines of a type, and the definitions that follow from them."""
        by_id = self._pipelines[kind.name] = {pipeline.id: pipeline for pipeline in pipelines}
        stages = [stage for pipeline in by_id.values() for stage in pipeline.stages]
        self._redefine(kind, kind.pipeline, [(pipeline.id, pipeline.label) for pipeline in by_id.values()])
        self._redefine(kind, kind.stage, [(stage.id, stage.label) for stage in stages])
        for name, type_ in stage_properties(by_id.values()):
            self.catalogue(kind).define(stage_property(kind, name, type_))

    def _redefine(self, kind: ObjectType, name: str, allowed: Sequence[tuple[str, str]]) -> None:
        options = tuple(Option(label, value, order) for order, (value, label) in enumerate(allowed))
        catalogue = self.catalogue(kind)
        catalogue.define(replace(catalogue.get(name), options=options))

    def set_owners(self, owners: Iterable[Owner]) -> None:
        """Replace the owners, and make a user record for each that has none."""
        self.owners = {owner.id: owner for owner in owners}
        users = self.table(USERS)
        records = {record.values.get("hs_internal_user_id"): record for record in users}
        for owner in self.owners.values():
            record = records.get(str(owner.user_id))
            if owner.user_id and record is None:
                users.add(self._user(owner))
            elif record is not None:
                deactivated = {"hs_deactivated": owner.as_user()["hs_deactivated"]}
                users.write(record, versions_of(deactivated, owner.updated_ms, CALCULATED), modified_ms=None)

    def _user(self, owner: Owner) -> Record:
        record_id, created = self.table(USERS).take_id(), to_wire(owner.created_ms)
        values = {"hs_object_id": str(record_id), "hs_createdate": created, **owner.as_user()}
        return Record(record_id, owner.created_ms, owner.updated_ms, values)

    def unique_values(self, kind: ObjectType) -> UniqueValues:
        """What no two records of a type may share."""
        return UniqueValues(kind, self.catalogue(kind), self.table(kind), self.account.portal_id)

    def record(self, kind: ObjectType, record_id: Id, *, archived: bool = False) -> Record:
        """The record, by the id of one that was merged into it too, or `Refused` 404."""
        if not str(record_id).isdecimal():
            raise refusals.not_an_id(str(record_id))
        record = self.table(kind).find(self.merged_ids.survivor(kind, int(record_id)), archived=archived)
        if record is None:
            raise refusals.no_such_record()
        return record

    def set_native_sla(self, goals: Goals | Sequence[SlaRule] | None, *, new_only: bool = False) -> None:
        """HubSpot's own SLAs from now on, for every ticket there is; None stops calculating them. Goals alone are one
        rule for all tickets. With `new_only` they are for those alone that are created from now on."""
        with self.lock:
            now_ms, edited = self.clock.now_ms(), bool(self.native_sla.rules)
            self.native_sla.replace_rules(rules_of(goals), now_ms, new_only=new_only)
            for ticket in self.table(TICKETS) if goals else ():
                before = _dues(ticket)
                self.follow(TICKETS, ticket, now_ms)
                if edited and before and _dues(ticket) != before:
                    mark = versions_of({RETROACTIVE: to_wire(now_ms)}, now_ms, CALCULATED)
                    self.table(TICKETS).write(ticket, mark, modified_ms=None)

    def settle(self, now_ms: int) -> None:
        """Apply what changes by the mere passing of time, up to now."""
        for at_ms, ticket_id in self.native_sla.due(now_ms):
            ticket = self.table(TICKETS).find(ticket_id)
            if ticket is not None:
                self.follow(TICKETS, ticket, at_ms)

    def follow(self, kind: ObjectType, ticket: Record, at_ms: int) -> None:
        """Bring HubSpot's own SLA properties of a ticket up to date; other types have none."""
        if kind is not TICKETS or not self.native_sla.rules:
            return
        changes = self.native_sla.values(ticket, at_ms, self.behaviour)
        if any(ticket.values.get(name) != value for name, value in changes.items()):
            self.table(TICKETS).write(ticket, versions_of(changes, at_ms, CALCULATED), modified_ms=None)

    @contextmanager
    def current(self) -> Iterator[None]:
        """Hold the portal as it is now: what a replayed log tells up to its clock has happened."""
        with self.lock:
            self.catch_up()
            yield

    def catch_up(self) -> None:
        """Let happen what a replayed log tells up to now, and what changes by the mere passing of time."""
        with self.lock:
            if self.replay is not None:
                self.replay.catch_up()
            self.settle(self.clock.now_ms())


def _dues(ticket: Record) -> dict[str, str]:
    """The due instants of HubSpot's own SLA that a ticket shows."""
    return {name: ticket.values[name] for name in DUE_PROPERTIES if ticket.values.get(name)}
