"""How the time of a clock was spent, as the rows of a table for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.pauses import CUSTOMER, SUPPORT
from hubspot_sla.clock.segments import State
from hubspot_sla.language.forms import short_instant, short_length
from hubspot_sla.language.texts import marked
from hubspot_sla.render.promise_text import amount_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from hubspot_sla.clock.segments import Segment
    from hubspot_sla.language.texts import Texts

_STATES: Final = {
    State.RUNNING: marked("running"),
    State.PAUSED: marked("paused"),
    State.CLOSED: marked("closed"),
    State.OUT_OF_HOURS: marked("outside business hours"),
}
_ENDINGS: Final = (
    (", until the customer wrote", marked("{stage}, until the customer wrote")),
    (", after the customer wrote", marked("{stage}, after the customer wrote")),
)
_STOPPED: Final = "stopped, "
_LASTED: Final = re.compile(r"(?P<stage>.+), (?P<which>after|until) it has lasted (?P<time>\S+)")


def columns(texts: Texts) -> list[str]:
    """The headings."""
    return [texts.text("from"), texts.text("to"), texts.text("the clock"), texts.text("where"), texts.text("counted")]


def rows(segments: Iterable[Segment], zone: tzinfo, texts: Texts) -> list[list[str]]:
    """A row for each segment: from when to when, what the clock did, where and with whom, and what of it counted."""
    return [
        [
            short_instant(segment.start, zone, texts),
            short_instant(segment.end, zone, texts, segment.start),
            _state(segment, texts),
            _where(segment, texts),
            short_length(segment.counted_ms, texts),
        ]
        for segment in segments
    ]


def _state(segment: Segment, texts: Texts) -> str:
    state = texts.text(_STATES[segment.state])
    return texts.text("{state}, late", state=state) if segment.late else state


def _where(segment: Segment, texts: Texts) -> str:
    place = _place(segment.why, texts)
    if segment.whose in (SUPPORT, ""):
        return place
    whose = texts.text("with the customer") if segment.whose == CUSTOMER else segment.whose
    return f"{place} ({whose})" if place else whose


def _place(why: str, texts: Texts) -> str:
    if why.startswith(_STOPPED):
        return texts.text("stopped: {why}", why=why.removeprefix(_STOPPED))
    for ending, english in _ENDINGS:
        if why.endswith(ending):
            return texts.text(english, stage=why.removesuffix(ending))
    lasted = _LASTED.fullmatch(why)
    if lasted is None:
        return why
    time = amount_in_words(lasted["time"], texts) or lasted["time"]
    if lasted["which"] == "after":
        return texts.text("{stage}, after {time}", stage=lasted["stage"], time=time)
    return texts.text("{stage}, in the first {time}", stage=lasted["stage"], time=time)
