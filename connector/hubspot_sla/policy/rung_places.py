"""Where a rung hangs, as admins write it: `75%`, `-30m`, `breach`, `+2h`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hubspot_sla.clock.rungs import Mark, Side, Span
from hubspot_sla.policy.durations import Duration, parse_duration
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import Refused
from hubspot_sla.policy.yaml_document import described

_PERCENT = re.compile(r"(\d{1,9})\s*%", re.ASCII)
_FORMS = "write 75% (of the target), -30m (before due), breach, or +2h (after the breach)"
PLACE_SCHEMA: dict[str, object] = {
    "type": "string",
    "pattern": r"^\s*([1-9]\d?\s*%|breach|[-+].+)\s*$",
    "description": _FORMS,
}
_DUE = frozenset({"due", "due_at", "100%", "0m", "+0m", "-0m"})


@dataclass(frozen=True, slots=True)
class PlaceSaid:
    """`text` without spaces is also the rung's name where it has no other."""

    text: str
    side: Side
    percent: int = 0
    away: Duration | None = None

    def mark(self, every: Duration | None, times: int | None) -> Mark:
        return Mark(self.side, self.percent, span(self.away), span(every) if every else None, times or 1)


def span(duration: Duration | None) -> Span:
    return Span() if duration is None else Span(duration.ms, duration.business_days)


def parse_place(written: object) -> PlaceSaid:
    """Refused: anything but a share of 1% to 99%, `breach`, or a sign and a duration."""
    text = "".join(written.split()) if isinstance(written, str) else ""
    if text == Side.BREACH:
        return PlaceSaid(text, Side.BREACH)
    if text in _DUE:
        raise Refused(f"{described(written)} is the breach itself", "write breach", code=Code.RUNG)
    percent = _PERCENT.fullmatch(text)
    if percent:
        return _share(text, int(percent[1]))
    if text[:1] in ("-", "+"):
        side = Side.BEFORE if text[0] == "-" else Side.AFTER
        return PlaceSaid(text, side, away=parse_duration(text[1:]))
    raise Refused(f"{described(written)} is no place on a ladder", _FORMS, code=Code.RUNG)


def _share(text: str, percent: int) -> PlaceSaid:
    if percent > 99:
        raise Refused(
            f"{text} of the target is never reached in time",
            "write +2h for what comes after the breach",
            code=Code.RUNG,
        )
    if not percent:
        raise Refused(f"{text} of the target is the start, where nothing is late yet", _FORMS, code=Code.RUNG)
    return PlaceSaid(text, Side.SHARE, percent=percent)
