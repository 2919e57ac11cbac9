"""One HTTP POST to an address that is a secret, and what its answer means.

Each message ends within a total time (see `bounded_http`). No redirect is followed: it would take the facts of a ticket
to an address that nobody configured. No reason holds the address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from hubspot_sla.bounded_http import Bounds, exchange_for_head, session
from hubspot_sla.channels.outcome import Delivered, Outcome, Refused, TryLater, Unknown
from hubspot_sla.errors import UsageProblem
from hubspot_sla.plain_text import removed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.bounded_http import HttpResponse, Options
    from hubspot_sla.channels.secret import Secret

Timeout = tuple[float, float]
"""Seconds to connect, and to wait for each piece of the answer."""

TIMEOUT: Final[Timeout] = (3.05, 5.0)
DEADLINE_S: Final = 10.0
"""The total time of one message, well within what `channel_threads` waits for."""
LONGEST_WAIT_S: Final = 3600.0
_QUOTED: Final = 200
_GONE: Final = (404, 410)
_LATER: Final = (408, 425, 429)
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class Poster:
    """Posts JSON to one address. Raises UsageProblem for an address that is none, or would send in clear."""

    def __init__(self, url: Secret, timeout: Timeout = TIMEOUT, bounds: Bounds | None = None) -> None:
        _require_safe(url)
        self._url = url
        self._timeout = timeout
        self._bounds = bounds or Bounds(DEADLINE_S)
        self._session = session()
        self._session.auth = _unchanged  # else `.netrc` would add a password of its own

    def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> Outcome:
        """One attempt; never raises what the other side or the network causes."""
        all_headers = {"Content-Type": "application/json", "User-Agent": "hubspot-sla", **(headers or {})}
        options: Options = {"data": body, "headers": all_headers, "timeout": self._timeout}
        try:
            response = exchange_for_head(self._session, "POST", self._url.reveal(), _QUOTED, self._bounds, **options)
        except requests.exceptions.InvalidURL:
            return TryLater("its address cannot be used")
        except requests.RequestException as error:
            return self._without_answer(error)
        except (urllib3.exceptions.HTTPError, ValueError):  # requests lets some errors of odd addresses through
            return TryLater("its address cannot be used")
        return self._meaning(response)

    def close(self) -> None:
        self._session.close()

    def _meaning(self, response: HttpResponse) -> Outcome:
        status = response.status
        if 200 <= status < 300:
            return Delivered()
        reason = f"HTTP {status}{self._quoted(response)}"
        if status in _LATER or status >= 500:
            return TryLater(reason, _retry_after_s(response.headers.get("Retry-After", "")))
        if 300 <= status < 400:
            return Refused(f"{reason}: it redirects elsewhere, which is not followed")
        return Refused(reason, gone=status in _GONE)

    def _quoted(self, response: HttpResponse) -> str:
        text = self._url.redact(" ".join(removed(response.body.decode("utf-8", "replace")).split()))
        return f" ({text})" if text else ""

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
    try:
        parts = urlsplit(url.reveal())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https"):
        raise UsageProblem("the address of a webhook is no http(s) URL", remedy="copy it again from the service")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise UsageProblem("the address of a webhook is plain http", remedy="use https: the address is a password")


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _retry_after_s(header: str) -> float | None:
    if not (header.isascii() and header.isdigit()):
        return None  # an HTTP date is as well as nothing: our own back-off is of the same order
    return min(float(header), LONGEST_WAIT_S)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and what it wraps: urllib3 keeps causes in `reason` and in `args`."""
    visited: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and id(link) not in visited:
            visited.add(id(link))
            yield link
            waiting += [getattr(link, "reason", None), *link.args]
