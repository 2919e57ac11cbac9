"""One HubSpot account: its records, definitions, people and clock, and the rules by which they change.

`Portal` is what the routes serve and what tests arrange. Its upper half speaks HubSpot's terms (object types, epoch
milliseconds, refusals); the conveniences at the end speak a test's: names, ids as text, aware datetimes.
Whoever touches a portal that is being served holds `lock`; the conveniences do so themselves.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING

from hubspot_sandbox import engagements, refusals, tickets, uniqueness
from hubspot_sandbox.associations import Associations, LinkType
from hubspot_sandbox.clock import VirtualClock
from hubspot_sandbox.filters import teach
from hubspot_sandbox.ids import ClusteredIds, SequentialIds
from hubspot_sandbox.merging import Merged
from hubspot_sandbox.native_sla import NativeSla
from hubspot_sandbox.object_types import ALL, COMPANIES, TASKS, TICKETS, USERS, ObjectType, object_type
from hubspot_sandbox.people import Account, Owner
from hubspot_sandbox.pipelines import AuditTrail
from hubspot_sandbox.properties import Catalogue, Option
from hubspot_sandbox.records import CALCULATED, Record, Table, Version
from hubspot_sandbox.standard_properties import catalogues, stage_property
from hubspot_sandbox.store import Store
from hubspot_sandbox.values import NotAccepted, Scalar, accept
from hubspot_sandbox.wire import parse_instant, to_ms, to_wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from hubspot_sandbox.ids import Ids
    from hubspot_sandbox.native_sla import Goals
    from hubspot_sandbox.pipelines import Pipeline
    from hubspot_sandbox.replay import Replay

Id = str | int
API = "INTEGRATION"
PERSON = "CRM_UI"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Where nobody knows for sure what HubSpot does, the sandbox can do either."""

    traced_updates_fail_by_row: bool = True
    """A batch update with a trace id on every input answers bad values row by row; else with a whole 400."""
    multi_status_in_september: bool = False
    """The 2026-09 edition declares no 207, so a batch of which rows failed is a 200 there; or a 207 all the same."""
    clustered_ids: bool = True
    """Ids lie in clusters, out of the order of creation, as in HubSpot; or they follow each other."""
    merges_keep_the_primary_id: bool = False
    """A merge makes a record with a new id, unless the account is in the beta that keeps the primary one."""


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """An association asked for in the same breath as a record."""

    target_id: int
    type_ids: tuple[int, ...]


