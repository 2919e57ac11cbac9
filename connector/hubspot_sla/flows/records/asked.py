"""The properties that tell what happened to a record, by all versions of the mappings together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.flows.context.once import OnceForVersions
from hubspot_sla.flows.records.waivers import written_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.ledger.waivers import GrantedWaiver


@dataclass(frozen=True, slots=True)
class Asked:
    """Names of properties, by use: of every version, for what counted once counts after an edit of its name too."""

    first_replies: frozenset[str]
    agent_messages: frozenset[str]
    customer_messages: frozenset[str]
    waivers: tuple[str, ...]
    clock_properties: tuple[str, ...]
    written_waivers: tuple[GrantedWaiver, ...]
    """Those of waivers.yaml."""
    messages: frozenset[str] = field(init=False)
    """All that tell of any message."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "messages", self.first_replies | self.agent_messages | self.customer_messages)


def _asked(versions: Sequence[Version]) -> Asked:
    words = [version.mappings.portal.properties for version in versions]
    clock_properties = {name for version in versions for name in version.mappings.policy_set.clock_properties}
    return Asked(
        first_replies=frozenset(name for each in words for name in each.first_agent_reply),
        agent_messages=frozenset(each.agent_message for each in words),
        customer_messages=frozenset(each.customer_message for each in words),
        waivers=tuple(name for name in dict.fromkeys(each.waiver for each in words) if name),
        clock_properties=tuple(sorted(clock_properties)),
        written_waivers=tuple(written_in(versions)),
    )


asked_by = OnceForVersions(_asked).of
"""`versions` are all of one object type, oldest first."""


def read_alike(some: Sequence[Version], others: Sequence[Version]) -> bool:
    """Whether records have the same timeline by some versions and by others; where either are none, nobody knows."""
    return bool(some and others) and len(some) == len(others) == 1 and _read_alike(some[0], others[0])


def _read_alike(one: Version, other: Version) -> bool:
    portals = one.mappings.portal, other.mappings.portal
    read = [(portal.properties, portal.closing, portal.messages) for portal in portals]
    return (
        read[0] == read[1] and one.portal_ids.roles == other.portal_ids.roles and asked_by([one]) == asked_by([other])
    )
