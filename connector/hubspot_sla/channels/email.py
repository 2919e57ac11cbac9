"""E-mail: one message by SMTP, plain text, or a report as text and HTML. Its Message-ID comes from the notice, so that
a repeated one is the same message, which most mailboxes show once."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlsplit

from hubspot_sla.bounded_http import Bounds, limit_wait, limited_file, until_deadline
from hubspot_sla.channels.line_limit import cut
from hubspot_sla.channels.outcome import Delivered, Outcome, Refused, TryLater, Unknown
from hubspot_sla.channels.secret import Secret
from hubspot_sla.errors import UsageProblem
from hubspot_sla.plain_text import one_line, removed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.channels.channel import ResolvedChannel
    from hubspot_sla.channels.message import Letter, Notice
    from hubspot_sla.channels.sender import Sender
    from hubspot_sla.channels.template import Template

TIMEOUT_S: Final = 8.0
DEADLINE_S: Final = 12.0
"""The total time of one message, well within what `channel_threads` waits for."""
LARGEST: Final = 256 * 1024
"""Bytes that a mail server may say before it is given up."""
SUBJECT: Final = 200
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_EXAMPLE: Final = "write it like: smtp+starttls://user:password@mail.example.com:587"
_PERMANENT: Final = 500


@dataclass(frozen=True, slots=True)
class Relay:
    """An SMTP server. `security` is `smtp` (plain, loopback only), `smtp+starttls` or `smtps`."""

    security: str
    host: str
    port: int
    user: str
    password: Secret

    @classmethod
    def parse(cls, url: Secret) -> Relay:
        """From a URL whose user and password are percent-encoded. Raises UsageProblem."""
        try:
            parts = urlsplit(url.reveal())
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            raise UsageProblem("the SMTP address is no URL", remedy=_EXAMPLE) from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise UsageProblem("the SMTP address is no SMTP URL", remedy=_EXAMPLE)
        if parts.scheme == "smtp" and parts.hostname not in _LOOPBACK:
            raise UsageProblem("the SMTP address would send in clear", remedy="use smtp+starttls:// or smtps://")
        password = Secret(unquote(parts.password or ""))
        return cls(parts.scheme, parts.hostname, port, unquote(parts.username or ""), password)


def connect(channel: ResolvedChannel) -> Sender:
    return Mail(channel)


class Mail:
    """Sends through one relay, to all recipients in one message. Raises UsageProblem for addresses that are none."""

    def __init__(self, channel: ResolvedChannel, timeout_s: float = TIMEOUT_S, bounds: Bounds | None = None) -> None:
        self._relay = Relay.parse(channel.url)
        self._timeout_s = timeout_s
        self._bounds = bounds or Bounds(DEADLINE_S, LARGEST)
        self._template = channel.template
        self._sender = _address(channel.sender)
        self._to = tuple(map(_address, channel.to))
        if not self._to:
            raise UsageProblem(f"the channel {channel.name} names no recipient", remedy="add to: [someone@example.com]")

    def send(self, notice: Notice) -> Outcome:
        message = letter(notice, self._template, self._sender, self._to)
        with until_deadline(self._bounds):
            return self._delivered(message)

    def _delivered(self, message: EmailMessage) -> Outcome:
        try:
            server = self._connected()
        except smtplib.SMTPAuthenticationError as error:
            return Refused(f"the mail server does not accept the login ({error.smtp_code})")
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return TryLater(f"the mail server cannot be used: {self._reason(error)}")
        try:
            return self._sent(server, message)
        finally:
            server.close()

    def close(self) -> None:
        """Nothing stays open between notices."""

    def _connected(self) -> smtplib.SMTP:
        relay = self._relay
        context = ssl.create_default_context()
        if relay.security == "smtps":
            server: smtplib.SMTP = _TlsServer(relay.host, relay.port, timeout=self._timeout_s, context=context)
        else:
            server = _Server(relay.host, relay.port, timeout=self._timeout_s)
        try:
            if relay.security == "smtp+starttls":
                server.starttls(context=context)
            if relay.user:
                server.login(relay.user, relay.password.reveal())
        except BaseException:
            server.close()
            raise
        return server

    def _sent(self, server: smtplib.SMTP, message: EmailMessage) -> Outcome:
        try:
            refused = server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            return _refusal(error.recipients)
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            return _by_code(error.smtp_code, f"the mail server refused it: {self._reason(error)}")
        except (smtplib.SMTPException, OSError) as error:
            return Unknown(f"the mail server broke off: {self._reason(error)}")
        return Delivered(f"not to {', '.join(sorted(refused))}" if refused else "")

    def _reason(self, error: Exception) -> str:
        if isinstance(error, smtplib.SMTPResponseException):
            answer = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else ""
            text = f"{error.smtp_code} {removed(answer)}"
        else:
            text = (error.strerror or "") if isinstance(error, OSError) else ""
        return self._relay.password.redact(cut(" ".join(text.split()), 200)) or type(error).__name__


class _Limited:
    """A mail server whose answers end by the deadline, however slowly it speaks, and by a limit of size."""

    sock: Any
    file: Any

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            self.file = limited_file(self.sock, LARGEST)
        reply: tuple[int, bytes] = super().getreply()  # type: ignore[misc]  # that of the server this is mixed into
        return reply

    def send(self, s: Any) -> None:
        if self.sock:
            limit_wait(self.sock)
        super().send(s)  # type: ignore[misc]  # as above


class _Server(_Limited, smtplib.SMTP):
    pass


class _TlsServer(_Limited, smtplib.SMTP_SSL):
    pass


def letter(notice: Notice, template: Template, sender: Address, to: tuple[Address, ...]) -> EmailMessage:
    """The same message in every attempt. Nothing that a ticket says can add a header: each is one line."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = cut(one_line(_subject(notice, template)), SUBJECT)
    message["From"] = sender
    message["To"] = to
    message["Message-ID"] = f"<{notice.event_id}@{sender.domain}>"
    message["Date"] = format_datetime(_dated(notice))
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice answers it
    if notice.letter is None:
        message.set_content(_text(notice, template))
    else:
        _fill(message, notice.letter, notice.event_id, sender)
    return message


