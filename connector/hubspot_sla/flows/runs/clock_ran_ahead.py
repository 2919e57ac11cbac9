"""A clock that ran ahead is corrected: what was judged by it and is still open is judged again.

It shows as a time that is more than a minute before the latest one as of which anything was judged: HubSpot had told a
wrong `Date`, or this machine's clock was ahead when a worker started without an answer. A clock that was behind needs
nothing of this kind: the deadlines that have come meanwhile are met at once. Only the sync notices it, once HubSpot has
told its time; the cursors go back too, for nothing may be missed that changed behind them.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.hubspot.current_time import REMEDY, SET_BACK_MS, TRUSTED_MS
from hubspot_sla.ledger import audit, records, state, sync_health
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.plan.clock_ran_ahead import ClockCorrection
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.reading.incremental import RecordPage

logger = logging.getLogger("hubspot_sla.clock")

_CURSORS: Final = (state.CURSOR, sync_health.SLOW_CURSOR, sync_health.POLLED)


def adopted_before(context: Context, run_id: str, pages: Iterable[RecordPage]) -> Iterator[RecordPage]:
    """The same pages: a correction is in force before the first one that HubSpot has answered with is judged. Where
    there was one they do not move the cursors beyond where it has set them."""
    corrected = False
    for page in pages:
        corrected = adopt(context, run_id) or corrected
        yield replace(page, after=_set_back(page.after, context.now())) if corrected else page


def adopt(context: Context, run_id: str) -> bool:
    """Have every open record judged again if the clock was corrected; False, and nothing, otherwise."""
    correction = noticed(context)
    if correction is None:
        return False
    now = context.now()
    with context.ledger.transaction() as db:
        earlier = standing(db, now)
        until = max(correction.until, earlier.until if earlier else 0)
        body = {"until": until, "ahead_ms": correction.ahead_ms}
        state.write(db, state.CLOCK_CORRECTION, orjson.dumps(body).decode())
        state.write(db, state.JUDGED_UNTIL, now)
        for key, at in _set_back(_cursors(db), now).items():
            state.write(db, key, at or 0)
        records.judge_all_open(db)
        entry = Entry("clock", {"judged_until": wire(correction.until), "now": wire(now), "cause": correction.cause})
        audit.append(db, at=now, run_id=run_id, entries=[entry])
    logger.warning("%s: every open ticket is judged again - %s", correction.cause, REMEDY)
    return True


def noticed(context: Context) -> ClockCorrection | None:
    """A correction that no sync has adopted yet."""
    if not context.portal.transport.knows_time:
        return None
    until = state.read_instant(context.ledger.db, state.JUDGED_UNTIL)
    if until is None or (ahead_ms := until - context.now()) <= SET_BACK_MS:
        return None
    return ClockCorrection(until, ahead_ms, of_all=True)


def standing(db: sqlite3.Connection, now: int) -> ClockCorrection | None:
    """The correction adopted last; None once its time has come: what was judged by the wrong clock is true then."""
    text = state.read(db, state.CLOCK_CORRECTION)
    if text is None:
        return None
    correction = ClockCorrection(**orjson.loads(text))
    return correction if correction.until > now else None


def _cursors(db: sqlite3.Connection) -> dict[str, str | None]:
    """Those of all object types."""
    return {row["key"]: row["value"] for row in db.execute("select key, value from meta") if _is_cursor(row["key"])}


def _set_back(notes: Mapping[str, str | None], now: int) -> dict[str, str | None]:
    """Notes to be written, with each cursor no later than the furthest that a trusted clock can have been ahead."""
    return {
        key: str(min(int(value), now) - TRUSTED_MS) if _is_cursor(key) and value is not None else value
        for key, value in notes.items()
    }


def _is_cursor(key: str) -> bool:
    return key.rpartition(":")[2] in _CURSORS
