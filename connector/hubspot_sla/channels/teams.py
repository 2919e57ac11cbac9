"""Microsoft Teams: a Workflows webhook ("when a Teams webhook request is received"), which gets an adaptive card.

Teams has no idempotency key: a notice whose answer was lost may be seen twice.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.channels.http_post import TIMEOUT, Poster, Timeout
from hubspot_sla.channels.line_limit import as_many, cut
from hubspot_sla.plain_text import removed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.channels.channel import ResolvedChannel
    from hubspot_sla.channels.message import Message, Notice
    from hubspot_sla.channels.outcome import Outcome
    from hubspot_sla.channels.sender import Sender
    from hubspot_sla.channels.template import Template

CARD: Final = "application/vnd.microsoft.card.adaptive"
VERSION: Final = "1.4"
LARGEST: Final = 26_000
"""Bytes; Teams drops messages beyond 28 KB, its own wrapping included."""
_BODY: Final = 4_000
_LINE: Final = 400
_MARKUP = re.compile(r"([\\`*_\[\]()#~<>|!])")
_LIST_MARK = re.compile(r"^(\s*)([-+]|\d+\.)(\s)", re.MULTILINE)


def connect(channel: ResolvedChannel) -> Sender:
    return Teams(channel)


class Teams:
    """Sends to one Workflows webhook."""

    def __init__(self, channel: ResolvedChannel, timeout: Timeout = TIMEOUT) -> None:
        self._template = channel.template
        self._poster = Poster(channel.url, timeout)

    def send(self, notice: Notice) -> Outcome:
        return self._poster.post(orjson.dumps(payload(notice, self._template)))

    def close(self) -> None:
        self._poster.close()


def payload(notice: Notice, template: Template) -> dict[str, object]:
    """The JSON that the workflow gets."""
    return _digest(notice, template) if notice.is_digest else _single(notice.messages[0], template)


def escaped(value: str) -> str:
    """A value as itself where Teams reads Markdown."""
    return _LIST_MARK.sub(r"\1\\\2\3", _MARKUP.sub(r"\\\1", removed(value)))


def _single(message: Message, template: Template) -> dict[str, object]:
    text = template.texts.text
    body: list[dict[str, object]] = [
        _text(cut(template.title_of(message, escaped), _LINE), size="Large", weight="Bolder"),
        _text(cut(template.body_of(message, _lines), _BODY)),
        {
            "type": "FactSet",
            "facts": [{"title": label, "value": cut(escaped(value), _LINE)} for label, value in template.who(message)],
        },
    ]
    actions: list[dict[str, object]] = []
    if message.url:
        title = text("Open the ticket") if message.ticket_id else text("Open the company")
        actions.append({"type": "Action.OpenUrl", "title": title, "url": message.url})
    if details := template.details_of(message):
        actions.append({"type": "Action.ShowCard", "title": text("Details"), "card": _small_card(details)})
    return _wrapped(body, actions)


def _lines(value: str) -> str:
    """Several lines: Markdown makes one of them unless there is an empty one in between."""
    return escaped(value).replace("\n", "\n\n")


def _small_card(details: str) -> dict[str, object]:
    return {"type": "AdaptiveCard", "version": VERSION, "body": [_text(cut(_lines(details), _BODY))]}


def _digest(notice: Notice, template: Template) -> dict[str, object]:
    title = _text(template.digest_title(notice), size="Large", weight="Bolder")

    def card(lines: Sequence[str]) -> dict[str, object]:
        return _wrapped([title, *(_text(line, spacing="Small") for line in lines)], [])

    lines = [_line(message, template) for message in notice.messages]
    return card(as_many(lines, lambda some: len(orjson.dumps(card(some))) <= LARGEST, template.texts))


def _line(message: Message, template: Template) -> str:
    title = cut(template.title_of(message, escaped), _LINE)
    return f"[{title}]({message.url.replace(')', '%29').replace(' ', '%20')})" if message.url else title


def _text(text: str, **style: str) -> dict[str, object]:
    return {"type": "TextBlock", "text": text, "wrap": True, **style}


def _wrapped(body: list[dict[str, object]], actions: list[dict[str, object]]) -> dict[str, object]:
    card: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        "body": body,
    }
    if actions:
        card["actions"] = actions
    return {"type": "message", "attachments": [{"contentType": CARD, "contentUrl": None, "content": card}]}