def _fill(message: EmailMessage, report: Letter, event_id: str, sender: Address) -> None:
    """Text first, then HTML: a program shows the last form that it can."""
    subject = quote(f"unsubscribe {report.list_name}")
    message["List-ID"] = f"<{report.list_name}.{sender.domain}>"
    message["List-Unsubscribe"] = f"<{report.unsubscribe or f'mailto:{sender.addr_spec}?subject={subject}'}>"
    message.set_content(removed(report.text))
    message.add_alternative(removed(report.html), subtype="html")
    message.set_boundary(f"=_{event_id}")  # the same in every attempt, as the rest


def _subject(notice: Notice, template: Template) -> str:
    if notice.letter is not None:
        return notice.letter.subject
    return template.digest_title(notice) if notice.is_digest else template.title_of(notice.messages[0], str)


def _text(notice: Notice, template: Template) -> str:
    if notice.is_digest:
        return "\n".join(f"- {template.title_of(each, one_line)}\n  {each.url}" for each in notice.messages) + "\n"
    (message,) = notice.messages
    who = [f"{label}: {one_line(value)}" for label, value in template.who(message)]
    details = removed(template.details_of(message))
    parts = (
        template.body_of(message, removed),
        "\n".join(who),
        message.url,
        f"{template.texts.text('Details')}\n{details}" if details else "",
    )
    return "\n\n".join(filter(None, parts)) + "\n"


def _dated(notice: Notice) -> datetime:
    """When the last of its rungs was reached: not now, for a repeated message is the same message."""
    try:
        at = datetime.fromisoformat(max(message.reached_at for message in notice.messages))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _address(text: str) -> Address:
    try:
        address = Address(addr_spec=text.strip())
    except (HeaderParseError, ValueError, IndexError):
        address = None
    if address is None or not address.domain or not text.isascii():
        raise UsageProblem(f"{text!r} is no mail address", remedy="write it like: support@example.com")
    return address


def _refusal(recipients: Mapping[str, tuple[int, bytes]]) -> Outcome:
    codes = "; ".join(f"{name}: {code}" for name, (code, _) in sorted(recipients.items()))
    softest = min(code for code, _ in recipients.values())
    return _by_code(softest, f"the mail server refused every recipient ({codes})")


def _by_code(code: int, reason: str) -> Outcome:
    """Codes of 4xx mean "not now" (greylisting, a full mailbox), those of 5xx "never"."""
    return Refused(reason) if code >= _PERMANENT else TryLater(reason)
