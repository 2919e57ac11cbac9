"""Slack: an incoming webhook, which gets blocks and a plain text for notifications.

Slack has no idempotency key: a notice whose answer was lost may be seen twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.channels.http_post import TIMEOUT, Poster, Timeout
from hubspot_sla.channels.line_limit import as_many, cut, packed
from hubspot_sla.plain_text import removed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.channels.channel import ResolvedChannel
    from hubspot_sla.channels.message import Message, Notice
    from hubspot_sla.channels.outcome import Outcome
    from hubspot_sla.channels.sender import Sender
    from hubspot_sla.channels.template import Template

# What Slack refuses beyond (Block Kit reference).
BLOCKS: Final = 50
SECTION: Final = 3_000
_LINE: Final = 400
_FALLBACK: Final = 3_000
_TITLE: Final = 1_000


def connect(channel: ResolvedChannel) -> Sender:
    return Slack(channel)


class Slack:
    """Sends to one incoming webhook."""

    def __init__(self, channel: ResolvedChannel, timeout: Timeout = TIMEOUT) -> None:
        self._template = channel.template
        self._poster = Poster(channel.url, timeout)

    def send(self, notice: Notice) -> Outcome:
        return self._poster.post(orjson.dumps(payload(notice, self._template)))

    def close(self) -> None:
        self._poster.close()


def payload(notice: Notice, template: Template) -> dict[str, object]:
    """The JSON that Slack gets."""
    if notice.is_digest:
        return _digest(notice, template)
    (message,) = notice.messages
    body, details = template.body_of(message, escaped), template.details_of(message)
    return {
        "text": cut(template.title_of(message, escaped), _FALLBACK),
        "blocks": [
            _section(f"*{_linked(message, template, _TITLE)}*"),
            *([_section(cut(body, SECTION))] if body else []),
            _small(" · ".join(f"{label}: {escaped(value)}" for label, value in template.who(message))),
            *([_small(f"*{template.texts.text('Details')}*\n{escaped(details)}")] if details else []),
        ],
    }


def escaped(value: str) -> str:
    """No value is a mention, a link or markup of Slack's: those all need angle brackets, or survive as characters."""
    return removed(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _digest(notice: Notice, template: Template) -> dict[str, object]:
    title = template.digest_title(notice)
    lines = [f"• {_linked(message, template, _LINE)}" for message in notice.messages]
    shown = as_many(lines, _fit, template.texts)
    return {"text": title, "blocks": [_section(f"*{title}*"), *map(_section, packed(shown, SECTION))]}


def _fit(lines: Sequence[str]) -> bool:
    return sum(1 for _ in packed(lines, SECTION)) < BLOCKS


def _linked(message: Message, template: Template, limit: int) -> str:
    title = cut(template.title_of(message, escaped), limit)
    if not message.url:
        return title
    url = escaped(message.url).replace("|", "%7C")
    return f"<{url}|{title.replace('|', '¦')}>"


def _section(text: str) -> dict[str, object]:
    # `verbatim`: channel names and addresses in a ticket's subject are not made into mentions and links.
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _small(text: str) -> dict[str, object]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": cut(text, SECTION), "verbatim": True}]}
