"""Time that passes only when somebody naps: a year of the worker in a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Hours:
    """The worker's clock (epoch ms) and its wish to end in one: each nap moves the one towards the other."""

    def __init__(self, start_ms: int, *, end_ms: int) -> None:
        self.now_ms = start_ms
        self.end_ms = end_ms
        self.naps: list[float] = []
        self.wanted = False
        self.at: dict[int, Callable[[], None]] = {}

    def now(self) -> int:
        return self.now_ms

    def spend(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1000)

    def set(self) -> None:
        self.wanted = True

    def is_set(self) -> bool:
        return self.wanted or self.now_ms >= self.end_ms

    def wait(self, timeout: float) -> bool:
        self.naps.append(timeout)
        self.now_ms += max(1, round(timeout * 1000))
        return self.is_set()
