"""What HubSpot calls the parts of one object type. Flows ask a profile; none of them names a type or its properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from hubspot_sla.hubspot.addresses import RECORD_PAGE, usable_ui_domain

ID: Final = "hs_object_id"
LAST_MODIFIED: Final = "hs_lastmodifieddate"
CREATED: Final = "createdate"
MERGED_FROM: Final = "hs_merged_object_ids"
"""The records that were merged into this one, separated by semicolons; HubSpot may give the survivor a new id."""
ENTERED_STAGE: Final = "hs_v2_date_entered_current_stage"
"""Shows a record that left its stage and came back before it was read again."""

DefaultNames = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class AssociationTypes:
    """Ids of HubSpot's own association types: from a record to its primary company, from a task or a note to a record.

    `company_label` is what the list endpoint calls the link to the primary company; the same company comes again
    unlabelled.
    """

    primary_company: int
    company_label: str
    task: int
    note: int

    def of(self, made: str) -> int:
        """From one of `tasks` or `notes` to a record."""
        return {"tasks": self.task, "notes": self.note}[made]


@dataclass(frozen=True, slots=True)
class ScopeNeed:
    """One of `scopes` is needed for `purpose`; without it `loss`. `is_read`: listing one record shows whether it is
    there."""

    scopes: tuple[str, ...]
    purpose: str
    loss: str
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class ObjectProfile:
    """One object type.

    `name` is the plural in HubSpot's paths, `singular` the word for one record in messages, `type_id` as in addresses
    of records. `sdk_package` is the package of the SDK whose API objects build its requests. `title` is the property
    that people know a record by. Whether a record is closed is told by its stage, so no property is read for that.

    `properties` are what portal.yaml's `properties` of this type fall back on, by its keys; a key that is absent names
    nothing. Tickets are different: their defaults are portal.yaml's own.
    """

    name: str
    singular: str
    type_id: str
    sdk_package: str
    title: str
    pipeline: str
    stage: str
    associations: AssociationTypes
    scopes: tuple[ScopeNeed, ...]
    entered_stage: str = ENTERED_STAGE
    escalated: str = ""
    """When HubSpot's AI agent handed the record over to people; "" where no record of this type can be."""
    activities_moved: tuple[str, ...] = ()
    """Properties that move when an e-mail, a call or a note is logged on a record."""
    created: str = CREATED
    modified: str = LAST_MODIFIED
    properties: DefaultNames = field(default_factory=lambda: MappingProxyType({}))

    def page(self, portal_id: str, ui_domain: str = "") -> str:
        """The address of any record of this type, up to its id, where people look at it. `ui_domain` is the portal's
        own, as account-info tells it."""
        return RECORD_PAGE.format(ui_domain=usable_ui_domain(ui_domain), portal_id=portal_id, type_id=self.type_id)
