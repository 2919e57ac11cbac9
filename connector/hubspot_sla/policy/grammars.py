"""The grammars that mappings were ever written in. Mappings that a ledger holds are read by the grammar of their day.

A new number is for a word that meant something else before. The version of the mappings says which grammar it was
loaded by (`loader.version_of`).

1. until November 2026: a group under `targets` holds nothing but values of a property, and `by` names a ticket property
   under any name. `by: company.segment` and `stage: {L2: {total: 8h}}` passed in silence, and promised nothing.
2. `by` knows company, contact and contract; `due`, `property`, `earlier_of`, `later_of` and `total` are words.
   A value of a source of tiers that `ranks` lacks is a tier that is not ranked; before, the next source or the default
   decided in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic import ValidationInfo

FIRST: Final = 1
CURRENT: Final = 2


def grammar_of(info: ValidationInfo) -> int:
    """The grammar in which pydantic is asked to read."""
    context = info.context
    return context.get("grammar", CURRENT) if isinstance(context, dict) else CURRENT
