"""What code that changes covered rows has to tell of them by itself."""

from __future__ import annotations

from typing import Final

TOUCHED: Final = "sla_touched"
"""The SQL function that hears of a part, a kind and an id before any of these rows change."""
RECORDS, FACTS, OUTCOMES = 1, 2, 4
"""The numbers of parts of the ledger (`covered_tables.py`)."""
