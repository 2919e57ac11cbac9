"""Any other system: JSON over HTTPS, signed, with an id by which a repeated event is known.

The headers are those of the Standard Webhooks specification, for which receivers find libraries in most languages:
`webhook-id`, `webhook-timestamp`, and with a secret `webhook-signature`. docs/how-to/notifications.md shows how to
verify one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.channels.http_post import TIMEOUT, Poster, Timeout
from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sla.channels.channel import ResolvedChannel
    from hubspot_sla.channels.message import Message, Notice
    from hubspot_sla.channels.outcome import Outcome
    from hubspot_sla.channels.secret import Secret
    from hubspot_sla.channels.sender import Sender
    from hubspot_sla.channels.template import Template

PREFIX: Final = "whsec_"


def connect(channel: ResolvedChannel) -> Sender:
    return Webhook(channel)


class Webhook:
    """Sends to one receiver. `wall` gives seconds since 1970: a receiver refuses signatures that are old."""

    def __init__(
        self, channel: ResolvedChannel, timeout: Timeout = TIMEOUT, wall: Callable[[], float] = time.time
    ) -> None:
        self._template = channel.template
        self._key = _key(channel.secret) if channel.secret else None
        self._poster = Poster(channel.url, timeout)
        self._wall = wall

    def send(self, notice: Notice) -> Outcome:
        body = orjson.dumps(payload(notice, self._template))
        return self._poster.post(body, headers(notice.event_id, int(self._wall()), body, self._key))

    def close(self) -> None:
        self._poster.close()


def payload(notice: Notice, template: Template) -> dict[str, object]:
    """The JSON that the receiver gets: the same bytes in every attempt."""
    return {
        "version": 1,
        "type": "sla.digest" if notice.is_digest else "sla.escalation",
        "id": notice.event_id,
        "title": template.digest_title(notice) if notice.is_digest else template.title_of(notice.messages[0], str),
        "messages": [_message(message, template) for message in notice.messages],
    }


def headers(event_id: str, at_s: int, body: bytes, key: bytes | None) -> dict[str, str]:
    """The headers of one attempt; without a key it is not signed."""
    named = {"webhook-id": event_id, "webhook-timestamp": str(at_s), "Idempotency-Key": event_id}
    if key is None:
        return named
    signed = hmac.new(key, f"{event_id}.{at_s}.".encode() + body, hashlib.sha256).digest()
    return named | {"webhook-signature": f"v1,{base64.b64encode(signed).decode()}"}


def _message(message: Message, template: Template) -> dict[str, str]:
    texts = {"title": template.title_of(message, str), "text": template.body_of(message, str)}
    return message.as_body() | texts


def _key(secret: Secret) -> bytes:
    """A secret that begins with `whsec_` is base64, as the specification has it; any other is taken as it is."""
    value = secret.reveal()
    if not value.startswith(PREFIX):
        return value.encode()
    try:
        return base64.b64decode(value.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise UsageProblem(
            f"the secret of a webhook begins with {PREFIX} and is not base64", remedy="copy it again"
        ) from None
