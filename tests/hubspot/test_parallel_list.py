"""The list read at several places at once: nothing lost, whatever its cursors mean."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_sandbox.ids import ClusteredIds
from hubspot_sla.hubspot.concurrency import Flight
from hubspot_sla.hubspot.list_range import UnreadRange
from hubspot_sla.hubspot.parallel_list import ParallelList, RowAhead
from hubspot_sla.hubspot.record_rows import CrmRecord, Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGE = 5


@dataclass
class Paper:
    """A list of ids behind one of several kinds of cursor; what it was asked stands in `asked`."""

    ids: Sequence[int]
    kind: str = "next"
    asked: list[str | None] = field(default_factory=list)
    searches: int = 0
    index_lags: int = 0
    archived: Sequence[int] = ()

    def fetch(self, after: str | None) -> Page:
        self.asked.append(after)
        start = self._place(after)
        ids = self._ids[start : start + PAGE]
        more = start + PAGE < len(self.ids)
        return Page([ticket(id_) for id_ in ids], self._cursor(start + PAGE) if more else None)

    def row_ahead(self, start: int, end: int | None, rank: int) -> RowAhead:
        self.searches += 1
        shown = sorted({*self.ids[: len(self.ids) - self.index_lags], *self.archived})
        ids_in_range = [id_ for id_ in shown if id_ >= start and (end is None or id_ < end)]
        return RowAhead(ids_in_range[rank] if rank < len(ids_in_range) else None, len(ids_in_range))

    @property
    def _ids(self) -> Sequence[int]:
        return self.ids[::-1] if self.kind == "backwards" else self.ids

    def _cursor(self, place: int) -> str:
        match self.kind:
            case "last":
                return str(self.ids[place - 1])
            case "offset":
                return str(place)
            case "opaque":
                return f"page-{place}"
            case "backwards":
                return str(10**9 + place)
            case _:
                return str(self.ids[place])

    def _place(self, after: str | None) -> int:
        if after is None:
            return 0
        match self.kind:
            case "last":
                return bisect_right(self.ids, int(after))
            case "offset":
                return int(after)
            case "opaque":
                return int(after.removeprefix("page-"))
            case "backwards":
                return min(len(self.ids), max(0, int(after) - 10**9))
            case "rigid":  # knows its own cursors only, and begins anew for any other
                place = bisect_left(self.ids, int(after))
                known = place < len(self.ids) and self.ids[place] == int(after) and place % PAGE == 0
                return place if known else 0
            case "far":  # lands a few rows behind where it was told to, unless the cursor is its own
                place = bisect_left(self.ids, int(after))
                return place if place < len(self.ids) and self.ids[place] == int(after) else place + 3
            case _:
                return bisect_left(self.ids, int(after))


def ticket(id_: int) -> CrmRecord:
    return CrmRecord(str(id_), {}, {}, None, 0, None, archived=False)


KINDS = ["next", "last", "offset", "opaque", "backwards", "rigid", "far"]
ID_LISTS = st.one_of(
    st.lists(st.integers(1, 3_000), unique=True, max_size=400).map(sorted),
    st.lists(st.integers(1, 10**11), unique=True, max_size=400).map(sorted),
    st.integers(0, 400).map(lambda many: list(range(28_100_001, 28_100_001 + many))),
)


@pytest.fixture(scope="module")
def flight() -> Iterator[Flight]:
    made = Flight(6)
    yield made
    made.close()


def read(
    flight: Flight, paper: Paper, unread: Sequence[UnreadRange] = (UnreadRange(),), most: int = 10**9
) -> tuple[list[int], object]:
    """The ids that came, in the order in which they did, and what was left after `most` pages."""
    ids: list[int] = []
    left: Sequence[UnreadRange] = unread
    pages = ParallelList(flight, paper.fetch, paper.row_ahead, PAGE, unread).pages()
    for count, (page, now_left) in enumerate(pages, 1):
        ids += [int(row.id) for row in page.rows]
        left = now_left
        if count == most:
            pages.close()
            break
    return ids, left


@pytest.mark.parametrize("kind", KINDS)
@given(ids=ID_LISTS)
@settings(max_examples=60, deadline=None)
def test_every_ticket_comes_whatever_a_cursor_means(flight: Flight, kind: str, ids: list[int]) -> None:
    came, left = read(flight, Paper(ids, kind))
    assert sorted(set(came)) == ids
    assert left == ()


@given(ids=ID_LISTS)
@settings(max_examples=60, deadline=None)
def test_none_comes_twice_where_cursors_are_ids(flight: Flight, ids: list[int]) -> None:
    came, _ = read(flight, Paper(ids))
    assert sorted(came) == ids


@pytest.mark.parametrize("kind", KINDS)
@given(ids=ID_LISTS, stops=st.lists(st.integers(1, 40), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_a_reading_that_is_interrupted_goes_on_from_what_was_left(
    flight: Flight, kind: str, ids: list[int], stops: list[int]
) -> None:
    paper = Paper(ids, kind)
    came: list[int] = []
    left: object = (UnreadRange(),)
    for most in [*stops, 10**9]:
        if left:
            more, left = read(flight, paper, left, most)
            came += more
    assert sorted(set(came)) == ids
    assert left == ()


@given(ids=ID_LISTS, index_lags=st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_an_index_that_lags_hides_nothing(flight: Flight, ids: list[int], index_lags: int) -> None:
    came, _ = read(flight, Paper(ids, index_lags=index_lags))
    assert sorted(came) == ids


@given(ids=ID_LISTS, archived=st.lists(st.integers(1, 10**11), unique=True, max_size=400))
@settings(max_examples=40, deadline=None)
def test_an_index_that_shows_what_is_archived_loses_nothing(
    flight: Flight, ids: list[int], archived: list[int]
) -> None:
    came, left = read(flight, Paper(ids, archived=archived))
    assert sorted(set(came)) == ids
    assert left == ()


@pytest.mark.parametrize("pages", [0, 1, 4, 10, 13])
def test_a_list_of_a_few_pages_costs_its_pages_and_nothing_else(flight: Flight, pages: int) -> None:
    paper = Paper(range(1, pages * PAGE + 1))
    read(flight, paper)
    assert len(paper.asked) == max(1, pages)
    assert paper.searches == 0


def clustered(many: int) -> list[int]:
    """As HubSpot gives ids: runs of near ones, far from each other."""
    ids = ClusteredIds(28_100_001)
    return sorted(ids.take() for _ in range(many))


SHAPES = {
    "even": list(range(1, 10_001)),
    "crowded": [n * n for n in range(1, 10_001)],
    "clustered": clustered(10_000),
    "one far away": [*range(1, 10_000), 10**12],
    "short": clustered(14 * PAGE + 1),
    "middling": clustered(60 * PAGE),
    "long": clustered(100_000),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_reading_at_several_places_costs_few_calls_more_than_the_pages(flight: Flight, shape: str) -> None:
    ids = SHAPES[shape]
    paper = Paper(ids)
    came, _ = read(flight, paper)
    assert sorted(came) == ids
    pages = -(-len(ids) // PAGE)
    assert len(paper.asked) + paper.searches <= max(1.05 * pages, pages + 1)


def test_a_long_list_is_read_at_as_many_places_as_there_may_be_requests(flight: Flight) -> None:
    paper = Paper(clustered(10_000))
    most_left = 0
    for _, left in ParallelList(flight, paper.fetch, paper.row_ahead, PAGE).pages():
        most_left = max(most_left, len(left))
    assert most_left >= flight.most


def test_cursors_that_are_no_ids_are_followed_one_by_one(flight: Flight) -> None:
    paper = Paper(range(1, 1_001), "opaque")
    came, _ = read(flight, paper)
    assert came == list(range(1, 1_001))
    assert (len(paper.asked), paper.searches) == (200, 0)


def test_one_request_at_a_time_is_a_plain_reading() -> None:
    paper = Paper(range(1, 1_001))
    came, _ = read(Flight(1), paper)
    assert came == list(range(1, 1_001))
    assert (len(paper.asked), paper.searches) == (200, 0)


def test_pages_wait_for_whoever_reads_them(flight: Flight) -> None:
    paper = Paper(range(1, 10_001))
    pages = ParallelList(flight, paper.fetch, paper.row_ahead, PAGE).pages()
    for _ in range(50):
        next(pages)
    assert len(paper.asked) <= 50 + 3 * flight.most
    pages.close()


def test_a_failure_is_raised_and_nothing_is_left_in_the_air(flight: Flight) -> None:
    paper = Paper(range(1, 1_001))

    def failing(after: str | None) -> Page:
        if len(paper.asked) == 20:
            raise ConnectionError
        return paper.fetch(after)

    with pytest.raises(ConnectionError):
        list(ParallelList(flight, failing, paper.row_ahead, PAGE).pages())
    asked = len(paper.asked)
    assert flight.start(lambda: len(paper.asked)).result() == asked
