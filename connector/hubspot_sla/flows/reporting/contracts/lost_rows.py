"""Rows that a feed had once and has no more: what was down is not taken back in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.feeds.availability_file import Availability
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.feeds.availability_file import OutageRow, RequestRow, ValueRow

EVER: Final = -(2**62)
"""Before all rows."""


def lost(was: Availability, now: Availability, since: int, *, sealed: bool = False) -> Availability:
    """The rows of `was` that end after `since` (epoch ms), or values since then, that `now` lacks: time that was down
    and is up again, requests that are gone or fail no more, values of which there are none at that instant. An outage
    that grew, or was joined with another one, is not lost. Of what was `sealed` requests and values are that were
    corrected, and an outage that was announced at another time."""
    outages = [row for row in was.outages if row.end_at > since and not _is_down(row, now.outages, sealed=sealed)]
    there: dict[tuple[int, int, str], list[RequestRow]] = {}
    for each in now.requests:
        there.setdefault((each.start_at, each.end_at, each.key), []).append(each)
    requests = [row for row in was.requests if row.end_at > since and not _is_there(row, there, sealed=sealed)]
    read = {_of_value(row, sealed=sealed) for row in now.values}
    values = [row for row in was.values if row.start_at >= since and _of_value(row, sealed=sealed) not in read]
    return Availability(tuple(outages), tuple(requests), values=tuple(values))


def lost_text(feed: str, rows: Availability, sealed_with: str = "") -> str:
    """`sealed_with` is the name of the window; "": they were read before."""
    first, number = min(row.start_at for row in rows.rows), len(rows.rows)
    counted = "1 row" if number == 1 else f"{number} rows"
    when = f"were sealed with {sealed_with}" if sealed_with else "it had when it was read before"
    return f"the feed {feed} lacks {counted} that {when}, the first of {wire(first)}"


def _is_down(row: OutageRow, now: Iterable[OutageRow], *, sealed: bool) -> bool:
    """Whether all of its time is down still, of the same kind and for no fewer users."""
    at = row.start_at
    like = (each for each in now if (each.key, each.kind) == (row.key, row.kind) and each.affected >= row.affected)
    for each in sorted(like, key=lambda one: one.start_at):
        if sealed and each.announced_at != row.announced_at:
            continue
        if each.start_at <= at:
            at = max(at, each.end_at)
    return at >= row.end_at


def _is_there(row: RequestRow, there: Mapping[tuple[int, int, str], Sequence[RequestRow]], *, sealed: bool) -> bool:
    """Of one interval there may be several rows, as of two hosts."""
    now = there.get((row.start_at, row.end_at, row.key), ())
    return row in now if sealed else any(each.number >= row.number and each.failed >= row.failed for each in now)


def _of_value(row: ValueRow, *, sealed: bool) -> object:
    """What must be there still."""
    return row if sealed else (row.start_at, row.end_at, row.key)
