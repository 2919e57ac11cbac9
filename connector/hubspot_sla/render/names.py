"""What people call things: clocks, places on a ladder, who changed something."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Kind
from hubspot_sla.clock.rungs import Side
from hubspot_sla.clock.verdict import Status
from hubspot_sla.language.forms import joined, length
from hubspot_sla.language.texts import marked
from hubspot_sla.render.promise_text import amount_in_words, business_days

if TYPE_CHECKING:
    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.clock.rungs import Mark, Span
    from hubspot_sla.language.texts import Texts

METRICS: Final = {
    Metric.ASSIGNMENT: marked("Assignment"),
    Metric.FIRST_RESPONSE: marked("First response"),
    Metric.NEXT_RESPONSE: marked("Next response"),
    Metric.UPDATE: marked("Update"),
    Metric.RESOLUTION: marked("Resolution"),
}
_KINDS: Final = {Kind.SLA: marked("SLA"), Kind.OLA: marked("OLA"), Kind.UC: marked("Supplier")}
STATUSES: Final = {
    Status.BREACHED: marked("late"),
    Status.AT_RISK: marked("at risk"),
    Status.RUNNING: marked("running"),
    Status.PAUSED: marked("paused"),
    Status.PENDING: marked("not started"),
    Status.MISSED: marked("was late"),
    Status.MET: marked("in time"),
    Status.WAIVED: marked("waived"),
    Status.NOT_APPLICABLE: marked("does not apply"),
    Status.UNKNOWN: marked("unknown"),
    Status.MERGED: marked("merged"),
    Status.NO_SLA: marked("nothing is promised"),
}
_BY: Final = {
    "CRM_UI": marked("by hand in HubSpot"),
    "CRM_UI_BULK_ACTION": marked("by hand in HubSpot"),
    "MOBILE_IOS": marked("by hand in HubSpot"),
    "MOBILE_ANDROID": marked("by hand in HubSpot"),
    "AUTOMATION_PLATFORM": marked("by a workflow"),
    "WORKFLOWS": marked("by a workflow"),
    "INTEGRATION": marked("by another app"),
    "API": marked("by another app"),
    "IMPORT": marked("by an import"),
    "FORM": marked("by a form"),
    "CONVERSATIONS": marked("by a conversation"),
}
"""Who made a change, by HubSpot's word for it; of others nothing is said."""


def clock_name(clock: Clock, texts: Texts) -> str:
    """`Resolution`, `OLA: time in Billing`, `Regulator: first response`."""
    name = metric_name(clock, texts)
    if clock.kind is Kind.SLA and not clock.agreement:
        return name
    whose = as_words(clock.agreement) if clock.kind is Kind.SLA else whose_promise(clock, texts)
    return texts.text("{whose}: {clock}", whose=whose, clock=name)


def whose_promise(clock: Clock, texts: Texts) -> str:
    """`SLA`, `OLA`, `SLA Regulator`: the kind of the promise, and the agreement where it has a name."""
    kind = texts.text(_KINDS[clock.kind])
    return f"{kind} {as_words(clock.agreement)}" if clock.agreement else kind


def metric_name(clock: Clock, texts: Texts) -> str:
    """Without whose promise it is."""
    if clock.metric == Metric.STAGE:
        if clock.total:
            return texts.text("Total time in {place}", place=clock.place)
        return texts.text("Time in {place}", place=clock.place)
    known = next((text for metric, text in METRICS.items() if metric == clock.metric), None)
    return texts.text(known) if known else as_words(clock.metric)


def as_words(name: str) -> str:
    """A name of the mappings as people read it."""
    words = re.sub(r"[_-]+", " ", name).strip()
    return words[:1].upper() + words[1:]


def status_name(status: Status, texts: Texts) -> str:
    return texts.text(STATUSES[status])


def changed_by(source: str, texts: Texts) -> str:
    """Who made a change, in words; "" where nobody can say."""
    word = _BY.get(source.partition(" ")[0].upper())
    return texts.text(word) if word else ""


def place_on_ladder(mark: Mark, nth: int, texts: Texts) -> str:
    """`75% of the time used`, `30 minutes before it is due`, `4 hours late`; "" for the breach itself."""
    match mark.side:
        case Side.SHARE:
            return texts.text("{percent}% of the time used", percent=str(mark.percent))
        case Side.BEFORE:
            return texts.text("{time} before it is due", time=_span(mark.span, texts))
    spans = [mark.span, *([mark.every] * (nth - 1) if mark.every else [])]
    ms, days = sum([span.ms for span in spans]), sum([span.business_days for span in spans])
    if not ms and not days:
        return ""
    return texts.text("{time} late", time=_length(ms, days, texts))


def _span(span: Span, texts: Texts) -> str:
    return _length(span.ms, span.business_days, texts)


def _length(ms: int, days: int, texts: Texts) -> str:
    if not days:
        return length(ms, texts)
    words = business_days(days, texts)
    return joined(words, length(ms, texts), texts) if ms else words


_PLACE: Final = re.compile(
    r"(?:(?P<share>\d+)%|(?P<side>[+-])(?P<time>[^:]+)|(?P<breach>breach))(?::(?P<nth>\d+))?", re.ASCII
)


def rung_name(name: str, texts: Texts) -> str:
    """The name of a rung as people read it, where it is the place on the ladder; a name of its own stays."""
    found = _PLACE.fullmatch(name)
    words = _place_words(found, texts) if found else ""
    if not found or not words:
        return name
    return f"{words} ({found['nth']})" if found["nth"] else words


def _place_words(found: re.Match[str], texts: Texts) -> str:
    if found["breach"]:
        return texts.text("when late")
    if found["share"]:
        return texts.text("{percent}% of the time used", percent=found["share"])
    time = amount_in_words(found["time"], texts)
    if not time:
        return ""
    return (
        texts.text("{time} late", time=time)
        if found["side"] == "+"
        else texts.text("{time} before it is due", time=time)
    )
