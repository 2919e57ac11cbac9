"""A simulation in one process or in several: parts go out as processes come free, and their tallies add up in order.

No more parts are under way than keep every process busy, so memory does not grow with the number of records. A process
that is killed ends the simulation with an error; one whose parent is gone ends by itself. Each opens the ledger by
itself: where somebody wrote before all had, they may read different states, and their tallies do not belong together.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import ComeBackLater
from hubspot_sla.flows.simulation.file_source import FileSource
from hubspot_sla.flows.simulation.ledger_source import opened_ledger
from hubspot_sla.flows.simulation.tally import Tally
from hubspot_sla.plain_text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from hubspot_sla.flows.simulation.request import Request
    from hubspot_sla.flows.simulation.source import Source
    from hubspot_sla.flows.simulation.tally import Wanted


class StatesDiffer(Exception):
    """The processes may have opened different states of the ledger."""


AHEAD: Final = 3
"""Parts under way for each process."""
WORTH_IT: Final = 12
"""With fewer parts one process is done before others would have begun."""


@contextmanager
def opened(request: Request) -> Iterator[Source]:
    """Where the records come from. Raises UsageProblem, MappingInvalid, and what the ledger raises."""
    if request.file is not None:
        yield FileSource(request.file, request)
    elif request.ledger is not None:
        with opened_ledger(request.ledger, request) as source:
            yield source


def tallied(source: Source, wanted: Wanted, jobs: int | None, tell: Callable[[str], None]) -> Tally:
    """The whole, in `jobs` processes (None: one, or as many as there are processors where it is worth it). Raises
    StatesDiffer with more than one."""
    parts = source.parts()
    first = list(islice(parts, WORTH_IT))
    if jobs is None:
        jobs = 1 if len(first) < WORTH_IT else os.cpu_count() or 1
    every = chain(first, parts)
    if jobs == 1:
        return _added((source.counted(part, wanted) for part in every), wanted.most, tell)
    with closing(_by_several(source.request, every, jobs)) as coming:
        return _added(of_one_state(coming, source.is_changed), wanted.most, tell)


def _added(tallies: Iterable[Tally], most: int, tell: Callable[[str], None]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.add(tally, most)
        tell(f"{counted(total.records, 'record')} judged")
    return total


def of_one_state(tallies: Iterable[tuple[int, Tally]], is_changed: Callable[[], bool]) -> Iterator[Tally]:
    """The tallies, each with the id of its process. StatesDiffer: where something had changed when the first of a
    process came, which had opened the ledger by then."""
    opened_by: set[int] = set()
    for process, tally in tallies:
        if process not in opened_by and is_changed():
            raise StatesDiffer
        opened_by.add(process)
        yield tally


def _by_several(request: Request, parts: Iterable[object], jobs: int) -> Generator[tuple[int, Tally]]:
    executor = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (request,))
    try:
        coming = iter(parts)
        with _left_to_this_process(signal.SIGINT):
            under_way = deque(executor.submit(_count, part) for part in islice(coming, AHEAD * jobs))
        while under_way:
            counted_part = under_way.popleft().result()
            under_way.extend(executor.submit(_count, part) for part in islice(coming, 1))
            yield counted_part
    except BrokenProcessPool as error:
        raise ComeBackLater(
            "a process of the simulation was killed, so there is no result",
            remedy="run it again; --jobs 1 needs the least memory",
        ) from error
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def _left_to_this_process(number: signal.Signals) -> Iterator[None]:
    """Processes that begin within it do not notice this signal: Ctrl-C reaches all of them, and one tells of it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)


@dataclass(slots=True)
class _Worker:
    """What this process has open, for as long as it lives."""

    open: AbstractContextManager[Source]
    source: Source
    wanted: Wanted


_worker: list[_Worker] = []


def _begin(request: Request) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    source = (managed := opened(request)).__enter__()
    _worker.append(_Worker(managed, source, source.wanted()))


def _count(part: object) -> tuple[int, Tally]:
    worker = _worker[0]
    return os.getpid(), worker.source.counted(part, worker.wanted)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
