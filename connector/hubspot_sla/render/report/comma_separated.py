"""One table of a report as CSV (RFC 4180). A text that a spreadsheet would take for a formula is defused; a number is a
number."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from hubspot_sla.render.report.cells import raw
from hubspot_sla.render.report.document import Text

if TYPE_CHECKING:
    from hubspot_sla.render.report.document import Cell, Table

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def comma_separated(table: Table) -> str:
    """A line of column keys, then the rows; lines end in CR LF."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.key for column in table.columns])
    writer.writerows([_field(cell) for cell in row] for row in table.rows)
    return text.getvalue()


def defused(text: str) -> str:
    """With an apostrophe in front where it begins as a formula does."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _field(cell: Cell) -> object:
    value = raw(cell)
    if isinstance(cell, Text):
        return defused(cell.key or cell.text)
    return "" if value is None else value
