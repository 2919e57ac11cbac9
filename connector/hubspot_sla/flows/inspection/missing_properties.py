"""Properties of ours that the policies use and the portal does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.message_codes import Code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubspot_sla.errors import Problem
    from hubspot_sla.hubspot.schema import Property
    from hubspot_sla.policy.mappings import Mappings


def missing_properties(mappings: Mappings, properties_of: Callable[[str], Mapping[str, Property]]) -> list[Problem]:
    """One warning for each object type that lacks some. `properties_of` gives those that the portal has, by name."""
    problems: list[Problem] = []
    for portal in mappings.portals:
        there = properties_of(portal.object_type)
        wanted = (portal.written.of(written.key) for written in mappings.of(portal.object_type).written_properties)
        if missing := [name for name in wanted if name not in there]:
            where = "" if portal.object_type == TICKETS else f" on {portal.object_type}"
            message = f"HubSpot does not have {', '.join(missing)}{where}, which the policies use"
            problems.append(
                portal.document.problem(
                    ("written",), message, "run `sla setup`", at_key=True, code=Code.PROPERTY_NOT_MADE
                )
            )
    return problems
