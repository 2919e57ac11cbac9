"""A report as one HTML page: no script, nothing from the network, dark and light, readable on paper and at 320 px."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.language.texts import texts_of
from hubspot_sla.plain_text import removed
from hubspot_sla.render.report.cells import is_figure, shown
from hubspot_sla.render.report.charts import charts_of
from hubspot_sla.render.report.document import Count, Heat, Instant, Score, Share, Text
from hubspot_sla.render.report.templating import environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.report.charts import Chart
    from hubspot_sla.render.report.document import Cell, Column, Document, Table

_LEVELS = 5
_ON_ONE_PAGE = 24
_SAFE_LINKS = ("https://", "http://", "#")


@dataclass(frozen=True, slots=True)
class _ShownCell:
    """`width` is that of a bar in percent, "" for none; `is_head`: it names its row."""

    text: str
    classes: str
    link: str = ""
    width: str = ""
    is_head: bool = False


@dataclass(frozen=True, slots=True)
class _ShownTable:
    table: Table
    rows: Sequence[Sequence[_ShownCell]]
    chart: Chart | None = None
    is_map: bool = False

    @property
    def is_short(self) -> bool:
        """Whether it stands on one page of paper."""
        return len(self.rows) <= _ON_ONE_PAGE

    @property
    def heads(self) -> Sequence[tuple[str, bool]]:
        """The title of each column, and whether any of its cells holds a number: some may be empty."""
        if not self.rows:
            return []
        return [
            (column.title, any("number" in cell.classes for cell in cells))
            for column, cells in zip(self.table.columns, zip(*self.rows, strict=True), strict=True)
        ]


def page(document: Document) -> bytes:
    """UTF-8. Equal documents give equal bytes, with one set of installed versions."""
    texts = texts_of(document.language)
    templates = environment()
    templates.filters["place"] = _place
    charts = charts_of(document, templates, texts)
    sections = [
        (section, [_shown(table, document, texts, charts) for table in section.tables]) for section in document.sections
    ]
    text = templates.get_template("page.html").render(
        document=document, sections=sections, contents=_contents(document), contents_title=texts.text("Contents")
    )
    return removed(text).encode()


def _place(percent: float) -> str:
    """`7.69`: enough for any window."""
    return f"{percent:.2f}".rstrip("0").rstrip(".")


def _contents(document: Document) -> list[tuple[str, str]]:
    return [(section.key, section.title) for section in document.sections if section.tables]


def _shown(table: Table, document: Document, texts: Texts, charts: Mapping[str, Chart]) -> _ShownTable:
    known = {f"#{key}" for key in document.tables}
    rows = [
        [
            _cell(cell, column, texts, document, known, is_head=place == 0)
            for place, (cell, column) in enumerate(zip(row, table.columns, strict=True))
        ]
        for number, row in enumerate(table.rows)
        if number not in table.aside
    ]
    if table.aside:
        table = replace(table, note=f"{table.note} {table.aside_note}")
    is_map = any(isinstance(cell, Heat) for row in table.rows for cell in row)
    said = [place for place in range(len(table.columns)) if not rows or any(row[place].text for row in rows)]
    columns = [table.columns[place] for place in said]
    if not is_map:  # where it is one, its columns are an axis: they stay where nothing stands in them
        table, rows = replace(table, columns=columns), [[row[place] for place in said] for row in rows]
    return _ShownTable(table, rows, charts.get(table.key), is_map)


def _cell(
    cell: Cell, column: Column, texts: Texts, document: Document, known: set[str], *, is_head: bool
) -> _ShownCell:
    classes = ["number"] if is_figure(cell) else []
    width = ""
    if isinstance(cell, Score):
        classes += ["few"] if cell.few and cell.score is not None else []
    if isinstance(cell, Share):
        classes += ["few"] if cell.few and cell.share is not None else []
        if column.bar and cell.share is not None:
            width = f"{float(cell.share) * 100:.1f}"
    if isinstance(cell, Instant):
        classes.append("when")
    if isinstance(cell, Heat):
        classes.append(f"heat{_level(cell)}")
    link = cell.link if isinstance(cell, (Text, Count)) else ""
    if not link.startswith(_SAFE_LINKS) or (link.startswith("#") and link not in known):
        link = ""
    text = shown(cell, texts, document.zone)
    if isinstance(cell, Heat) and not cell.number:
        text = ""
    return _ShownCell(text, " ".join(classes), link, width, is_head and bool(text))


def _level(cell: Heat) -> int:
    """0 for none, then 1 to 5 by its share of the greatest."""
    return 0 if not cell.number else min(_LEVELS, 1 + int(cell.level * _LEVELS))
