"""What changed since: HubSpot's search, paged so that nothing between two pages is lost.

Search caps a query at 10,000 results, and a record edited while we page moves to the end, so that every
row behind it slips one place forward. Therefore each page begins with the row the page before it ended
with: if another row stands there, the results have moved. Then, and at the cap, the last millisecond seen is
drained by id (bulk edits fill one with more than a query can give) and a new query begins behind it, so its
lower bound is greater than the last one's. The number of queries is bounded by the number of results.
"""

from __future__ import annotations

from dataclasses import dataclass
from sys import maxsize
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.errors import ComeBackLater, UsageProblem
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.json_fields import Json, mapping, next_after, objects, optional_text
from hubspot_sla.hubspot.objects.profile import ID, LAST_MODIFIED
from hubspot_sla.hubspot.parse_records import id_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.hubspot.sdk import Method

PAGE: Final = 200
LONGEST_BODY: Final = 3_000  # characters of a search request; a longer one is a 400
CAP: Final = 10_000  # results of one query that can be paged to; asking for more is a 400
MOST_KEYS: Final = 5  # filter groups in one search

# Queries allowed for one walk: so many times the pages there are, and a few for a portal in motion.
_BUDGET_FACTOR: Final = 4
_BUDGET_FLOOR: Final = 100

_MOST_FILTERS: Final = 3  # in one group of the first look: two bounds by the key, one by another
_LONGEST_BOUND: Final = 10**13  # epoch ms of a far year: no bound has more digits

Results = list[Json]
Filter = dict[str, str]


class Poll:
    """One search for everything at or past a lower bound in any of `keys`. `since_ms` is one bound or one a key;
    `until_ms` is before which all of it must have changed, where that is asked. `modified` is the key that is set on
    every record.

    `is_bare`: with all `properties` a search would be longer than HubSpot takes, so its rows hold the keys only.
    Raises UsageProblem where the keys alone are too long."""

    def __init__(
        self,
        search: Method,
        keys: Sequence[str],
        since_ms: int | Mapping[str, int],
        properties: Sequence[str],
        until_ms: int | None = None,
        modified: str = LAST_MODIFIED,
    ) -> None:
        if not 1 <= len(keys) <= MOST_KEYS:
            raise ValueError(f"a poll looks at 1 to {MOST_KEYS} keys, not {len(keys)}")
        self._search = search
        self._since_ms = {key: since_ms if isinstance(since_ms, int) else since_ms[key] for key in keys}
        self._until_ms = until_ms
        self._modified = modified
        self._properties = list(dict.fromkeys([*properties, *keys]))
        self.is_bare = len(self._properties) > len(keys) and self._length() > LONGEST_BODY
        if self.is_bare:
            self._properties = list(keys)
        if self._length() > LONGEST_BODY:
            raise UsageProblem(
                f"a search by {', '.join(keys)} takes {self._length()} characters, and HubSpot takes {LONGEST_BODY}",
                remedy="name fewer message properties in portal.yaml",
            )

    def _length(self) -> int:
        """Characters of the longest search of this poll: the first look, which asks for every key."""
        names = {key: LAST_MODIFIED if len(key) < len(LAST_MODIFIED) else key for key in self._since_ms}
        groups = [_MOST_FILTERS * [_filter(name, "GTE", _LONGEST_BOUND)] for name in names.values()]
        return len(orjson.dumps(self._body(groups, next(iter(self._since_ms)), CAP)).decode())

    def pages(self) -> Iterator[Results]:
        """One page of raw rows when they fit into one; else a walk by the first key, and the same for the others."""
        keys = list(self._since_ms)
        while keys:
            response = self._look(keys)
            if next_after(response) is None:
                yield objects(response, "results")
                return
            key = keys.pop(0)
            walk = _Walk(self, key, self._since_ms[key], self._also(key))
            yield from walk.pages(self._of_walk(objects(response, "results"), key))

    def _look(self, keys: Sequence[str]) -> Json:
        """The first page of what any of these keys finds; of the later ones only what the first has not."""
        is_first = len(keys) == len(self._since_ms)
        also = {key: self._before(key) if is_first else self._also(key) for key in keys}
        groups = [[_filter(key, "GTE", self._since_ms[key]), *also[key]] for key in keys]
        return self._query(groups, keys[0])

    def _of_walk(self, rows: Results, key: str) -> Results:
        """Of a search for this key and others, sorted by this key: the rows that a query for it alone begins with."""
        until_ms = self._until_ms if self._until_ms is not None else maxsize
        return [row for row in rows if (at := _value(row, key)) is not None and self._since_ms[key] <= at < until_ms]

    def query(self, filters: list[Filter], sort: str, after: int = 0) -> Json:
        """One page of one query, sorted ascending."""
        return self._query([filters], sort, after)

    def _also(self, key: str) -> list[Filter]:
        """Leaves to the walk by last-modified what it has met; only that key is set on every record."""
        before = self._before(key)
        if key == self._modified or self._modified not in self._since_ms:
            return before
        return [_filter(self._modified, "LT", self._since_ms[self._modified]), *before]

    def _before(self, key: str) -> list[Filter]:
        return [] if self._until_ms is None else [_filter(key, "LT", self._until_ms)]

    def _query(self, groups: list[list[Filter]], sort: str, after: int = 0) -> Json:
        return self._search(self._body(groups, sort, after), _preload_content=False).body

    def _body(self, groups: list[list[Filter]], sort: str, after: int) -> dict[str, object]:
        return {
            "filterGroups": [{"filters": filters} for filters in groups],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "properties": self._properties,
            "limit": PAGE,
            "after": str(after),
        }


