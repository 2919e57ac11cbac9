"""What a spreadsheet program makes of a CSV file: its separator, its encoding, and how it writes dates.

A German Excel saves semicolons, Windows-1252 and 24.12.2026; an American one commas and 12/24/2026. Dots are always
day first. With slashes the column decides: a value that is impossible in one order proves the other.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.times import parse_date_or_instant
from hubspot_sla.policy.value_errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SEPARATORS = ",;\t"
_NAMED_SEPARATOR = re.compile(r"\ufeff?sep=([,;\t|])\s*\Z", re.ASCII)
_UTF_16 = ("\ufeff".encode("utf-16-le"), "\ufeff".encode("utf-16-be"))
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How a file of Excel begins that is no text: .xlsx, and .xls of before 2007."""
_NUMERIC_DATE = re.compile(r"(\d{1,2})([./])(\d{1,2})\2(\d{4})\Z", re.ASCII)


class DateFormat(StrEnum):
    """How dates of a table are written where they are not ISO 8601; the words of `format:` in tiers.yaml."""

    DAY_FIRST = "DD/MM/YYYY"
    MONTH_FIRST = "MM/DD/YYYY"


def named_separator(first_line: str) -> str:
    """That of a line such as `sep=;`, by which Excel is told; "" where the line is none."""
    match = _NAMED_SEPARATOR.match(first_line)
    return match[1] if match else ""


def separator_of(header: str) -> str:
    """The separator that the header line has most of outside quotes; a comma where it has none."""
    unquoted = re.sub(r'"[^"]*"', "", header)
    return max(SEPARATORS, key=unquoted.count)


def decoded(content: bytes) -> str:
    """UTF-8, with or without a byte order mark; UTF-16 with one, which Excel calls Unicode text; what is neither is
    taken for Windows-1252, as Excel saves it.

    UnicodeDecodeError: it is none of them. Refused: it is no text at all, but a workbook.
    """
    if content.startswith(_WORKBOOKS):
        raise Refused(
            "this is an Excel workbook, not CSV",
            "save it as CSV, or as .xlsx and name that file in tiers.yaml",
            code=Code.TABLE_FORMAT,
        )
    if content.startswith(_UTF_16):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def date_format_of(values: Iterable[str]) -> DateFormat | None:
    """The order that the dates with slashes of one column prove; None where no value proves one.

    Refused: some prove one order, others the other.
    """
    first_numbers, second_numbers = set[int](), set[int]()
    for value in values:
        match = _NUMERIC_DATE.match(value)
        if match and match[2] == "/":
            first_numbers.add(int(match[1]))
            second_numbers.add(int(match[3]))
    day_first, month_first = max(first_numbers, default=0) > 12, max(second_numbers, default=0) > 12
    if day_first and month_first:
        raise Refused(
            "its dates are written day first in some rows and month first in others", _ASK, code=Code.TABLE_DATES
        )
    if day_first:
        return DateFormat.DAY_FIRST
    return DateFormat.MONTH_FIRST if month_first else None


_ASK = f"say `format: {DateFormat.DAY_FIRST}` or `format: {DateFormat.MONTH_FIRST}` beside the file in tiers.yaml"


def parse_table_date(written: str, date_format: DateFormat | None) -> int:
    """An instant in ms since the epoch; a date is its midnight in UTC. Refused: not a date, or its order is unknown."""
    match = _NUMERIC_DATE.match(written)
    if match is None:
        return parse_date_or_instant(written)
    if match[2] == "/" and date_format is None:
        raise Refused(f"{written!r} may be day first or month first", _ASK, code=Code.TABLE_DATES)
    month_first = match[2] == "/" and date_format is DateFormat.MONTH_FIRST
    day, month = (match[3], match[1]) if month_first else (match[1], match[3])
    try:
        iso = date(int(match[4]), int(month), int(day)).isoformat()
    except ValueError:
        raise Refused(f"{written!r} is not a date", "write 2026-12-24", code=Code.TABLE_DATES) from None
    return parse_date_or_instant(iso)


def formats_by_column(
    columns: Iterable[str], rows: Iterable[Mapping[str, str]], stated: DateFormat | None
) -> tuple[dict[str, DateFormat | None], dict[str, Refused]]:
    """The date format of each of these columns, by name, and the columns whose dates contradict each other."""
    listed = list(rows)
    formats: dict[str, DateFormat | None] = {}
    contradictions: dict[str, Refused] = {}
    for name in columns:
        try:
            formats[name] = stated or date_format_of(row.get(name, "") for row in listed)
        except Refused as refused:
            contradictions[name] = refused
    return formats, contradictions
