"""Several calls at once: in order, bounded, and with nothing left in the air."""

from __future__ import annotations

import threading
from itertools import count, islice
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.hubspot.concurrency import Flight

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 4
PATIENCE_S = 10


@pytest.fixture
def flight() -> Iterator[Flight]:
    made = Flight(MOST)
    yield made
    made.close()


class Meeting:
    """A call that returns once so many of its kind are under way together."""

    def __init__(self, of: int) -> None:
        self._all_here = threading.Barrier(of)

    def __call__(self, question: int) -> int:
        self._all_here.wait(PATIENCE_S)
        return question * 10


def test_as_many_calls_as_allowed_are_in_the_air_at_once(flight: Flight) -> None:
    assert list(flight.map(Meeting(MOST), range(2 * MOST))) == [n * 10 for n in range(2 * MOST)]


def test_never_more_than_allowed_are_in_the_air(flight: Flight) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def call(_: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        with lock:
            now -= 1

    list(flight.map(call, range(200)))
    assert most <= MOST


def test_answers_come_in_the_order_of_the_questions(flight: Flight) -> None:
    second_done = threading.Event()

    def call(question: int) -> int:
        if question == 0:
            assert second_done.wait(PATIENCE_S)
        if question == 1:
            second_done.set()
        return question

    assert list(flight.map(call, range(3))) == [0, 1, 2]


def test_an_endless_list_is_asked_no_further_than_a_few_ahead(flight: Flight) -> None:
    asked: list[int] = []

    def questions() -> Iterator[int]:
        for number in count():
            asked.append(number)
            yield number

    assert list(islice(flight.map(lambda question: question, questions()), 5)) == [0, 1, 2, 3, 4]
    assert len(asked) <= 5 + MOST


def test_one_question_is_asked_by_the_caller_itself(flight: Flight) -> None:
    assert list(flight.map(lambda _: threading.current_thread(), [1])) == [threading.current_thread()]


def test_one_at_a_time_needs_no_thread() -> None:
    mine = threading.current_thread()
    alone = Flight(1)
    assert list(alone.map(lambda _: threading.current_thread(), range(3))) == [mine] * 3
    assert alone.start(threading.current_thread).result() is mine
    alone.close()


def test_a_failure_comes_in_its_turn_and_after_everything_has_landed(flight: Flight) -> None:
    landed: list[int] = []
    failed = threading.Event()

    def call(question: int) -> int:
        if question == 1:
            failed.set()
            raise KeyError(question)
        assert question == 0 or failed.wait(PATIENCE_S)
        landed.append(question)
        return question

    answers = flight.map(call, range(100))
    assert next(answers) == 0
    with pytest.raises(KeyError):
        next(answers)
    landed_by_then = list(landed)
    assert len(landed_by_then) < 100
    assert flight.start(lambda: list(landed)).result() == landed_by_then


def test_a_failure_of_an_inline_start_waits_to_be_asked_for() -> None:
    future = Flight(1).start(int, "x")
    with pytest.raises(ValueError, match="invalid literal"):
        future.result()


def test_a_flight_within_a_flight_does_not_starve(flight: Flight) -> None:
    def outer(question: int) -> list[int]:
        return list(flight.map(lambda inner: question * 10 + inner, range(5)))

    assert list(flight.map(outer, range(3 * MOST))) == [[n * 10 + m for m in range(5)] for n in range(3 * MOST)]


def test_the_next_item_is_fetched_while_this_one_is_worked_on(flight: Flight) -> None:
    fetched = [threading.Event() for _ in range(4)]

    def items() -> Iterator[int]:
        for number, event in enumerate(fetched):
            event.set()
            yield number

    for number in flight.ahead(items()):
        assert number == 3 or fetched[number + 1].wait(PATIENCE_S)


def test_fetching_ahead_raises_what_the_items_raise_after_those_that_came(flight: Flight) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    came = flight.ahead(items())
    assert next(came) == 1
    with pytest.raises(OSError, match="gone"):
        next(came)


def test_whoever_leaves_early_leaves_nothing_running(flight: Flight) -> None:
    begun: list[int] = []
    answers = flight.map(begun.append, range(1_000))
    next(answers)
    answers.close()
    begun_by_then = len(begun)
    assert begun_by_then <= 2 * MOST
    flight.close()
    assert len(begun) == begun_by_then


def test_at_least_one_call_is_allowed() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Flight(0)


def test_what_the_garbage_collector_ends_in_another_thread_waits_for_no_call_under_way(flight: Flight) -> None:
    may_go_on = threading.Event()

    def pages() -> Iterator[int]:
        yield 1
        may_go_on.wait(PATIENCE_S)

    left_behind = flight.ahead(pages())
    assert next(left_behind) == 1
    collector = threading.Thread(target=left_behind.close)
    collector.start()
    collector.join(PATIENCE_S / 2)
    ended = not collector.is_alive()
    may_go_on.set()
    assert ended


def test_what_is_ended_after_the_threads_have_waits_for_no_call_that_was_given_up() -> None:
    flight, may_go_on = Flight(2), threading.Event()

    def story() -> None:
        under_way = [flight.start(may_go_on.wait, PATIENCE_S) for _ in range(2)]
        left_behind = flight.ahead(iter([1]))
        assert next(left_behind) is None  # waits in the queue
        assert flight._pool is not None
        flight._pool.shutdown(wait=False, cancel_futures=True)
        may_go_on.set()
        assert [call.result(PATIENCE_S) for call in under_way] == [True, True]
        left_behind.close()

    teller = threading.Thread(target=story, daemon=True)
    teller.start()
    teller.join(PATIENCE_S / 2)
    assert not teller.is_alive()
