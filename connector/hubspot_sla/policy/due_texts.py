"""When something is due, as admins write it: `4h`, `2bd`, `2 days same time`, `end of next business day`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hubspot_sla.clock.due_rules import BusinessTime, DueRule, EndOfDay, SameTime
from hubspot_sla.policy.durations import Duration, parse_duration
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import Refused

_DAYS = r"(\d{1,4}|next)\s+(?:business\s+)?days?"
_SAME_TIME = re.compile(rf"{_DAYS}\s+same\s+time|same\s+time\s+(next)\s+(?:business\s+)?day", re.ASCII | re.IGNORECASE)
_END_OF_DAY = re.compile(
    rf"end\s+of\s+(?:the\s+)?(?P<next>next\s+)?(?:business\s+)?day|{_DAYS}\s+end\s+of\s+day", re.ASCII | re.IGNORECASE
)
_LONGEST_DAYS = 3660
FORMS = "write 4h, 2bd, `2 days same time`, `end of business day` or `end of next business day`"
DUE_PATTERN = (
    r"^\s*((\d{1,9}\s*([sSmMhH]|[bB][dD])\s*)+"
    r"|(\d{1,4}|next)\s+(business\s+)?days?\s+(same\s+time|end\s+of\s+day)"
    r"|same\s+time\s+next\s+(business\s+)?day"
    r"|end\s+of\s+(the\s+)?(next\s+)?(business\s+)?day)\s*$"
)


@dataclass(frozen=True, slots=True)
class DueText:
    """`text` as written. A length of business time, or so many business days: at the same time, or at their end."""

    text: str
    length: Duration | None = None
    days: int = 0
    end_of_day: bool = False

    def rule(self, business_day_ms: int | None, cut_off: int | None = None) -> DueRule:
        """Refused: the calendar does not say what a business day is."""
        if self.length is not None:
            return BusinessTime(self.length.on(business_day_ms), cut_off)
        return EndOfDay(self.days, cut_off) if self.end_of_day else SameTime(self.days, cut_off)


def parse_due(written: object) -> DueText:
    """Refused: anything but a duration or one of the forms with days."""
    text = " ".join(written.split()) if isinstance(written, str) else ""
    same_time, end_of_day = _SAME_TIME.fullmatch(text), _END_OF_DAY.fullmatch(text)
    if same_time:
        return _of_days(text, same_time[1] or same_time[2], end_of_day=False)
    if end_of_day:
        days = end_of_day[2] or ("next" if end_of_day["next"] else "0")
        return _of_days(text, days, end_of_day=True)
    if re.search(r"\b(same|end)\b", text, re.IGNORECASE):
        raise Refused(f"{text!r} is no due time", FORMS, code=Code.DUE_TIME)
    length = parse_duration(written)
    return DueText(length.text, length)


def _of_days(text: str, days: str, *, end_of_day: bool) -> DueText:
    count = 1 if days.casefold() == "next" else int(days)
    if not count and not end_of_day:
        raise Refused(f"{text!r} is no time at all", "leave the target out if nothing is promised", code=Code.DUE_TIME)
    if count > _LONGEST_DAYS:
        raise Refused(f"{text!r} is longer than ten years", "write fewer days", code=Code.DUE_TIME)
    return DueText(text, days=count, end_of_day=end_of_day)
