"""Companies: no mapping works with them as it does with tickets; their properties say how contracts stand."""

from __future__ import annotations

from typing import Final

from hubspot_sla.hubspot.objects.profile import AssociationTypes, ObjectProfile, ScopeNeed

WRITE: Final = "crm.objects.companies.write"
PROFILE: Final = ObjectProfile(
    name="companies",
    singular="company",
    type_id="0-2",
    sdk_package="hubspot.crm.companies",
    title="name",
    pipeline="",
    stage="",
    # associations guide; a company has no primary company of its own.
    associations=AssociationTypes(primary_company=0, company_label="", task=192, note=190),
    scopes=(ScopeNeed((WRITE,), "what contracts come to on companies", "the properties of companies rest"),),
)
