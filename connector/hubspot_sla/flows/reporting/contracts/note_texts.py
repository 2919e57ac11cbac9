"""What is said beside the figures of a contract, in the language of who reads it.

Notes are kept and sealed in English, because a seal must not change with the language of a portal. Here each is known
again by its form, with its instants in the zone of the reader. What no form fits stays as it is.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from hubspot_sla.language import forms
from hubspot_sla.language.texts import marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from hubspot_sla.language.texts import Texts
    from hubspot_sla.policy.written_contracts import WrittenContract

SINGLE: Final = (
    marked("the feed {feed} is down since {since} and counts as it was last read at {at}: {reason}"),
    marked("the feed {feed} is down since {since} and was last read at {at}: {reason}"),
    marked("the feed {feed} is down and counts as it was last read at {at}: {reason}"),
    marked("the feed {feed} is down and was last read at {at}: {reason}"),
    marked("the feed {feed} lacks {rows} that it had when it was read before, the first of {at}"),
    marked("the feed {feed} lacks {rows} that were sealed with {period}, the first of {at}"),
    marked("the contract says no fee {fee} of {key} for {month}"),
    marked("the contract says no fee {fee} for {month}"),
    marked("{month}, edition {edition}, counts otherwise: {promises} and {more} more"),
    marked("{month}, edition {edition}, counts otherwise: {promises}"),
)
"""The more particular form stands first."""
_INSTANTS: Final = ("at", "since")
_HOW: Final = re.compile(r"\(([^()]+) there, ([^()]+) here\)")
_RESULTS: Final = {
    "kept": marked("kept"),
    "broken": marked("broken"),
    "left out": marked("left out"),
    "waived": marked("waived"),
    "merged": marked("merged"),
    "before go live": marked("before go-live"),
    "not applicable": marked("not applicable"),
    "no sla": marked("no SLA"),
    "unknown": marked("unknown"),
    "open": marked("open"),
    "absent": marked("absent"),
}
"""How a promise counts, as a note says it."""
_FEED: Final = re.compile("the feed (.+?) (?:is down|lacks) ")


def told(note: str, texts: Texts, zone: tzinfo) -> str:
    """The note in the language of `texts`, as a sentence begins."""
    for form in SINGLE:
        found = _pattern(form).fullmatch(note)
        if found is not None:
            values = {name: _value(name, text, texts, zone) for name, text in found.groupdict().items()}
            said = texts.text(form, **values)
            return said[:1].upper() + said[1:]
    return note


def of_objective(notes: Iterable[str], written: WrittenContract, objective: str) -> Iterator[str]:
    """Those on the feed that this objective is measured by."""
    source = written.sources.get(objective)
    if source is not None and source.feed is not None:
        about = [_feed_of(note) for note in notes]
        yield from (note for note, feed in zip(notes, about, strict=True) if feed in (None, source.feed))


def _feed_of(note: str) -> str | None:
    """None: the note says why a feed cannot be read that never was."""
    named = _FEED.match(note)
    return named[1] if named else None


def _value(name: str, text: str, texts: Texts, zone: tzinfo) -> str:
    if name in _INSTANTS:
        return forms.instant(int(datetime.fromisoformat(text).timestamp() * 1000), zone, texts)
    if name == "rows":
        number = int(text.partition(" ")[0])
        return texts.plural("{count} row", "{count} rows", number)
    if name == "promises":
        return _HOW.sub(lambda how: _how(how[1], how[2], texts), text)
    return text


def _how(there: str, here: str, texts: Texts) -> str:
    was, now = (texts.text(_RESULTS[word]) if word in _RESULTS else word for word in (there, here))
    return "(" + texts.text("{was} there, {now} here", was=was, now=now) + ")"


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """What the form says, with any text in the place of each value."""
    parts = re.split(r"\{(\w+)\}", form)
    kinds = {"rows": r"\d+ rows?", "more": r"\d+", "month": r"\d{4}-\d{2}", "edition": r"\d+"}
    kinds |= dict.fromkeys(_INSTANTS, r"[\d:.TZ+-]+")
    return re.compile(
        "".join(
            f"(?P<{part}>{kinds.get(part, '.+?')})" if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        ),
        re.DOTALL,
    )
