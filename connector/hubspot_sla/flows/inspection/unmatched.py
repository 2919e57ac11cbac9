"""Tickets that no policy matches, counted by what they have in common: holes in the mappings, or meant to be so. Beside
them how many each policy applies to, and values that have no target or make no sense as one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Kind
from hubspot_sla.flows.inspection.evaluate import Evaluator
from hubspot_sla.flows.inspection.policy_counts import PolicyCounts
from hubspot_sla.flows.judging.judgement import closed_at_of
from hubspot_sla.flows.records.ticket_file import BadRow, Linked, Row
from hubspot_sla.hubspot.objects.tickets import PROFILE
from hubspot_sla.plan.records import TICKETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hubspot_sla.flows.inspection.evaluate import Evaluated
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.hubspot.record_rows import CrmRecord
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.policy_set import PolicySet
    from hubspot_sla.policy.portal_ids import PortalIds


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """What the tickets of one hole have in common; "" where nothing is set."""

    pipeline: str
    tier: str
    priority: str

    def __str__(self) -> str:
        return f"pipeline {self.pipeline}, tier {self.tier or 'none'}, priority {self.priority or 'not set'}"


@dataclass(frozen=True, slots=True, order=True)
class OddValue:
    """A value that should be the target of a clock and promises nothing: no number, zero, less, or too much."""

    policy: str
    clock: str
    reason: str

    def __str__(self) -> str:
        return f"policy {self.policy}, {self.clock}: {self.reason}"


@dataclass(slots=True)
class UnrankedTier:
    """Whom a value concerns that `source` says and `ranks` lacks."""

    source: str
    company_ids: set[str] = field(default_factory=set)
    open_tickets: int = 0

    def add(self, evaluated: Evaluated) -> None:
        company_id = evaluated.agreement.tier.company_id
        self.company_ids |= {company_id} if company_id else set()
        self.open_tickets += closed_at_of(evaluated.judgement.timeline) is None


@dataclass(slots=True)
class Unmatched:
    """How many tickets there are, how many no SLA policy matches by group, on how many a value makes no sense, and one
    ticket of each group and of each such value. `nothing_promised`: an SLA policy matches, and has no target for them.
    `counts` has all that by policy."""

    policy_set: PolicySet

    tickets: int = 0
    bad: int = 0
    nothing_promised: int = 0
    counts: PolicyCounts = field(default_factory=PolicyCounts)
    groups: Counter[Group] = field(default_factory=Counter)
    odd_values: Counter[OddValue] = field(default_factory=Counter)
    unranked: dict[str, UnrankedTier] = field(default_factory=dict)
    """By what a source of tiers says and `ranks` lacks."""
    examples: dict[Group | OddValue, str] = field(default_factory=dict)

    def add(self, evaluated: Evaluated | BadRow) -> None:
        if isinstance(evaluated, BadRow):
            self.bad += 1
            return
        self.tickets += 1
        agreement = evaluated.agreement
        if agreement.tier.unranked:
            self.unranked.setdefault(agreement.tier.unranked, UnrankedTier(agreement.tier.source)).add(evaluated)
        for odd_value in {
            OddValue(policy.id, clock.key, no.reason) for policy, clock, no in agreement.unmet() if no.odd
        }:
            self.odd_values[odd_value] += 1
            self.examples.setdefault(odd_value, evaluated.row.ticket.id)
        promised = self.counts.add(evaluated)
        if any(match.policy for key, match in agreement.matches.items() if key.kind is Kind.SLA):
            self.nothing_promised += not promised
            return
        subject, mappings = agreement.subject, agreement.version.mappings
        group = Group(
            agreement.version.portal_ids.pipeline_name(subject.pipeline),
            agreement.tier.tier or "",
            subject.properties.get(mappings.portal.properties.priority) or "",
        )
        self.groups[group] += 1
        self.examples.setdefault(group, evaluated.row.ticket.id)

    def as_json(self) -> dict[str, object]:
        return {
            "tickets": self.tickets,
            "quarantined": self.bad,
            "nothing_promised": self.nothing_promised,
            **self.counts.as_json(self.policy_set),
            "unmatched": [
                {
                    "pipeline": group.pipeline,
                    "tier": group.tier or None,
                    "priority": group.priority or None,
                    "count": count,
                    "example": self.examples[group],
                }
                for group, count in self.groups.most_common()
            ],
            "odd_values": [
                {**asdict(odd_value), "count": count, "example": self.examples[odd_value]}
                for odd_value, count in self.odd_values.most_common()
            ],
            "unranked_tiers": [
                {
                    "value": value,
                    "source": tier.source,
                    "companies": len(tier.company_ids),
                    "open_tickets": tier.open_tickets,
                }
                for value, tier in sorted(self.unranked.items())
            ],
        }


def counted(mappings: Mappings, evaluated: Iterable[Evaluated | BadRow]) -> Unmatched:
    """The count over these rows, judged by the mappings, one at a time."""
    unmatched = Unmatched(mappings.of(TICKETS).policy_set)
    for row in evaluated:
        unmatched.add(row)
    return unmatched


def in_portal(portal: Portal, mappings: Mappings, portal_ids: PortalIds, now: int) -> Unmatched:
    """The count over every ticket of the portal as it stands now: one page at a time, without histories."""
    return counted(mappings, Evaluator(mappings, portal_ids, now, {}, {}).all(_of_portal(portal, mappings.of(TICKETS))))


def _of_portal(portal: Portal, mappings: Mappings) -> Iterator[Row]:
    properties = mappings.portal.properties
    wanted = (
        *(PROFILE.created, PROFILE.pipeline, PROFILE.stage, properties.priority, properties.owner),
        *mappings.policy_set.ticket_properties,
    )
    after: str | None = None
    while True:
        page = portal.of(TICKETS).list_page(after, list(dict.fromkeys(wanted)))
        yield from _rows(portal, mappings, page.rows)
        after = page.after
        if after is None:
            return


def _rows(portal: Portal, mappings: Mappings, tickets: list[CrmRecord]) -> Iterator[Row]:
    companies, contacts = _customers(portal, mappings, tickets)
    for number, ticket in enumerate(tickets):
        yield Row(number, ticket, companies.get(ticket.id, ()), contacts.get(ticket.id, ()))


Links = dict[str, tuple[Linked, ...]]


def _customers(portal: Portal, mappings: Mappings, tickets: list[CrmRecord]) -> tuple[Links, Links]:
    """The companies and contacts of these tickets, with the properties that the mappings look at."""
    ids = [ticket.id for ticket in tickets]
    links = {ticket.id: ticket.company_ids for ticket in tickets if ticket.company_ids is not None}
    links |= portal.customers.companies_of(TICKETS, [id_ for id_ in ids if id_ not in links])
    property_names = mappings.company_properties
    known = (
        portal.customers.companies({link.id for of in links.values() for link in of}, property_names)
        if property_names
        else {}
    )
    companies = {
        id_: tuple(
            Linked(link.id, link.primary, known[link.id].properties if link.id in known else {}, {}, 0) for link in of
        )
        for id_, of in links.items()
    }
    property_names = mappings.contact_properties
    if not property_names:
        return companies, {}
    named = portal.customers.contacts_of(TICKETS, ids)
    contacts_by_id = portal.customers.contacts(
        {contact_id for of in named.values() for contact_id in of}, property_names
    )
    contacts = {
        id_: tuple(
            Linked(
                contact_id, primary=False, properties=contacts_by_id[contact_id].properties, history={}, seen_at_ms=0
            )
            for contact_id in of
            if contact_id in contacts_by_id
        )
        for id_, of in named.items()
    }
    return companies, contacts
