"""One HTTP POST to an address that is a secret, and what its answer means.

No redirect is followed: it would take the facts of a ticket to an address nobody configured. Every reason is told
without the address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from hubspot_sla.channels.outcome import Delivered, Outcome, Refused, TryLater, Unknown
from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.channels.secret import Secret

Timeout = tuple[float, float]
"""Seconds to connect, and to wait for each piece of the answer."""

TIMEOUT: Final[Timeout] = (3.05, 5.0)
LONGEST_WAIT_S: Final = 3600.0
_QUOTED: Final = 200
_GONE: Final = (404, 410)
_LATER: Final = (408, 425, 429)
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class Poster:
    """Posts JSON to one address. Raises UsageProblem for an address that is none, or would send in clear."""

    def __init__(self, url: Secret, timeout: Timeout = TIMEOUT) -> None:
        _require_safe(url)
        self._url = url
        self._timeout = timeout
        self._session = requests.Session()
        self._session.auth = _as_it_is  # else `.netrc` would add a password of its own

    def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> Outcome:
        """One attempt; never raises what the other side or the network causes."""
        sent = {"Content-Type": "application/json", "User-Agent": "hubspot-sla", **(headers or {})}
        try:
            with self._session.post(
                self._url.reveal(),
                data=body,
                headers=sent,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,  # what is answered is quoted, not read to an end that may never come
            ) as answer:
                return self._meaning(answer)
        except requests.RequestException as error:
            return self._without_answer(error)

    def close(self) -> None:
        self._session.close()

    def _meaning(self, answer: requests.Response) -> Outcome:
        status = answer.status_code
        if 200 <= status < 300:
            return Delivered()
        reason = f"HTTP {status}{self._quoted(answer)}"
        if status in _LATER or status >= 500:
            return TryLater(reason, _retry_after_s(answer.headers.get("Retry-After", "")))
        if 300 <= status < 400:
            return Refused(f"{reason}: it redirects elsewhere, which is not followed")
        return Refused(reason, gone=status in _GONE)

    def _quoted(self, answer: requests.Response) -> str:
        try:
            raw = answer.raw.read(_QUOTED, decode_content=True)
        except (urllib3.exceptions.HTTPError, OSError):
            return ""
        text = "".join(c if c.isprintable() else " " for c in raw.decode("utf-8", "replace"))
        told = self._url.redact(" ".join(text.split()))
        return f" ({told})" if told else ""

    def _without_answer(self, error: requests.RequestException) -> Outcome:
        if isinstance(error, requests.exceptions.SSLError):
            return TryLater("its certificate is not trusted")
        if any(isinstance(link, _NEVER_SENT) for link in _chain(error)):
            return TryLater("it cannot be reached")
        if isinstance(error, requests.Timeout):
            return Unknown("it did not answer in time")
        return Unknown("the connection broke before it answered")


_NEVER_SENT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


def _require_safe(url: Secret) -> None:
    parts = urlsplit(url.reveal())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageProblem("the address of a webhook is no http(s) URL", remedy="copy it again from the service")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise UsageProblem("the address of a webhook is plain http", remedy="use https: the address is a password")


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _retry_after_s(header: str) -> float | None:
    if not (header.isascii() and header.isdigit()):
        return None  # an HTTP date is as well as nothing: our own back-off is of the same order
    return min(float(header), LONGEST_WAIT_S)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and what it wraps: urllib3 keeps causes in `reason` and in `args`."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            yield link
            waiting += [getattr(link, "reason", None), *link.args]
