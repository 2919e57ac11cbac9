"""A report as Markdown, for a comment on a pull request: nothing in it that a stranger wrote is taken for markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hubspot_sla.language.texts import texts_of
from hubspot_sla.render.report.cells import is_figure, shown
from hubspot_sla.render.report.document import Count, Text

if TYPE_CHECKING:
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.report.document import Cell, Document, Table

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]()<>#+!|~-])")
_SAFE_LINKS: Final = ("https://", "http://")


def markdown(document: Document) -> str:
    """Headings, the sentence, and every table; ends in a line break."""
    texts = texts_of(document.language)
    parts = [f"## {_plain(document.title)}", f"**{_plain(document.sentence)}**"]
    parts += [f"> {_plain(note)}" for note in document.notes]
    for section in document.sections:
        parts.append(f"### {_plain(section.title)}")
        parts += [_plain(paragraph) for paragraph in section.paragraphs]
        for table in section.tables:
            parts += _table(table, document, texts, titled=len(section.tables) > 1)
    parts += [f"{_plain(': '.join(fact))}" for fact in document.facts]
    return "\n\n".join(parts) + "\n"


def _table(table: Table, document: Document, texts: Texts, *, titled: bool) -> list[str]:
    parts = [f"#### {_plain(table.title)}"] if titled else []
    if not table.rows:
        return [*parts, _plain(table.empty)]
    lines = [
        _line([_plain(column.title) for column in table.columns]),
        _line(["--:" if is_figure(cell) else "---" for cell in table.rows[0]]),
        *(_line([_cell(cell, document, texts) for cell in row]) for row in table.rows),
    ]
    return [*parts, "\n".join(lines), *([_plain(table.note)] if table.note else [])]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell, document: Document, texts: Texts) -> str:
    text = _plain(shown(cell, texts, document.zone))
    link = cell.link if isinstance(cell, (Text, Count)) else ""
    return f"[{text}](<{link}>)" if link.startswith(_SAFE_LINKS) and not set(link) & set("<> \n") else text


def _plain(text: str) -> str:
    """The text as it is: no markup, no mention of anybody, no line break."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split())).replace("@", "@&#8203;")
