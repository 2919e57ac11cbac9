"""Tickets."""

from __future__ import annotations

from typing import Final

from hubspot_sla.hubspot.objects.profile import AssociationTypes, ObjectProfile, ScopeNeed

PROFILE: Final = ObjectProfile(
    name="tickets",
    singular="ticket",
    type_id="0-5",
    sdk_package="hubspot.crm.tickets",
    title="subject",
    pipeline="hs_pipeline",
    stage="hs_pipeline_stage",
    # associations guide; hubspot/crm/association_type.py in the SDK. 228 is no neighbour of 229 as one might expect.
    associations=AssociationTypes(primary_company=26, company_label="ticket_to_company", task=230, note=228),
    escalated="hs_customer_agent_escalated_time",
    activities_moved=("hs_last_email_activity", "num_notes"),
    scopes=(ScopeNeed(("tickets",), "tickets, their properties and pipelines", "nothing works", is_read=True),),
)
