"""The number of the clock's rules.

A correction of the clock that may change a verdict raises it, once for each release. Verdicts and outcomes carry the
number they were computed under: open tickets are judged anew after a raise, closed ones keep what was recorded.
"""

from __future__ import annotations

from typing import Final

CLOCK_RULES: Final[int] = 2
"""The rules that `judge` follows today."""
