"""What a request that got no answer means: never sent, lost on the way, or a mistake in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
import urllib3.exceptions

from hubspot_sla.bounded_http import ResponseTooLarge, ResponseTooSlow
from hubspot_sla.errors import AnswerTooLarge, Unreachable, UsageProblem
from hubspot_sla.hubspot.error_responses import Call, outcome_unknown
from hubspot_sla.hubspot.retry import Transient
from hubspot_sla.hubspot.retry_waits import AFTER_LOST_CONNECTION, AFTER_NO_CONNECTION

if TYPE_CHECKING:
    from collections.abc import Iterator

_REFUSAL_ATTEMPTS = 4
# An answer that took a whole deadline to come, and did not: once more, not five times.
_SLOW_ATTEMPTS = 2


def outage(call: Call, base_url: str, error: requests.RequestException) -> Exception:
    """The exception for a request without an answer: `Transient`, or one of the error tree."""
    if isinstance(error, ValueError):  # requests' InvalidURL, InvalidSchema, MissingSchema
        return UsageProblem(f"{base_url} is no address of HubSpot", remedy="it should be https://api.hubapi.com")
    reason = _reason(error)
    unsent = _never_sent(error)
    if not call.repeatable and not unsent:
        return outcome_unknown(
            f"HubSpot did not answer ({reason})",
            status=None,
            category=None,
            correlation_id=None,
            method=call.method,
            path=call.path,
        )
    kind = AnswerTooLarge if isinstance(error, ResponseTooLarge) else Unreachable
    final = kind(
        f"cannot reach HubSpot at {base_url}: {reason}", remedy=_remedy(error), method=call.method, path=call.path
    )
    if "CERTIFICATE_VERIFY_FAILED" in reason or kind is AnswerTooLarge:
        return final  # the next attempt would end no better
    if isinstance(error, ResponseTooSlow):
        return Transient(final, AFTER_LOST_CONNECTION, attempts=_SLOW_ATTEMPTS)
    if unsent:
        return Transient(final, AFTER_NO_CONNECTION, attempts=_REFUSAL_ATTEMPTS)
    return Transient(final, AFTER_LOST_CONNECTION)


def _remedy(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "behind a private certificate authority, name its file in REQUESTS_CA_BUNDLE"
    return "check the address and the network, then run again: nothing is lost"


def _never_sent(error: requests.RequestException) -> bool:
    """Whether the connection failed before a byte of the request left: not so for a reset or a timeout."""
    unsent = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    return any(isinstance(link, unsent) for link in _chain(error))


def _reason(error: requests.RequestException) -> str:
    """Which of our bounds was passed; else the innermost cause, in the operating system's words if it has any."""
    if isinstance(error, ResponseTooSlow | ResponseTooLarge):
        return str(error)
    *_, innermost = _chain(error)
    for link in _chain(error):
        if isinstance(link, OSError) and link.strerror:
            return link.strerror
    if any(isinstance(link, requests.Timeout) for link in _chain(error)):
        return "timed out"
    return str(innermost) or type(innermost).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and what it wraps: urllib3 keeps causes in `reason` and in `args`, Python in `__context__`."""
    ids_of_links: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and id(link) not in ids_of_links:
            ids_of_links.add(id(link))
            yield link
            waiting += [getattr(link, "reason", None), *link.args, link.__cause__, link.__context__]
