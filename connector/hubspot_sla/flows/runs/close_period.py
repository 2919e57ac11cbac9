"""Closing a month: its outcomes are copied as they stand and sealed into the audit chain. What changes later makes a
new edition where somebody asks for one, and never changes an old one.

A worker may be running: rows are only appended. A month is closed once everything that counts in it is known: a
complete sync began after its end, and nothing waits to be judged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date
from typing import TYPE_CHECKING

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.errors import NotYetPossible, UsageProblem
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.reporting.query import zone_of
from hubspot_sla.flows.runs.job_run import new_run_id
from hubspot_sla.ledger import audit, outcomes, periods, quarantine, records, state, sync_health, waivers
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.periods import ClosedPeriod
from hubspot_sla.ledger.quarantine import JUDGING, READING
from hubspot_sla.measure.attainment import counts
from hubspot_sla.measure.periods import Period, add_months, month, month_of
from hubspot_sla.measure.restatement import means_the_same
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo

    from hubspot_sla.ledger.database import Ledger
    from hubspot_sla.ledger.periods import Due, RecordCycle
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.plan.records import RecordRef

MOST_NAMED = 10
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who closes a month, at `now` (epoch ms). `with_unknown`: also where records are in quarantine; `reason` is why an
    edition after the first is made."""

    by: str
    now: int
    with_unknown: bool = False
    reason: str = ""


def close(ledger: Ledger, name: str, asked: Asked) -> ClosedPeriod:
    """The first edition of a month, `2026-10`. UsageProblem: it is no month, closed already, not begun, or not the next
    one. NotYetPossible: it has not ended, or not everything in it is known."""
    with ledger.transaction() as db:
        period = month_named(name, zone(db))
        _require_next(periods.every(db), period, asked.now)
        return _closed(db, period.name, (period.start_at, period.end_at, str(period.zone)), asked)


def restate(ledger: Ledger, name: str, asked: Asked) -> ClosedPeriod:
    """A further edition of a closed month. UsageProblem: it is not closed, or nothing has changed since.
    NotYetPossible: not everything in it is known."""
    with ledger.transaction() as db:
        before = periods.editions(db, month_named(name, UTC).name)
        if not before:
            raise UsageProblem(f"{name} is not closed", remedy=f"`sla period close {name}` makes its first edition")
        last = before[-1]
        require_known(db, last.until, asked)
        due = periods.due_between(db, last.since, last.until)
        if not _has_changed(due.cycles, periods.frozen(db, last)):
            raise UsageProblem(
                f"nothing in {name} has changed since edition {last.edition}", remedy="`sla period show` tells what did"
            )
        return _closed(db, name, (last.since, last.until, last.zone), asked, last.edition + 1)


def _has_changed(now: Mapping[RecordCycle, Outcome], frozen: Mapping[RecordCycle, Outcome]) -> bool:
    return any(not means_the_same(now.get(cycle), frozen.get(cycle)) for cycle in {**now, **frozen})


def month_named(text: str, zone: tzinfo) -> Period:
    """UsageProblem: it is no month."""
    match = _MONTH.fullmatch(text.strip())
    try:
        if match is not None:
            return month(int(match[1]), int(match[2]), zone)
    except ValueError:
        pass
    raise UsageProblem(f"{text!r} is no month", remedy="write year and month: 2026-10")


def zone(db: sqlite3.Connection) -> tzinfo:
    """In which months begin and end. UsageProblem: no mappings are in force."""
    versions = versions_in_force.in_force(db)
    if not versions:
        raise UsageProblem("no mappings are in force yet", remedy="run `sla setup` first")
    return zone_of(versions[-1].mappings)


def _require_next(closed: Sequence[ClosedPeriod], period: Period, now: int) -> None:
    again = next((one for one in reversed(closed) if one.name == period.name), None)
    if again is not None:
        raise UsageProblem(
            f"{period.name} was closed on {wire(again.closed_at)} by {again.closed_by} (edition {again.edition})",
            remedy=f"`sla period restate {period.name} --reason WHY` makes another edition",
        )
    if period.start_at > now:
        raise UsageProblem(f"{period.name} lies in the future", remedy="close a month that has ended")
    if period.end_at > now:
        raise NotYetPossible(f"{period.name} ends at {wire(period.end_at)}", remedy="close it after that")
    if closed and period.name != (expected := following(closed[-1])):
        raise UsageProblem(
            f"{closed[-1].name} is the last month that was closed, and {period.name} is not the next",
            remedy=f"close {expected} first" if period.name > expected else f"months before {closed[0].name} stay open",
        )


