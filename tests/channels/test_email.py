"""E-mail through a real mail server: one message a notice, the same one in every attempt."""

from __future__ import annotations

import ssl
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import pytest
import trustme

from channels.notices import HOSTILE, TOLD, channel, digest, notice
from channels.receivers import mail_server
from hubspot_sla.bounded_http import Bounds
from hubspot_sla.channels.email import Mail, Relay
from hubspot_sla.channels.outcome import Delivered, Refused, TryLater, Unknown
from hubspot_sla.channels.secret import Secret
from hubspot_sla.channels.template import Template
from hubspot_sla.errors import UsageProblem
from raw_servers import Ticking, conversation, endless, server, then

if TYPE_CHECKING:
    import socket
    from email.message import EmailMessage
    from pathlib import Path

TO = ("anna@acme.example", "ben@acme.example")


def mail(url: str, to: tuple[str, ...] = TO, bounds: Bounds | None = None, **more: object) -> Mail:
    return Mail(channel("email", url, to=to, sender="sla@acme.example", **more), bounds=bounds)


def address(url: str) -> str:
    """Host and port."""
    return url.removeprefix("http://").rstrip("/")


def read(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=default)


@pytest.fixture
def plain(postmaster):
    with mail_server(postmaster) as port:
        yield mail(f"smtp://127.0.0.1:{port}")


def test_a_message_tells_what_where_and_why(plain, postmaster) -> None:
    assert plain.send(notice()) == Delivered()
    (letter,) = postmaster.letters
    got = read(letter.content)
    assert letter.recipients == TO
    assert got["From"] == "sla@acme.example"
    assert got["To"] == ", ".join(TO)
    assert got["Subject"] == "SLA breached: Resolution - Printer 1 on fire"
    assert got["Auto-Submitted"] == "auto-generated"
    text = got.get_content()
    assert "Six hours ran" in text
    assert "https://app.hubspot.com/contacts/145/record/0-5/28100001" in text


SLOW_SERVERS = {
    "greeting": endless(b"2", head=b""),
    "lines of a greeting": endless(b"220-still here\r\n", head=b""),
    "answer to EHLO": then(b"220 mail.example\r\n", endless(b"250-more\r\n", head=b"")),
    "STARTTLS": then(b"220 mail.example\r\n", then(b"250 STARTTLS\r\n", endless(b"2", head=b""))),
}


@pytest.mark.parametrize("what", SLOW_SERVERS)
def test_a_mail_server_that_drips_is_given_up_at_the_deadline(what: str) -> None:
    with server(SLOW_SERVERS[what], speaks_first=True) as url:
        slow = mail(
            f"smtp+starttls://{url.removeprefix('http://').rstrip('/')}", bounds=Bounds(12.0, monotonic=Ticking())
        )
        outcome = slow.send(notice())
    assert isinstance(outcome, TryLater)
    assert outcome.reason.startswith("the mail server cannot be used: ")


def test_a_mail_server_that_never_stops_talking_is_given_up_at_the_limit_of_size() -> None:
    with server(endless(b"220-" + b"a" * 1000 + b"\r\n", head=b""), speaks_first=True) as url:
        outcome = mail(f"smtp://{address(url)}").send(notice())
    assert isinstance(outcome, TryLater)


def test_a_mail_server_that_drips_after_the_message_leaves_the_outcome_unknown() -> None:
    """It may have taken it: it is sent again under the same id."""
    clock = Ticking(step_s=0.0)

    def slow(connection: socket.socket) -> None:
        clock.step_s = 10.0
        endless(b"2", head=b"")(connection)

    script = [b"220 mail.example\r\n", *[b"250 OK\r\n"] * 4, b"354 go on\r\n"]
    with server(conversation(script, slow), speaks_first=True) as url:
        slow_mail = mail(f"smtp://{address(url)}", bounds=Bounds(12.0, monotonic=clock))
        outcome = slow_mail.send(notice())
    assert isinstance(outcome, Unknown)


def test_a_repeated_notice_is_the_same_message(plain, postmaster) -> None:
    postmaster.drop_after_data = True
    assert isinstance(plain.send(notice()), Unknown)
    postmaster.drop_after_data = False
    assert plain.send(notice()) == Delivered()
    first, second = postmaster.letters
    assert first.content == second.content
    assert read(first.content)["Message-ID"] == f"<{notice().event_id}@acme.example>"


def test_two_notices_are_two_messages(plain, postmaster) -> None:
    plain.send(notice(number=1))
    plain.send(notice(number=2))
    assert len({read(letter.content)["Message-ID"] for letter in postmaster.letters}) == 2


def test_what_a_stranger_wrote_adds_no_header_and_no_recipient(plain, postmaster) -> None:
    assert plain.send(notice(subject=HOSTILE, rung="x\nBcc: me@evil.example", reason="über\x00 ünd")) == Delivered()
    (letter,) = postmaster.letters
    got = read(letter.content)
    assert got["Bcc"] is None
    assert letter.recipients == TO
    assert "Bcc: everybody@example.com" in got["Subject"]


def test_a_digest_names_all_of_them(plain, postmaster) -> None:
    assert plain.send(digest(2_000)) == Delivered()
    got = read(postmaster.letters[0].content)
    assert got["Subject"] == "2000 SLA escalations"
    text = got.get_content()
    assert all(f"Printer {number} on fire" in text for number in (1, 777, 2000))
    assert text.count("https://app.hubspot.com/") == 2_000


def test_letters_beyond_ascii_arrive(plain, postmaster) -> None:
    plain.send(notice(subject="Drucker brennt – 火事", reason="Größe"))
    got = read(postmaster.letters[0].content)
    assert got["Subject"].endswith("Drucker brennt – 火事")
    assert "Größe" in got.get_content()


