"""Plain text as the HTML that HubSpot keeps as the text of tasks and notes."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final

from hubspot_sla.hubspot.key_references import LINE_BREAK, LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable

_VERY_LONG: Final = 1_000
_HALF_AN_ENTITY: Final = re.compile(r"&#?\w{0,6}$")
LONGEST_REFERENCE: Final = len(LINE_BREAK) + LONGEST
LONGEST_BODY: Final = 65_536
"""Characters of a note body, as HubSpot's notes guide says; a task's may be as long."""


LONGEST_TEXT: Final = LONGEST_BODY - LONGEST_REFERENCE
"""What is left beside a reference."""


def as_html(body: str) -> str:
    """Nothing in it is markup, lines stay lines; cut between two of them, or within a very long one, where it is longer
    than a note may be with a reference behind it."""
    kept: list[str] = []
    room = LONGEST_TEXT
    for line in body.splitlines():
        shown = escape(line)
        room -= len(shown) + len(LINE_BREAK)
        if room < 0:
            if len(line) > _VERY_LONG:
                kept.append(_cut(line, room + len(shown)))
            break
        kept.append(shown)
    return LINE_BREAK.join(kept)


def _cut(line: str, room: int) -> str:
    """As much of a line as fits into so many characters, with a mark where something is left out."""
    shown = escape(line[: max(room, 0)])
    return f"{_HALF_AN_ENTITY.sub('', shown[: max(room - 1, 0)])}…"


def fitted(made: Callable[[int], str]) -> str:
    """HTML that is no longer than a note may be: `made` writes it with each of its texts cut to so many characters."""
    most = LONGEST_TEXT
    while len(html := made(most)) > LONGEST_TEXT and most > 1:
        most //= 2
    return html
