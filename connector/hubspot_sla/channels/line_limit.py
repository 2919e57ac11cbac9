"""Lines into what a medium can hold: it is full sooner than a storm is over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hubspot_sla.language.texts import Texts


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, never half an entity such as `&amp;`, with a mark where something is left out."""
    if len(text) <= limit:
        return text
    return re.sub(r"&\w{0,5}$", "", text[: limit - 1]) + "…"


def packed(lines: Sequence[str], limit: int) -> Iterator[str]:
    """Texts of at most `limit` characters, each of as many whole lines as fit."""
    block: list[str] = []
    size = 0
    for line in (cut(line, limit) for line in lines):
        if block and size + len(line) + 1 > limit:
            yield "\n".join(block)
            block, size = [], 0
        block.append(line)
        size += len(line) + 1
    if block:
        yield "\n".join(block)


def as_many(lines: Sequence[str], fits: Callable[[Sequence[str]], bool], texts: Texts) -> list[str]:
    """All lines, or the most of them that fit with a last line that counts the others."""
    if fits(lines):
        return list(lines)
    fewest, most = 0, len(lines)
    while fewest < most - 1:
        middle = (fewest + most) // 2
        fewest, most = (middle, most) if fits(_with_rest(lines, middle, texts)) else (fewest, middle)
    return _with_rest(lines, fewest, texts)


def _with_rest(lines: Sequence[str], count: int, texts: Texts) -> list[str]:
    left = len(lines) - count
    return [
        *lines[:count],
        texts.plural("and {count} more, in the audit log", "and {count} more, in the audit log", left),
    ]
