"""A webhook is signed so that a receiver can tell who sent it, and carries the same id in every attempt."""

from __future__ import annotations

import base64

import pytest
import standardwebhooks

from channels.notices import channel, digest, notice
from channels.receivers import Answer
from hubspot_sla.channels.outcome import Delivered, Unknown
from hubspot_sla.channels.webhook import Webhook
from hubspot_sla.errors import UsageProblem

SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes yes").decode()


@pytest.fixture
def sent(receiver):
    def send(notice_, *, secret: str | None = SECRET):
        webhook = Webhook(channel("webhook", f"{receiver.url}/hook", secret=secret))
        outcome = webhook.send(notice_)
        webhook.close()
        return outcome

    return send


def test_the_signature_convinces_the_library_of_the_specification(receiver, sent) -> None:
    assert sent(notice()) == Delivered()
    (got,) = receiver.received
    told = standardwebhooks.Webhook(SECRET).verify(got.body, {k.lower(): v for k, v in got.headers.items()})
    assert told["type"] == "sla.escalation"
    assert told["messages"][0]["ticket_id"] == "28100001"


def test_a_changed_body_and_another_secret_do_not(receiver, sent) -> None:
    sent(notice())
    (got,) = receiver.received
    headers = {k.lower(): v for k, v in got.headers.items()}
    other = "whsec_" + base64.b64encode(b"another secret, 24 bytes").decode()
    for secret, body in ((SECRET, got.body.replace(b"gold", b"lead")), (other, got.body)):
        with pytest.raises(standardwebhooks.webhooks.WebhookVerificationError):
            standardwebhooks.Webhook(secret).verify(body, headers)


def test_a_plain_secret_is_taken_as_its_bytes(receiver, sent) -> None:
    sent(notice(), secret="just a passphrase")
    (got,) = receiver.received
    same = "whsec_" + base64.b64encode(b"just a passphrase").decode()
    standardwebhooks.Webhook(same).verify(got.body, {k.lower(): v for k, v in got.headers.items()})


def test_a_repeated_notice_has_the_same_id_and_the_same_bytes(receiver, sent) -> None:
    receiver.answers("/hook", Answer(reset=True))
    assert isinstance(sent(notice()), Unknown)
    assert sent(notice()) == Delivered()
    first, second = receiver.received
    assert first.body == second.body
    assert {got.headers["webhook-id"] for got in (first, second)} == {notice().event_id}
    assert {got.headers["Idempotency-Key"] for got in (first, second)} == {notice().event_id}
    assert first.json["id"] == notice().event_id


def test_two_notices_have_two_ids(receiver, sent) -> None:
    sent(notice(number=1))
    sent(notice(number=2))
    assert len({got.headers["webhook-id"] for got in receiver.received}) == 2


def test_a_digest_names_all_of_them(receiver, sent) -> None:
    sent(digest(10_000))
    told = receiver.received[0].json
    assert told["type"] == "sla.digest"
    assert len(told["messages"]) == 10_000
    assert {"title", "text", "url", "due_at", "key"} <= set(told["messages"][0])


def test_without_a_secret_nothing_is_signed(receiver, sent) -> None:
    sent(notice(), secret=None)
    assert "webhook-signature" not in {name.lower() for name in receiver.received[0].headers}


def test_a_secret_that_was_copied_badly_is_refused_without_being_told() -> None:
    with pytest.raises(UsageProblem) as refused:
        Webhook(channel("webhook", "https://example.com/hook", secret="whsec_not base64!"))
    assert "not base64!" not in str(refused.value)
