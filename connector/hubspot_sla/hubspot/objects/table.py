"""The object types there are. A new one is a file with its profile and a line here; portal.yaml says which of them a
portal works with, tickets always being one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import UsageProblem
from hubspot_sla.hubspot.objects import companies, tickets

if TYPE_CHECKING:
    from hubspot_sla.hubspot.objects.profile import ObjectProfile

PROFILES: Final[dict[str, ObjectProfile]] = {tickets.PROFILE.name: tickets.PROFILE}

_OTHERS: Final = {companies.PROFILE.name: companies.PROFILE}
"""Those that no service levels are kept on: tasks of contracts lie on them."""


def profile_of(object_type: str) -> ObjectProfile:
    """The profile of an object type, by HubSpot's name in paths. Raises UsageProblem where there is none."""
    profile = PROFILES.get(object_type) or _OTHERS.get(object_type)
    if profile is None:
        raise UsageProblem(
            f"there is no profile for the object type {object_type!r}", remedy=f"there is one for {', '.join(PROFILES)}"
        )
    return profile
