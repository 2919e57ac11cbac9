"""Subscriptions of portal.yaml compiled: which report is sent by itself, to whom, and about what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hubspot_sla.policy.yaml_writer import flow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.policy.report_documents import OutcomeWhen
    from hubspot_sla.policy.subscription_documents import SubscriptionSection
    from hubspot_sla.policy.yaml_document import Document, Path, Tree


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


def _conditions(content: Tree, path: Path) -> str:
    """What stands at `path`, as a person writes it on a command line; "" where nothing does."""
    for step in path:
        if not isinstance(content, dict) or step not in content:
            return ""
        content = content[step]
    text = flow(content)
    return text[1:-1] if text.startswith("{") and not text.startswith("{}") else ""
