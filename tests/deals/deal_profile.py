"""Deals: an object type that hubspot-sla does not ship. This file and a line in the table are all there is to one."""

from __future__ import annotations

from typing import Final

from hubspot_sla.hubspot.objects.profile import AssociationTypes, ObjectProfile, ScopeNeed

PROFILE: Final = ObjectProfile(
    name="deals",
    singular="deal",
    type_id="0-3",
    sdk_package="hubspot.crm.deals",
    title="dealname",
    pipeline="pipeline",
    stage="dealstage",
    associations=AssociationTypes(primary_company=5, company_label="deal_to_company", task=216, note=214),
    scopes=(
        ScopeNeed(("crm.objects.deals.read",), "deals and their pipelines", "no deal is judged", is_read=True),
        ScopeNeed(("crm.objects.deals.write",), "the properties on deals", "nothing is written to a deal"),
        ScopeNeed(("crm.schemas.deals.write",), "making the properties on deals", "`sla setup` fails"),
    ),
    properties={"owner": "hubspot_owner_id", "team": "hubspot_team_id", "priority": "hs_priority"},
)
