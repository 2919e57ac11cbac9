"""An HTTP endpoint that answers tiers: asked for its rows, within a total time and a size.

It answers a JSON list of rows, or an object whose `results` is one, each row with the columns a CSV file would have.
A redirect is followed on the same host only: another host was not named by anybody, and its answer would decide tiers.
"""

from __future__ import annotations

from time import sleep as real_sleep
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

import orjson
import requests
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from hubspot_sla.bounded_http import Bounds, ResponseTooLarge, exchange, session

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests.auth import AuthBase

    from hubspot_sla.bounded_http import HttpResponse, Options

TIMEOUT_S: Final = (5.0, 30.0)
"""Seconds to connect, and to wait for each piece of the answer."""
ATTEMPTS: Final = 4
MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_PASSING: Final = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


class EndpointFailed(Exception):
    """The endpoint gave no rows. The text says why, without a secret."""


class _Again(Exception):
    """This attempt failed, and the next may do better."""


def rows_of(
    url: str,
    auth: AuthBase | None = None,
    *,
    bounds: Bounds | None = None,
    sleep: Callable[[float], None] = real_sleep,
) -> str:
    """The rows as JSON, in an order of their own, so that the same tiers are the same text. `bounds` limits each
    request. Raises EndpointFailed."""
    retrying = Retrying(
        retry=retry_if_exception_type(_Again),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.5, max=8),
        sleep=sleep,
    )
    try:
        content: bytes = retrying(_content, url, auth, bounds or Bounds())
    except RetryError as error:
        raise EndpointFailed(str(error.last_attempt.exception())) from error
    rows = sorted(_rows(content), key=lambda row: orjson.dumps(row, option=orjson.OPT_SORT_KEYS))
    return orjson.dumps(rows, option=orjson.OPT_SORT_KEYS).decode()


def _content(url: str, auth: AuthBase | None, bounds: Bounds) -> bytes:
    response = _answered(url, auth, bounds)
    if response.status == requests.codes.too_many_requests or response.status >= 500:
        raise _Again(f"it answered {response.status}")
    if not 200 <= response.status < 300:
        raise EndpointFailed(f"it answered {response.status}")
    return response.body


def _answered(url: str, auth: AuthBase | None, bounds: Bounds) -> HttpResponse:
    """The first answer that is no redirect."""
    options: Options = {"headers": {"Accept": "application/json"}, "timeout": TIMEOUT_S}
    if auth is not None:
        options["auth"] = auth
    try:
        with session() as within:
            for _ in range(MOST_REDIRECTS + 1):
                response = exchange(within, "GET", url, bounds, **options)
                if response.status not in _REDIRECTS or "Location" not in response.headers:
                    return response
                url = _on_the_same_host(url, response.headers["Location"])
    except ResponseTooLarge:
        raise EndpointFailed(f"its answer is longer than {bounds.largest:,} bytes") from None
    except _PASSING as error:
        raise _Again(f"it did not answer ({type(error).__name__})") from error
    except requests.RequestException as error:
        raise EndpointFailed(f"it cannot be asked ({type(error).__name__})") from error
    raise EndpointFailed(f"it redirects more than {MOST_REDIRECTS} times")


def _on_the_same_host(url: str, location: str) -> str:
    """Where a redirect leads. Raises EndpointFailed for another host, and from https to http."""
    try:
        target = urljoin(url, location)
        named, led = urlsplit(url), urlsplit(target)
        same_port = led.port == named.port or (named.scheme, led.scheme, named.port) == ("http", "https", None)
    except ValueError:
        raise EndpointFailed("it redirects to what is no address") from None
    if led.scheme not in ("http", "https") or led.hostname != named.hostname or not same_port:
        raise EndpointFailed(
            f"it redirects to another host, {led.hostname or 'none'!r}, which is not followed: name it in tiers.yaml"
        )
    if (named.scheme, led.scheme) == ("https", "http"):
        raise EndpointFailed("it redirects from https to http, which is not followed")
    return target


def _rows(content: bytes) -> list[dict[str, str]]:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise EndpointFailed(f"its answer is not JSON: {error}") from error
    rows = body.get("results") if isinstance(body, dict) else body
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise EndpointFailed("its answer is not a list of rows")
    return [{name: _text(value) for name, value in row.items()} for row in rows]


def _text(value: object) -> str:
    """Ids may be numbers in JSON, and some programs write every number as 5021.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)