@dataclass(frozen=True, slots=True)
class _Mark:
    """The last row of a page that can be placed: its key's value, its id, and its place in the query."""

    at_ms: int
    id: str
    place: int


class _Walk:
    """Everything at or past `since_ms` by one key, ascending."""

    def __init__(self, poll: Poll, key: str, since_ms: int, also: list[Filter]) -> None:
        self._poll = poll
        self._key = key
        self._bound_ms = since_ms
        self._also = also
        self._seen: set[str] = set()  # ids already given whose value is that of the last mark
        self._seen_at_ms = since_ms
        self._queries_left: int | None = None  # unknown before the first answer
        self._total = 0

    def pages(self, first: Results) -> Iterator[Results]:
        """`first` are the rows that the walk begins with, where they are known already."""
        mark: _Mark | None = None
        if first:
            yield self._fresh(first)
            mark = self._last(first, None)
        while True:
            response = self._from(mark)
            rows = objects(response, "results")
            if mark and (not rows or id_of(rows[0]) != mark.id):
                yield from self._begin_again(mark)
                mark = None
                continue
            yield self._fresh(rows)
            if next_after(response) is None:
                return
            mark = self._last(rows, mark)
            if mark.place + PAGE > CAP or self._is_dense(rows, mark):
                yield from self._begin_again(mark)
                mark = None

    def _from(self, mark: _Mark | None) -> Json:
        bound = _filter(self._key, "GTE", self._bound_ms)
        response = self._query([bound, *self._also], self._key, mark.place if mark else 0)
        if self._queries_left is None:
            self._allow_for(response)
        return response

    def _begin_again(self, mark: _Mark) -> Iterator[Results]:
        """Finish the last millisecond seen, and raise the lower bound past it."""
        yield from self._drain(mark.at_ms)
        self._bound_ms = mark.at_ms + 1

    def _drain(self, at_ms: int) -> Iterator[Results]:
        """Every row of one millisecond, by id."""
        last_id = -1
        while True:
            filters = [_filter(self._key, "EQ", at_ms), _filter(ID, "GT", last_id), *self._also]
            response = self._query(filters, ID)
            rows = objects(response, "results")
            yield self._fresh(rows)
            if next_after(response) is None:
                return
            last_id = max([last_id, *(int(id_) for row in rows if (id_ := id_of(row)).isdecimal())])

    def _fresh(self, rows: Results) -> Results:
        """Without the rows given before at the same value: those that a page repeats to join the last one."""
        fresh: Results = []
        for row in rows:
            id_, at_ms = id_of(row), self._value(row)
            if at_ms is not None and at_ms > self._seen_at_ms:
                self._seen, self._seen_at_ms = set(), at_ms
            if at_ms != self._seen_at_ms or id_ not in self._seen:
                fresh.append(row)
            if at_ms == self._seen_at_ms:
                self._seen.add(id_)
        return fresh

    def _is_dense(self, rows: Results, mark: _Mark) -> bool:
        """One millisecond fills the page, and there is more than the query can give: better by id from the start."""
        return self._total > CAP and self._value(rows[0]) == mark.at_ms

    def _last(self, rows: Results, before: _Mark | None) -> _Mark:
        start = before.place if before else 0
        for index in range(len(rows) - 1, -1, -1):
            at_ms, id_ = self._value(rows[index]), id_of(rows[index])
            if at_ms is not None and id_:
                return _Mark(at_ms, id_, start + index)
        raise ComeBackLater(f"no row of a page of search results says its {self._key}")

    def _value(self, row: Json) -> int | None:
        return _value(row, self._key)

    def _allow_for(self, response: Json) -> None:
        """Set the budget by what the first answer says there is."""
        total = response.get("total")
        self._total = total if isinstance(total, int) else 0
        self._queries_left = _BUDGET_FACTOR * (self._total // PAGE + 1) + _BUDGET_FLOOR

    def _query(self, filters: list[Filter], sort: str, after: int = 0) -> Json:
        if self._queries_left == 0:
            raise ComeBackLater(
                f"the search by {self._key} did not come to an end", remedy="run again: what was read is kept"
            )
        if self._queries_left is not None:
            self._queries_left -= 1
        return self._poll.query(filters, sort, after)


def _value(row: Json, key: str) -> int | None:
    try:
        return wire_time.parse(optional_text(mapping(row, "properties"), key))
    except ValueError:
        return None


def _filter(name: str, operator: str, value: int) -> Filter:
    return {"propertyName": name, "operator": operator, "value": str(value)}
