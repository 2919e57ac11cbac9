"""Templates of texts that are longer than HubSpot keeps of a text, before any field of them is filled in."""

from __future__ import annotations

from html import escape
from string import Formatter
from typing import TYPE_CHECKING, Final

from hubspot_sla.policy.escalation_documents import CHANNELS, FORMER_CHANNELS
from hubspot_sla.policy.message_codes import Code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.documents import PortalFile
    from hubspot_sla.policy.escalation_documents import EscalationsFile
    from hubspot_sla.policy.yaml_document import Document, Path

LONGEST_TEMPLATE: Final = 65_536
"""Characters that HubSpot keeps of a task's text, of a note and of a property. No channel takes a longer text."""
_LINE_BREAK: Final = "<br>"


def long_record_templates(document: Document, file: PortalFile) -> list[Problem]:
    """Those of portal.yaml, for the record, tasks and notes."""
    reason, task, note = file.templates.reason, file.templates.task, file.templates.note
    problems: list[Problem] = []
    if reason:
        problems += _problems(document, ("templates", "reason", "template"), reason.template)
    if task:
        problems += _problems(document, ("templates", "task", "title"), task.title)
        problems += _problems(document, ("templates", "task", "template"), task.template, _as_html)
    if note:
        problems += _problems(document, ("templates", "note", "template"), note.template)
    return problems


def long_channel_templates(document: Document, file: EscalationsFile) -> list[Problem]:
    """Those of the channels of escalations.yaml, for messages."""
    return [
        problem
        for section, channels in ((CHANNELS, file.channels), (FORMER_CHANNELS, file.targets))
        for name, channel in channels.items()
        for key, template in (("title", channel.title), ("template", channel.template))
        for problem in _problems(document, (section, name, key), template)
    ]


def _problems(
    document: Document, path: Path, template: str | None, kept_as: Callable[[str], str] = str
) -> Iterator[Problem]:
    length = sum(len(kept_as(text)) for text, *_ in Formatter().parse(template or ""))
    if length > LONGEST_TEMPLATE:
        yield document.problem(
            path,
            f"the template is {length:,} characters long without its fields, and HubSpot keeps {LONGEST_TEMPLATE:,}",
            "shorten it; what is long, such as a guide, stands better behind a link",
            code=Code.TEMPLATE_TOO_LONG,
        )


def _as_html(text: str) -> str:
    """As the text of a task is kept: nothing in it is markup, and its lines stay lines."""
    return escape(text).replace("\n", _LINE_BREAK)
