"""What a run answers that found nothing to do."""

from __future__ import annotations

from typing import Final


class Nothing:
    """What a job returns that had nothing to do: no row in the ledger, no line in the log."""


NOTHING: Final = Nothing()
