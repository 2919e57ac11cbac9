"""`set: {property: value}`: ticket properties that people own get these values, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hubspot_sla.plan.actions import SetProperties
from hubspot_sla.plan.rung_actions.kind import PropertiesKind

if TYPE_CHECKING:
    from hubspot_sla.plan.rung_context import FiredRung


@dataclass(frozen=True, slots=True)
class SetValues:
    """A `RungAction`. Properties by internal name."""

    word: ClassVar[str] = "set"
    people: ClassVar[tuple[str, ...]] = ()
    channels: ClassVar[tuple[str, ...]] = ()
    properties: tuple[tuple[str, str], ...]

    def planned(self, rung: FiredRung) -> SetProperties:
        return SetProperties(f"fields:{rung.key_rest}:set", rung.record.ref, rung.key, dict(self.properties))


KIND = PropertiesKind(SetValues.word, lambda values: SetValues(tuple(values.items())))