class Portal:
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
        teach(self.store)
        self.clock = VirtualClock(now)
        self.account = account or Account(portal_id=145_000_001)
        self.behaviour = behaviour or Behaviour()
        self.replay: Replay | None = None
        self.pipelines: dict[str, Pipeline] = {}
        self.pipeline_trail = AuditTrail()
        self.owners: dict[str, Owner] = {}
        self.links = Associations(self.store)
        self.merged = Merged()
        self.native_sla = NativeSla()
        self._catalogues = catalogues()
        self._tables = {known.name: Table(self.store, known.name, self._ids(known), known.modified) for known in ALL}

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
            table.witness = partial(wrote, name)
        self.links.witness = linked

    def set_pipelines(self, pipelines: Iterable[Pipeline]) -> None:
        """Replace the ticket pipelines, and the definitions that follow from them."""
        self.pipelines = {pipeline.id: pipeline for pipeline in pipelines}
        stages = [stage for pipeline in self.pipelines.values() for stage in pipeline.stages]
        self._redefine("hs_pipeline", [(one.id, one.label) for one in self.pipelines.values()])
        self._redefine("hs_pipeline_stage", [(stage.id, stage.label) for stage in stages])
        for name, type_ in tickets.stage_properties(self.pipelines.values()):
            self.catalogue(TICKETS).define(stage_property(name, type_))

    def _redefine(self, name: str, allowed: Sequence[tuple[str, str]]) -> None:
        options = tuple(Option(label, value, order) for order, (value, label) in enumerate(allowed))
        catalogue = self.catalogue(TICKETS)
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
                users.write(record, _versions(deactivated, owner.updated_ms, CALCULATED), modified_ms=None)

    def _user(self, owner: Owner) -> Record:
        record_id, created = self.table(USERS).take_id(), to_wire(owner.created_ms)
        values = {"hs_object_id": str(record_id), "hs_createdate": created, **owner.as_user()}
        return Record(record_id, owner.created_ms, owner.updated_ms, values)

    def set_native_sla(self, goals: Goals | None) -> None:
        """HubSpot's own SLAs from now on, for every ticket there is; None stops calculating them."""
        with self.lock:
            self.native_sla.goals = goals
            now_ms = self.clock.now_ms()
            for ticket in self.table(TICKETS) if goals else ():
                self.follow(TICKETS, ticket, now_ms)

    def settle(self, now_ms: int) -> None:
        """Apply what changes by the mere passing of time, up to now."""
        for at_ms, ticket_id in self.native_sla.due(now_ms):
            ticket = self.table(TICKETS).find(ticket_id)
            if ticket is not None:
                self.follow(TICKETS, ticket, at_ms)

    def follow(self, kind: ObjectType, ticket: Record, at_ms: int) -> None:
        """Bring HubSpot's own SLA properties of a ticket up to date; other types have none."""
        if kind is not TICKETS or self.native_sla.goals is None:
            return
        changes = self.native_sla.values(ticket.id, ticket.values, at_ms)
        if any(ticket.values.get(name) != value for name, value in changes.items()):
            self.table(TICKETS).write(ticket, _versions(changes, at_ms, CALCULATED), modified_ms=None)

    def insert(
        self,
        kind: ObjectType,
        properties: Mapping[str, Scalar],
        *,
        at_ms: int,
        source: str,
        links: Sequence[LinkRequest] = (),
    ) -> Record:
        """A new record with its associations, or `Refused` and nothing at all."""
        values, wanted = self.check_new(kind, properties, links)
        record = self._new_record(kind, values, at_ms, source)
        self.table(kind).add(record)
        self.follow(kind, record, at_ms)
        for link, target_id in wanted:
            self.link(link, record.id, target_id, at_ms=at_ms)
        return record

    def check_new(
        self, kind: ObjectType, properties: Mapping[str, Scalar], links: Sequence[LinkRequest]
    ) -> tuple[dict[str, str | None], list[tuple[LinkType, int]]]:
        """Values and associations of a record to be, in canonical form. Raises `Refused`; writes nothing."""
        values = self.checked(kind, {}, properties)
        missing = [name for name in kind.required if not values.get(name)]
        if missing:
            raise refusals.required_missing(kind.singular, missing)
        return values, [link for request in links for link in self._checked_links(kind, request)]

    def _new_record(self, kind: ObjectType, values: Mapping[str, str | None], at_ms: int, source: str) -> Record:
        record_id = self.table(kind).take_id()
        created = values.get("createdate") or to_wire(at_ms)
        system: dict[str, str | None] = {
            "hs_createdate": to_wire(at_ms),
            "hs_object_id": str(record_id),
            kind.created: created,
        }
        if kind is TICKETS:
            system |= tickets.at_creation(record_id, source)
            system |= self.consequences({}, values, at_ms)
        system |= engagements.consequences(kind, {}, values, at_ms)
        kept = {name: value for name, value in {**system, **values}.items() if value is not None}
        return Record(record_id, parse_instant(created), at_ms, kept, source)

    def change(
        self, kind: ObjectType, record: Record, properties: Mapping[str, Scalar], *, at_ms: int, source: str
    ) -> set[str]:
        """Write properties; answers the names that changed, calculated ones included. May raise `Refused`."""
        values = self.checked(kind, record.values, properties)
        versions = _versions(values, at_ms, source)
        if kind is TICKETS:
            added = self.consequences(record.values, values, at_ms)
        else:
            added = engagements.consequences(kind, record.values, values, at_ms)
        versions = _versions(added, at_ms, CALCULATED) | versions
        changed = self.table(kind).write(record, versions, modified_ms=at_ms)
        self.follow(kind, record, at_ms)
        return changed

    def consequences(self, before: Mapping[str, str], changes: Mapping[str, str | None], at_ms: int) -> tickets.Changes:
        """What HubSpot adds of its own accord to changes of a ticket."""
        return tickets.consequences(before, changes, self.pipelines, self.owners, at_ms)

    def calculate(self, kind: ObjectType, record: Record, changes: tickets.Changes, at_ms: int) -> None:
        """What HubSpot sets by itself: with history, and without touching the modification time."""
        self.table(kind).write(record, _versions(changes, at_ms, CALCULATED), modified_ms=None)
        self.follow(kind, record, at_ms)

    def checked(
        self, kind: ObjectType, before: Mapping[str, str], properties: Mapping[str, Scalar]
    ) -> dict[str, str | None]:
        """`properties` in canonical form. Raises `Refused` with every bad one of them."""
        values: dict[str, str | None] = {}
        problems: list[refusals.BadValue] = []
        for name, value in properties.items():
            try:
                values[name] = self._accepted(kind, name, value, before.get(name))
            except NotAccepted as refused:
                problems.append(refused.bad)
        if kind is TICKETS and not problems:
            problems += self._stage_problems(before, values)
        if not problems:
            problems += uniqueness.conflicts(self, kind, values, before.get("hs_object_id"))
        if problems:
            raise refusals.bad_values(problems, self.account.portal_id)
        return values

    def _accepted(self, kind: ObjectType, name: str, value: Scalar, current: str | None) -> str | None:
        definition = self.catalogue(kind).find(name)
        if definition is None:
            message = f'Property "{name}" does not exist'
            raise NotAccepted(refusals.BadValue(name, "PROPERTY_DOESNT_EXIST", message))
        if definition.read_only:
            message = f'"{name}" is a calculated property; its value cannot be set.'
            raise NotAccepted(refusals.BadValue(name, "READ_ONLY_VALUE", message))
        return accept(definition, value, current=current)

    def _stage_problems(self, before: Mapping[str, str], values: dict[str, str | None]) -> list[refusals.BadValue]:
        if values.get("hs_pipeline_stage") and not (values.get("hs_pipeline") or before.get("hs_pipeline")):
            values["hs_pipeline"] = next(iter(self.pipelines), None)
        problem = tickets.stage_problem(before, values, self.pipelines)
        return [problem] if problem else []

    def _checked_links(self, kind: ObjectType, request: LinkRequest) -> list[tuple[LinkType, int]]:
        checked = [self.checked_link(kind, type_id, request.target_id) for type_id in request.type_ids]
        return [(link, request.target_id) for link in checked]

    def checked_link(self, kind: ObjectType, type_id: int, target_id: int) -> LinkType:
        """The association type, if a record of this kind may have it with that target; else `Refused`."""
        link = self.links.types.find(type_id)
        if link is None:
            raise refusals.invalid(f"Association type {type_id} does not exist")
        if link.source is not kind:
            raise refusals.invalid(
                f"invalid from object type {kind.type_id} for associations to be created. "
                f"expected: {link.source.type_id}"
            )
        if self.table(link.target).find(target_id) is None:
            raise refusals.invalid(
                "One or more associations are invalid",
                context={
                    "INVALID_OBJECT_IDS": [f"{link.target.singular.upper()}={target_id} is not valid"],
                    "objectType": [kind.singular.upper()],
                },
            )
        return link

    def link(self, link: LinkType, record_id: int, other_id: int, *, at_ms: int) -> None:
        """Associate two existing records; a ticket's primary company shows in its properties."""
        self.links.link(link, record_id, other_id)
        if link.primary and {link.source, link.target} == {TICKETS, COMPANIES}:
            ticket_id, company_id = (record_id, other_id) if link.forward else (other_id, record_id)
            self._show_primary_company(ticket_id, company_id, at_ms)

    def unlink(self, link: LinkType, record_id: int, other_id: int, *, at_ms: int) -> None:
        """Take one type of a link away; a ticket that loses its primary company shows none."""
        self.links.unlink(link, record_id, other_id)
        if link.primary and {link.source, link.target} == {TICKETS, COMPANIES}:
            ticket = self.table(TICKETS).find(record_id if link.forward else other_id)
            nothing: tickets.Changes = {"hs_primary_company_id": None, "hs_primary_company_name": None}
            if ticket is not None:
                self.calculate(TICKETS, ticket, nothing, at_ms)

    def _show_primary_company(self, ticket_id: int, company_id: int, at_ms: int) -> None:
        ticket, company = self.record(TICKETS, ticket_id), self.record(COMPANIES, company_id)
        changes: tickets.Changes = {
            "hs_primary_company_id": str(company_id),
            "hs_primary_company_name": company.values.get("name"),
        }
        self.calculate(TICKETS, ticket, changes, at_ms)

    def record(self, kind: ObjectType, record_id: Id, *, archived: bool = False) -> Record:
        """The record, by the id of one that was merged into it too, or `Refused` 404."""
        if not str(record_id).isdecimal():
            raise refusals.not_an_id(str(record_id))
        found = self.table(kind).find(self.merged.survivor(kind, int(record_id)), archived=archived)
        if found is None:
            raise refusals.no_such_record()
        return found

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

    # What follows is for people who arrange or look at a portal from Python.

    def create(
        self, type_name: str, properties: Mapping[str, Scalar], *, at: datetime | None = None, source: str = PERSON
    ) -> str:
        """Create a record as of `at` (default: now) and answer its id."""
        with self.current():
            record = self.insert(object_type(type_name), properties, at_ms=self._at_ms(at), source=source)
            return str(record.id)

    def update(
        self,
        type_name: str,
        record_id: Id,
        properties: Mapping[str, Scalar],
        *,
        at: datetime | None = None,
        source: str = PERSON,
    ) -> None:
        """Write properties as of `at` (default: now)."""
        kind = object_type(type_name)
        with self.current():
            self.change(kind, self.record(kind, record_id), properties, at_ms=self._at_ms(at), source=source)

    def archive(self, type_name: str, record_id: Id) -> None:
        """Move a record into the recycle bin."""
        kind = object_type(type_name)
        with self.current():
            self.table(kind).archive(self.record(kind, record_id), self.clock.now_ms())

    def associate(
        self,
        from_type: str,
        from_id: Id,
        to_type: str,
        to_id: Id,
        *,
        primary: bool = False,
        at: datetime | None = None,
    ) -> None:
        """Link two records; `primary` makes the company the one of its ticket or contact."""
        source, target = object_type(from_type), object_type(to_type)
        types = self.links.types
        link = types.primary(source, target) if primary else types.unlabelled(source, target)
        with self.current():
            self.record(source, from_id)
            self.record(target, to_id)
            self.link(link, int(from_id), int(to_id), at_ms=self._at_ms(at))

    def read(self, type_name: str, record_id: Id) -> dict[str, str]:
        """The properties that are set. Raises `Refused` 404."""
        with self.current():
            return dict(self.record(object_type(type_name), record_id).values)

    def history(self, type_name: str, record_id: Id, name: str) -> list[Version]:
        """The values a property had, newest first."""
        with self.current():
            return self.record(object_type(type_name), record_id).versions(name)

    def ids(self, type_name: str) -> list[str]:
        """Ids of the live records of a type, ascending."""
        with self.current():
            return [str(record_id) for record_id in self.table(object_type(type_name)).ids()]

    def tasks_of(self, ticket_id: Id) -> list[dict[str, str]]:
        """The properties of the live tasks on a ticket, oldest first."""
        with self.current():
            linked = self.links.of(TICKETS, int(ticket_id), TASKS)
            found = [self.table(TASKS).find(task_id) for task_id in sorted(linked)]
            return [dict(task.values) for task in found if task is not None]

    def receive_customer_message(self, ticket_id: Id, at: datetime | None = None) -> None:
        """The customer wrote. As in HubSpot, `hs_lastmodifieddate` stays as it is."""
        with self.current():
            at_ms = self._at_ms(at)
            self.calculate(TICKETS, self.record(TICKETS, ticket_id), tickets.customer_message(at_ms), at_ms)

    def send_agent_message(self, ticket_id: Id, at: datetime | None = None) -> None:
        """An agent answered. As in HubSpot, `hs_lastmodifieddate` stays as it is."""
        with self.current():
            at_ms = self._at_ms(at)
            ticket = self.record(TICKETS, ticket_id)
            self.calculate(TICKETS, ticket, tickets.agent_message(ticket.values, at_ms), at_ms)

    def _at_ms(self, at: datetime | None) -> int:
        return self.clock.now_ms() if at is None else to_ms(at)


def _versions(changes: Mapping[str, str | None], at_ms: int, source: str) -> dict[str, Version]:
    return {name: Version(value or "", at_ms, source) for name, value in changes.items()}
