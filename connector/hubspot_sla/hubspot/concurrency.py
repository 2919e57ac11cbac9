"""Several requests at once, never more than so many: a round trip takes 300 ms, a place in the budget 65.

Answers come back in the order of the questions, and no further question is asked than a few beyond the one whose
answer was taken last, so memory does not grow with the length of a list. A failure is raised where its answer would
have come, once every request under way has ended: nothing is still being sent when a caller learns of it. A call
that is itself in flight does its own calls one after the other, so flights within flights cannot starve each other.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from hubspot_sla.hubspot.quota_share import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Question = TypeVar("Question")
Result = TypeVar("Result")
Given = ParamSpec("Given")

PULSE_S: Final = 0.25
"""So long an answer is waited for before whoever waits may do something else meanwhile."""


class Flight:
    """At most `most` calls at the same time. Threads are made when first needed, and end with `close`."""

    def __init__(self, most: int = MOST) -> None:
        if most < 1:
            raise ValueError(f"at least one request must be allowed at once, not {most}")
        self.most = most
        self._pool: ThreadPoolExecutor | None = None
        self._aboard = threading.local()

    def start(self, call: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Future[Result]:
        """Call in the background. Within a flight, or with only one allowed at once, the call is made here and now."""
        bound = partial(call, *args, **kwargs)
        if self._is_aboard or self.most == 1:
            return _landed(bound)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.most, thread_name_prefix="flight")
        return self._pool.submit(self._fly, bound)

    def map(self, call: Callable[[Question], Result], questions: Iterable[Question]) -> Iterator[Result]:
        """The answers in order; a single question is asked by the caller itself. Raises what `call` raises."""
        waiting = iter(questions)
        first = list(islice(waiting, 2))
        if len(first) < 2 or self._is_aboard or self.most == 1:
            for question in chain(first, waiting):
                yield call(question)
            return
        flying: deque[Future[Result]] = deque()
        with landing(lambda: flying):
            for question in chain(first, waiting):
                flying.append(self.start(call, question))
                if len(flying) >= self.most:
                    yield flying.popleft().result()
            while flying:
                yield flying.popleft().result()

    def ahead(self, items: Iterable[Result]) -> Iterator[Result | None]:
        """The same items, the next one fetched while the caller works on this one; None whenever none has come for
        `PULSE_S`."""
        waiting = iter(items)
        flying: deque[Future[tuple[Result, ...]]] = deque()
        with landing(lambda: flying):
            flying.append(self.start(_next, waiting))
            while True:
                while not have_landed(flying):
                    yield None
                if not (taken := flying[0].result()):
                    return
                flying[0] = self.start(_next, waiting)
                yield taken[0]

    def close(self) -> None:
        """Let everything land, and end the threads. Calls that have not begun are not made."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    @property
    def _is_aboard(self) -> bool:
        return getattr(self._aboard, "yes", False)

    def _fly(self, call: Callable[[], Result]) -> Result:
        self._aboard.yes = True
        return call()


@contextmanager
def landing(flying: Callable[[], Iterable[Future[Any]]]) -> Iterator[None]:
    """However this ends, calls that have not begun are given up and calls under way are waited for. Raises nothing.

    What an error has left behind may be ended by the garbage collector, in whatever thread that runs: there nothing is
    waited for, because the call under way may need that very thread. What was given up is never waited for: once the
    threads have ended nobody would tell.
    """
    begun_by = threading.get_ident()
    try:
        yield
    finally:
        under_way = [future for future in flying() if not future.cancel()]
        if threading.get_ident() == begun_by:
            wait(under_way)


def have_landed(flying: Iterable[Future[Any]]) -> bool:
    """Whether all have ended, once they have or `PULSE_S` is over. Raises nothing."""
    return not wait([future for future in flying if not future.cancelled()], timeout=PULSE_S).not_done


def _next(items: Iterator[Result]) -> tuple[Result, ...]:
    """The next item, or nothing: StopIteration must not cross a thread."""
    return tuple(islice(items, 1))


def _landed(call: Callable[[], Result]) -> Future[Result]:
    done: Future[Result] = Future()
    try:
        done.set_result(call())
    except Exception as error:  # noqa: BLE001 - kept for the caller of `result`, as a pool would
        done.set_exception(error)
    return done
