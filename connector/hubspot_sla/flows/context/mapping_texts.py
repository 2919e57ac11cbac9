"""The texts of the mappings: the files in their folder, and the answers of the endpoints that tiers.yaml names.

The rows of an endpoint become one more text, as if they were a file: a version of the mappings that the ledger keeps
holds the tiers it was judged by. An answer older than the source's `max_age` is asked for again; while the endpoint is
down the last good answer counts, and its age is shown.
"""

from __future__ import annotations

from time import sleep as real_sleep
from typing import TYPE_CHECKING

from hubspot_sla.errors import Unreachable
from hubspot_sla.feeds.answer_cache import AnswerCache, CachedAnswer
from hubspot_sla.policy.loader import feeds_of, read_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.hubspot.bearer import BearerAuth
    from hubspot_sla.policy.tier_sources.source import Feed


def texts_offline(settings: Settings) -> dict[str, str]:
    """The mappings with the last good answers; an endpoint that never answered is left out. MappingInvalid."""
    texts = read_texts(settings.mappings)
    answers = (last_answer(settings, feed.url) for feed in feeds_of(texts))
    return texts | {answer.url: answer.rows for answer in answers if answer}


def current_texts(settings: Settings, now: int, sleep: Callable[[float], None] = real_sleep) -> dict[str, str]:
    """The mappings with answers no older than their `max_age`, or the last good ones. `now` is epoch ms.

    MappingInvalid: the files. Unreachable: an endpoint that has never answered does not answer now either.
    """
    texts = read_texts(settings.mappings)
    for feed in feeds_of(texts):
        texts[feed.url] = _fresh(settings, feed, now, sleep).rows
    return texts


def last_answer(settings: Settings, url: str) -> CachedAnswer | None:
    """The last good answer of this endpoint; None where there is none."""
    return _cache(settings).recall(url)


def _fresh(settings: Settings, feed: Feed, now: int, sleep: Callable[[float], None]) -> CachedAnswer:
    """The answer to use now, asked for where the last one is too old."""
    # Here, because importing `requests` takes longer than a command that never leaves this machine.
    from hubspot_sla.feeds.tier_endpoint import EndpointFailed, rows_of

    last = last_answer(settings, feed.url)
    if last is not None and now - last.at < feed.max_age_ms:
        return last
    try:
        answer = CachedAnswer(feed.url, rows_of(feed.url, _auth(settings, feed), sleep=sleep), now)
    except EndpointFailed as failure:
        if last is None:
            raise Unreachable(
                f"the tiers at {feed.url} cannot be had: {failure}",
                remedy="they have never been read, so no tier would be right; see `sources` in tiers.yaml",
            ) from failure
        answer = CachedAnswer(last.url, last.rows, last.at, str(failure))
    _cache(settings).store(answer)
    return answer


def _auth(settings: Settings, feed: Feed) -> BearerAuth | None:
    from hubspot_sla.hubspot.bearer import BearerAuth

    return BearerAuth(settings.secret(feed.token)) if feed.token else None


def _cache(settings: Settings) -> AnswerCache:
    """Beside the ledger, where this process may write anyway."""
    return AnswerCache(settings.ledger.with_suffix(".feeds"))
