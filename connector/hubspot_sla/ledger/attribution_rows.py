"""How the attribution of an outcome is kept: beside it, in four columns that its copies do not have.

`met_by_pauses` is null where the attribution is not known; `pauses` is JSON, [[author, business ms, ms on the wall, met
only because of them], ...], and null where there are none. `spans` is JSON too: the holders, each once, and then for
each span its length, its business time, and twice the place of its holder, plus 1 after the breach. The first span
begins at `started_at`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.measure.outcome import Attribution, PausedBy
from hubspot_sla.measure.whose_time import Holder, HolderSpan

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence


_HOLDERS: Final = {holder.value: holder for holder in Holder}
"""Found sooner than by asking the enumeration: a report reads hundreds of thousands."""


def bound(attribution: Attribution | None) -> tuple[str | None, int | None, str | None, str | None]:
    """The four columns."""
    if attribution is None:
        return None, None, None, None
    pauses = [[each.author, each.business_ms, each.wall_ms, int(each.met_only)] for each in attribution.pauses]
    return (
        orjson.dumps(pauses).decode() if pauses else None,
        int(attribution.met_by_pauses),
        attribution.waived_by or None,
        _packed(attribution.spans) if attribution.spans else None,
    )


def read(row: sqlite3.Row) -> Attribution | None:
    """The attribution of a row of `outcomes`."""
    if row["met_by_pauses"] is None:
        return None
    pauses = orjson.loads(row["pauses"] or "[]")
    return Attribution(
        tuple(PausedBy(author, business, wall, bool(met_only)) for author, business, wall, met_only in pauses),
        bool(row["met_by_pauses"]),
        row["waived_by"] or "",
        tuple(unpacked(row["spans"], row["started_at"])) if row["spans"] else (),
    )


def _packed(spans: Sequence[HolderSpan]) -> str:
    holders = {(span.holder, span.name): None for span in spans}
    places = {holder: place for place, holder in enumerate(holders)}
    numbers = [
        number
        for span in spans
        for number in (span.end - span.start, span.business_ms, 2 * places[span.holder, span.name] + span.late)
    ]
    return orjson.dumps([[[holder or "", name] for holder, name in holders], numbers]).decode()


def unpacked(text: str, start: int) -> Iterator[HolderSpan]:
    """The spans of a cycle that started then (epoch ms)."""
    holders, numbers = orjson.loads(text)
    known = [(_HOLDERS[holder] if holder else None, name) for holder, name in holders]
    for ms, business_ms, place in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True):
        holder, name = known[place // 2]
        end = start + ms
        yield HolderSpan(start, end, holder, name, bool(place % 2), business_ms)
        start = end
