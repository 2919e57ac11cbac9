"""Two worlds: an empty portal for exact stories, and a seeded one with sixty tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.world import NOW, world
from seeded import copied_portal
from waits import nobody_waits_for_a_retry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World

__all__ = ["nobody_waits_for_a_retry"]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[World]:
    """Pipelines, people and customers, but no ticket; round figures for policies. Not set up."""
    made = world(copied_portal(NOW, tickets=0), tmp_path)
    yield made
    made.close()


@pytest.fixture
def live(empty: World) -> World:
    """The same, set up and synced: what happens from here on happens after go-live."""
    empty.go_live()
    empty.advance(minutes=1)
    return empty


@pytest.fixture
def seeded(tmp_path: Path) -> Iterator[World]:
    """Sixty tickets of the last month and the starter mappings as they ship. Set up, not synced."""
    made = world(copied_portal(NOW, tickets=60), tmp_path, None)
    made.set_up()
    yield made
    made.close()