def following(closed: ClosedPeriod) -> str:
    """The month after a closed one."""
    year, number = map(int, closed.name.split("-"))
    return f"{add_months(date(year, number, 1), 1):%Y-%m}"


def _closed(
    db: sqlite3.Connection, name: str, interval: tuple[int, int, str], asked: Asked, edition: int = 1
) -> ClosedPeriod:
    since, until, of_zone = interval
    unknown = require_known(db, until, asked)
    due = periods.due_between(db, since, until)
    entry = audit.next_number(db)
    closed = ClosedPeriod(
        name, edition, since, until, of_zone, asked.now, asked.by, asked.reason, tuple(unknown), entry
    )
    number = periods.close(db, closed, due.rows)
    audit.append(db, at=asked.now, run_id=new_run_id(), entries=[_entry(closed, due)])
    return next(one for one in periods.editions(db, name) if one.number == number)


def _entry(closed: ClosedPeriod, due: Due) -> Entry:
    """Its digest covers the copies; the figures stand in the chain itself."""
    body: dict[str, object] = {
        "period": closed.name,
        "edition": closed.edition,
        "since": wire(closed.since),
        "until": wire(closed.until),
        "zone": closed.zone,
        "outcomes": len(due.cycles),
        "counted": [[clock, *figures] for clock, figures in sorted(_figures(due).items())],
        "unknown": [record.key for record in closed.unknown],
        "by": closed.closed_by,
        "reason": closed.reason,
    }
    return Entry("period", {name: value for name, value in body.items() if value not in ("", [])})


def _figures(due: Due) -> dict[str, tuple[int, int, int, int]]:
    """Met, missed, late and still open, and excluded, by the key of the clock."""
    by_clock: dict[str, list[Outcome]] = {}
    for (_, clock, _), outcome in due.cycles.items():
        by_clock.setdefault(clock, []).append(outcome)
    sums = {clock: counts((one.status, one.excluded) for one in of_clock) for clock, of_clock in by_clock.items()}
    return {clock: (each.met, each.missed, each.late, each.outside) for clock, each in sums.items()}


def require_known(db: sqlite3.Connection, until: int, asked: Asked) -> list[RecordRef]:
    """The records in quarantine. NotYetPossible: something that may count before `until` is not known yet."""
    for object_type in _object_types(db):
        if not _was_synced_after(db, object_type, until):
            raise NotYetPossible(
                f"no complete sync of {object_type} has begun since the end of the period, {wire(until)}",
                remedy="run `sla sync`",
            )
    if outcomes.missing(db).number:
        raise NotYetPossible("some records have no outcomes yet", remedy="run `sla sync`, or `sla outcomes rebuild`")
    if waivers.newest_entry(db) > (state.read_instant(db, state.WAIVERS) or 0):
        raise NotYetPossible("a waiver is to take effect with the next sync", remedy="run `sla sync`")
    unknown = list(dict.fromkeys(row.record for row in quarantine.every(db) if row.step in (JUDGING, READING)))
    waiting = [record for record in records.waiting_before(db, until) if record not in unknown]
    if waiting:
        raise NotYetPossible(
            f"{_named(waiting)} must be judged before the period can be closed", remedy="run `sla sync`"
        )
    if unknown and not asked.with_unknown:
        raise NotYetPossible(
            f"{_named(unknown)} in quarantine: what they come to is unknown",
            remedy="see `sla quarantine`, or close with --with-unknown",
        )
    return unknown


def _object_types(db: sqlite3.Connection) -> Iterable[str]:
    versions = versions_in_force.in_force(db)
    return versions[-1].mappings.object_types if versions else ()


def _was_synced_after(db: sqlite3.Connection, object_type: str, until: int) -> bool:
    """A poll, or the first walk through all records, that began then has come to its end, and none is unfinished."""
    cursor = state.read_instant(db, state.of(object_type, state.CURSOR))
    polled = state.read_instant(db, state.of(object_type, sync_health.POLLED))
    unfinished = state.read(db, state.of(object_type, state.LISTING)) is not None
    return cursor is not None and not unfinished and max(cursor, polled or 0) >= until


def _named(found: Sequence[RecordRef]) -> str:
    keys = ", ".join(record.key for record in found[:MOST_NAMED])
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return f"{'record' if len(found) == 1 else 'records'} {keys}{more}"


def last_ended(zone: tzinfo, now: int) -> Period:
    """The newest month that has ended."""
    this = month_of(local_date(now, zone), zone)
    return this.before()
