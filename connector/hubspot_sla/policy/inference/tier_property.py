"""Which company property holds the customer's tier, and in what order its values rank: guesses, with their reasons."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TIER_WORDS = re.compile(
    r"(?<![a-z])(tier|sla|service.?level|support.?(level|plan)|customer.?(level|class|segment)|plan|package|"
    r"subscription|kundenklasse|kundenstufe|stufe|niveau|nivel|livello)(?![a-z])",
    re.IGNORECASE,
)
_RANKED = (
    *("vip", "strategic", "key", "diamond", "platinum", "enterprise", "premium", "gold", "business", "professional"),
    *("pro", "plus", "silver", "growth", "advanced", "standard", "bronze", "basic", "starter", "essential", "free"),
)
_NUMBER = re.compile(r"(\d+)\D*\Z")
_FEWEST, _MOST = 2, 12


@dataclass(frozen=True, slots=True)
class TierCandidate:
    """An enumeration of companies: `values` in HubSpot's order."""

    name: str
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TierGuess:
    """`ranks` from best to least; `others` are the names of properties that might have been meant instead."""

    name: str
    reason: str
    ranks: tuple[str, ...]
    order_reason: str
    others: tuple[str, ...] = ()


def candidates(properties: Iterable[TierCandidate]) -> list[TierCandidate]:
    """Those that may hold a tier, the likeliest first."""
    usable = (
        candidate
        for candidate in properties
        if _FEWEST <= len(candidate.values) <= _MOST and all(map(_is_clean, candidate.values))
    )
    likely = [candidate for candidate in usable if _likelihood(candidate) > 0]
    return sorted(likely, key=lambda candidate: (-_likelihood(candidate), candidate.name))


def guessed_tier(likely: Sequence[tuple[TierCandidate, int]]) -> TierGuess | None:
    """`likely` are candidates, the likeliest first, with the number of companies that have a value. One that nobody
    uses stands behind one that somebody does."""
    ordered = sorted(likely, key=lambda pair: (pair[1] == 0, -_likelihood(pair[0])))
    if not ordered:
        return None
    chosen, companies = ordered[0]
    ranks, order_reason = ranked(chosen.values)
    reason = f"{_reason(chosen)}; {companies} companies have a value"
    return TierGuess(chosen.name, reason, ranks, order_reason, tuple(candidate.name for candidate, _ in ordered[1:]))


def ranked(values: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """From best to least, and why so."""
    places = [_place(value) for value in values]
    if all(place is not None for place in places) and len(set(places)) == len(places):
        return tuple(sorted(values, key=lambda value: _place(value) or 0)), "by what these words mean elsewhere"
    numbers = [_NUMBER.search(value) for value in values]
    if all(numbers):
        by_number = sorted(values, key=lambda value: int(match[1]) if (match := _NUMBER.search(value)) else 0)
        return tuple(by_number), "by their numbers, 1 being the best; turn them round if it is the least"
    if all(len(value) == 1 and value.isalpha() for value in values):
        return tuple(sorted(values)), "by the alphabet, A being the best"
    return tuple(values), "in the order that HubSpot shows them in: see whether the first is the best"


def _is_clean(value: str) -> bool:
    """Whether it means the same in a file, where blanks around it do not count."""
    return value == value.strip() != ""


def _likelihood(candidate: TierCandidate) -> int:
    named = 2 * bool(_TIER_WORDS.search(_spaced(candidate.name)) or _TIER_WORDS.search(candidate.label))
    return named + 2 * (_words_of_rank(candidate) >= _FEWEST)


def _reason(candidate: TierCandidate) -> str:
    word = _TIER_WORDS.search(candidate.label) or _TIER_WORDS.search(_spaced(candidate.name))
    if word:
        return f'its name has "{word[0]}" in it'
    return f"{_words_of_rank(candidate)} of its values sound like tiers"


def _words_of_rank(candidate: TierCandidate) -> int:
    return sum(_place(value) is not None for value in candidate.values)


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _place(value: str) -> int | None:
    words = re.split(r"[^a-z]+", value.lower())
    return next((place for place, rank in enumerate(_RANKED) if rank in words), None)
