"""Single values worth keeping: the cursor, the go-live instant, the head of the audit chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from hubspot_sla.plan.records import TICKETS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

CURSOR = "cursor"
"""Everything changed before this instant (epoch ms, HubSpot's time) has been seen; one for each object type."""
LISTING = "listing"
"""Where an unfinished walk through all records of a type goes on (JSON); absent when none is under way."""
GO_LIVE = "go_live_at"
PORTAL = "portal"
TIME_ZONE = "time_zone"
UI_DOMAIN = "ui_domain"
"""The portal's, as an IANA name: its days begin at midnight there."""
DAY = "day"
"""The calls of the portal's day so far (JSON: when it ends, how many, whether HubSpot will have no more of them)."""
CONNECTION = "connection"
"""A digest of the token and address that were last found to be those of the portal."""
OFFSET = "offset_ms"
"""How far the local clock was behind that of HubSpot when they were last compared."""
CLOCKS_AGREED = "clocks_agreed_at"
"""When (epoch ms) that and this machine's last differed by no more than is corrected."""
JUDGED_UNTIL = "judged_until"
"""The latest instant (epoch ms) as of which anything was judged."""
CLOCK_CORRECTION = "clock_correction"
"""The last time that the clock had run ahead (JSON: until when things were judged by it, by how many ms)."""
QUOTA = "quota"
"""What HubSpot last said is left of the day's requests (JSON: daily, left, at)."""
WATCHED = "watched_jobs"
"""By which jobs the worker that began last says whether it works (JSON: jobs, within_ms)."""
HELD_BEFORE = "notices_held_before"
"""Notices of what was reached before this instant (epoch ms) are not sent: a backup was restored then."""
MADE = "made"
"""What `sla setup` created in the portal, so that `sla teardown` archives nothing else (JSON)."""

OWNER_IDS = "owner_ids"
"""Owner ids (JSON) by the id of the actor under which the same person writes messages."""
NAMES_REFUSED = "names_refused"
"""Names that the token might not read when they were last asked for (JSON: what, HubSpot's reason)."""
WAIVERS = "waivers_in_effect"
"""Number of the newest audit entry about a waiver whose records are to be judged again, or were."""
CLOCK_RULES = "clock_rules"
"""The number of the clock's rules that this ledger judges by."""
CALENDAR_LIBRARIES = "calendar_libraries"
"""By which libraries, and until which year, calendar data were last compared (JSON); absent in a ledger that has kept
no calendar data yet."""
RULES_SINCE = "clock_rules_since"
"""Since when (epoch ms), where other rules were in force before."""
MISSING_OUTCOMES = "outcomes_missing"
"""Whether records that an earlier version judged have no outcomes yet; absent when none lacks them."""
TO_BE_FILLED, NOT_REPRODUCED = "to be filled", "not reproduced"
"""Its values: nobody has tried yet; or their verdicts do not come out of the facts as they were recorded."""
REBUILT = "outcomes_rebuilt"
"""How far an unfinished rebuild of outcomes has come (JSON: object type, record id); absent when none is under way."""
CHECKED = "outcomes_checked"
"""What the last check of all outcomes found (JSON)."""

VALIDATION_RULES = "validation_rules"
"""Rules of the portal's admin that refused writes of ours (JSON)."""
MARKERS = "markers"
"""By what our tasks and notes are found again (JSON): which types have a marker property, and why others have none."""
RESTING = "resting"
"""Kinds of what is to be sent that wait for a scope of the token (JSON), with HubSpot's reason."""
CONTRACT_RIGHTS = "contract_rights"
"""Since which window rights of contracts hold (JSON: by contract, by right), as of the last look."""
UNIQUE = "unique_markers"
"""Of which types (JSON) HubSpot keeps our marker unique."""


def of(object_type: str, key: str) -> str:
    """The key of a value that each object type has one of: that of tickets is the key itself, any other type stands in
    front."""
    return key if object_type == TICKETS else f"{object_type}:{key}"


def read(db: sqlite3.Connection, key: str) -> str | None:
    row = db.execute("select value from meta where key = ?", (key,)).fetchone()
    return None if row is None else row[0]


def read_instant(db: sqlite3.Connection, key: str) -> int | None:
    text = read(db, key)
    return None if text is None else int(text)


def instants(db: sqlite3.Connection, key: str) -> list[int]:
    """The values of a key of which each object type has one."""
    rows = db.execute("select value from meta where key = ? or key like '%:' || ?", (key, key))
    return [int(row[0]) for row in rows]


def forget_type(db: sqlite3.Connection, object_type: str, keys: Iterable[str]) -> None:
    """The values that one object type has of these keys."""
    for key in keys:
        forget(db, of(object_type, key))


def write(db: sqlite3.Connection, key: str, value: str | int) -> None:
    db.execute(
        "insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
        (key, str(value)),
    )


def forget(db: sqlite3.Connection, key: str) -> None:
    db.execute("delete from meta where key = ?", (key,))


def made_by_setup(db: sqlite3.Connection) -> dict[str, list[str]]:
    """What `sla setup` created in the portal, names by kind: `groups`, and the object types."""
    noted = read(db, MADE)
    names: dict[str, list[str]] = orjson.loads(noted) if noted else {}
    return names
