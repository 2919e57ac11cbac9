"""Tiers in an Excel workbook: its first sheet as CSV text, checked, kept and compared like any other file."""

from __future__ import annotations

import csv
from datetime import datetime
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

SUFFIX = ".xlsx"


def as_csv(content: bytes) -> str:
    """The first sheet. Refused: the extra `xlsx` is not installed, or this is no workbook."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise Refused(
            "a workbook needs one more package",
            "pip install 'hubspot-sla[xlsx]', or save it as CSV",
            code=Code.TABLE_FORMAT,
        ) from None
    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
        rows = [[_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    except Exception as error:
        raise Refused(
            f"this is not an Excel workbook: {error}", "save it as .xlsx or as CSV", code=Code.TABLE_FORMAT
        ) from error
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(_without_empty_end(rows))
    return text.getvalue()


def _text(cell: object) -> str:
    """Whole numbers without a fraction: Excel keeps the company id 5021 as 5021.0."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _without_empty_end(rows: Iterable[list[str]]) -> list[list[str]]:
    """Without the empty rows and columns that a sheet's used range may end with."""
    filled = [row for row in rows if any(row)]
    width = max((number for row in filled for number, cell in enumerate(row, 1) if cell), default=0)
    return [row[:width] for row in filled]
