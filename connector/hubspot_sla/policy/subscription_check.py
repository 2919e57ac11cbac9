"""Subscriptions of portal.yaml held against the other files: their channels, and the words of their conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.objectives import known_words, word_problems
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.policy_set import PolicySet
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.yaml_document import Path


def subscription_problems(
    portal: PortalMap,
    policy_set: PolicySet,
    ranks: Collection[str] | None,
    channels: Collection[str] | None,
) -> Iterator[Problem]:
    """Channels that escalations.yaml does not have (None: it is wrong itself), and words that nothing in the mappings
    has."""
    known = known_words(portal, policy_set, ranks)
    for subscription in portal.subscriptions:
        path: Path = ("report", "subscriptions", subscription.name)
        if subscription.channel and channels is not None and subscription.channel not in channels:
            message = f"escalations.yaml names no channel {subscription.channel!r}"
            remedy = nearest(subscription.channel, channels) or "add it there, under channels"
            yield portal.document.problem((*path, "channel"), message, remedy, code=Code.UNKNOWN_NAME)
        yield from word_problems(portal.document, path, None, subscription.when, known)
