"""Files of outages, of requests and of values: CSV with a header, one row for each outage, interval or reading. What is
wrong with a row is named with its line, and the file does not count then."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OUTAGES: Final = ("from", "to", "kind", "announced", "key", "affected")
REQUESTS: Final = ("from", "to", "requests", "failed", "key")
VALUES: Final = ("from", "to", "value", "key")
VALUES_AT: Final = ("at", "value", "key")
_NEEDED: Final = {OUTAGES: 2, REQUESTS: 4, VALUES: 3, VALUES_AT: 2}
"""How many columns of each form there must be, of the first."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Form(StrEnum):
    """What the rows of a file are of."""

    OUTAGES = "outages"
    REQUESTS = "requests"
    VALUES = "values"


_FORMS: Final = {OUTAGES: Form.OUTAGES, REQUESTS: Form.REQUESTS, VALUES: Form.VALUES, VALUES_AT: Form.VALUES}


class FeedUnreadable(ValueError):
    """The file is not what the document describes; the message names the line."""


@dataclass(frozen=True, slots=True)
class OutageRow:
    """Down in [start_at, end_at) (epoch ms); `kind` says why, "" for nothing; `key` of which service or
    region; `affected` is the share of its users, 1 for all."""

    start_at: int
    end_at: int
    kind: str
    announced_at: int | None
    key: str
    affected: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class RequestRow:
    """`number` requests in [start_at, end_at), of which `failed` did."""

    start_at: int
    end_at: int
    number: int
    failed: int
    key: str


@dataclass(frozen=True, slots=True)
class ValueRow:
    """`value` was read at an instant, or over [start_at, end_at); an instant is both its ends."""

    start_at: int
    end_at: int
    value: Fraction
    key: str


Row = OutageRow | RequestRow | ValueRow


@dataclass(frozen=True, slots=True)
class Availability:
    """The rows of one file: of outages, of requests, or of values. `known_keys` are those that it has in other rows
    too, `columns` the form that its header says; None: nothing says so."""

    outages: tuple[OutageRow, ...] = ()
    requests: tuple[RequestRow, ...] = ()
    known_keys: tuple[str, ...] = ()
    values: tuple[ValueRow, ...] = ()
    columns: Form | None = None

    @property
    def rows(self) -> tuple[Row, ...]:
        return (*self.outages, *self.requests, *self.values)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(sorted({key for key in (*self.known_keys, *(row.key for row in self.rows)) if key}))

    @property
    def form(self) -> Form | None:
        """None: it has neither rows nor a header that would say."""
        if self.columns is not None:
            return self.columns
        rows = {Form.OUTAGES: self.outages, Form.REQUESTS: self.requests, Form.VALUES: self.values}
        return next((form for form, own in rows.items() if own), None)


def availability(name: str, text: str) -> Availability:
    """The content of a CSV file called `name`. Raises FeedUnreadable."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        rows.fieldnames = columns = [column.strip() for column in rows.fieldnames or ()]
        form = _form(f"{name}:1", columns)
        return _made([_row(f"{name}:{rows.line_num}", row, form) for row in rows], form)
    except csv.Error as error:
        raise FeedUnreadable(f"{name}:{rows.reader.line_num}: this is no CSV: {error}") from None


def availability_of_rows(name: str, rows: Sequence[Mapping[str, str]]) -> Availability:
    """The same of the rows that an address answered. Raises FeedUnreadable."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    form = _form(name, columns) if rows else OUTAGES
    numbered = enumerate(rows, 1)
    return _made([_row(f"{name}, row {number}", row, form) for number, row in numbered], form if rows else None)


def _form(where: str, columns: Sequence[str]) -> tuple[str, ...]:
    form: tuple[str, ...] = REQUESTS if "requests" in columns else OUTAGES
    if "value" in columns:
        form = VALUES_AT if "at" in columns else VALUES
    if twice := [column for column in columns if columns.count(column) > 1]:
        raise FeedUnreadable(f"{where}: the feed has the column {twice[0]!r} twice")
    missing = [column for column in form[: _NEEDED[form]] if column not in columns]
    unknown = [column for column in columns if column not in form]
    if missing or unknown:
        what = f"has no column {missing[0]!r}" if missing else f"has an unknown column {unknown[0]!r}"
        raise FeedUnreadable(f"{where}: the feed {what}; it has {', '.join(form)}")
    return form


def _made(found: Sequence[Row], columns: tuple[str, ...] | None) -> Availability:
    return Availability(
        tuple(row for row in found if isinstance(row, OutageRow)),
        tuple(row for row in found if isinstance(row, RequestRow)),
        values=tuple(row for row in found if isinstance(row, ValueRow)),
        columns=None if columns is None else _FORMS[columns],
    )


def _row(where: str, row: Mapping[str, object], form: tuple[str, ...]) -> Row:
    cells = {column: (value or "").strip() for column, value in row.items() if isinstance(value, str | None)}
    more = next((value for value in row.values() if isinstance(value, list)), [])  # as of a decimal comma
    if any(cell.strip() for cell in more):
        raise FeedUnreadable(f"{where}: the row has more cells than there are columns")
    start, end = ("at", "at") if form == VALUES_AT else ("from", "to")
    start_at, end_at = _instant(where, cells.get(start, "")), _instant(where, cells.get(end, ""))
    if end_at < start_at:
        raise FeedUnreadable(f"{where}: `to` is before `from`")
    key = cells.get("key", "")
    if "value" in form:
        return ValueRow(start_at, end_at, _value(where, cells.get("value", "")), key)
    if form == OUTAGES:
        announced = cells.get("announced", "")
        announced_at = _instant(where, announced) if announced else None
        affected = _share(where, cells.get("affected", "") or "100%")
        return OutageRow(start_at, end_at, cells.get("kind", ""), announced_at, key, affected)
    number, failed = _number(where, cells.get("requests", "")), _number(where, cells.get("failed", ""))
    if failed > number:
        raise FeedUnreadable(f"{where}: more requests failed than there were")
    return RequestRow(start_at, end_at, number, failed, key)


def _instant(where: str, text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise FeedUnreadable(f"{where}: {text!r} is no instant; write 2026-10-05T12:00:00Z") from None
    if at.tzinfo is None:
        raise FeedUnreadable(f"{where}: {text!r} does not say in which zone; write 2026-10-05T12:00:00Z")
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _share(where: str, text: str) -> Fraction:
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?)\s*%", text)
    share = None if match is None else Fraction(match[1]) / 100
    if share is None or not 0 < share <= 1:
        raise FeedUnreadable(f"{where}: {text!r} is no share of the users; write 25%")
    return share


def _value(where: str, text: str) -> Fraction:
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,10})?", text):
        raise FeedUnreadable(f"{where}: {text!r} is no value; write a decimal of at least 0 and without a unit: 12.5")
    return Fraction(text)


def _number(where: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise FeedUnreadable(f"{where}: {text!r} is no number of requests")
    return int(text)
