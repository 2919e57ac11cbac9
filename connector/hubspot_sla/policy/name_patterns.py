"""What names look like that mappings hold: properties, addresses, variables, agreements, rungs."""

from __future__ import annotations

INTERNAL = r"^[a-z][a-z0-9_]*$"
ADDRESS = r"^https?://[^\s/@]+(/[^\s@]*)?$"
VARIABLE = r"^[A-Z][A-Z0-9_]*$"
MAIL = r"^[^@\s<>\"]+@[^@\s<>\"]+$"
AGREEMENT_NAME = r"^[a-z][a-z0-9_]{0,39}$"
METRIC_NAME = AGREEMENT_NAME
RUNG_NAME = r"^[^\s:]{1,40}$"
