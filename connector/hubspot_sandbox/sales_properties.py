"""The properties of deals, products, line items and quotes, as far as clients take them for granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.object_types import DEALS, LINE_ITEMS, PRODUCTS, QUOTES, ObjectType
from hubspot_sandbox.pipelines import Pipeline, Stage
from hubspot_sandbox.standard_definition import of_every_object, options, standard

if TYPE_CHECKING:
    from hubspot_sandbox.properties import Option, Property

_OWN: tuple[tuple[ObjectType, tuple[tuple[str, str, str], ...]], ...] = (
    (
        DEALS,
        (
            ("string", "dealname", "Deal name"),
            ("number", "amount", "Amount"),
            ("datetime", "closedate", "Close date"),
            ("enumeration", "pipeline", "Pipeline"),
            ("enumeration", "dealstage", "Deal stage"),
            ("enumeration", "dealtype", "Deal type"),
            ("enumeration", "hs_priority", "Priority"),
            ("string", "description", "Deal description"),
        ),
    ),
    (
        PRODUCTS,
        (
            ("string", "name", "Name"),
            ("string", "description", "Product description"),
            ("number", "price", "Unit price"),
        ),
    ),
    (
        LINE_ITEMS,
        (
            ("string", "name", "Name"),
            ("number", "price", "Unit price"),
            ("number", "quantity", "Quantity"),
            ("number", "hs_product_id", "Product ID"),
        ),
    ),
    (
        QUOTES,
        (
            ("string", "hs_title", "Quote name"),
            ("datetime", "hs_expiration_date", "Expiration date"),
            ("string", "hs_public_url_key", "Public URL key"),
            ("enumeration", "hs_status", "Quote status"),
        ),
    ),
)

_OPTIONS: dict[str, tuple[Option, ...]] = {
    "dealtype": options(("newbusiness", "New Business"), ("existingbusiness", "Existing Business")),
    "hs_priority": options(("low", "Low"), ("medium", "Medium"), ("high", "High")),
    "hs_status": options(("DRAFT", "Draft"), ("APPROVAL_NOT_NEEDED", "Published"), ("APPROVED", "Approved")),
}


_CALCULATED: dict[str, tuple[tuple[str, str, str], ...]] = {
    DEALS.name: (
        ("bool", "hs_is_closed", "Is Deal Closed?"),
        ("bool", "hs_is_closed_won", "Is Closed Won"),
        ("datetime", "hs_v2_date_entered_current_stage", "Date entered current stage"),
        ("datetime", "hs_v2_time_in_current_stage", "Time in current stage"),
        ("datetime", "notes_last_contacted", "Last Contacted"),
    )
}

SALES_PIPELINE = Pipeline(
    "default",
    "Sales Pipeline",
    tuple(
        Stage(stage_id, label, closed=probability in ("0.0", "1.0"), display_order=order, probability=probability)
        for order, (stage_id, label, probability) in enumerate(
            (
                ("appointmentscheduled", "Appointment Scheduled", "0.2"),
                ("qualifiedtobuy", "Qualified To Buy", "0.4"),
                ("presentationscheduled", "Presentation Scheduled", "0.6"),
                ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
                ("contractsent", "Contract Sent", "0.9"),
                ("closedwon", "Closed Won", "1.0"),
                ("closedlost", "Closed Lost", "0.0"),
            )
        )
    ),
)
"""The pipeline of deals that every account begins with."""


def group_of(kind: ObjectType) -> str:
    """The group HubSpot's own properties of a type are in: `dealinformation`, `lineiteminformation`."""
    return f"{kind.singular.replace('_', '')}information"


def sales() -> list[tuple[ObjectType, list[Property]]]:
    """Each type with its definitions."""
    return [(kind, _properties(kind, own)) for kind, own in _OWN]


def _properties(kind: ObjectType, own: tuple[tuple[str, str, str], ...]) -> list[Property]:
    group = group_of(kind)
    return [
        *of_every_object(group, kind),
        *(standard(group, type_, name, label, allowed=_OPTIONS.get(name, ())) for type_, name, label in own),
        *(
            standard(group, type_, name, label, calculated=True)
            for type_, name, label in _CALCULATED.get(kind.name, ())
        ),
    ]
