"""Plain text as the HTML that HubSpot keeps as the text of tasks and notes."""

from __future__ import annotations

from html import escape
from typing import Final

from hubspot_sla.hubspot.engagements import LINE_BREAK
from hubspot_sla.hubspot.key_references import LONGEST

LONGEST_REFERENCE: Final = len(LINE_BREAK) + LONGEST
LONGEST_BODY: Final = 65_536
"""Characters of a note body, as HubSpot's notes guide says; a task's may be as long."""


def as_html(body: str) -> str:
    """Nothing in it is markup, lines stay lines; cut between two of them where it is longer than a note may be, with a
    reference behind it."""
    kept: list[str] = []
    room = LONGEST_BODY - LONGEST_REFERENCE
    for line in body.splitlines():
        shown = escape(line)
        room -= len(shown) + len(LINE_BREAK)
        if room < 0:
            break
        kept.append(shown)
    return LINE_BREAK.join(kept)
