"""A short visible reference in the text of a task or a note: its key, where no property may hold that.

Twelve hex digits of a hash: short enough to be read over, and unique among the records of one ticket.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from html import unescape
from typing import Final

LINE_BREAK: Final = "<br>"
"""Between the lines of a text: HubSpot keeps HTML."""
_DIGEST_BYTES: Final = 6
_SHAPE: Final = re.compile(r"\bsla-[0-9a-f]{12}\b")
_TAG: Final = re.compile(r"<[^>]*>")
LONGEST: Final = len("(sla-)") + 2 * _DIGEST_BYTES
"""Characters that a reference adds to a text."""


def reference(key: str) -> str:
    """`sla-3f9ac2d81b04`: always the same for the same key."""
    return f"sla-{blake2b(key.encode(), digest_size=_DIGEST_BYTES).hexdigest()}"


def references_in(text: str) -> frozenset[str]:
    """Every reference in a text, whatever HubSpot's editor has put around it."""
    return frozenset(_SHAPE.findall(unescape(_TAG.sub("", text))))


def plain(text: str) -> str:
    """The words of a text alone: without markup, entities, and whatever white space an editor has changed."""
    return " ".join(unescape(_TAG.sub(" ", text)).split())
