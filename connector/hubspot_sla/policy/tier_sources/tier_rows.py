"""A table of tiers with effective dates, from a CSV file or from the JSON of an endpoint, checked row by row."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from typing import TYPE_CHECKING

from hubspot_sla.errors import Problem
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.tier_sources.csv_dialect import (
    formats_by_column,
    named_separator,
    parse_table_date,
    separator_of,
)
from hubspot_sla.policy.value_errors import Refused, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.policy.tier_sources.columns import ColumnsSection
    from hubspot_sla.policy.tier_sources.csv_dialect import DateFormat

Columns = Mapping[str, int]  # the position of each column of the header

ALWAYS_BEFORE, ALWAYS_AFTER = -(2**63), 2**63


@dataclass(frozen=True, slots=True)
class Term:
    """`tier` holds from `from_ms` until `to_ms`, which is not in it; `from_text`, `to_text` as written. `cells` are all
    columns of the row."""

    tier: str
    from_ms: int
    to_ms: int
    from_text: str
    to_text: str
    line: int
    cells: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def ends(self) -> tuple[int, ...]:
        """Its beginning and its end, where they are said."""
        return tuple(at for at in (self.from_ms, self.to_ms) if at not in (ALWAYS_BEFORE, ALWAYS_AFTER))

    def held_at(self, at_ms: int) -> Term | None:
        """As if it was to go on for ever: its end left out where that is later; None where it began later."""
        if self.from_ms > at_ms:
            return None
        return (
            self if self.to_ms <= at_ms or self.to_ms == ALWAYS_AFTER else replace(self, to_ms=ALWAYS_AFTER, to_text="")
        )

    def __str__(self) -> str:
        start = f"from {self.from_text}" if self.from_text else "always"
        return f"{start} until {self.to_text}" if self.to_text else start


@dataclass(frozen=True, slots=True)
class TierTable:
    """The terms of each company id, by their beginning; `columns` are those of the header; `doubts` are
    about rows that no company may ever match."""

    file: str
    terms: Mapping[str, Sequence[Term]]
    columns: Sequence[str] = ()
    doubts: Sequence[Problem] = ()

    @property
    def lines_by_company(self) -> dict[str, list[int]]:
        """The lines about each company whose id can be one of HubSpot."""
        return {
            company_id: [term.line for term in terms]
            for company_id, terms in self.terms.items()
            if company_id.isascii() and company_id.isdigit()
        }

    def held_at(self, at_ms: int) -> TierTable:
        """With nothing that comes into force, or goes out of it, after this instant; itself where nothing does."""
        terms = {id_: tuple(filter(None, (term.held_at(at_ms) for term in of_id))) for id_, of_id in self.terms.items()}
        is_same = all(terms[id_] == tuple(of_id) for id_, of_id in self.terms.items())
        return self if is_same else replace(self, terms=terms)

    def at(self, company_id: str, at_ms: int) -> Term | None:
        terms = self.terms.get(company_id, ())
        return next((term for term in terms if term.from_ms <= at_ms < term.to_ms), None)


def tiers_in_csv(
    file: str, text: str, columns: ColumnsSection, ranks: Sequence[str]
) -> tuple[TierTable, list[Problem]]:
    """The table in the CSV `text` of `file`, and everything wrong with it."""
    reader = _TableReader(file, text, columns, ranks)
    terms = reader.terms()
    return TierTable(file, terms, reader.header, tuple(reader.doubts)), reader.problems


def tiers_in_answer(
    url: str, rows_json: str, columns: ColumnsSection, ranks: Sequence[str]
) -> tuple[TierTable, list[Problem]]:
    """The table in the rows that an endpoint answered, a JSON list, and everything wrong with it. They have no lines
    that anybody could look at, so a problem names the company."""
    names = (columns.company_id, columns.tier, columns.valid_from, columns.valid_to)
    rows = json.loads(rows_json)
    header = list(dict.fromkeys((*names, *sorted({name for row in rows for name in row}))))
    as_csv, company_at_line, line = StringIO(), {}, 1
    for row in [dict(zip(header, header, strict=True)), *rows]:
        cells = StringIO()
        csv.writer(cells).writerow([str(row.get(name) or "") for name in header])
        company_at_line[line] = str(row.get(columns.company_id) or "")
        line += len(list(StringIO(cells.getvalue(), newline="")))
        as_csv.write(cells.getvalue())
    table, problems = tiers_in_csv(url, as_csv.getvalue(), columns, ranks)
    doubts = tuple(_of_answer(doubt, {}) for doubt in table.doubts)
    return replace(table, doubts=doubts), [_of_answer(problem, company_at_line) for problem in problems]


def _of_answer(problem: Problem, company_at_line: Mapping[int, str]) -> Problem:
    company_id = company_at_line.get(problem.line, "") if problem.line > 1 else ""
    message = _ON_A_LINE.sub(" in another row", problem.message)
    whose = f"company {company_id}: " if company_id and not message.startswith("company ") else ""
    return Problem(problem.file, 0, 0, f"{whose}{message}", problem.remedy, problem.code)


_ON_A_LINE = re.compile(r" on line \d+\Z")


class _TableReader:
    """One table being read. A row with a problem is left out of the table, not out of the checks."""

    def __init__(self, file: str, text: str, columns: ColumnsSection, ranks: Sequence[str]) -> None:
        self.file, self.names, self.ranks = file, columns, ranks
        self.lines = text.splitlines(keepends=True)
        named = named_separator(self.lines[0]) if self.lines else ""
        self.separator = named or (separator_of(self.lines[0]) if self.lines else ",")
        self.reader = csv.reader(StringIO(text, newline=""), delimiter=self.separator, strict=True)
        if named:
            next(self.reader)
        self.date_formats: dict[str, DateFormat | None] = {}
        self.problems: list[Problem] = []
        self.doubts: list[Problem] = []
        self.header: list[str] = []
        self.line = self.header_line = 1

    def terms(self) -> dict[str, list[Term]]:
        terms: dict[str, list[Term]] = {}
        try:
            header = self.header = next(self._rows(), [])
            self.header_line = self.line
            columns = self._columns(header)
            rows = [(self.line, row) for row in self._rows()] if columns else []
            if columns and self._settle_date_formats(columns, [row for _, row in rows], len(header)):
                for self.line, row in rows:
                    self._take(row, len(header), columns, terms)
        except csv.Error as error:
            remedy = "a quote is opened and never closed" if "unexpected end" in str(error) else ""
            self._refuse(0, f"this is not CSV: {error}", remedy, code=Code.TABLE_FORMAT)
        for company_terms in terms.values():
            company_terms.sort(key=lambda term: term.from_ms)
        return terms

    def _rows(self) -> Iterator[list[str]]:
        """Rows that are not blank; `line` is where the current one begins, also when a field spans lines."""
        while True:
            self.line = self.reader.line_num + 1
            row = next(self.reader, None)
            if row is None:
                return
            if any(field.strip() for field in row):
                yield [field.strip() for field in row]

    def _settle_date_formats(self, columns: Columns, rows: Sequence[Sequence[str]], width: int) -> bool:
        """False: the dates of a column contradict each other, so that no row can be trusted."""
        cells = [{name: row[at] for name, at in columns.items()} for row in rows if len(row) == width]
        dated = [name for name in (self.names.valid_from, self.names.valid_to) if name in columns]
        self.date_formats, contradictions = formats_by_column(dated, cells, self.names.date_format)
        self.line = self.header_line
        for name, refused in contradictions.items():
            self._refuse(columns[name], f"{name}: {refused}", refused.remedy, code=refused.code)
        return not contradictions

    def _columns(self, header: list[str]) -> dict[str, int]:
        """The position of each column, or nothing when the header will not do."""
        names, problems_before = self.names, len(self.problems)
        if not header:
            self.line = 1
            remedy = f"write {names.company_id},{names.tier} and a row for each company"
            self._refuse(0, "the file is empty", remedy, code=Code.TABLE_COLUMN)
            return {}
        for number, name in enumerate(header):
            if name in header[:number]:
                self._refuse(number, f"the column {name!r} is there twice", code=Code.TABLE_COLUMN)
        required = (names.company_id, names.tier)
        if header and any(name.isdigit() for name in header) and not {*required} & {*header}:
            message = "the first line names the columns, and this is a row"
            columns = ",".join((*required, names.valid_from, names.valid_to))
            self._refuse(0, message, f"write {columns} above it", code=Code.TABLE_COLUMN)
            return {}
        for name in required:
            if name not in header:
                self._refuse(0, f"the column {name!r} is missing", nearest(name, header), code=Code.TABLE_COLUMN)
        if len(self.problems) > problems_before:
            return {}
        used = (*required, names.valid_from, names.valid_to)
        return {name: header.index(name) for name in used if name in header}

    def _take(self, row: list[str], width: int, columns: Columns, terms: dict[str, list[Term]]) -> None:
        if len(row) != width:
            self._refuse(0, f"the row has {len(row)} fields, and the header {width}", code=Code.TABLE_ROW)
            return
        cells = {name: row[number] for name, number in columns.items()}
        term = self._term(cells, columns, dict(zip(self.header, row, strict=True)))
        if term:
            company_id = cells[self.names.company_id]
            self._doubt_id(company_id, columns[self.names.company_id])
            self._check_overlap(term, company_id, terms.get(company_id, ()), columns)
            terms.setdefault(company_id, []).append(term)

    def _term(self, cells: Mapping[str, str], columns: Columns, whole: Mapping[str, str]) -> Term | None:
        problems_before, names = len(self.problems), self.names
        tier = cells[names.tier]
        if not cells[names.company_id]:
            self._refuse(columns[names.company_id], "the company id is empty", code=Code.COMPANY_ID)
        if tier not in self.ranks:
            message = f"there is no tier {tier!r}" if tier else "the tier is empty"
            self._refuse(columns[names.tier], message, nearest(tier, self.ranks), code=Code.UNKNOWN_NAME)
        from_ms = self._instant(names.valid_from, cells, columns, ALWAYS_BEFORE)
        to_ms = self._instant(names.valid_to, cells, columns, ALWAYS_AFTER)
        from_text, to_text = cells.get(names.valid_from, ""), cells.get(names.valid_to, "")
        if from_ms is not None and to_ms is not None and to_ms <= from_ms:
            message = f"the tier ends on {to_text}, not after it begins on {from_text}"
            self._refuse(
                columns[names.valid_to],
                message,
                f"{names.valid_to} is the first day without it",
                code=Code.ENDS_BEFORE_IT_BEGINS,
            )
        unranked = tier not in self.ranks  # a problem, and yet kept: the table does say something of this company
        if len(self.problems) > problems_before + unranked or from_ms is None or to_ms is None:
            return None
        return Term(tier, from_ms, to_ms, from_text, to_text, self.line, whole)

    def _check_overlap(self, term: Term, company_id: str, others: Sequence[Term], columns: Columns) -> None:
        for other in others:
            if term.from_ms < other.to_ms and other.from_ms < term.to_ms:
                both = f"{term.tier} {term}, and {other.tier} {other} on line {other.line}"
                column = columns.get(self.names.valid_from, columns[self.names.company_id])
                remedy = "let one end on the day the next begins"
                self._refuse(column, f"company {company_id} is {both}", remedy, code=Code.ROWS_OVERLAP)
                return

    def _instant(self, name: str, cells: Mapping[str, str], columns: Columns, when_open: int) -> int | None:
        if not cells.get(name):
            return when_open
        try:
            return parse_table_date(cells[name], self.date_formats.get(name))
        except Refused as refused:
            self._refuse(columns[name], str(refused), refused.remedy, code=refused.code)
            return None

    def _doubt_id(self, company_id: str, column: int) -> None:
        """HubSpot's ids are digits and nothing else; spreadsheets make 5021.0 of them, and people write names."""
        if company_id.isascii() and company_id.isdigit():
            return
        digits = company_id.removesuffix(".0").removesuffix(",0").replace(".", "").replace(",", "").replace(" ", "")
        plain = digits if digits.isascii() and digits.isdigit() else ""
        remedy = f"write {plain}" if plain else "write the record id of the company, for example 5021"
        message = f"{company_id!r} is no id of a company, so this row applies to no company"
        place = (self.file, self.line, self._column(column))
        self.doubts.append(Problem(*place, message, remedy, Code.LOOKS_UNLIKE_AN_ID))

    def _refuse(self, number: int, message: str, remedy: str = "", *, code: Code) -> None:
        self.problems.append(Problem(self.file, self.line, self._column(number), message, remedy, code))

    def _column(self, number: int) -> int:
        """Where field `number` of the current line begins; a quoted separator separates nothing."""
        line = self.lines[self.line - 1] if self.line <= len(self.lines) else ""
        quoted = False
        for position, character in enumerate(line):
            if not number:
                return position + 1
            quoted ^= character == '"'
            number -= character == self.separator and not quoted
        return len(line.rstrip("\r\n")) + 1 if number else 1