def test_recipients_who_are_never_taken_are_a_refusal(plain, postmaster) -> None:
    postmaster.recipients = dict.fromkeys(TO, "550 5.1.1 no such user")
    outcome = plain.send(notice())
    assert isinstance(outcome, Refused)
    assert "anna@acme.example: 550" in outcome.reason


def test_recipients_who_are_not_taken_now_are_for_later(plain, postmaster) -> None:
    postmaster.recipients = {TO[0]: "550 5.1.1 no such user", TO[1]: "450 4.2.1 greylisted"}
    assert isinstance(plain.send(notice()), TryLater)


def test_one_recipient_of_two_is_delivery_with_a_remark(plain, postmaster) -> None:
    postmaster.recipients = {TO[0]: "550 5.1.1 no such user"}
    assert plain.send(notice()) == Delivered("not to anna@acme.example")
    assert postmaster.letters[0].recipients == (TO[1],)


@pytest.mark.parametrize(("code", "kind"), [("451 4.3.0 later", TryLater), ("554 5.7.1 spam", Refused)])
def test_a_message_that_is_not_taken_is_told_with_the_servers_words(plain, postmaster, code, kind) -> None:
    postmaster.data = code
    outcome = plain.send(notice())
    assert isinstance(outcome, kind)
    assert code in outcome.reason


def test_a_server_that_is_away_is_for_later(postmaster) -> None:
    with mail_server(postmaster) as port:
        pass
    assert isinstance(mail(f"smtp://127.0.0.1:{port}").send(notice()), TryLater)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server context whose certificate this process trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_the_login_travels_after_starttls_only(postmaster, authority) -> None:
    with mail_server(postmaster, authority) as port:
        outcome = mail(f"smtp+starttls://sla%40acme:p%40ss%2Fword@127.0.0.1:{port}").send(notice())
    assert outcome == Delivered()
    (letter,) = postmaster.letters
    assert (letter.user, letter.encrypted) == ("sla@acme", True)


def test_a_login_that_is_not_accepted_is_a_refusal_without_the_password(postmaster, authority) -> None:
    with mail_server(postmaster, authority) as port:
        outcome = mail(f"smtp+starttls://sla%40acme:hunter2@127.0.0.1:{port}").send(notice())
    assert isinstance(outcome, Refused)
    assert "hunter2" not in outcome.reason
    assert postmaster.letters == []


def test_a_certificate_that_is_not_trusted_ends_it_before_the_login(postmaster, authority, monkeypatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with mail_server(postmaster, authority) as port:
        outcome = mail(f"smtp+starttls://sla%40acme:p%40ss%2Fword@127.0.0.1:{port}").send(notice())
    assert isinstance(outcome, TryLater)
    assert postmaster.letters == []


def test_a_server_without_starttls_gets_no_login(postmaster) -> None:
    with mail_server(postmaster) as port:
        outcome = mail(f"smtp+starttls://sla%40acme:p%40ss%2Fword@127.0.0.1:{port}").send(notice())
    assert isinstance(outcome, TryLater)
    assert postmaster.letters == []


@pytest.mark.parametrize(
    ("url", "security", "host", "port"),
    [
        ("smtp+starttls://mail.example.com", "smtp+starttls", "mail.example.com", 587),
        ("smtps://me:x@mail.example.com", "smtps", "mail.example.com", 465),
        ("smtp://localhost", "smtp", "localhost", 25),
        ("smtps://mail.example.com:2465", "smtps", "mail.example.com", 2465),
    ],
)
def test_an_smtp_address_is_read(url: str, security: str, host: str, port: int) -> None:
    relay = Relay.parse(Secret(url))
    assert (relay.security, relay.host, relay.port) == (security, host, port)


@pytest.mark.parametrize(
    "url", ["smtp://me:hunter2@mail.example.com", "http://hunter2@x", "smtps://", "smtps://x:hunter2", "hunter2"]
)
def test_an_smtp_address_that_cannot_be_right_is_refused_without_being_told(url: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        Relay.parse(Secret(url))
    assert "hunter2" not in f"{refused.value} {refused.value.remedy}"
    assert "hunter2" not in repr(refused.value.__cause__)


@pytest.mark.parametrize("to", [(), ("nobody",), ("a@b\nc@d",), ("ä@b.example",), ("",)])
def test_an_address_that_is_none_is_refused(to: tuple[str, ...]) -> None:
    with pytest.raises(UsageProblem):
        mail("smtp://localhost", to)


def test_a_template_makes_the_subject_and_the_text(postmaster) -> None:
    with mail_server(postmaster) as port:
        mail(f"smtp://127.0.0.1:{port}", template=Template("{tier}!", "Go to {url}")).send(notice())
    got = read(postmaster.letters[0].content)
    assert got["Subject"] == "gold!"
    assert got.get_content().startswith("Go to https://app.hubspot.com/")


def test_a_mail_is_in_the_language_of_the_portal(postmaster) -> None:
    with mail_server(postmaster) as port:
        mail(f"smtp://127.0.0.1:{port}", template=Template(language="de")).send(notice(**TOLD))
    got = read(postmaster.letters[0].content)
    assert got["Subject"] == "SLA verletzt: Lösung - Printer 1 on fire"
    text = got.get_content().replace("\r\n", "\n")
    assert text.splitlines()[:3] == [*TOLD["summary"].splitlines(), ""]
    assert "Kunde: Acme *GmbH*\nZuständig: Mara Lindqvist\nTicket: 28100001" in text
    assert text.rstrip().endswith("Details\nKundenstufe: silver")
