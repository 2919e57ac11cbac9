"""A request to stop, from a signal or another thread, and the wait that it ends early."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Protocol


class Stopping(Protocol):
    """What the worker asks: whether to end, and to be woken when it should. `threading.Event` will do in a test."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float) -> bool: ...


class Stop:
    """Like `threading.Event`, but `set` may be called in a signal handler: an Event's lock could be held by the very
    thread that the signal interrupts, and then the process would hang."""

    def __init__(self) -> None:
        self._wanted = False
        self._wake: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        self._wanted = True
        self._wake.put(None)

    def is_set(self) -> bool:
        return self._wanted

    def wait(self, timeout: float) -> bool:
        """Nap for so many seconds or until somebody wants the end; whether they do."""
        if not self._wanted and timeout > 0:
            with suppress(Empty):
                self._wake.get(timeout=timeout)
        return self._wanted
