"""Property definitions and groups of one object type: what exists, what is archived, what a name may become."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import orjson

from hubspot_sandbox import refusals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FIELD_TYPES = {
    "bool": ("booleancheckbox", "calculation_equation"),
    "enumeration": ("select", "radio", "checkbox", "booleancheckbox", "calculation_equation"),
    "date": ("date",),
    "datetime": ("date",),
    "number": ("number", "calculation_equation"),
    "string": ("text", "textarea", "html", "file", "phonenumber", "calculation_equation"),
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Option:
    """One allowed value of an enumeration."""

    label: str
    value: str
    display_order: int = -1
    hidden: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Property:
    """One definition. `read_only` is about the value; `created_ms` 0 means it came with HubSpot."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    description: str = ""
    options: tuple[Option, ...] = ()
    display_order: int = -1
    unique: bool = False
    hidden: bool = False
    form_field: bool = False
    read_only: bool = False
    calculated: bool = False
    external_options: bool = False
    referenced: str | None = None
    hubspot_defined: bool = False
    created_ms: int = 0
    updated_ms: int = 0
    archived_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A heading under which properties are shown."""

    name: str
    label: str
    display_order: int = -1
    archived: bool = False


@dataclass(slots=True)
class Catalogue:
    """All definitions of one object type. Archived ones stay, so that their names can be restored."""

    _properties: dict[str, Property] = field(default_factory=dict)
    _groups: dict[str, Group] = field(default_factory=dict)

    def find(self, name: str) -> Property | None:
        """The active property of that name."""
        definition = self._properties.get(name)
        return definition if definition is not None and definition.archived_ms is None else None

    def get(self, name: str, *, archived: bool = False) -> Property:
        """Like `find`, or among the archived ones. Raises `Refused` 404."""
        definition = self._properties.get(name)
        if definition is None or (definition.archived_ms is not None) != archived:
            raise refusals.not_found(f"Property {name} does not exist")
        return definition

    def listed(self, *, archived: bool = False) -> list[Property]:
        """By name."""
        definitions = (
            definition for definition in self._properties.values() if (definition.archived_ms is not None) == archived
        )
        return sorted(definitions, key=lambda definition: definition.name)

    def known(self, names: Iterable[str]) -> Iterator[str]:
        """Those of `names` that exist: reads drop the others without a word."""
        return (name for name in names if self.find(name) is not None)

    def define(self, definition: Property) -> None:
        """Put a definition in place, whatever was there."""
        self._properties[definition.name] = definition

    def create(self, definition: Property, now_ms: int) -> Property:
        """Add, or restore an archived one with the new definition and its first creation time."""
        self._check(definition)
        before = self._properties.get(definition.name)
        if before is not None and before.archived_ms is None:
            raise refusals.already_exists(
                f"A property named '{definition.name}' already exists.",
                "Properties.PROPERTY_WITH_NAME_EXISTS",
            )
        created_ms = before.created_ms if before else now_ms
        created = replace(definition, created_ms=created_ms, updated_ms=now_ms, archived_ms=None)
        self.define(created)
        return created

    def change(self, changed: Property, now_ms: int) -> Property:
        """Replace an active definition; name, type and uniqueness stay as they are by the caller's care."""
        self._check(changed)
        stored = replace(changed, updated_ms=now_ms)
        self.define(stored)
        return stored

    def archive(self, name: str, now_ms: int) -> None:
        """Hide a custom property. Raises 404 for an unknown one, 400 for HubSpot's own."""
        definition = self.get(name)
        if definition.hubspot_defined:
            raise refusals.invalid(f"Property '{name}' is defined by HubSpot and cannot be archived.")
        self.define(replace(definition, archived_ms=now_ms, updated_ms=now_ms))

    def groups(self) -> list[Group]:
        """The active groups, by name."""
        return sorted((group for group in self._groups.values() if not group.archived), key=lambda group: group.name)

    @contextmanager
    def without(self, names: Iterable[str], groups: Iterable[str] = ()) -> Iterator[None]:
        """Inside, there are no definitions and no groups of these names."""
        hidden = {name: self._properties.pop(name) for name in names if name in self._properties}
        hidden_groups = {name: self._groups.pop(name) for name in groups if name in self._groups}
        try:
            yield
        finally:
            self._properties |= hidden
            self._groups |= hidden_groups

    def rename_group(self, name: str, new_name: str) -> None:
        """Another name for a group and for all that is in it; nothing is left under the old one."""
        group = self._groups.pop(name)
        self._groups[new_name] = replace(group, name=new_name)
        for definition in list(self._properties.values()):
            if definition.group == name:
                self.define(replace(definition, group=new_name))

    def group(self, name: str) -> Group:
        """Raises `Refused` 404."""
        group = self._groups.get(name)
        if group is None or group.archived:
            raise refusals.not_found(f"Property group {name} does not exist")
        return group

    def put_group(self, group: Group) -> Group:
        """Put a group in place, whatever was there."""
        self._groups[group.name] = group
        return group

    def create_group(self, group: Group) -> Group:
        """Add, or restore an archived one. Raises 409 for an active one."""
        before = self._groups.get(group.name)
        if before is not None and not before.archived:
            raise refusals.already_exists(
                f"A property group named '{group.name}' already exists.",
                "PropertyGroupError.GROUP_WITH_NAME_EXISTS",
            )
        return self.put_group(group)

    def archive_group(self, name: str) -> None:
        """Hide a group. Raises 400 while active properties are in it."""
        group = self.group(name)
        inside = [definition.name for definition in self.listed() if definition.group == name]
        if inside:
            raise _group_in_use(name, inside)
        self.put_group(replace(group, archived=True))

    def _check(self, definition: Property) -> None:
        if not _NAME.fullmatch(definition.name):
            raise refusals.invalid(
                f"Property name '{definition.name}' is invalid: it starts with a lower-case letter and holds only "
                "lower-case letters, digits and underscores."
            )
        if definition.field_type not in FIELD_TYPES.get(definition.type, ()):
            raise refusals.invalid(f"Field type '{definition.field_type}' is not valid for type '{definition.type}'.")
        if definition.group not in {group.name for group in self.groups()}:
            raise refusals.invalid(f"Property group '{definition.group}' does not exist.")


def _group_in_use(name: str, inside: list[str]) -> refusals.Refused:
    """HubSpot nests the real error as JSON inside `message`."""
    nested = {
        "status": "error",
        "message": f"Group {name} still has active properties: {', '.join(inside)}",
        "category": "VALIDATION_ERROR",
        "subCategory": "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES",
    }
    return refusals.invalid(
        orjson.dumps(nested).decode(), sub_category="PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES"
    )
