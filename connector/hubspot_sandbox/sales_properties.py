"""The properties of deals, products, line items and quotes, as far as clients take them for granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.object_types import DEALS, LINE_ITEMS, PRODUCTS, QUOTES, ObjectType
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
    "pipeline": options(("default", "Sales Pipeline")),
    "dealstage": options(
        ("appointmentscheduled", "Appointment scheduled"),
        ("qualifiedtobuy", "Qualified to buy"),
        ("presentationscheduled", "Presentation scheduled"),
        ("decisionmakerboughtin", "Decision maker bought-in"),
        ("contractsent", "Contract sent"),
        ("closedwon", "Closed won"),
        ("closedlost", "Closed lost"),
    ),
    "hs_status": options(("DRAFT", "Draft"), ("APPROVAL_NOT_NEEDED", "Published"), ("APPROVED", "Approved")),
}


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
    ]
