"""No chat, card or letter gets a control character that somebody wrote into a subject or a reason."""

from __future__ import annotations

from email.headerregistry import Address
from typing import TYPE_CHECKING

import orjson
import pytest

from channels.notices import CONTROLS, CONTROLS_TAKEN_AWAY, digest, notice
from hubspot_sla.channels import slack, teams, webhook
from hubspot_sla.channels.email import letter
from hubspot_sla.channels.template import DEFAULT
from hubspot_sla.plain_text import escaped

if TYPE_CHECKING:
    from hubspot_sla.channels.message import Notice

WHO = Address(addr_spec="sla@acme.example")
NOTICES = {
    "subject": notice(subject=CONTROLS),
    "reason": notice(reason=CONTROLS),
    "both in lines": notice(subject=CONTROLS, reason=f"one\ntwo {CONTROLS}"),
    "digest": digest(3, subject=CONTROLS),
}


def all_texts(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for inner in value.values() for text in all_texts(inner)]
        case list():
            return [text for inner in value for text in all_texts(inner)]
        case _:
            return []


@pytest.mark.parametrize("sent", NOTICES.values(), ids=NOTICES)
@pytest.mark.parametrize("medium", [slack, teams], ids=["slack", "teams"])
def test_slack_and_teams_get_none(medium: object, sent: Notice) -> None:
    texts = all_texts(medium.payload(sent, DEFAULT))  # type: ignore[attr-defined]
    assert [text for text in texts if escaped(text, keep="\n") != text] == []


@pytest.mark.parametrize("sent", NOTICES.values(), ids=NOTICES)
def test_a_letter_has_none(sent: Notice) -> None:
    message = letter(sent, DEFAULT, WHO, (WHO,))
    body = message.get_content().replace("\r\n", "\n")
    assert escaped(message["Subject"]) == message["Subject"]
    assert escaped(body, keep="\n") == body


def test_what_is_left_can_be_read() -> None:
    assert CONTROLS_TAKEN_AWAY in letter(NOTICES["subject"], DEFAULT, WHO, (WHO,))["Subject"]
    assert CONTROLS_TAKEN_AWAY in " ".join(all_texts(slack.payload(NOTICES["subject"], DEFAULT)))


def test_a_webhook_is_for_programs_and_gets_the_subject_as_it_is() -> None:
    """JSON writes control characters out by itself."""
    document = orjson.dumps(webhook.payload(NOTICES["subject"], DEFAULT))
    assert b"\x00" not in document
    assert orjson.loads(document)["messages"][0]["subject"] == CONTROLS
