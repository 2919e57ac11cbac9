"""How a value is refused: what is wrong with it, and what would be right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.policy.message_codes import Code

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_NAMED = 8


class Refused(ValueError):
    """A value means nothing here. `remedy` says what would; `code` is the kind of the mistake."""

    def __init__(self, message: str, remedy: str = "", *, code: Code = Code.INVALID) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.code = code


def one_of(words: Iterable[str]) -> str:
    """`one of `a`, `b` and `c``; a single one as it is."""
    *most, last = (f"`{word}`" for word in words)
    return f"one of {', '.join(most)} and {last}" if most else last


_MEANT: Final = {
    "if": "when",
    "where": "when",
    "conditions": "when",
    "name": "id",
    "tz": "timezone",
    "zone": "timezone",
    "paused": "waiting",
    "pending": "waiting",
    "on hold": "waiting",
    "on_hold": "waiting",
    "active": "open",
    "done": "closed",
    "solved": "closed",
    "resolved": "closed",
    "finished": "closed",
    "steps": "rungs",
    "german": "de",
    "deutsch": "de",
    "english": "en",
    "french": "fr",
    "français": "fr",
    "spanish": "es",
    "español": "es",
    "today": "now",
    "current": "now",
    "created": "creation",
    "actions": "do",
    "then": "do",
}
"""What people write who mean a word of ours that looks otherwise."""


def nearest(value: str, valid: Iterable[str]) -> str:
    """The remedy for a name that does not exist: the one meant, or else those there are."""
    names = sorted(set(valid))
    meant = _MEANT.get(value.casefold()) or value.casefold().replace("_", "-").partition("-")[0]
    if meant in names:
        return f"did you mean {meant!r}?"
    from difflib import get_close_matches  # here: names are seldom wrong

    folded = {name.casefold(): name for name in reversed(names)}
    close = get_close_matches(value.casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"did you mean {folded[close[0]]!r}?"
    if not names:
        return ""
    more = ", ..." if len(names) > _MOST_NAMED else ""
    return f"there is {', '.join(repr(name) for name in names[:_MOST_NAMED])}{more}"
