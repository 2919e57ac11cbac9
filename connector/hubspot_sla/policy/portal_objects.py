"""What a portal has, as far as the mappings are held against it: pipelines, stages, properties and people.

Protocols only: `hubspot/` has the objects, and so has a file of pipelines; none of them is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class NamedStage(Protocol):
    """A stage as the portal has it; `closed` where a record in it counts as closed."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def closed(self) -> bool: ...


class NamedPipeline(Protocol):
    """A pipeline as the portal has it."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def stages(self) -> Sequence[NamedStage]: ...


class PropertyOption(Protocol):
    """One value of an enumeration."""

    @property
    def value(self) -> str: ...


class PropertyDefinition(Protocol):
    """A property as the portal defines it."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def read_only(self) -> bool: ...
    @property
    def options(self) -> Sequence[PropertyOption]: ...


class Owner(Protocol):
    """Somebody who may own a record."""

    @property
    def id(self) -> str: ...
    @property
    def email(self) -> str: ...


Properties = Mapping[str, PropertyDefinition]
"""The properties of one object type by internal name."""
