"""What the status properties of HubSpot's own SLA mean, by the options that a portal has.

Their values are digits, and only the labels say what a digit stands for, so the options are read of each portal. Where
no label says anything that we know, as in a portal of another language, the digits count as they are documented.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hubspot_sla.hubspot.native_sla import DUE_PROPERTIES, ELAPSED_PROPERTIES, STATUS_PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.clock.metrics import Metric
    from hubspot_sla.hubspot.schema import Property


class NativeStatus(StrEnum):
    """How far a goal has come, in HubSpot's words."""

    ACTIVE = "Active SLA"
    OVERDUE = "Overdue"
    DUE_SOON = "Due soon"
    ON_TIME = "Completed on time"
    LATE = "Completed late"


_BY_LABEL: Final = {status.casefold(): status for status in NativeStatus}
_AS_DOCUMENTED: Final = dict(zip("01234", NativeStatus, strict=True))


@dataclass(frozen=True, slots=True)
class NativeOption:
    """An option of a status property; `status` is None where nobody knows what it means."""

    label: str
    status: NativeStatus | None


@dataclass(frozen=True, slots=True)
class NativeDefinitions:
    """What a portal has of HubSpot's own SLA: `metrics` with a due instant, `elapsed` those that also say how long a
    goal took; `options` of the statuses by metric and value."""

    metrics: frozenset[Metric]
    elapsed: frozenset[Metric]
    options: Mapping[Metric, Mapping[str, NativeOption]]

    def option(self, metric: Metric, value: str) -> NativeOption:
        """What a value of the status property means. One that is no option is its own label."""
        return self.options.get(metric, {}).get(value, NativeOption(value, _AS_DOCUMENTED.get(value)))


def native_definitions(properties: Mapping[str, Property]) -> NativeDefinitions:
    """Out of all property definitions of tickets."""
    return NativeDefinitions(
        frozenset(metric for metric, name in DUE_PROPERTIES.items() if name in properties),
        frozenset(metric for metric, name in ELAPSED_PROPERTIES.items() if name in properties),
        {metric: _options(properties[name]) for metric, name in STATUS_PROPERTIES.items() if name in properties},
    )


def _options(definition: Property) -> dict[str, NativeOption]:
    known = {option.value: _BY_LABEL.get(option.label.strip().casefold()) for option in definition.options}
    speaking = any(status is not None for status in known.values())
    return {
        option.value: NativeOption(option.label, known[option.value] if speaking else _AS_DOCUMENTED.get(option.value))
        for option in definition.options
    }
