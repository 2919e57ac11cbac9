"""What policies and ladders may refer to, by the other files of mappings/."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.plan.records import TICKETS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.plan.ladder import Ladder
    from hubspot_sla.policy.portal import PortalMap


@dataclass(frozen=True, slots=True)
class Names:
    """None: the file that would say so is wrong itself, so nothing is checked.

    `calendars` maps every name to its calendar, or to None where that one calendar is wrong itself. `ladders` are
    those of escalations.yaml, with the built-in ones. `portal` is that of tickets, `others` those of other object
    types. `contract_columns` are those of the tables that tiers.yaml names.
    """

    calendars: Mapping[str, Calendar | None] | None
    portal: PortalMap | None
    ranks: Sequence[str] | None
    ladders: Mapping[str, Ladder] | None = None
    contract_columns: Collection[str] | None = None
    others: Mapping[str, PortalMap] = field(default_factory=dict)

    @property
    def object_types(self) -> tuple[str, ...]:
        """Tickets, and those that portal.yaml names beside them."""
        return (TICKETS, *self.others)

    def of(self, object_type: str) -> Names:
        """What policies on these records may refer to."""
        return self if object_type == TICKETS else replace(self, portal=self.others.get(object_type))
