"""Python looks for garbage as often as before once a command has ended, however it ends."""

from __future__ import annotations

import gc

import pytest

from hubspot_sla.cli.garbage import seldom_looked_for


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
