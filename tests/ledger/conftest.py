"""A real ledger file, open for writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sla.ledger.database import Ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with database.open_for_writing(path) as opened:
        yield opened
