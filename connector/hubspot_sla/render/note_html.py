"""A story as the HTML of a note: what is late in a line, a short table, and the rest in small print.

Only elements that HubSpot keeps in notes; nothing of a stranger is markup.
"""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Final

from hubspot_sla.render.plain import detail_lines
from hubspot_sla.render.story import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.story import ClockText, Story

    Shown = Callable[[str], str]

MOST_ROWS: Final = 40
"""A note holds 65,536 characters: more clocks than these are counted."""
_LONGEST: Final = 300
_BOLD: Final = frozenset({Standing.LATE, Standing.WAS_LATE})


def note_html(headline: str, who: Sequence[str], story: Story, texts: Texts, longest: int = _LONGEST) -> str:
    """`headline` says what is late, `who` for whom and whose it is. No text in it has more than `longest` characters,
    or than 300."""
    text = partial(_text, longest=min(longest, _LONGEST))
    shown = story.clocks[:MOST_ROWS]
    heads = (texts.text("What"), texts.text("How it stands"), texts.text("Promised"))
    rows = [_row("th", heads, text), *(_clock_row(clock, text) for clock in shown)]
    left = len(story.clocks) - len(shown)
    more = texts.plural("and {count} more", "and {count} more", left)
    return "".join(
        [
            f"<p><strong>{text(headline)}</strong></p>",
            *([f"<p>{text(' · '.join(who))}</p>"] if who else []),
            f"<table><tbody>{''.join(rows)}</tbody></table>",
            *([f"<p>{escape(more)}</p>"] if left else []),
            *_details(story, texts, text),
        ]
    )


def _clock_row(clock: ClockText, text: Shown) -> str:
    cells = (clock.name, clock.state, clock.promised)
    return _row("td", cells, text, bold=clock.standing in _BOLD)


def _row(element: str, cells: Sequence[str], text: Shown, *, bold: bool = False) -> str:
    shown = (f"<strong>{text(cell)}</strong>" if bold and cell else text(cell) for cell in cells)
    return f"<tr>{''.join(f'<{element}>{cell}</{element}>' for cell in shown)}</tr>"


def _details(story: Story, texts: Texts, text: Shown) -> list[str]:
    lines = detail_lines(story, texts)[:MOST_ROWS]
    if not lines:
        return []
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    return [f"<p><em>{text(texts.text('Details'))}</em></p><ul>{items}</ul>"]


def _text(text: str, longest: int) -> str:
    return escape(text if len(text) <= longest else f"{text[: longest - 1]}…")
