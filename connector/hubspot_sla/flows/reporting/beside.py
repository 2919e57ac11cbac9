"""Work of a report that a second connection does while the first one does the rest."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

Found = TypeVar("Found")
_AGAIN_S: Final = 0.05
"""A question that has not begun cannot be interrupted: it is tried again."""


@contextmanager
def beside(
    db: sqlite3.Connection, second: sqlite3.Connection | None, work: Callable[[sqlite3.Connection], Found]
) -> Iterator[Callable[[], Found]]:
    """What is called for what `work` finds. It goes on by itself with `second`; where there is none `db` does it when
    it is called. Whatever is raised within ends it."""
    if second is None:
        yield partial(work, db)
        return
    with ThreadPoolExecutor(1, "report") as threads:
        under_way = threads.submit(work, second)
        try:
            yield under_way.result
        except BaseException:
            _end(under_way, second)
            raise


def _end(under_way: Future[Found], second: sqlite3.Connection) -> None:
    while not under_way.done():
        second.interrupt()
        wait([under_way], _AGAIN_S)
