"""What of a record decides what it is promised, by all versions of the mappings together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.flows.context.once import OnceForVersions
from hubspot_sla.hubspot.objects.table import profile_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.context.mappings_version import Version


@dataclass(frozen=True, slots=True)
class Deciding:
    """`courses` are the properties whose values over time count: pipeline and stage, the priority by the newest
    version, and what policies look at. `by_stage`: the stage itself decides. `follows`: a calendar goes from hand to
    hand. `turns` is every instant (epoch ms) at which a policy comes into force or goes out of it, sorted."""

    courses: tuple[str, ...]
    by_stage: bool
    follows: bool
    turns: tuple[int, ...]


def _deciding(versions: Sequence[Version]) -> Deciding:
    portal, policy_sets = versions[-1].mappings.portal, [version.mappings.policy_set for version in versions]
    profile = profile_of(portal.object_type)
    looked_at = {name for policy_set in policy_sets for name in policy_set.ticket_properties}
    return Deciding(
        tuple(dict.fromkeys((profile.pipeline, profile.stage, portal.properties.priority, *sorted(looked_at)))),
        any(policy_set.asks_for_stage for policy_set in policy_sets),
        any(policy_set.follows for policy_set in policy_sets),
        tuple(sorted({at for policy_set in policy_sets for at in policy_set.turns})),
    )


deciding_by = OnceForVersions(_deciding).of
"""`versions` are all of one object type, oldest first."""
