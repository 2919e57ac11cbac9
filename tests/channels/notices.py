"""Messages and channels for tests."""

from __future__ import annotations

from hubspot_sla.channels.channel import ResolvedChannel
from hubspot_sla.channels.message import Message, Notice
from hubspot_sla.channels.secret import Secret
from hubspot_sla.channels.template import DEFAULT

HOSTILE = '<!channel> *Fire* [x](http://evil) & "quotes"\r\nBcc: everybody@example.com'
"""A subject as a stranger may write it."""


CONTROLS = "Printer\x00 \x1b[31mon\a\x9b fire\r\u202e\x7f"
CONTROLS_TAKEN_AWAY = "Printer [31mon fire"
"""A subject with what a medium or a terminal might obey, and what is left of it."""


TOLD = {
    "company": "Acme *GmbH*",
    "owner": "Mara Lindqvist",
    "lateness": "4 Stunden",
    "headline": "SLA verletzt: Lösung",
    "summary": "Lösung: überfällig seit gestern\nErste Antwort: rechtzeitig",
    "details": "Kundenstufe: silver",
}
"""What a message says to people, in German."""


def message(number: int = 1, **facts: str) -> Message:
    ticket_id = str(28_100_000 + number)
    given = {
        "key": f"notification:{ticket_id}:resolution:1:standard:breach:oncall",
        "ticket_id": ticket_id,
        "subject": f"Printer {number} on fire",
        "url": f"https://app.hubspot.com/contacts/145/record/0-5/{ticket_id}",
        "policy": "gold",
        "tier": "gold",
        "metric": "Resolution",
        "status": "breached",
        "due_at": "2026-11-23T09:00:00Z",
        "rung": "breach",
        "level": "1",
        "reached_at": "2026-11-23T09:00:00Z",
        "reason": "Six hours ran without a pause.",
    }
    return Message(**(given | facts))


def notice(**facts: str) -> Notice:
    one = message(**facts)
    return Notice(one.key, (one,))


def digest(count: int, **facts: str) -> Notice:
    return Notice("digest:oncall:0123456789abcdef", tuple(message(number, **facts) for number in range(1, count + 1)))


def channel(kind: str, url: str, **more: object) -> ResolvedChannel:
    secret = more.pop("secret", None)
    return ResolvedChannel(
        "oncall", kind, Secret(url), secret=Secret(str(secret)) if secret else None, **({"template": DEFAULT} | more)
    )
