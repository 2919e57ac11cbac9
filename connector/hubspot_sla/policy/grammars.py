"""The grammars that mappings were ever written in. Mappings that a ledger holds are read by the grammar of their day.

A new number is for a word that meant something else before. The version of the mappings says which grammar it was
loaded by (`version_of`).

1. until November 2026: a group under `targets` holds nothing but values of a property, and `by` names a ticket property
   under any name. `by: company.segment` and `stage: {L2: {total: 8h}}` passed in silence, and promised nothing.
2. `by` knows company, contact and contract; `due`, `property`, `earlier_of`, `later_of` and `total` are words.
   A value of a source of tiers that `ranks` lacks is a tier that is not ranked; before, the next source or the default
   decided in silence.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationInfo

FIRST: Final = 1
CURRENT: Final = 2


def grammar_of(info: ValidationInfo) -> int:
    """The grammar in which pydantic is asked to read."""
    context = info.context
    return context.get("grammar", CURRENT) if isinstance(context, dict) else CURRENT


def version_of(texts: Mapping[str, str], grammar: int = CURRENT) -> str:
    """A hash over the names and texts in the order of the names, after the grammar they are read by: `g2:sha256:...`;
    `sha256:...` for the first. How lines end makes no difference."""
    canonical = [[name, "\n".join(texts[name].splitlines())] for name in sorted(texts)]
    digest = hashlib.sha256(json.dumps(canonical, ensure_ascii=False).encode())
    prefix = "" if grammar == FIRST else f"g{grammar}:"
    return f"{prefix}sha256:{digest.hexdigest()}"


def grammar_of_version(version: str) -> int:
    """The grammar by which mappings of this version were loaded."""
    prefix, _, _ = version.partition(":")
    return int(prefix.removeprefix("g")) if prefix.startswith("g") else FIRST
