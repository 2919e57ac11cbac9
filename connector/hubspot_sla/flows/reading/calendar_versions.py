"""Which zones and holidays the versions of the mappings are compiled with, and when a library brings a new version.

A version keeps what the names in its calendars meant. Another release of a library changes nothing, until it says
otherwise about a date that is in use: from the creation of the oldest open record to the end of the year after next.
Then the same mappings come into force once more, with the new data.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.ledger import audit, calendar_data, records, state, versions
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.policy import calendar_libraries
from hubspot_sla.policy.calendar_data import DatesInUse, ResolvedData, is_outdated, names_holidays, zone_in

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.ledger.versions import PolicyVersion

CAUSE: Final = "calendar data"
_YEARS_AHEAD: Final = 2


def for_edited(db: sqlite3.Connection, latest: PolicyVersion | None, now: int) -> ResolvedData:
    """What edited mappings are compiled with: as the version in force, but for what the libraries say otherwise about a
    date in use."""
    return ResolvedData(latest.calendar_data if latest else {}, dates_in_use(db, now))


def is_changed(db: sqlite3.Connection, latest: PolicyVersion, now: int) -> bool:
    """Whether the libraries say otherwise about a date in use than the version in force."""
    names = latest.calendar_data
    if not names or state.read(db, state.CALENDAR_LIBRARIES) == _libraries(names, now):
        return False
    in_use = dates_in_use(db, now)
    return any(is_outdated(name, content, in_use) for name, content in names.items())


def dates_in_use(db: sqlite3.Connection, now: int) -> DatesInUse:
    """Those that the clocks of open records, and of records to come, may count."""
    oldest = records.oldest_start(db)
    first = _date_at(now if oldest is None else min(oldest, now)) - timedelta(days=1)
    return DatesInUse(first, date(_last_year(now), 12, 31))


def keep(context: Context, every: Sequence[Version], run_id: str) -> None:
    """Note that the libraries were compared with the version in force, where they say nothing new about a date in use;
    and keep what the versions of a ledger that kept no calendar data were compiled with. `every` are all of them."""
    db, now = context.ledger.db, context.now()
    latest = versions.latest(db)
    if latest is None or state.read(db, state.CALENDAR_LIBRARIES) == _libraries(every[-1].calendar_data, now):
        return
    if is_changed(db, latest, now):
        return  # to be adopted, which notes it
    with context.ledger.transaction() as db:
        note(db, every, run_id, now)


def note(db: sqlite3.Connection, every: Sequence[Version], run_id: str, now: int) -> None:
    """The newest of `every` version agrees with the libraries. Versions that are older than calendar data are given
    theirs, once."""
    lacking = calendar_data.lacking(db) if state.read(db, state.CALENDAR_LIBRARIES) is None else []
    contents = {number: every[number - 1].calendar_data for number in lacking}
    for number, of_version in contents.items():
        calendar_data.save(db, number, of_version)
    entries = [Entry("calendar_data", {"mappings": n, **told(of_version)}) for n, of_version in contents.items()]
    audit.append(db, at=now, run_id=run_id, entries=[entry for entry in entries if "calendar_data" in entry.body])
    state.write(db, state.CALENDAR_LIBRARIES, _libraries(every[-1].calendar_data, now))


def told(contents: Mapping[str, bytes]) -> dict[str, object]:
    """As audit entries say it: the digest of each content, and the versions of the libraries."""
    if not contents:
        return {}
    return {"calendar_data": calendar_data.digests(contents), "libraries": calendar_libraries.versions()}


def _libraries(names: Iterable[str], now: int) -> str:
    """What the comparison rests on. Equal ones need no second one."""
    names = sorted(names)
    zones = {name: calendar_libraries.zone_fingerprint(zone_in(name)) for name in names if not names_holidays(name)}
    holidays = calendar_libraries.holidays_version() if any(map(names_holidays, names)) else ""
    return orjson.dumps({"zones": zones, "holidays": holidays, "until": _last_year(now)}).decode()


def _last_year(now: int) -> int:
    return _date_at(now).year + _YEARS_AHEAD


def _date_at(at: int) -> date:
    return datetime.fromtimestamp(at / 1000, UTC).date()
