"""How the mappings name object types: `tickets` and `ticket`, as HubSpot forms its names, one or many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.plan.records import TICKETS

if TYPE_CHECKING:
    from collections.abc import Iterable

TICKET = TICKETS.removesuffix("s")


def singular_of(object_type: str) -> str:
    """`tickets` -> `ticket`, `companies` -> `company`."""
    if object_type.endswith("ies"):
        return object_type.removesuffix("ies") + "y"
    return object_type.removesuffix("s")


def object_type_of(word: str, object_types: Iterable[str]) -> str | None:
    """The one of `object_types` that a word means, one or many; None: it means none of them."""
    return next((name for name in object_types if word in (name, singular_of(name))), None)
