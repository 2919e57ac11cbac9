"""A document with one long table, written a part at a time: the bytes that the whole would have.

Its rows are plain values, not cells: there may be a million of them.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Final

from hubspot_sla.language.forms import short_instant
from hubspot_sla.language.texts import texts_of
from hubspot_sla.plan.instant_text import wire_of_many
from hubspot_sla.render.report.as_json import as_json
from hubspot_sla.render.report.cells import DASH
from hubspot_sla.render.report.comma_separated import defused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.report.document import Column, Document, Table

    Value = str | int | None
    Line = Sequence[Value]

AT_ONCE: Final = 2_000
"""Rows that are written together."""
_WHOLE_MINUTES_SINCE: Final = 63_072_000_000
"""1972: since then no zone is ahead of another by less than a minute (epoch ms)."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """`document` has one table, without its rows: those are `lines`, in which a value is a text, or in a column of
    `instants` (their keys) epoch ms or None. Lines can be read once, while the ledger is open. `links` is
    where a record of each object type is, but for its id."""

    document: Document
    lines: Iterator[Line]
    number: int
    instants: frozenset[str]
    links: Mapping[str, str]

    @property
    def table(self) -> Table:
        return next(iter(self.document.tables.values()))


def comma_separated_parts(whole: Streamed) -> Iterator[str]:
    """What `comma_separated` makes of the table."""
    columns = whole.table.columns
    forms = _forms(columns, whole.instants, defused, wire_of_many)  # type: ignore[arg-type]
    header = [column.key for column in columns]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    while lines := list(islice(whole.lines, AT_ONCE)):
        writer.writerows([form(value) for form, value in zip(forms, line, strict=True)] for line in lines)
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()


def json_parts(whole: Streamed) -> Iterator[str]:
    """What `json.dumps` makes of `as_json`, indented by two."""
    empty = json.dumps(as_json(whole.document), indent=2, ensure_ascii=False)
    before, _, after = empty.rpartition("[]")  # the rows stand at the very end
    columns = whole.table.columns
    forms = _forms(columns, whole.instants, encode_basestring, _json_instant)  # type: ignore[arg-type]
    fields = ",\n".join(" " * 8 + encode_basestring(column.key).replace("%", "%%") + ": %s" for column in columns)
    row = f"\n      {{\n{fields}\n      }}"
    yield before + "["
    comma = ""
    while lines := list(islice(whole.lines, AT_ONCE)):
        yield comma + ",".join(
            [row % tuple([form(value) for form, value in zip(forms, line, strict=True)]) for line in lines]
        )
        comma = ","
    yield f"\n    ]{after}" if comma else f"]{after}"


def shown_lines(whole: Streamed) -> Iterator[list[str]]:
    """Each line as people read it."""
    document = whole.document
    shown = _shown_instant(document.zone, texts_of(document.language))
    forms = _forms(whole.table.columns, whole.instants, _same, shown)  # type: ignore[arg-type]
    return ([form(value) for form, value in zip(forms, line, strict=True)] for line in whole.lines)


def _forms(
    columns: Sequence[Column],
    instants: frozenset[str],
    text: Callable[[Value], str],
    instant: Callable[[Value], str],
) -> list[Callable[[Value], str]]:
    return [instant if column.key in instants else text for column in columns]


def _same(text: str) -> str:
    return text


def _json_instant(at: int | None) -> str:
    return "null" if at is None else f'"{wire_of_many(at)}"'


def _shown_instant(zone: tzinfo, texts: Texts) -> Callable[[int | None], str]:
    @lru_cache(maxsize=8192)
    def of_minute(at: int) -> str:
        return short_instant(at, zone, texts)

    def of(at: int | None) -> str:
        if at is None:
            return DASH
        return of_minute(at // 60_000 * 60_000) if at >= _WHOLE_MINUTES_SINCE else short_instant(at, zone, texts)

    return of
