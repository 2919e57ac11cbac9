"""The requests that came in, as the page shows them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sandbox.request_log import ANSWERED

if TYPE_CHECKING:
    from hubspot_sandbox.page.formatting import Formatter
    from hubspot_sandbox.request_log import Request, RequestLog

MOST_ROWS = 200
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Row:
    """One request. `at` is the portal's time, `took` real."""

    method: str
    path: str
    status: int
    tone: str
    at: str
    took: str
    note: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many requests there were of a kind, or with a status."""

    name: str
    count: int
    tone: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """The last requests, newest first, and counts of all."""

    rows: list[Row]
    total: int
    kinds: list[Count]
    statuses: list[Count]


def traffic(request_log: RequestLog, formatter: Formatter) -> Traffic:
    """What was asked so far."""
    kinds: Counter[str] = Counter()
    statuses: Counter[int] = Counter()
    for (kind, status), count in request_log.counts.items():
        kinds[kind] += count
        statuses[status] += count
    return Traffic(
        rows=[_row(request, request_log, formatter) for request in request_log.latest(MOST_ROWS)],
        total=request_log.total(),
        kinds=[Count(kind, count, "plain") for kind, count in kinds.most_common() if count],
        statuses=[Count(str(status), count, _tone(status)) for status, count in sorted(statuses.items()) if count],
    )


def _row(request: Request, request_log: RequestLog, formatter: Formatter) -> Row:
    return Row(
        method=request.method,
        path=request.path,
        status=request.status,
        tone=_tone(request.status),
        at=formatter.short_instant(request.at_ms, seconds=True),
        took=f"{request.took_us / 1000:.1f} ms",
        note=_note(request, request_log),
    )


def _note(request: Request, request_log: RequestLog) -> str:
    """The limit that refused it, what became of the answer, how much it wrote."""
    written = 0 if request.method == "GET" else len(request_log.written_by(request))
    remarks = (
        request.policy.replace("_", " ").lower(),
        "" if request.fate == ANSWERED else request.fate,
        f"{written} write{'s' if written > 1 else ''}" if written else "",
    )
    return ", ".join(part for part in remarks if part)


def _tone(status: int) -> str:
    if status == _TOO_MANY:
        return "warn"
    return "good" if 100 <= status < 400 else "bad"
