"""How often Python looks for garbage that holds on to itself, while a command runs through many records.

What a record leaves behind goes without such a look, and each look goes through all that a command has loaded: 3 % of
the time of `sla evaluate`.
"""

from __future__ import annotations

import atexit
import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

_OBJECTS: Final = 50_000
"""So many more than before, where it is 700 otherwise: some megabytes."""


@contextmanager
def seldom_looked_for() -> Iterator[None]:
    """Until the block ends. What was loaded within it is looked through as it ends: load before."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def not_looked_for_at_exit() -> None:
    """Python looks through all that was loaded twice more as it ends, which takes 20 ms and frees what the end of the
    process frees anyway."""
    atexit.register(gc.freeze)


def not_looked_for() -> None:
    """Until the command has ended: a report makes a million values and hardly a cycle, and looking among them takes up
    to a third of the time of a long list."""
    if gc.isenabled():
        gc.disable()
        click.get_current_context().call_on_close(gc.enable)
