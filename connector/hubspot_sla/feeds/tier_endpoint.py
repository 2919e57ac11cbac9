"""Tiers kept behind an HTTP endpoint: asked for, remembered, and used as if they were a file of the mappings.

The endpoint answers a JSON list of rows, or an object whose `results` is one, each row with the columns a CSV file
would have. The rows become one more text of the mappings: a version of the mappings that is kept holds the tiers it
was judged by. An answer is asked for again when it is older than the source's `max_age`; while the endpoint is down
the last good answer counts, and its age is shown.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from time import sleep as real_sleep
from typing import TYPE_CHECKING

import orjson
import requests
import urllib3
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from hubspot_sla.errors import Unreachable, UsageProblem
from hubspot_sla.hubspot.bearer import BearerAuth
from hubspot_sla.policy.loader import feeds_of, read_texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.hubspot.credentials import Token
    from hubspot_sla.policy.tier_sources.source import Feed

TIMEOUT_S = (5, 30)
ATTEMPTS = 4
LARGEST = 64 * 1024 * 1024
"""Bytes of one answer; what is larger is no list of customers."""


class _Again(Exception):
    """This attempt failed, and the next may do better."""


class _Useless(Exception):
    """The endpoint answered, and asking again would not help."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The last good answer of one endpoint: its rows as JSON, when it came (epoch ms), and why the attempt after it
    failed, if it did."""

    url: str
    rows: str
    at: int
    failed: str = ""

    @property
    def count(self) -> int:
        return len(orjson.loads(self.rows))


def texts_offline(settings: Settings) -> dict[str, str]:
    """The mappings with the last good answers; an endpoint that never answered is left out. MappingInvalid."""
    texts = read_texts(settings.mappings)
    kept = (recall(settings.ledger, feed.url) for feed in feeds_of(texts))
    return texts | {answer.url: answer.rows for answer in kept if answer}


def texts_with_feeds(settings: Settings, now: int, sleep: Callable[[float], None] = real_sleep) -> dict[str, str]:
    """The mappings with answers no older than their `max_age`, or the last good ones.

    MappingInvalid: the files. Unreachable: an endpoint that has never answered does not answer now either.
    """
    texts = read_texts(settings.mappings)
    for feed in feeds_of(texts):
        texts[feed.url] = refreshed(settings, feed, now, sleep).rows
    return texts


def refreshed(settings: Settings, feed: Feed, now: int, sleep: Callable[[float], None] = real_sleep) -> Kept:
    """The answer to use now, asked for if the one that is kept is too old."""
    kept = recall(settings.ledger, feed.url)
    if kept is not None and now - kept.at < feed.max_age_ms:
        return kept
    try:
        fresh = Kept(feed.url, _asked(feed, settings.secret(feed.token) if feed.token else None, sleep), now)
    except _Useless as error:
        if kept is None:
            raise Unreachable(
                f"the tiers at {feed.url} cannot be had: {error}",
                remedy="they have never been read, so nobody's tier would be right; see `sources` in tiers.yaml",
            ) from error
        fresh = Kept(kept.url, kept.rows, kept.at, str(error))
    _remember(settings.ledger, fresh)
    return fresh


def recall(ledger: Path, url: str) -> Kept | None:
    """What is kept of this endpoint; None where nothing is, or nothing that can be read."""
    try:
        body = orjson.loads(_place(ledger, url).read_bytes())
        return Kept(url, body["rows"], body["at"], body["failed"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(ledger: Path, answer: Kept) -> None:
    place = _place(ledger, answer.url)
    body = {"url": answer.url, "rows": answer.rows, "at": answer.at, "failed": answer.failed}
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        half = place.with_suffix(".new")
        half.write_bytes(orjson.dumps(body))
        half.replace(place)
    except OSError as error:
        raise UsageProblem(f"the tiers of {answer.url} cannot be kept in {place.parent}: {error}") from error


def _place(ledger: Path, url: str) -> Path:
    """Beside the ledger, which the worker may write to anyway."""
    return ledger.with_suffix(".feeds") / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.json"


def _asked(feed: Feed, token: Token | None, sleep: Callable[[float], None]) -> str:
    """The rows, in an order of their own, so that the same tiers are the same text."""
    retrying = Retrying(
        retry=retry_if_exception_type(_Again),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.5, max=8),
        sleep=sleep,
    )
    try:
        content: bytes = retrying(_once, feed.url, token)
    except RetryError as error:
        raise _Useless(str(error.last_attempt.exception())) from error
    rows = sorted(_rows(content), key=lambda row: orjson.dumps(row, option=orjson.OPT_SORT_KEYS))
    return orjson.dumps(rows, option=orjson.OPT_SORT_KEYS).decode()


def _once(url: str, token: Token | None) -> bytes:
    auth = BearerAuth(token) if token else None
    try:
        with requests.get(
            url, auth=auth, headers={"Accept": "application/json"}, timeout=TIMEOUT_S, stream=True
        ) as answer:
            if answer.status_code == requests.codes.too_many_requests or answer.status_code >= 500:
                raise _Again(f"it answered {answer.status_code}")
            if not answer.ok:
                raise _Useless(f"it answered {answer.status_code}")
            content: bytes = answer.raw.read(LARGEST + 1, decode_content=True)
    except (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError) as error:
        # Reading the raw body raises urllib3's own errors: an answer cut short, a broken encoding.
        raise _Again(f"it did not answer ({type(error).__name__})") from error
    except requests.RequestException as error:
        raise _Useless(f"it cannot be asked ({type(error).__name__})") from error
    if len(content) > LARGEST:
        raise _Useless(f"its answer is longer than {LARGEST} bytes")
    return content


def _rows(content: bytes) -> list[dict[str, str]]:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _Useless(f"its answer is not JSON: {error}") from error
    rows = body.get("results") if isinstance(body, dict) else body
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _Useless("its answer is not a list of rows")
    return [{name: _text(value) for name, value in row.items()} for row in rows]


def _text(value: object) -> str:
    """Ids may be numbers in JSON."""
    return "" if value is None else str(value)
