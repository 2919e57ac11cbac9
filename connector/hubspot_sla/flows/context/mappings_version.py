"""One version of the mappings, as everything that judges is given it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hubspot_sla.plan.records import TICKETS

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.portal_ids import PortalIds


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the mappings, in force from `effective_at` until the next. `calendar_data` is what its zones and
    holidays mean, by name (`policy/calendar_data.py`)."""

    mappings: Mappings
    portal_ids: PortalIds
    effective_at: int
    calendar_data: Mapping[str, bytes] = field(default_factory=dict)
    kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was worked out of it once, by who did (`once.py`)."""

    def of(self, object_type: str) -> Version:
        """What it says about records of one type. LookupError: nothing."""
        mappings, portal_ids = self.mappings.of(object_type), self.portal_ids.of(object_type)
        return Version(mappings, portal_ids, self.effective_at, self.calendar_data)


def versions_of(versions: Sequence[Version], object_type: str) -> list[Version]:
    """What these versions, oldest first, say about records of one type, one for each.

    A version that says nothing about the type stands for the one before it that does, or else for the one after it:
    records that were there before the mappings named their type are judged by what is said of it first. LookupError:
    none of them says anything.
    """
    if object_type == TICKETS and not any(version.mappings.others for version in versions):
        return list(versions)
    known = [version.of(object_type) for version in versions if object_type in version.mappings.object_types]
    if not known:
        raise LookupError(f"no version of the mappings says anything about {object_type}")
    versions_of_type, speaking = [], known[0]
    for version in versions:
        speaking = next((one for one in known if one.effective_at == version.effective_at), speaking)
        versions_of_type.append(replace(speaking, effective_at=version.effective_at))
    return versions_of_type


@dataclass(slots=True)
class VersionsByType:
    """What these versions, oldest first, say about records of each type; worked out once for a type."""

    versions: Sequence[Version]
    _by_type: dict[str, list[Version]] = field(default_factory=dict)

    def of(self, object_type: str) -> list[Version]:
        """As `versions_of`."""
        if object_type not in self._by_type:
            self._by_type[object_type] = versions_of(self.versions, object_type)
        return self._by_type[object_type]
