"""What the zones and holidays that mappings name meant, by content: each content once, however many versions use it.

A content is what its digest says, and no row is ever changed, so a version of the mappings means the same for ever.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence


def save(db: sqlite3.Connection, mappings: int, contents: Mapping[str, bytes]) -> None:
    """What version number `mappings` was compiled with: content by name, as `zone Europe/Berlin`."""
    digests = {name: sha256(content).digest() for name, content in contents.items()}
    db.executemany(
        "insert or ignore into calendar_data (digest, content) values (?,?)",
        [(digests[name], zlib.compress(content, 9)) for name, content in contents.items()],
    )
    db.executemany(
        "insert into version_calendars (mappings, name, digest) values (?,?,?)",
        [(mappings, name, digest) for name, digest in digests.items()],
    )


def of_versions(db: sqlite3.Connection, numbers: Sequence[int]) -> defaultdict[int, dict[str, bytes]]:
    """Number of a version to its contents by name, for a run of numbers; none for versions of a ledger that kept no
    contents yet."""
    contents: defaultdict[int, dict[str, bytes]] = defaultdict(dict)
    unpacked: dict[bytes, bytes] = {}
    query = (
        "select mappings, name, digest, content from version_calendars join calendar_data using (digest)"
        " where mappings between ? and ? order by mappings, name"
    )
    for row in db.execute(query, (min(numbers), max(numbers))) if numbers else ():
        if row["digest"] not in unpacked:
            unpacked[row["digest"]] = zlib.decompress(row["content"])
        contents[row["mappings"]][row["name"]] = unpacked[row["digest"]]
    return contents


def lacking(db: sqlite3.Connection) -> list[int]:
    """The numbers of the versions that have no contents."""
    query = "select seq from policy_versions where seq not in (select mappings from version_calendars) order by seq"
    return [row["seq"] for row in db.execute(query)]


_WITHOUT_CONTENT: Final = "digest not in (select digest from calendar_data)"


def problem(db: sqlite3.Connection) -> str | None:
    """What is wrong with the kept contents, by the audit entries that name their digests."""
    named: set[tuple[int, str, str]] = set()
    if missing := db.execute(f"select mappings, name from version_calendars where {_WITHOUT_CONTENT}").fetchone():
        return f"the content of {missing['name']} of version {missing['mappings']} of the mappings is missing"
    for row in db.execute("select body from audit where kind in ('policy', 'calendar_data')"):
        said = orjson.loads(row["body"])
        named.update((said["mappings"], name, digest) for name, digest in said.get("calendar_data", {}).items())
    rows = db.execute("select mappings, name, digest from version_calendars")
    kept = {(row["mappings"], row["name"], bytes(row["digest"]).hex()) for row in rows}
    if differing := sorted(named ^ kept):
        number, name, _ = differing[0]
        return f"{name} of version {number} of the mappings is not what its entry says"
    for number, row in enumerate(db.execute("select digest, content from calendar_data order by digest"), 1):
        if sha256(_unpacked(row["content"])).digest() != row["digest"]:
            return f"row {number} of calendar_data was altered"
    return None


def _unpacked(content: bytes) -> bytes:
    """Nothing where it was altered."""
    try:
        return zlib.decompress(content)
    except (TypeError, zlib.error):
        return b""


def digests(contents: Mapping[str, bytes]) -> dict[str, str]:
    """In hex, by name: as audit entries say them."""
    return {name: sha256(content).hexdigest() for name, content in sorted(contents.items())}
