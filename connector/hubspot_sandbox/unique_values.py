"""Properties no two records may share a value of, and finding a record by one of them.

Unique is what was defined with `hasUniqueValue`, and the natural key of a type: the e-mail of a contact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.property_index import FOLDED
from hubspot_sandbox.refusals import BadValue, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubspot_sandbox.object_types import ObjectType
    from hubspot_sandbox.properties import Catalogue
    from hubspot_sandbox.records import Record, Table


@dataclass(frozen=True, slots=True)
class UniqueValues:
    """Those of one object type."""

    kind: ObjectType
    catalogue: Catalogue
    table: Table
    portal_id: int

    def covers(self, name: str) -> bool:
        """Whether a record can be named by this property."""
        definition = self.catalogue.find(name)
        return definition is not None and (definition.unique or name == self.kind.natural_key)

    def check_identifier(self, name: str) -> None:
        """Raises `Refused` 400 for an `idProperty` that is not unique; `hs_object_id` is not, and refused too."""
        if not self.covers(name):
            raise refusals.invalid(
                f"Unable to perform update/upsert by non-unique {self.kind.type_id} property {name} "
                f"in portal ID {self.portal_id}"
            )

    def holder(self, name: str, value: str) -> Record | None:
        """The live record that has the value, in whatever case."""
        ids = self.table.index(name, FOLDED).having([value.lower()])
        return self.table.find(ids[0]) if ids else None

    def conflicts(self, values: Mapping[str, str | None], own_id: str | None) -> list[BadValue]:
        """Why values cannot be taken: another record has them. Raises `Refused` 409 for a taken natural key."""
        problems: list[BadValue] = []
        for name, value in values.items():
            if not value or not self.covers(name):
                continue
            other = self.holder(name, value)
            if other is None or str(other.id) == own_id:
                continue
            if name == self.kind.natural_key:
                raise _taken(self.kind, other.id)
            problems.append(BadValue(name, "CONFLICTING_UNIQUE_VALUE", f"{other.id} already has that value."))
        return problems

    def check_apart(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Raises `Refused` when two new records of one batch claim the same value."""
        claims: set[tuple[str, str]] = set()
        for row in rows:
            for name, value in row.items():
                claim = name, str(value).lower()
                if not value or not self.covers(name):
                    continue
                if claim in claims:
                    problem = BadValue(name, "CONFLICTING_UNIQUE_VALUE", f"{value} is there twice in the batch.")
                    raise refusals.bad_values([problem], self.portal_id)
                claims.add(claim)


def _taken(kind: ObjectType, record_id: int) -> Refused:
    message = f"{kind.singular.capitalize()} already exists. Existing ID: {record_id}"
    return Refused(409, message, category="CONFLICT", row_context={"existingId": [str(record_id)]})
