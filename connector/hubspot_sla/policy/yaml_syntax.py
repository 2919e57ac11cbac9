"""What is wrong with a text that is no YAML, in the words of the person who wrote it, at the line at fault.

A parser stops where it can go on no longer, which is often a line below the mistake, and says what it expected. Here
the lines around that place are looked at again for the mistakes that people make.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.errors import Problem
from hubspot_sla.policy.message_codes import Code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ruamel.yaml.error import MarkedYAMLError

_KEY = re.compile(r"\s*(?:- +)*(?:\"[^\"]*\"|'[^']*'|[^\s:#\[\]{},\"'][^:#]*?)\s*:(?:\s|$)")
_TIGHT_KEY = re.compile(r"\s*(?:- +)*([\w -]+):(?=[^\s/])([^\s]*)")
_ODD_COLON = re.compile(r"\s*(?:- +)*([\w -]+):(?=\s)([^\x00-\x7f])")
_TIGHT_DASH = re.compile(r"(\s*-)([A-Za-z]\w*:(?:\s.*)?)\Z", re.ASCII)
_INDENT = re.compile(r"[ \t]*")
_CLOSERS = {"[": "]", "{": "}"}
_QUOTES = ('"', "'")
TYPOGRAPHIC_QUOTES = "“”„‟‘’‚‛«»"
_EXAMPLE = "write each setting as `key: value`, and put text with special characters in quotes"


_WIDE_COLON = "："


def syntax_problem(file: str, text: str, error: MarkedYAMLError) -> Problem:
    """The mistake behind an error of the parser."""
    return _Diagnosis(file, text, error).problem()


class _Diagnosis:
    """The lines of a file, and where the parser stopped (`line`, counted from 0) or began what it could not end."""

    def __init__(self, file: str, text: str, error: MarkedYAMLError) -> None:
        self.file, self.lines = file, text.splitlines() or [""]
        mark = error.problem_mark or error.context_mark
        start = error.context_mark or mark
        self.line: int = mark.line if mark else 0
        self.column: int = mark.column if mark else 0
        self.start_line: int = start.line if start else 0
        self.start_column: int = start.column if start else 0
        self.saying = f"{error.context or ''}: {error.problem or ''}"

    def problem(self) -> Problem:
        for diagnosed in (
            self._tab(),
            self._other_space(),
            self._tight_dash(),
            self._second_document(),
            self._alias(),
            self._escape(),
            self._open_quote(),
            self._special_character(),
            self._colon_missing(),
            self._list_beside_key(),
            self._bracket(),
            self._after_quote(),
            self._indentation(),
        ):
            if diagnosed:
                return diagnosed
        return self._at(self.line, self.column, "this line is not YAML", _EXAMPLE, code=Code.UNREADABLE_YAML)

    def _at(self, line: int, column: int, message: str, remedy: str, *, code: Code) -> Problem:
        return Problem(self.file, line + 1, column + 1, message, remedy, code)

    def _text(self, line: int) -> str:
        return self.lines[line] if line < len(self.lines) else ""

    def _tab(self) -> Problem | None:
        indent = _indent(self._text(self.line))
        if "'\\t'" not in self.saying and "\t" not in indent:
            return None
        column = indent.index("\t") if "\t" in indent else self.column
        message = "YAML is indented with spaces, and this is a tab"
        return self._at(self.line, column, message, "put spaces in its place", code=Code.TAB)

    def _other_space(self) -> Problem | None:
        """A line pasted from a document or a web page, which looks indented."""
        for line in range(max(self.line - 1, 0), self.line + 1):
            text = self._text(line)
            indent = text[: len(text) - len(text.lstrip())]
            if not indent.isascii():
                column = next(at for at, character in enumerate(indent) if not character.isascii())
                message = (
                    f"YAML is indented with spaces, and this is another kind of space (U+{ord(indent[column]):04X})"
                )
                return self._at(line, column, message, "put spaces in its place", code=Code.TAB)
            if odd := _ODD_COLON.match(text):
                message = f"another kind of space (U+{ord(odd[2]):04X}) stands after the colon of {odd[1].strip()!r}"
                return self._at(line, odd.start(2), message, "put a space in its place", code=Code.COLON_MISSING)
        return None

    def _tight_dash(self) -> Problem | None:
        """An entry of a list that YAML takes for a key, so that it stumbles over the line below."""
        above = self._line_above()
        for line in (self.line, *([] if above is None else [above])):
            if tight := _TIGHT_DASH.match(self._text(line)):
                message = "a space is missing after the dash"
                return self._at(line, tight.start(2), message, f"write - {tight[2].strip()}", code=Code.INDENTATION)
        return None

    def _second_document(self) -> Problem | None:
        if "another document" not in self.saying:
            return None
        message = "a second document begins here"
        return self._at(self.line, self.column, message, "keep one document in each file", code=Code.SECOND_DOCUMENT)

    def _alias(self) -> Problem | None:
        if "undefined alias" not in self.saying:
            return None
        name = self._text(self.line)[self.column + 1 :].split(" ")[0].rstrip(",]}")
        message = f"there is no anchor &{name} above this line"
        remedy = (
            "put text that begins with * in quotes" if not name else f"write &{name} before the value it stands for"
        )
        return self._at(self.line, self.column, message, remedy, code=Code.UNKNOWN_ALIAS)

    def _escape(self) -> Problem | None:
        if "escape" not in self.saying:
            return None
        message = "a backslash in double quotes begins an escape, and this is none"
        remedy = "use single quotes, or write the backslash twice"
        return self._at(self.line, self.column - 1, message, remedy, code=Code.QUOTE)

    def _open_quote(self) -> Problem | None:
        """A quoted text that goes on past its line: the closing quote is missing, and the next one is taken for it."""
        if "quoted scalar" in self.saying:
            line, column = self.start_line, self.start_column
        else:
            first = max(0, self.line - 20)
            open_quotes = [(n, at) for n in range(first, self.line) if (at := open_quote(self._text(n))) is not None]
            if not open_quotes or "block end" not in self.saying:
                return None
            line, column = open_quotes[-1]
        mark = self._text(line)[column : column + 1]
        message = f"the quote {mark} is never closed on this line"
        return self._at(line, column, message, f"write {mark} at the end of the text", code=Code.QUOTE)

    def _special_character(self) -> Problem | None:
        text = self._text(self.line)
        starts = "cannot start any token" in self.saying
        if not starts and not any(word in self.saying for word in ("an alias", "an anchor", "block scalar", "tag")):
            return None
        column = self.column if starts else self.start_column
        mark = text[column : column + 1]
        message = f"text cannot begin with {mark}"
        return self._at(self.line, column, message, "put the text in quotes", code=Code.QUOTES_NEEDED)

    def _colon_missing(self) -> Problem | None:
        if "could not find expected ':'" in self.saying:
            return self._no_colon(self.start_line, self.start_column)
        if "mapping values are not allowed" not in self.saying:
            return None
        text, above = self._text(self.line), self._line_above()
        indent = len(_indent(text))
        if above is None or _first_colon(text) not in (None, self.column):
            message = "a colon inside a value looks like another key"
            return self._at(self.line, self.column, message, "put the value in quotes", code=Code.QUOTES_NEEDED)
        if tight := _TIGHT_KEY.match(self._text(above)):
            message = f"a space is missing after the colon of {tight[1].strip()!r}"
            remedy = f"write {tight[1].strip()}: {tight[2]}"
            return self._at(above, tight.end(1), message, remedy, code=Code.COLON_MISSING)
        if not _KEY.match(self._text(above)):
            return self._no_colon(above, _content_column(self._text(above)))
        return self._wrong_indent(self.line, indent)

    def _no_colon(self, line: int, column: int) -> Problem:
        text = self._text(line)
        if tight := _TIGHT_KEY.match(text):
            name, value = tight[1].strip(), tight[2]
            message = f"a space is missing after the colon of {name!r}"
            return self._at(line, tight.end(1), message, f"write {name}: {value}", code=Code.COLON_MISSING)
        words = text[column:].split(" #")[0].strip()
        if (key := words.partition(_WIDE_COLON)[0]) != words:
            message = "this is a colon of full width, which YAML takes for text"
            value = words[len(key) + 1 :].strip()
            return self._at(line, text.index(_WIDE_COLON), message, f"write {key}: {value}", code=Code.COLON_MISSING)
        first, _, rest = words.partition(" ")
        remedy = f"write {first}: {rest}".rstrip() if rest or words.isidentifier() else "write it as `key: value`"
        return self._at(line, column, f"a colon is missing after {first!r}", remedy, code=Code.COLON_MISSING)

    def _list_beside_key(self) -> Problem | None:
        if "sequence entries are not allowed" not in self.saying:
            return None
        message = "a list cannot begin on the line of its key"
        remedy = "begin the dash on the next line, or write the list in brackets: [a, b]"
        return self._at(self.line, self.column, message, remedy, code=Code.INDENTATION)

    def _bracket(self) -> Problem | None:
        if "a flow" in self.saying:
            return self._inside_bracket()
        mark = self._text(self.line)[self.column : self.column + 1]
        if mark in ("]", "}", ",") and ("block end" in self.saying or "node content" in self.saying):
            opener = {"]": "[", "}": "{"}.get(mark)
            message = f"nothing was opened that {mark} could close" if opener else "there is no value before this comma"
            remedy = "delete it, or open it before" if opener else "put text that begins with a comma in quotes"
            return self._at(self.line, self.column, message, remedy, code=Code.BRACKET)
        return None

    def _inside_bracket(self) -> Problem:
        opener = self._text(self.start_line)[self.start_column : self.start_column + 1]
        closer = _CLOSERS.get(opener, "]")
        mark = self._text(self.line)[self.column : self.column + 1]
        if mark in _CLOSERS.values() and mark != closer:
            message = f"{mark} cannot close what {opener} opened on line {self.start_line + 1}"
            return self._at(self.line, self.column, message, f"write {closer}", code=Code.BRACKET)
        rest = self._text(self.start_line)[self.start_column :]
        if self.line == self.start_line and closer in rest:
            return self._no_comma(opener)
        remedy = f"write {closer} where the {'list' if opener == '[' else 'group'} ends"
        message = f"the bracket {opener} is never closed"
        return self._at(self.start_line, self.start_column, message, remedy, code=Code.BRACKET)

    def _no_comma(self, opener: str) -> Problem:
        text, column = self._text(self.line), self.column
        if text[column : column + 1] == ":" and opener == "{":
            column = max(text.rfind(mark, 0, column) for mark in " ,{") + 1
        return self._at(
            self.line, column, "a comma is missing before this", "separate entries by commas", code=Code.COMMA_MISSING
        )

    def _after_quote(self) -> Problem | None:
        before = self._text(self.line)[: self.column].rstrip()
        if "'<scalar>'" not in self.saying or not before.endswith(_QUOTES):
            return None
        message = "the text ended at the quote before this"
        remedy = "put the whole value in quotes, and write a quote inside single quotes twice"
        return self._at(self.line, self.column, message, remedy, code=Code.QUOTE)

    def _indentation(self) -> Problem | None:
        text = self._text(self.line)
        if text.strip() and ("block end" in self.saying or "document start" in self.saying):
            return self._wrong_indent(self.line, len(_indent(text)))
        return None

    def _wrong_indent(self, line: int, indent: int) -> Problem:
        """The remedy names the columns of the keys above that this line could belong to."""
        column = _content_column(self._text(line))
        columns = self._columns_above(line)
        if indent in columns or not columns:
            message = "a list and keys are mixed here"
            remedy = "begin every entry of a list with a dash, or every line without one"
            return self._at(line, indent, message, remedy, code=Code.INDENTATION)
        nearest = min(columns, key=lambda known: (abs(known - indent), -known))
        message = f"this line is indented by {_spaces(indent)}, and nothing above it is"
        remedy = f"indent it by {_spaces(nearest)}, as {self._key_at(line, nearest)!r} above it"
        return self._at(line, column, message, remedy, code=Code.INDENTATION)

    def _columns_above(self, line: int) -> list[int]:
        """Where the entries of the lines above begin that are still open here: of lists for an entry of a list, else
        of keys. None is deeper than a line nearer to this one."""
        column_of = _entry_column(self._text(line))
        columns: list[int] = []
        deepest: int | None = None
        for number in range(line - 1, -1, -1):
            text = self._text(number)
            if not text.strip() or text.lstrip().startswith("#"):
                continue
            at, indent = column_of(text), len(_indent(text))
            if at is not None and (deepest is None or at < deepest):
                columns.append(at)
            deepest = indent if deepest is None else min(indent, deepest)
        return columns

    def _key_at(self, line: int, column: int) -> str:
        for number in range(line - 1, -1, -1):
            text = self._text(number)
            if text.strip() and column == _entry_column(self._text(line))(text):
                return text[column:].split(":")[0].strip() or text.strip()
        return "the first key"

    def _line_above(self) -> int | None:
        for number in range(self.line - 1, -1, -1):
            text = self._text(number).strip()
            if text and not text.startswith("#"):
                return number
        return None


def open_quote(text: str) -> int | None:
    """Where a quote opens on this line that does not close on it; None: all quotes close."""
    opened: int | None = None
    for column, mark in enumerate(text):
        if opened is not None:
            if mark == text[opened]:
                opened = None
        elif mark == "#" and (column == 0 or text[column - 1].isspace()):
            return None
        elif mark in _QUOTES and _begins_value(text, column):
            opened = column
    return opened


def _begins_value(text: str, column: int) -> bool:
    before = text[:column].rstrip()
    return not before or before.endswith((":", ",", "[", "{", "-"))


def _indent(text: str) -> str:
    match = _INDENT.match(text)
    return match[0] if match else ""


def _content_column(text: str) -> int:
    """Where the key of a line begins: after spaces and dashes."""
    match = re.match(r"\s*(?:- +)*", text)
    return match.end() if match else 0


def _entry_column(like: str) -> Callable[[str], int | None]:
    """Where the entry of a line begins, for lines that are `like` this one: entries of lists at their dash, which other
    lines do not have, and keys after it."""
    return _dash_column if like.lstrip().startswith("- ") else _content_column


def _dash_column(text: str) -> int | None:
    return len(_indent(text)) if text.lstrip().startswith("- ") else None


def _first_colon(text: str) -> int | None:
    match = re.search(r":(?=\s|$)", text)
    return match.start() if match else None


def _spaces(count: int) -> str:
    return "no space" if count == 0 else "1 space" if count == 1 else f"{count} spaces"


def typographic_quote(text: str, line: int, column: int) -> str:
    """The quotation mark of a word processor that stands at this place (counted from 1); empty: none does."""
    lines = text.splitlines()
    mark = lines[line - 1][column - 1 : column] if 0 < line <= len(lines) else ""
    return mark if mark and mark in TYPOGRAPHIC_QUOTES else ""


def quotes_explained(problems: Sequence[Problem], texts: Mapping[str, str]) -> list[Problem]:
    """Where a value begins with the quotation mark of a word processor, that is what is wrong with it."""
    return [
        replace(
            problem,
            remedy=f"{mark} is part of the text: YAML knows only the quotes \" and ' of the keyboard",
            code=Code.TYPOGRAPHIC_QUOTES,
        )
        if (mark := typographic_quote(texts.get(problem.file, ""), problem.line, problem.column))
        else problem
        for problem in problems
    ]
