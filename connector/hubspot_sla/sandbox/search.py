"""Search over one object type: OR of ANDs, one sort, offsets up to ten thousand.

A filter on a number or an instant narrows the candidates through an ordered index, and the ordered ids of the last
few queries are kept until something is written, so that paging does not repeat the work.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.sandbox import refusals
from hubspot_sla.sandbox.filters import Condition, Span, comparable, compiled, measure
from hubspot_sla.sandbox.intake import FilterIn, SearchIn, SortIn
from hubspot_sla.sandbox.object_types import ObjectType, object_type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.sandbox.portal import Portal
    from hubspot_sla.sandbox.properties import Property
    from hubspot_sla.sandbox.records import Record

MOST_RESULTS = 10_000
LARGEST_PAGE = 200
LONGEST_BODY = 3_000
_MOST_GROUPS, _MOST_FILTERS_A_GROUP, _MOST_FILTERS = 5, 6, 18
_QUERIES_KEPT = 16
_ASSOCIATIONS = "associations."


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search: the records, how many match in all, and where the next page begins."""

    records: list[Record]
    total: int
    after: int | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """The outcome of a query, true as long as neither the table nor the associations changed."""

    versions: tuple[int, int]
    ids: list[int]


class Search:
    """Searches a portal, and remembers the last few queries."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()

    def page(self, kind: ObjectType, asked: SearchIn) -> Found:
        """The page asked for. Raises `Refused` 400 for what HubSpot would not search."""
        _check_size(asked)
        start = _offset(asked.after)
        if start >= MOST_RESULTS:
            raise refusals.invalid(
                f"The maximum number of results that can be paged through is {MOST_RESULTS:,}. "
                f"Offset {start} is past it."
            )
        ids = self._ids(kind, asked)
        table = self._portal.table(kind)
        page = [table.find(record_id) for record_id in ids[start : start + asked.limit]]
        stop = start + asked.limit
        return Found([one for one in page if one is not None], len(ids), stop if stop < len(ids) else None)

    def _ids(self, kind: ObjectType, asked: SearchIn) -> list[int]:
        key = orjson.dumps([kind.name, asked.model_dump(include={"filter_groups", "sorts", "query"})])
        versions = self._portal.table(kind).version, self._portal.links.version
        kept = self._kept.get(key)
        if kept is None or kept.versions != versions:
            kept = _Kept(versions, _Query(self._portal, kind, asked).ids())
        self._kept[key] = kept
        self._kept.move_to_end(key)
        if len(self._kept) > _QUERIES_KEPT:
            self._kept.popitem(last=False)
        return kept.ids


class _Query:
    """One query being worked out."""

    def __init__(self, portal: Portal, kind: ObjectType, asked: SearchIn) -> None:
        self._portal = portal
        self._kind = kind
        self._asked = asked
        self._table = portal.table(kind)

    def ids(self) -> list[int]:
        """Ids of all matches, in order."""
        groups = [[self._condition(one) for one in group.filters] for group in self._asked.filter_groups or ()]
        found: dict[int, Record] = {}
        for group in groups or [[]]:
            found |= {record.id: record for record in self._matches(group)}
        return self._ordered(self._with_text(found.values()))

    def _matches(self, group: list[Condition]) -> Iterable[Record]:
        tests = [condition.test for condition in group]
        return (record for record in self._candidates(group) if all(test(record) for test in tests))

    def _candidates(self, group: list[Condition]) -> Iterable[Record]:
        spans = [condition.span for condition in group if condition.span is not None]
        if not spans:
            return self._table
        fewest = min((self._in_span(span) for span in spans), key=len)
        found = (self._table.find(record_id) for record_id in fewest)
        return (record for record in found if record is not None)

    def _in_span(self, span: Span) -> list[int]:
        index = self._table.index(span.name, measure(self._definition(span.name)))
        return index.between(span.low, span.high, above_low=span.above_low, below_high=span.below_high)

    def _condition(self, asked: FilterIn) -> Condition:
        if asked.property_name.startswith(_ASSOCIATIONS):
            return self._associated(asked)
        return compiled(asked, self._definition(asked.property_name))

    def _associated(self, asked: FilterIn) -> Condition:
        target = object_type(asked.property_name.removeprefix(_ASSOCIATIONS))
        wanted = {asked.value} if asked.operator == "EQ" else set(asked.values or ())
        if asked.operator not in ("EQ", "IN"):
            raise refusals.invalid(f"{asked.property_name} takes EQ and IN only")
        links, kind = self._portal.links, self._kind
        return Condition(lambda record: any(str(other) in wanted for other in links.of(kind, record.id, target)))

    def _definition(self, name: str) -> Property:
        found = self._portal.catalogue(self._kind).find(name)
        if found is None:
            raise refusals.invalid(f'Property "{name}" does not exist')
        return found

    def _with_text(self, records: Iterable[Record]) -> Iterable[Record]:
        words = (self._asked.query or "").lower().split()
        if not words:
            return records
        return (record for record in records if all(word in self._text(record) for word in words))

    def _text(self, record: Record) -> str:
        return " ".join(record.values.get(name, "") for name in self._kind.searched_text).lower()

    def _ordered(self, records: Iterable[Record]) -> list[int]:
        """By the one sort, or by creation; equals by id, records without a value last."""
        sort = _sort(self._asked)
        order = comparable(self._definition(sort.property_name))
        having: list[Record] = []
        lacking: list[Record] = []
        for record in sorted(records, key=lambda record: record.id):
            (having if sort.property_name in record.values else lacking).append(record)
        having.sort(key=lambda record: order(record.values[sort.property_name]), reverse=_descending(sort))
        return [record.id for record in [*having, *lacking]]


def _sort(asked: SearchIn) -> SortIn:
    sorts = asked.sorts or [SortIn(property_name="createdate")]
    if len(sorts) > 1:
        raise refusals.invalid("Only one sort is supported")
    first = sorts[0]
    return SortIn(property_name=first) if isinstance(first, str) else first


def _descending(sort: SortIn) -> bool:
    return sort.direction.upper() == "DESCENDING"


def _check_size(asked: SearchIn) -> None:
    if not 0 <= asked.limit <= LARGEST_PAGE:
        raise refusals.invalid(f"The limit of a search is at most {LARGEST_PAGE}, not {asked.limit}.")
    groups = asked.filter_groups or []
    sizes = [len(group.filters) for group in groups]
    if len(groups) > _MOST_GROUPS:
        raise refusals.invalid(f"At most {_MOST_GROUPS} filter groups are allowed, not {len(groups)}.")
    if max(sizes, default=0) > _MOST_FILTERS_A_GROUP or sum(sizes) > _MOST_FILTERS:
        raise refusals.invalid(
            f"At most {_MOST_FILTERS_A_GROUP} filters a group and {_MOST_FILTERS} in all are allowed."
        )


def _offset(after: str | None) -> int:
    if not after:
        return 0
    if not after.isdecimal():
        raise refusals.invalid(f"after must be an integer, not {after!r}.")
    return int(after)
