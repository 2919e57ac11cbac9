"""How records and links of a portal are written: checked first, and with all that HubSpot adds by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sandbox import deal_effects, engagement_effects, refusals, ticket_effects
from hubspot_sandbox.instants import parse_instant, to_wire
from hubspot_sandbox.object_types import COMPANIES, DEALS, TICKETS, ObjectType
from hubspot_sandbox.portal_state import PortalState
from hubspot_sandbox.property_values import NotAccepted, Scalar, accept
from hubspot_sandbox.records import CALCULATED, Record, versions_of
from hubspot_sandbox.stage_effects import stage_problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sandbox.associations import LinkType
    from hubspot_sandbox.stage_effects import Changes


PERSON = "CRM_UI"
"""The source of what a person does in HubSpot's own pages."""


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """An association asked for in the same breath as a record."""

    target_id: int
    type_ids: tuple[int, ...]


class PortalWrites(PortalState):
    """Speaks HubSpot's terms: object types, epoch milliseconds, refusals. Whoever calls holds the portal's lock."""

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
        values, new_links = self.check_new(kind, properties, links)
        record = self._new_record(kind, values, at_ms, source)
        self.table(kind).add(record)
        self.follow(kind, record, at_ms)
        for link, target_id in new_links:
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
            system |= ticket_effects.at_creation(record_id, source, at_ms)
        system |= self.consequences(kind, {}, values, at_ms)
        owner = self.owners.get(values.get("hubspot_owner_id") or "") if source == PERSON else None
        system |= engagement_effects.at_creation(kind, record_id, source, str(owner.user_id) if owner else "")
        set_values = {name: value for name, value in {**system, **values}.items() if value is not None}
        return Record(record_id, parse_instant(created), at_ms, set_values, source)

    def change(
        self, kind: ObjectType, record: Record, properties: Mapping[str, Scalar], *, at_ms: int, source: str
    ) -> set[str]:
        """Write properties; answers the names that changed, calculated ones included. May raise `Refused`."""
        values = self.checked(kind, record.values, properties)
        versions = versions_of(values, at_ms, source)
        added = self.consequences(kind, record.values, values, at_ms)
        versions = versions_of(added, at_ms, CALCULATED) | versions
        changed = self.table(kind).write(record, versions, modified_ms=at_ms)
        self.follow(kind, record, at_ms)
        return changed

    def consequences(
        self, kind: ObjectType, before: Mapping[str, str], changes: Mapping[str, str | None], at_ms: int
    ) -> Changes:
        """What HubSpot adds of its own accord to changes of a record."""
        if kind is TICKETS:
            return ticket_effects.consequences(before, changes, self.pipelines, self.owners, at_ms)
        if kind is DEALS:
            return deal_effects.consequences(before, changes, self.pipelines_of(DEALS), self.owners, at_ms)
        return engagement_effects.consequences(kind, before, changes, at_ms)

    def calculate(self, kind: ObjectType, record: Record, changes: Changes, at_ms: int) -> None:
        """What HubSpot sets by itself: with history, and without touching the modification time."""
        self.table(kind).write(record, versions_of(changes, at_ms, CALCULATED), modified_ms=None)
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
        if kind.stage and not problems:
            problems += self._stage_problems(kind, before, values)
        if not problems:
            problems += self.unique_values(kind).conflicts(values, before.get("hs_object_id"))
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

    def _stage_problems(
        self, kind: ObjectType, before: Mapping[str, str], values: dict[str, str | None]
    ) -> list[refusals.BadValue]:
        pipelines = self.pipelines_of(kind)
        if values.get(kind.stage) and not (values.get(kind.pipeline) or before.get(kind.pipeline)):
            values[kind.pipeline] = next(iter(pipelines), None)
        problem = stage_problem(kind, before, values, pipelines)
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
            nothing: Changes = {"hs_primary_company_id": None, "hs_primary_company_name": None}
            if ticket is not None:
                self.calculate(TICKETS, ticket, nothing, at_ms)

    def _show_primary_company(self, ticket_id: int, company_id: int, at_ms: int) -> None:
        ticket, company = self.record(TICKETS, ticket_id), self.record(COMPANIES, company_id)
        changes: Changes = {
            "hs_primary_company_id": str(company_id),
            "hs_primary_company_name": company.values.get("name"),
        }
        self.calculate(TICKETS, ticket, changes, at_ms)
