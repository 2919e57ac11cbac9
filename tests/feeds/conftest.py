from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from channels.receivers import Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()
