"""A report as a letter: plain text for every mail program, and the same as HTML with tables.

A mail program draws no SVG, follows no link within a letter, and cuts off what is long. So there are tables alone, each
with its first rows, links that lead out, and styles that stand in each element where `css-inline` is installed. There
are many cells: what holds for all stands in the table, and numbers have attributes, which are shorter than styles.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from unicodedata import east_asian_width

from hubspot_sla.language import numbers
from hubspot_sla.language.texts import texts_of
from hubspot_sla.render.report.cells import DASH, is_figure, shown
from hubspot_sla.render.report.document import Instant, Score, Share, Text
from hubspot_sla.render.report.templating import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.report.document import Cell, Document, Table

ROWS: Final = 40
"""So many rows of a table a letter shows."""
WIDTH: Final = 78
"""Columns of a line of text: a table that needs more is written row by row."""
_GAP: Final = "  "
_OUT: Final = ("https://", "http://")


def as_text(document: Document) -> str:
    """Lines that end in a line feed."""
    texts = texts_of(document.language)
    parts = [document.title, "=" * min(width_of(document.title), WIDTH), "", document.sentence, ""]
    parts += [f"{name}: {value}" for name, value in document.facts]
    parts += document.notes
    for section in document.sections:
        parts += ["", section.title, "-" * min(width_of(section.title), WIDTH)]
        parts += [line for paragraph in section.paragraphs for line in textwrap.wrap(paragraph, WIDTH)]
        for table in section.tables:
            parts += ["", *_lines(table, document, texts)]
    return "\n".join(parts).rstrip() + "\n"


def as_html(document: Document) -> str:
    """One page; equal documents give equal pages, with one set of installed versions."""
    texts = texts_of(document.language)
    sections = [
        (section, [_shown(table, document, texts) for table in section.tables]) for section in document.sections
    ]
    page = environment().get_template("letter.html").render(document=document, sections=sections)
    inliner = _inliner()
    return page if inliner is None else str(inliner.inline(page))


def width_of(text: str) -> int:
    """Columns that a text takes where letters are equally wide."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _inliner() -> Any:
    """None without the extra `mail`: styles then stand in the head, where most mail programs read them too."""
    try:
        from css_inline import CSSInliner
    except ImportError:
        return None
    return CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class _Shown:
    """One cell: `link` is an address or "". `is_few`: it rests on so little that it is shown grey. `is_instant`: on
    a phone, where a list has no titles above it, it needs its own."""

    text: str
    link: str = ""
    is_number: bool = False
    is_few: bool = False
    is_instant: bool = False

    @property
    def says_something(self) -> bool:
        return self.text not in ("", DASH)


@dataclass(frozen=True, slots=True)
class _ShownTable:
    """The first rows of a table, or the worst, without the columns that are empty in all; `rest` counts the others."""

    table: Table
    titles: Sequence[str]
    rows: Sequence[Sequence[_Shown]]
    rest: str

    @property
    def is_list(self) -> bool:
        """Of records, each with its address."""
        return any(cell.link for row in self.rows for cell in row)


def _shown(table: Table, document: Document, texts: Texts) -> _ShownTable:
    rows = [[_cell(cell, document, texts) for cell in row] for row in _first(table)]
    kept = [
        place
        for place, column in enumerate(table.columns)
        if place == 0 or any(row[place].says_something for row in rows)
    ]
    return _ShownTable(
        table,
        [table.columns[place].title for place in kept],
        [[row[place] for place in kept] for row in rows],
        _rest(table, texts),
    )


def _first(table: Table) -> Sequence[Sequence[Cell]]:
    """As many rows as a letter shows: of many customers those that a manager must know of."""
    if len(table.rows) > ROWS and table.worst_first:
        return [table.rows[number] for number in table.worst_first[:ROWS]]
    return table.rows[:ROWS]


def _rest(table: Table, texts: Texts) -> str:
    left = len(table.rows) - ROWS
    if left <= 0:
        return ""
    if table.worst_first:
        return texts.text(
            "{shown} of {number}, those with most broken promises first",
            shown=numbers.whole(ROWS, texts),
            number=numbers.whole(len(table.rows), texts),
        )
    return texts.text("and {number} more", number=numbers.whole(left, texts))


def _cell(cell: Cell, document: Document, texts: Texts) -> _Shown:
    """In one line, whatever strangers wrote."""
    link = cell.link if isinstance(cell, Text) and cell.link.startswith(_OUT) else ""
    is_few = isinstance(cell, (Share, Score)) and cell.few
    lines = shown(cell, texts, document.zone).splitlines()
    return _Shown(" ".join(lines), link, is_figure(cell), is_few, isinstance(cell, Instant))


def _lines(table: Table, document: Document, texts: Texts) -> Iterator[str]:
    if table.heading:
        yield f"{table.title}:"
    if not table.rows:
        yield table.empty
        return
    whole = _shown(table, document, texts)
    if whole.is_list:
        yield from _listed(whole)
    else:
        yield from _aligned(whole) or _wrapped(whole)
    yield from filter(None, (whole.rest, *textwrap.wrap(table.note, WIDTH)))


def _aligned(whole: _ShownTable) -> list[str]:
    """Lines of equal columns; none where they are too wide."""
    columns = list(zip(whole.titles, *([cell.text for cell in row] for row in whole.rows), strict=True))
    widths = [max(map(width_of, column)) for column in columns]
    if sum(widths) + len(_GAP) * (len(widths) - 1) > WIDTH:
        return []
    is_number = [cell.is_number for cell in whole.rows[0]]
    titles, *rows = zip(*columns, strict=True)
    lines = [titles, tuple("-" * width for width in widths), *rows]
    return [
        _GAP.join(
            _padded(text, width, to_the_right=right) for text, width, right in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in lines
    ]


def _padded(text: str, width: int, *, to_the_right: bool) -> str:
    space = " " * (width - width_of(text))
    return space + text if to_the_right else text + space


def _wrapped(whole: _ShownTable) -> Iterator[str]:
    """A row in as many lines as it needs: its first cell, then whatever says anything."""
    for row in whole.rows:
        said = "; ".join(f"{title} {text}" for title, text in _said(whole, row))
        yield from textwrap.wrap(f"* {row[0].text or DASH}: {said}", WIDTH, subsequent_indent="  ")


def _listed(whole: _ShownTable) -> Iterator[str]:
    """A record in one paragraph: its first cell, whatever says anything, and its address."""
    for number, row in enumerate(whole.rows):
        if number:
            yield ""
        yield f"* {row[0].text}"
        yield from (f"  {title}: {text}" for title, text in _said(whole, row))
        yield from (f"  {cell.link}" for cell in row if cell.link)


def _said(whole: _ShownTable, row: Sequence[_Shown]) -> Iterator[tuple[str, str]]:
    """Title and text of the cells after the first that say anything."""
    return ((title, cell.text) for title, cell in zip(whole.titles[1:], row[1:], strict=True) if cell.says_something)
