"""What happened: every request with its answer, and every write that a request left behind.

A checker asks it how often somebody called, was slowed down, made a task twice, or lost a write. It is kept in the
portal's database, in the tables `requests` and `writes`. Writes that did not come by a request (arranged by a test, or
replayed from a log) are no business of a client's and are not in it.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import orjson

from hubspot_sandbox.instants import to_wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hubspot_sandbox.associations import LinkType
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.records import Record
    from hubspot_sandbox.store import Row

Json = dict[str, object]
ANSWERED = "answered"
_TOKEN_SHOWN = 4
_BEARER = "bearer "
_TABLES = (
    "CREATE TABLE IF NOT EXISTS requests (number INTEGER PRIMARY KEY, at_ms INTEGER, took_us INTEGER, kind TEXT, "
    "method TEXT, path TEXT, query TEXT, token TEXT, status INTEGER, policy TEXT, bytes INTEGER, fate TEXT)",
    "CREATE TABLE IF NOT EXISTS writes (number INTEGER PRIMARY KEY, request INTEGER, at_ms INTEGER, type TEXT, "
    "record_id INTEGER, action TEXT, properties TEXT)",
    "CREATE INDEX IF NOT EXISTS writes_by_request ON writes (request)",
    "CREATE INDEX IF NOT EXISTS writes_by_record ON writes (type, record_id)",
)
_REQUEST = "number, at_ms, took_us, kind, method, path, query, token, status, policy, bytes, fate"
_NAMES = _REQUEST.split(", ")
_WRITE = "number, request, at_ms, type, record_id, action, properties"


class RequestLine(NamedTuple):
    """A request that was answered; `path` without the query."""

    method: str
    path: str
    status: int


@dataclass(slots=True)
class Request:
    """One request. `at_ms` is the portal's time, `took_us` real; `token` shows the last four characters.

    `policy` is the limit a 429 told of. `fate` is `answered` unless a fault took the answer from the client.
    """

    number: int
    at_ms: int
    took_us: int
    kind: str
    method: str
    path: str
    query: str
    token: str
    status: int = 0
    policy: str = ""
    bytes: int = 0
    fate: str = ANSWERED

    def as_json(self) -> Json:
        """For the admin endpoint and the command."""
        body = {name: getattr(self, name) for name in _NAMES if name not in ("at_ms", "took_us")}
        return body | {"at": to_wire(self.at_ms), "took_ms": self.took_us / 1_000}


@dataclass(frozen=True, slots=True)
class Write:
    """One write that is kept. `action` is `create`, `update`, `archive` or `associate`; values as they became."""

    number: int
    request: int
    at_ms: int
    type: str
    record_id: int
    action: str
    properties: dict[str, str | None]

    def as_json(self) -> Json:
        """For the admin endpoint and the command."""
        body = {name: getattr(self, name) for name in _WRITE.split(", ") if name not in ("at_ms", "record_id")}
        return body | {"at": to_wire(self.at_ms), "id": str(self.record_id)}


class RequestLog:
    """The log of a portal's requests from now on. Whoever uses it holds the portal's lock."""

    def __init__(self, portal: Portal, *, real_s: Callable[[], float] = time.perf_counter) -> None:
        self.counts: Counter[tuple[str, int]] = Counter()
        """How many requests there were of a kind and status."""
        self._store = portal.store
        self._clock = portal.clock
        self._real_s = real_s
        self._begun_s = 0.0
        self._open: Request | None = None
        for table in _TABLES:
            self._store.run(table)
        self._first = self._store.number("SELECT max(number) FROM requests") + 1
        self._next = self._first
        portal.watch(self._wrote, self._linked)

    def begin(self, kind: str, method: str, path: str, query: str = "", authorization: str = "") -> Request:
        """A request came in; what is written until `end` is its doing."""
        bearer = authorization.lower().startswith(_BEARER)
        token = authorization[len(_BEARER) :].strip()[-_TOKEN_SHOWN:] if bearer else ""
        self._open = Request(self._next, self._clock.now_ms(), 0, kind, method, path, query, token)
        self._next += 1
        self._begun_s = self._real_s()
        return self._open

    def end(self, request: Request, status: int, *, policy: str = "", size: int = 0) -> None:
        """It was answered."""
        request.status, request.policy, request.bytes = status, policy, size
        request.took_us = int((self._real_s() - self._begun_s) * 1_000_000)
        self.counts[request.kind, status] += 1
        self._open = None
        marks = ", ".join("?" * len(_NAMES))
        self._store.run(f"INSERT INTO requests VALUES ({marks})", *(getattr(request, name) for name in _NAMES))

    def amend(self, request: Request, *, status: int, fate: str) -> None:
        """What became of an answer on its way: another status, or a fate other than `answered`."""
        self.counts[request.kind, request.status] -= 1
        self.counts[request.kind, status] += 1
        request.status, request.fate = status, fate
        self._store.run("UPDATE requests SET status = ?, fate = ? WHERE number = ?", status, fate, request.number)

    def note(self, kind: str, line: RequestLine) -> None:
        """Remember a request of which nothing more is known."""
        self.end(self.begin(kind, line.method, line.path), line.status)

    @property
    def requests(self) -> list[RequestLine]:
        """Method, path and status of all requests, oldest first."""
        return self.since(0)

    def since(self, index: int) -> list[RequestLine]:
        """Those after the first `index`."""
        rows = self._store.rows(
            "SELECT method, path, status FROM requests WHERE number >= ? ORDER BY number", self._first + index
        )
        return [RequestLine(*row) for row in rows]

    def latest(self, limit: int = 200, *, kind: str | None = None, status: int | None = None) -> list[Request]:
        """The last requests, newest first, of one kind or with one status when told."""
        rows = self._store.rows(
            f"SELECT {_REQUEST} FROM requests WHERE number >= ? AND kind = coalesce(?, kind) "
            "AND status = coalesce(?, status) ORDER BY number DESC LIMIT ?",
            self._first,
            kind,
            status,
            limit,
        )
        return [Request(*row) for row in rows]

    def writes(
        self, *, type_name: str | None = None, record_id: int | None = None, after: int = 0, limit: int = -1
    ) -> Iterator[Write]:
        """Writes in order, those after a number, of one type or record when told; all of them unless limited."""
        rows = self._store.rows(
            f"SELECT {_WRITE} FROM writes WHERE request >= ? AND number > ? AND type = coalesce(?, type) "
            "AND record_id = coalesce(?, record_id) ORDER BY number LIMIT ?",
            self._first,
            after,
            type_name,
            record_id,
            limit,
        )
        return map(_write, rows)

    def written_by(self, request: Request) -> list[Write]:
        """What one request left behind."""
        rows = self._store.rows(f"SELECT {_WRITE} FROM writes WHERE request = ? ORDER BY number", request.number)
        return list(map(_write, rows))

    def total(self) -> int:
        """How many requests there were."""
        return self._next - self._first

    def written(self) -> dict[str, dict[str, int]]:
        """Writes by type and action."""
        counts: dict[str, dict[str, int]] = {}
        for type_name, action, count in self._store.rows(
            "SELECT type, action, count(*) FROM writes WHERE request >= ? GROUP BY type, action", self._first
        ):
            counts.setdefault(type_name, {})[action] = count
        return counts

    def unanswered(self) -> list[Request]:
        """Requests whose client never got the answer that was made for it."""
        rows = self._store.rows(
            f"SELECT {_REQUEST} FROM requests WHERE number >= ? AND fate <> ? ORDER BY number", self._first, ANSWERED
        )
        return [Request(*row) for row in rows]

    def refused(self) -> dict[str, int]:
        """429s by policy."""
        rows = self._store.rows(
            "SELECT policy, count(*) FROM requests WHERE number >= ? AND status = 429 GROUP BY policy ORDER BY policy",
            self._first,
        )
        return {policy or "(none told)": count for policy, count in rows}

    def kinds(self) -> dict[str, dict[str, int]]:
        """Requests by kind and status."""
        kinds: dict[str, dict[str, int]] = {}
        for (kind, status), count in sorted(self.counts.items()):
            if count:
                kinds.setdefault(kind, {})[str(status)] = count
        return kinds

    def as_json(self) -> Json:
        """`{"total": n, "kinds": {kind: {status: n}}}`."""
        return {"total": self.total(), "kinds": self.kinds()}

    def _wrote(self, type_name: str, action: str, record: Record, names: Iterable[str]) -> None:
        """Calculated values are not told: a client did not write them."""
        if self._open is not None:
            self._write(type_name, record.id, action, {name: record.values.get(name) for name in names})

    def _linked(self, link: LinkType, record_id: int, other_id: int) -> None:
        if self._open is not None:
            linked: dict[str, str | None] = {"to": link.target.singular, "id": str(other_id), "type": str(link.id)}
            self._write(link.source.name, record_id, "associate", linked)

    def _write(self, type_name: str, record_id: int, action: str, properties: dict[str, str | None]) -> None:
        request = self._open.number if self._open else 0
        self._store.run(
            f"INSERT INTO writes ({_WRITE}) VALUES (NULL, ?, ?, ?, ?, ?, ?)",
            request,
            self._clock.now_ms(),
            type_name,
            record_id,
            action,
            orjson.dumps(properties).decode(),
        )


def _write(row: Row) -> Write:
    return Write(*(*row[:-1], orjson.loads(row[-1])))
