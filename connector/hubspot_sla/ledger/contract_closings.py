"""Closed windows of contracts: for each edition of each the promises and the rows of feeds that entered, as they were
then. Appended, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from hubspot_sla.contract.promises import CountedPromise, Result
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

PromisesByWindow = dict[tuple[date, str], list[CountedPromise]]
"""By the first day of the contract's window, and by objective."""
BY_JOB: Final = "job contract_close"
"""Who closes a window whose time has come."""


@dataclass(frozen=True, slots=True)
class ContractClosing:
    """One edition of a closed window of a contract, from the day `start` up to the day `end` in `zone`. `mappings` is
    the number of the version of the mappings that said its terms, `version` the contract's own. `before` is the number
    of the edition of the window before that it stands on; None: what it needs of earlier windows is sealed with it.
    `unknown` are the records that were in quarantine, `notes` say which feed could not be read. `owed` and `payable`
    are decimals. `entry` is the number of the audit entry that covers all of it, `number` that of its row."""

    contract: str
    period: str
    edition: int
    start: date
    end: date
    zone: str
    mappings: int
    version: int
    party: str
    party_name: str
    before: int | None
    closed_at: int
    closed_by: str
    reason: str
    unknown: tuple[RecordRef, ...]
    notes: tuple[str, ...]
    owed: str
    payable: str
    entry: int
    number: int = 0


_PLAIN: Final = (
    *("contract", "period", "edition", "zone", "mappings", "version", "party", "party_name", "before"),
    *("closed_at", "closed_by", "reason", "owed", "payable", "entry"),
)
_PROMISE: Final = (
    "object_type, record_id, clock, cycle, counted_at, result, late_ms, lasted_ms, reason, key"  # a CountedPromise
)


def close(
    db: sqlite3.Connection, closing: ContractClosing, promises: PromisesByWindow, feeds: Mapping[str, str]
) -> int:
    """Keep this edition with all that entered; `feeds` are the rows of each as JSON. The number of its row."""
    columns = f"{', '.join(_PLAIN)}, start, end, unknown, notes"
    values = (
        *(getattr(closing, name) for name in _PLAIN),
        *(closing.start.isoformat(), closing.end.isoformat()),
        *(_listed(record.key for record in closing.unknown), _listed(closing.notes)),
    )
    places = ",".join("?" * len(values))
    number: int = db.execute(
        f"insert into contract_closings ({columns}) values ({places}) returning id", values
    ).fetchone()[0]
    db.executemany(
        f"insert into contract_promises (closing, start, objective, {_PROMISE}) values ({','.join('?' * 13)})",
        (
            (number, start.isoformat(), objective, *_bound(promise))
            for (start, objective), of_window in promises.items()
            for promise in of_window
        ),
    )
    db.executemany("insert into contract_feeds (closing, feed, content) values (?,?,?)", _feeds(number, feeds))
    return number


def _bound(promise: CountedPromise) -> tuple[object, ...]:
    counted = (promise.counted_at, promise.result.value, promise.late_ms, promise.lasted_ms)
    return (
        *(promise.object_type, promise.record_id, promise.clock, promise.cycle),
        *(*counted, promise.reason, promise.key),
    )


def _feeds(number: int, feeds: Mapping[str, str]) -> list[tuple[object, ...]]:
    return [(number, name, content) for name, content in sorted(feeds.items())]


def _listed(words: Iterable[str]) -> str:
    return orjson.dumps(list(words)).decode()


def every(db: sqlite3.Connection) -> list[ContractClosing]:
    """All editions, by contract, the oldest window first, and of each the oldest edition."""
    return list(map(_read, db.execute("select * from contract_closings order by contract, start, edition")))


def editions(db: sqlite3.Connection, contract: str) -> list[ContractClosing]:
    """Those of one contract, in the same order."""
    query = "select * from contract_closings where contract = ? order by start, edition"
    return list(map(_read, db.execute(query, (contract,))))


def promises(db: sqlite3.Connection, closing: ContractClosing) -> PromisesByWindow:
    """As they were sealed."""
    found: PromisesByWindow = {}
    query = f"select start, objective, {_PROMISE} from contract_promises where closing = ? order by id"
    for start, objective, *said in db.execute(query, (closing.number,)):
        said[5] = Result(said[5])
        found.setdefault((date.fromisoformat(start), objective), []).append(CountedPromise(*said))
    return found


class SealedElsewhere(NamedTuple):
    """A promise that the newest edition of another window has, and how it counts there."""

    period: str
    edition: int
    object_type: str
    record_id: str
    clock: str
    cycle: int
    result: Result


def sealed_elsewhere(db: sqlite3.Connection, contract: str, objective: str, start: date) -> Iterator[SealedElsewhere]:
    """Those of an objective in the windows of its contract that begin on another day than `start`."""
    query = (
        "select c.period, c.edition, p.object_type, p.record_id, p.clock, p.cycle, p.result from contract_promises p"
        " join contract_closings c on c.id = p.closing where c.contract = ? and p.objective = ? and p.start = c.start"
        " and c.start <> ? and c.edition ="
        " (select max(edition) from contract_closings where contract = c.contract and start = c.start) order by p.id"
    )
    for row in db.execute(query, (contract, objective, start.isoformat())):
        yield SealedElsewhere._make((*row[:-1], Result(row[-1])))


def feeds(db: sqlite3.Connection, closing: ContractClosing) -> dict[str, str]:
    """The rows of each feed as JSON, as they were sealed."""
    query = "select feed, content from contract_feeds where closing = ? order by feed"
    return {row["feed"]: row["content"] for row in db.execute(query, (closing.number,))}


def _read(row: sqlite3.Row) -> ContractClosing:
    return ContractClosing(
        **{name: row[name] for name in _PLAIN},
        start=date.fromisoformat(row["start"]),
        end=date.fromisoformat(row["end"]),
        unknown=tuple(map(RecordRef.of, orjson.loads(row["unknown"]))),
        notes=tuple(orjson.loads(row["notes"])),
        number=row["id"],
    )
