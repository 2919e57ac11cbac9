"""Which currencies there are: those that ISO 4217 names and some country uses."""

from __future__ import annotations

from datetime import date
from functools import cache

NO_CURRENCIES = frozenset({"XXX", "XTS"})


@cache
def currencies_since(day: date) -> tuple[str, ...]:
    """The codes of those that were not withdrawn by this day, in order; units of account (CLF) among them."""
    from babel.core import get_global  # takes long to import

    used = (use for uses in get_global("territory_currencies").values() for use in uses)
    return tuple(sorted({code for code, _, end, _ in used if end is None or date(*end) > day} - NO_CURRENCIES))
