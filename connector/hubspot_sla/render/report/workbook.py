"""A report as a workbook: one sheet a table, real numbers and dates, filters, and a sheet in front that explains.

Nothing in it says when it was made: equal documents give equal bytes.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from hubspot_sla.language.texts import texts_of
from hubspot_sla.render.report.cells import shown
from hubspot_sla.render.report.document import Change, Count, Heat, Instant, Length, Money, Score, Share, Text

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from hubspot_sla.render.report.document import Cell, Document, Table

_BEFORE_TIME: Final = datetime(1980, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_DAY_MS: Final = 24 * 3_600_000
_SHEET_NAME: Final = 31
_NARROWEST, _WIDEST = 9, 60
_MOST_LINKS: Final = 65_530
"""So many Excel allows in a sheet; XlsxWriter leaves out the whole cell of one more."""
_FORMS: Final = {
    "head": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
    "title": {"bold": True, "font_size": 14},
    "text": {"valign": "top"},
    "share": {"num_format": "0.0%"},
    "few": {"num_format": "0.0%", "italic": True, "font_color": "#6a737d"},
    "score": {"num_format": "0.00"},
    "change": {"num_format": "+0.0%;-0.0%;0.0%"},
    "length": {"num_format": "[h]:mm:ss"},
    "instant": {"num_format": "yyyy-mm-dd hh:mm"},
    "money": {"num_format": "#,##0.00#"},
    "number": {"num_format": "#,##0"},
}


def workbook(document: Document) -> bytes:
    """The content of an .xlsx file."""
    import xlsxwriter

    content = io.BytesIO()
    book = xlsxwriter.Workbook(
        content,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"title": document.title, "created": _BEFORE_TIME})
    forms = {name: book.add_format(form) for name, form in _FORMS.items()}
    _explained(book.add_worksheet("report"), document, forms)
    for table in document.tables.values():
        if table.rows:
            _filled(book, table, document, forms)
    book.close()
    return content.getvalue()


def _explained(sheet: Worksheet, document: Document, forms: dict[str, Format]) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, document.title, forms["title"])
    sheet.write_string(1, 0, document.sentence)
    row = 3
    for name, value in document.facts:
        sheet.write_string(row, 0, name, forms["text"])
        sheet.write_string(row, 1, value)
        row += 1
    for note in document.notes:
        sheet.write_string(row, 1, note)
        row += 1
    row += 1
    for section in document.sections:
        for paragraph in section.paragraphs:
            sheet.write_string(row, 0, section.title)
            sheet.write_string(row, 1, paragraph)
            row += 1
        for table in section.tables:
            said = table.note if table.rows else table.empty
            if table.rows:
                sheet.write_url(row, 0, f"internal:'{_name(table)}'!A1", string=table.title[:255])
            else:
                sheet.write_string(row, 0, table.title)
            sheet.write_string(row, 1, said)
            row += 1


def _name(table: Table) -> str:
    """What Excel allows of a key: 31 characters, none of []:*?/\\ ."""
    return "".join("-" if sign in "[]:*?/\\'" else sign for sign in table.key)[:_SHEET_NAME]


def _filled(book: Workbook, table: Table, document: Document, forms: dict[str, Format]) -> None:
    sheet, texts = book.add_worksheet(_name(table)), texts_of(document.language)
    widths, linked = [len(column.title) for column in table.columns], 0
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, column.title or column.key, forms["head"])
    for number, row in enumerate(table.rows, 1):
        for place, cell in enumerate(row):
            text = shown(cell, texts, document.zone)
            if isinstance(cell, Text) and cell.link:
                linked += 1
                cell = cell if linked <= _MOST_LINKS else Text(cell.text)
            widths[place] = max(widths[place], len(text))
            _write(sheet, number, place, cell, text, document, forms)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, min(max(width + 2, _NARROWEST), _WIDEST))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _write(
    sheet: Worksheet, row: int, place: int, cell: Cell, text: str, document: Document, forms: dict[str, Format]
) -> None:
    match cell:
        case Count() | Heat():
            sheet.write_number(row, place, cell.number, forms["number"])
        case Share(share=share) if share is not None:
            sheet.write_number(row, place, float(share), forms["few" if cell.few else "share"])
        case Score(score=score) if score is not None:
            sheet.write_number(row, place, float(score), forms["score"])
        case Change(points=points) if points is not None:
            sheet.write_number(row, place, float(points), forms["change"])
        case Money(amount=amount) if amount is not None:
            sheet.write_number(row, place, float(amount), forms["money"])  # a workbook knows no decimals
        case Length(ms=ms) if ms is not None and ms >= 0:  # a workbook shows no negative time
            sheet.write_number(row, place, ms / _DAY_MS, forms["length"])
        case Instant(at=at) if at is not None:
            local = datetime.fromtimestamp(at // 1000, document.zone).replace(tzinfo=None)
            sheet.write_datetime(row, place, local, forms["instant"])
        case Text(link=link) if link.startswith("https://"):
            sheet.write_url(row, place, link, string=text[:255])
        case _:
            sheet.write_string(row, place, text[:32_767])
