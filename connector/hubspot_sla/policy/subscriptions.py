"""Subscriptions of portal.yaml compiled: which report is sent by itself, to whom, and about what."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.objectives import known_words, word_problems
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.policy_set import PolicySet
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.report_documents import OutcomeWhen
    from hubspot_sla.policy.subscription_documents import SubscriptionSection
    from hubspot_sla.policy.yaml_reader import Document, Path, Tree

_BARE = re.compile(r"[A-Za-z_][\w .-]*[\w.]|[A-Za-z]", re.ASCII)
"""Text that YAML reads as itself also within braces."""
_NOT_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off"})


class Role(StrEnum):
    """What a reader needs, and so how often: a lead daily, a manager weekly, an executive monthly."""

    LEAD = "lead"
    MANAGER = "manager"
    EXECUTIVE = "executive"


@dataclass(frozen=True, slots=True)
class Subscription:
    """`channel` is one of escalations.yaml, "" for none; `files` are the forms that are written into the folder of
    reports. `when_text` is what `sla report --where` takes for `when`."""

    name: str
    role: Role
    channel: str
    when: OutcomeWhen
    when_text: str
    files: tuple[str, ...]


def compiled_subscriptions(document: Document, sections: Mapping[str, SubscriptionSection]) -> tuple[Subscription, ...]:
    """In the order of the file."""
    return tuple(
        Subscription(
            name,
            Role(section.role),
            section.channel or "",
            section.when,
            _conditions(dict(document.content), ("report", "subscriptions", name, "when")),
            tuple(dict.fromkeys(section.files)),
        )
        for name, section in sections.items()
    )


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


def _conditions(content: Tree, path: Path) -> str:
    """What stands at `path`, as a person writes it on a command line; "" where nothing does."""
    for step in path:
        if not isinstance(content, dict) or step not in content:
            return ""
        content = content[step]
    text = in_one_line(content)
    return text[1:-1] if text.startswith("{") and not text.startswith("{}") else ""


def in_one_line(value: object) -> str:
    """A value of a file as YAML in one line: `{tier: gold, priority: [HIGH, URGENT]}`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{in_one_line(key)}: {in_one_line(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(in_one_line, value)) + "]"
    if isinstance(value, str) and _BARE.fullmatch(value) and value.casefold() not in _NOT_TEXT:
        return value
    return json.dumps(value, ensure_ascii=False)
