"""The properties of companies that say how their contracts stand: what they are called, and how setup makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.states import ContractState
from hubspot_sla.hubspot.objects import companies
from hubspot_sla.language.texts import marked
from hubspot_sla.ledger import missing_scopes

if TYPE_CHECKING:
    from hubspot_sla.language.texts import Texts

COMPANIES: Final = companies.PROFILE.name
RESTS: Final = missing_scopes.COMPANY_PROPERTIES
"""What rests, as doctor names it, where HubSpot denies it to the token."""
NAMES: Final = {
    "contract": "sla_contract",
    "contract_state": "sla_contract_state",
    "attainment_30d": "sla_attainment_30d",
    "attainment_period": "sla_attainment_period",
    "breaches_30d": "sla_breaches_30d",
    "credit_period": "sla_credit_period",
}
_LABELS: Final = {
    "contract": marked("SLA contract"),
    "contract_state": marked("SLA contract state"),
    "attainment_30d": marked("SLA attainment, 30 days"),
    "attainment_period": marked("SLA attainment, this period"),
    "breaches_30d": marked("SLA breaches, 30 days"),
    "credit_period": marked("SLA credit, this period"),
}
_STATES: Final = {
    ContractState.OK: marked("as promised"),
    ContractState.AT_RISK: marked("At risk"),
    ContractState.BELOW: marked("below the objective"),
    ContractState.CHRONIC: marked("chronic failure"),
    ContractState.TERMINABLE: marked("may be ended"),
}
_DESCRIPTION: Final = marked("How this company's contract stands. Written once a day by hubspot-sla; do not edit.")
_NUMBERS: Final = ("attainment_30d", "attainment_period", "breaches_30d")


def definitions(group: str, texts: Texts) -> list[dict[str, object]]:
    """As HubSpot's properties API takes them."""
    return [_definition(key, name, group, texts) for key, name in NAMES.items()]


def _definition(key: str, name: str, group: str, texts: Texts) -> dict[str, object]:
    kind = ("number", "number") if key in _NUMBERS else ("string", "text")
    definition: dict[str, object] = {
        "name": name,
        "label": texts.text(_LABELS[key]),
        "description": texts.text(
            "How this company's contract stands. Written once a day by hubspot-sla; do not edit."
        ),
        "groupName": group,
        "type": kind[0],
        "fieldType": kind[1],
        "formField": False,
    }
    if key == "contract_state":
        options = [
            {"value": state.value, "label": texts.text(label), "displayOrder": order, "hidden": False}
            for order, (state, label) in enumerate(_STATES.items())
        ]
        definition |= {"type": "enumeration", "fieldType": "select", "options": options}
    return definition
