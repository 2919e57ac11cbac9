"""Properties no two records may share a value of, and finding a record by one of them.

Unique is what was defined with `hasUniqueValue`, and the natural key of a type: the e-mail of a contact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.index import FOLDED
from hubspot_sandbox.refusals import BadValue, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubspot_sandbox.object_types import ObjectType
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.records import Record


def is_unique(portal: Portal, kind: ObjectType, name: str) -> bool:
    """Whether a record can be named by this property."""
    definition = portal.catalogue(kind).find(name)
    return definition is not None and (definition.unique or name == kind.natural_key)


def check_identifier(portal: Portal, kind: ObjectType, name: str) -> None:
    """Raises `Refused` 400 for an `idProperty` that is not unique; `hs_object_id` is not, and refused too."""
    if not is_unique(portal, kind, name):
        raise refusals.invalid(
            f"Unable to perform update/upsert by non-unique {kind.type_id} property {name} "
            f"in portal ID {portal.account.portal_id}"
        )


def holder(portal: Portal, kind: ObjectType, name: str, value: str) -> Record | None:
    """The live record that has the value, in whatever case."""
    found = portal.table(kind).index(name, FOLDED).having([value.lower()])
    return portal.table(kind).find(found[0]) if found else None


def conflicts(portal: Portal, kind: ObjectType, values: Mapping[str, str | None], own_id: str | None) -> list[BadValue]:
    """Why values cannot be taken: somebody has them. Raises `Refused` 409 for a taken natural key."""
    problems: list[BadValue] = []
    for name, value in values.items():
        if not value or not is_unique(portal, kind, name):
            continue
        other = holder(portal, kind, name, value)
        if other is None or str(other.id) == own_id:
            continue
        if name == kind.natural_key:
            raise _taken(kind, other.id)
        problems.append(BadValue(name, "CONFLICTING_UNIQUE_VALUE", f"{other.id} already has that value."))
    return problems


def check_apart(portal: Portal, kind: ObjectType, rows: Iterable[Mapping[str, object]]) -> None:
    """Raises `Refused` when two new records of one batch claim the same value."""
    seen: set[tuple[str, str]] = set()
    for row in rows:
        for name, value in row.items():
            claim = name, str(value).lower()
            if not value or not is_unique(portal, kind, name):
                continue
            if claim in seen:
                problem = BadValue(name, "CONFLICTING_UNIQUE_VALUE", f"{value} is there twice in the batch.")
                raise refusals.bad_values([problem], portal.account.portal_id)
            seen.add(claim)


def _taken(kind: ObjectType, record_id: int) -> Refused:
    return Refused(409, f"{kind.singular.capitalize()} already exists. Existing ID: {record_id}", category="CONFLICT")
