"""Python looks for garbage as often as before once a command has ended, however it ends."""

from __future__ import annotations

import atexit
import gc
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.cli.garbage import not_looked_for_at_exit, seldom_looked_for

if TYPE_CHECKING:
    from collections.abc import Callable


@seldom_looked_for()
def interrupted(seen: list[int]) -> None:
    seen.append(gc.get_threshold()[0])
    raise KeyboardInterrupt


def test_after_the_command_python_looks_for_garbage_as_often_as_before() -> None:
    before = gc.get_threshold()
    seen: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(seen)
    assert seen[0] > before[0]
    assert gc.get_threshold() == before


def test_what_is_there_as_the_process_ends_is_not_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    ending: list[Callable[[], None]] = []
    monkeypatch.setattr(atexit, "register", ending.append)
    not_looked_for_at_exit()
    assert ending == [gc.freeze]
