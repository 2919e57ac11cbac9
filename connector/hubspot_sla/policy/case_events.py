"""Times and events of tests.yaml: `2026-03-02 10:00 reply`, `2026-03-03 09:00 stage Waiting on contact`."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from hubspot_sla.clock.calendar import FIRST_YEAR, LAST_YEAR
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.name_patterns import INTERNAL
from hubspot_sla.policy.value_errors import Refused, nearest

_TIME = r"\d{4}-\d{2}-\d{2}[ T]\d{1,2}:\d{2}(?::\d{2})?(?: ?(?:Z|[+-]\d{2}:\d{2}))?"
CASE_TIME_PATTERN = rf"^\s*({_TIME})\s*$|^none$"
EVENT_PATTERN = rf"^\s*{_TIME}\s+\S.*$"
_AT_THE_START = re.compile(rf"\s*({_TIME})(?:\s+(.*))?", re.ASCII | re.DOTALL)
_ASSIGNMENT = re.compile(r"(?:(company|contact)\.)?(\w+)\s*=\s*(.*)", re.ASCII | re.DOTALL)
_INTERNAL = re.compile(INTERNAL)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIME_FORM = "write 2026-03-02 10:00, or 2026-03-02 10:00+01:00"


class Happens(StrEnum):
    """What an event is, as it is written. Those of `WITH_VALUE` are followed by a value."""

    REPLY = "reply"
    AGENT_MESSAGE = "agent message"
    CUSTOMER_MESSAGE = "customer message"
    CLOSED = "closed"
    REOPENED = "reopened"
    STAGE = "stage"
    PIPELINE = "pipeline"
    PRIORITY = "priority"
    OWNER = "owner"
    TEAM = "team"
    SOURCE = "source"
    CATEGORY = "category"
    TIER = "tier"
    PROPERTY = "PROPERTY ="
    COMPANY = "company.PROPERTY ="
    CONTACT = "contact.PROPERTY ="


WITH_VALUE = (
    *(Happens.STAGE, Happens.PIPELINE, Happens.PRIORITY, Happens.OWNER, Happens.TEAM),
    *(Happens.SOURCE, Happens.CATEGORY, Happens.TIER),
)
WITHOUT_VALUE = (*(Happens.REPLY, Happens.AGENT_MESSAGE, Happens.CUSTOMER_MESSAGE, Happens.CLOSED, Happens.REOPENED),)
NEEDS_VALUE = (Happens.STAGE, Happens.PIPELINE)
_ASSIGNED = {None: Happens.PROPERTY, "company": Happens.COMPANY, "contact": Happens.CONTACT}


@dataclass(frozen=True, slots=True)
class CaseTime:
    """`text` as written; `reading` has an offset where one is written, and is that of a clock on the wall elsewhere."""

    text: str
    reading: datetime

    def at(self, zone: tzinfo) -> int:
        """Epoch ms. Refused: the clocks of the zone skip this time, or show it twice."""
        if self.reading.tzinfo is not None:
            return (self.reading - _EPOCH) // timedelta(milliseconds=1)
        first, second = (self.reading.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        offsets = first.utcoffset(), second.utcoffset()
        if offsets[0] != offsets[1]:
            skipped = (offsets[0] or timedelta()) < (offsets[1] or timedelta())
            what = "never comes: clocks are put forward" if skipped else "comes twice: clocks are put back"
            raise Refused(
                f"{self.text!r} in {zone} {what}",
                f"add the offset: {_written(first)} or {_written(second)}",
                code=Code.INSTANT,
            )
        return (first - _EPOCH) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """`name` is the property of an assignment, `value` what comes after the word; "" clears."""

    time: CaseTime
    what: Happens
    value: str = ""
    name: str = ""


def parse_case_time(written: object) -> CaseTime:
    """Refused: anything but a date with a time, perhaps with an offset."""
    match = _AT_THE_START.fullmatch(written) if isinstance(written, str) else None
    if match is None or match[2]:
        raise Refused(f"{written!r} is not a time", TIME_FORM, code=Code.INSTANT)
    return _time(match[1])


def parse_event(written: object) -> CaseEvent:
    """Refused: no time, or a word that is no event."""
    if isinstance(written, CaseEvent):
        return written
    match = _AT_THE_START.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise Refused(f"{written!r} does not begin with a time", "write 2026-03-02 10:00 reply", code=Code.INSTANT)
    text = " ".join((match[2] or "").split())
    return _event(_time(match[1]), text)


def _time(text: str) -> CaseTime:
    reading = None
    with suppress(ValueError):
        clock = text[11:].replace(" ", "")
        reading = datetime.fromisoformat(f"{text[:10]}T{'0' if clock[1] == ':' else ''}{clock}")
    if reading is None:
        raise Refused(f"{text!r} is not a time that there is", TIME_FORM, code=Code.INSTANT)
    if not FIRST_YEAR < reading.year < LAST_YEAR:
        raise Refused(
            f"{text!r} is outside the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}",
            "calendars answer for no other",
            code=Code.INSTANT,
        )
    return CaseTime(text, reading)


def _event(time: CaseTime, text: str) -> CaseEvent:
    if assigned := _ASSIGNMENT.fullmatch(text):
        return _assignment(time, assigned)
    for what in WITHOUT_VALUE:
        if text == what.value:
            return CaseEvent(time, what)
    word, _, value = text.partition(" ")
    for what in WITH_VALUE:
        if word == what.value and (value or what not in NEEDS_VALUE):
            return CaseEvent(time, what, "" if value == "none" and what not in NEEDS_VALUE else value)
    if word in NEEDS_VALUE:
        raise Refused(f"{word!r} does not say which", f"write {time.text} {word} NAME", code=Code.METRIC_EVENT)
    words = [what.value for what in (*WITHOUT_VALUE, *WITH_VALUE)]
    message = f"{text!r} is no event" if text else "nothing happens at this time"
    raise Refused(message, f"{nearest(text, words)}; or PROPERTY = VALUE", code=Code.METRIC_EVENT)


def _assignment(time: CaseTime, assigned: re.Match[str]) -> CaseEvent:
    whose, name, value = assigned.groups()
    if not _INTERNAL.match(name):
        raise Refused(
            f"{name!r} is not an internal property name",
            "lower-case letters, digits and underscores",
            code=Code.WRONG_FORM,
        )
    return CaseEvent(time, _ASSIGNED[whose], value.strip(), name)


def _written(moment: datetime) -> str:
    offset = moment.strftime("%z")
    return f"{moment:%Y-%m-%d %H:%M}{offset[:3]}:{offset[3:5]}"
