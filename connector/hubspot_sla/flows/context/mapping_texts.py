"""The texts of the mappings: the files in their folder, and the answers of the endpoints that tiers.yaml names.

The rows of an endpoint become one more text, as if they were a file: a version of the mappings that the ledger keeps
holds the tiers it was judged by. An answer older than the source's `max_age` is asked for again; while the endpoint is
down the last good answer counts, and its age is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import sleep as real_sleep
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import Unreachable
from hubspot_sla.feeds.answer_cache import AnswerCache, CachedAnswer
from hubspot_sla.flows.context.start_cache import StartCache, key_of
from hubspot_sla.policy import mapping_files
from hubspot_sla.policy.mapping_files import TIERS, spelling_in
from hubspot_sla.policy.tier_sources.source import Feed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubspot_sla.flows.context.kept_shapes import Shape
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.hubspot.bearer import BearerAuth

_KIND: Final = "sources"
_SHAPE: Final[Shape] = {"files": [str], "feeds": [[str, str, int]]}


@dataclass(frozen=True, slots=True)
class NamedSources:
    """The files and the endpoints that a text of tiers.yaml names."""

    files: tuple[str, ...]
    feeds: tuple[Feed, ...]


def texts_offline(settings: Settings) -> dict[str, str]:
    """The mappings with the last good answers; an endpoint that never answered is left out. MappingInvalid."""
    cache = StartCache(settings.cache)
    texts = mapping_files.read_texts(settings.mappings, lambda tiers: _named(tiers, cache).files)
    answers = (last_answer(settings, feed.url) for feed in feeds_offline(settings, texts))
    return texts | {answer.url: answer.rows for answer in answers if answer}


def feeds_offline(settings: Settings, texts: Mapping[str, str]) -> tuple[Feed, ...]:
    """The endpoints that tiers.yaml names; none where it is wrong, which `load` will say."""
    return _named(texts.get(spelling_in(texts, TIERS), ""), StartCache(settings.cache)).feeds


def current_texts(settings: Settings, now: int, sleep: Callable[[float], None] = real_sleep) -> dict[str, str]:
    """The mappings with answers no older than their `max_age`, or the last good ones. `now` is epoch ms.

    MappingInvalid: the files. Unreachable: an endpoint that has never answered does not answer now either.
    """
    from hubspot_sla.policy.loader import feeds_of, read_texts

    texts = read_texts(settings.mappings)
    for feed in feeds_of(texts):
        texts[feed.url] = _fresh(settings, feed, now, sleep).rows
    return texts


def _named(tiers: str, cache: StartCache) -> NamedSources:
    key = key_of(tiers)
    kept = cache.recall(_KIND, key, _SHAPE)
    if kept is not None:
        return NamedSources(tuple(kept["files"]), tuple(Feed(*feed) for feed in kept["feeds"]))
    from hubspot_sla.policy.loader import feeds_of, files_named

    named = NamedSources(tuple(files_named(tiers)), feeds_of({TIERS: tiers}))
    feeds = [[feed.url, feed.token, feed.max_age_ms] for feed in named.feeds]
    cache.store(_KIND, key, {"files": list(named.files), "feeds": feeds})
    return named


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
