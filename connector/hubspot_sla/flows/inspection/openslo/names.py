"""Names and labels as OpenSLO allows them: stable from one export to the next, and never two alike."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST: Final = 63
"""Characters of a name (a label of RFC 1123), of the value of a label and of a displayed name."""
_HASH = 8


@dataclass(frozen=True, slots=True)
class Named:
    """What a name is made of: readable `parts`, and the `exact` text that tells it from others where those do not."""

    parts: tuple[str, ...]
    exact: str


def unique_names(each: Sequence[Named]) -> list[str]:
    """In their order. A hash of the exact text ends a name that is too long, has a part without a Latin letter or
    digit, or would be there twice; all others are readable alone."""
    words = [[slug(part) for part in one.parts] for one in each]
    plain = ["-".join(filter(None, parts)) for parts in words]
    often, seen, names = Counter(plain), Counter[str](), []
    for one, parts, name in zip(each, words, plain, strict=True):
        seen[one.exact] += 1
        clear = all(parts) and len(name) <= LONGEST and often[name] == 1
        names.append(name if clear else _hashed(name, f"{one.exact}\n{seen[one.exact]}"))
    return names


def slug(text: str) -> str:
    """Lower-case letters, digits and dashes, neither at the start nor at the end a dash; "" where nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", _latin(text).casefold()).strip("-")


def label(text: str) -> str:
    """The value of a label: letters, digits, `-`, `_` and `.`; "" where nothing is left."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", _latin(text)).strip("-_.")[:LONGEST].rstrip("-_.")


def _hashed(name: str, exact: str) -> str:
    ending = sha256(exact.encode()).hexdigest()[:_HASH]
    return f"{name[: LONGEST - _HASH - 1]}-{ending}".replace("--", "-").lstrip("-")


def _latin(text: str) -> str:
    """Without accents and what else ASCII does not have; `ß` is `ss`."""
    return unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
