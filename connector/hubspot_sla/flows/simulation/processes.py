"""A simulation in one process or in several: parts go out as processes come free, and their tallies add up in order.

No more parts are under way than keep every process busy, so memory does not grow with the number of records. A process
that is killed ends the simulation with an error; one whose parent is gone ends by itself.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
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
    from collections.abc import Callable, Iterable, Iterator

    from hubspot_sla.flows.simulation.request import Request
    from hubspot_sla.flows.simulation.source import Source
    from hubspot_sla.flows.simulation.tally import Wanted

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
    """The whole, in `jobs` processes (None: one, or as many as there are processors where it is worth it)."""
    parts = source.parts()
    first = list(islice(parts, WORTH_IT))
    if jobs is None:
        jobs = 1 if len(first) < WORTH_IT else os.cpu_count() or 1
    every = chain(first, parts)
    tallies = (
        (source.counted(part, wanted) for part in every) if jobs == 1 else _by_several(source.request, every, jobs)
    )
    total = Tally()
    for tally in tallies:
        total.add(tally, wanted.most)
        tell(f"{counted(total.records, 'record')} judged")
    return total


def _by_several(request: Request, parts: Iterable[object], jobs: int) -> Iterator[Tally]:
    executor = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (request,))
    try:
        coming = iter(parts)
        under_way = deque(executor.submit(_count, part) for part in islice(coming, AHEAD * jobs))
        while under_way:
            tally = under_way.popleft().result()
            under_way.extend(executor.submit(_count, part) for part in islice(coming, 1))
            yield tally
    except BrokenProcessPool as error:
        raise ComeBackLater(
            "a process of the simulation was killed, so there is no result",
            remedy="run it again; --jobs 1 needs the least memory",
        ) from error
    finally:
        executor.shutdown(cancel_futures=True)


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


def _count(part: object) -> Tally:
    worker = _worker[0]
    return worker.source.counted(part, worker.wanted)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
