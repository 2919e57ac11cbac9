"""Subscriptions of portal.yaml compiled: which report is sent by itself, to whom, and about what."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.policy.report_documents import OutcomeWhen
    from hubspot_sla.policy.subscription_documents import SubscriptionSection
    from hubspot_sla.policy.yaml_document import Document, Path, Tree

_BARE = re.compile(r"[A-Za-z_][\w .-]*[\w.]|[A-Za-z]", re.ASCII)
"""Text that YAML reads as itself also within braces."""
_BREAKS = {number: f"\\u{number:04x}" for number in (0x7F, 0x85, 0x2028, 0x2029, 0xFEFF)}
"""What JSON leaves as it is within quotes, and YAML folds or refuses."""
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
    quoted = json.dumps(value, ensure_ascii=False)
    return quoted.translate(_BREAKS)
