"""Everything that mappings/ says, compiled: as a whole, and for records of one object type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.plan.properties import needed_by, written_for
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.portal_ids import PortalIds
from hubspot_sla.policy.portal_objects import NamedPipeline
from hubspot_sla.policy.written_contracts import NO_CONTRACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.errors import Problem
    from hubspot_sla.plan.properties import Written
    from hubspot_sla.policy.objectives import Objective
    from hubspot_sla.policy.policy_set import PolicySet
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.tiers import Tiers
    from hubspot_sla.policy.waivers import WrittenWaiver
    from hubspot_sla.policy.written_contracts import Contracts

Pipelines = Mapping[str, Sequence[NamedPipeline]]
"""Those of the portal, by object type."""


@dataclass(frozen=True, slots=True)
class Mappings:
    """Everything in mappings/, ready to use. `version` is a hash of what was read."""

    version: str
    portal: PortalMap
    policy_set: PolicySet
    calendars: dict[str, Calendar]
    tiers: Tiers
    others: Mapping[str, PortalMap] = field(default_factory=dict)
    missing_defaults: tuple[Problem, ...] = ()
    """Of targets that were in force before each had to say its `default`."""
    waivers: tuple[WrittenWaiver, ...] = ()
    """Those of waivers.yaml, for tickets."""
    objectives: tuple[Objective, ...] = ()
    """Those of policies.yaml: of several for the same promises the first counts."""
    contracts: Contracts = NO_CONTRACTS
    """Those of contracts.yaml."""
    refused_by_now: tuple[Problem, ...] = ()
    """What contracts in force say that is refused since."""

    @property
    def object_types(self) -> tuple[str, ...]:
        """What service levels are kept on: tickets, and what portal.yaml names beside them."""
        return (TICKETS, *self.others)

    @property
    def portals(self) -> tuple[PortalMap, ...]:
        """Of each object type."""
        return (self.portal, *self.others.values())

    def of(self, object_type: str) -> Mappings:
        """What these mappings say about records of one type. LookupError: nothing."""
        portal = self.portal if object_type == TICKETS else self.others[object_type]
        return replace(self, portal=portal, policy_set=self.policy_set.of(object_type))

    @property
    def written_properties(self) -> tuple[Written, ...]:
        """The properties that records need to have, of the type that these mappings are about: all, or with
        `set: lean` those that the policies use."""
        policy_set = self.policy_set
        if self.portal.written.is_lean:
            return needed_by(policy_set.used_clocks, policy_set.more_clocks)
        return written_for(policy_set.more_clocks)

    def check(self, pipelines: Pipelines, known: PortalIds | None = None) -> list[Problem]:
        """As `PortalMap.check`, for every object type."""
        return sorted(
            problem for portal, ids in self._portals(known) for problem in portal.check(_of(pipelines, portal), ids)
        )

    def warnings(self, pipelines: Pipelines, known: PortalIds | None = None) -> list[Problem]:
        """As `PortalMap.warnings`, for every object type."""
        return sorted(
            problem for portal, ids in self._portals(known) for problem in portal.warnings(_of(pipelines, portal), ids)
        )

    def resolve(self, pipelines: Pipelines, known: PortalIds | None = None) -> PortalIds:
        """As `PortalMap.resolve`, for every object type."""
        resolved = {
            portal.object_type: portal.resolve(_of(pipelines, portal), ids) for portal, ids in self._portals(known)
        }
        return replace(resolved.pop(TICKETS), objects=resolved)

    def _portals(self, known: PortalIds | None) -> Iterator[tuple[PortalMap, PortalIds]]:
        ids = known or PortalIds()
        for portal in self.portals:
            yield portal, ids.of(portal.object_type)

    @property
    def company_properties(self) -> tuple[str, ...]:
        """The company properties, with history, that tiers and conditions look at."""
        return tuple(dict.fromkeys((*self.tiers.company_properties, *self.policy_set.company_properties)))

    @property
    def contact_properties(self) -> tuple[str, ...]:
        """The contact properties, with history, that tiers and conditions look at."""
        return tuple(dict.fromkeys((*self.tiers.contact_properties, *self.policy_set.contact_properties)))


def _of(pipelines: Pipelines, portal: PortalMap) -> Sequence[NamedPipeline]:
    return pipelines.get(portal.object_type, ())
