"""What is said beside the figures of a contract, in the language of who reads it.

Notes are kept and sealed in English, because a seal must not change with the language of a portal. Here each is known
again by its form, with its instants in the zone of the reader. What no form fits stays as it is.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.reporting.contracts.note_forms import CAUSES, INSTANTS, NOTES, REASONS, pattern
from hubspot_sla.language import forms
from hubspot_sla.language.texts import marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from hubspot_sla.language.texts import Texts
    from hubspot_sla.policy.written_contracts import WrittenContract

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
_FORMS: Final = {"outages": marked("outages"), "requests": marked("requests"), "values": marked("values")}
_WITHIN: Final = {"reason": REASONS, "cause": CAUSES}
_FEED: Final = re.compile("the feed (.+?) (?:is down|lacks) ")
_ASKED: Final = pattern(
    marked("the feed {feed} is one of {form}, and {objective} measures {other}: it is not measured")
)


def told(note: str, texts: Texts, zone: tzinfo) -> str:
    """The note in the language of `texts`, as a sentence begins; a reason alone begins with the name of a file."""
    said = _said(note, NOTES, texts, zone)
    return _said(note, REASONS, texts, zone) or note if said is None else said[:1].upper() + said[1:]


def _said(text: str, known: Sequence[str], texts: Texts, zone: tzinfo) -> str | None:
    """None: it has none of these forms."""
    for form in known:
        found = pattern(form).fullmatch(text)
        if found is not None:
            values = {name: _value(name, value, texts, zone) for name, value in found.groupdict().items()}
            return texts.text(form, **values)
    return None


def of_objective(notes: Iterable[str], written: WrittenContract, objective: str) -> Iterator[str]:
    """Those on the feed that this objective is measured by."""
    source = written.sources.get(objective)
    if source is not None and source.feed is not None:
        yield from (note for note in notes if _concerns(note, source.feed, objective))


def _concerns(note: str, feed: str, objective: str) -> bool:
    """Whatever says why a feed cannot be read that never was does not name it."""
    asked = _ASKED.fullmatch(note)
    if asked is not None:
        return asked["objective"] == objective
    named = _FEED.match(note)
    return named is None or named[1] == feed


def _value(name: str, text: str, texts: Texts, zone: tzinfo) -> str:
    if name in INSTANTS:
        return forms.instant(int(datetime.fromisoformat(text).timestamp() * 1000), zone, texts)
    if name == "rows":
        number = int(text.partition(" ")[0])
        return texts.plural("{count} row", "{count} rows", number)
    if name in _WITHIN:
        return _said(text, _WITHIN[name], texts, zone) or text
    if name in ("form", "other") and text in _FORMS:
        return texts.text(_FORMS[text])
    if name == "promises":
        return _HOW.sub(lambda how: _how(how[1], how[2], texts), text)
    return text


def _how(there: str, here: str, texts: Texts) -> str:
    was, now = (texts.text(_RESULTS[word]) if word in _RESULTS else word for word in (there, here))
    return "(" + texts.text("{was} there, {now} here", was=was, now=now) + ")"
