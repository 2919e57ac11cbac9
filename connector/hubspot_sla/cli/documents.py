"""Where a document goes, and in which form: on the terminal, or into a file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.cli import terminal
from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.render.report.document import Document, Table
    from hubspot_sla.render.report.streamed import Streamed

_OPEN_ALREADY = ("/dev/std", "/dev/fd/", "/proc/")
"""Whatever they are, they are written to and not replaced."""
FORMS = ("table", "csv", "json", "html", "xlsx")
_SHOWN: Final = ("table", "terminal")
"""The forms that are for the terminal alone."""
_BY_ENDING: Final = {"htm": "html", "md": "markdown", "yml": "yaml"}
MOST_WHOLE: Final = 100_000
"""Rows of a list as a page or workbook: 60 microseconds and 5 kB each, as those are made whole."""


@dataclass(frozen=True)
class Put:
    """Where a report goes, and in which form."""

    form: str
    out: str | None

    @classmethod
    def taken_from(cls, asked: dict[str, Any]) -> Put:
        """Out of the options, which then hold only what is asked of the ledger."""
        form, as_json = asked.pop("form"), asked.pop("as_json")
        return cls.chosen(form, asked.pop("out"), as_json=as_json)

    @classmethod
    def chosen(cls, form: str, out: str | None, *, as_json: bool) -> Put:
        """Raises UsageProblem."""
        return cls("json" if as_json else form_of_file(form, out, FORMS), out)

    @property
    def is_one_table(self) -> bool:
        """Whether nothing of a report is shown but one table, not even its sentence."""
        return self.form == "csv" and self.out is None

    def put(self, document: Document, key: str) -> None:
        """Raises UsageProblem."""
        if self.form == "table":
            show(document, key)
        elif self.form == "json" and self.out is None:
            from hubspot_sla.render.report.as_json import as_json

            terminal.print_json(as_json(document))
        elif self.out is None and self.form == "xlsx":
            raise UsageProblem("a workbook is no text", remedy="write --out FILE.xlsx")
        else:
            write(content(document, self.form, key), self.out, document.sentence)

    def put_streamed(self, streamed: Streamed) -> None:
        """A list a part at a time, while the ledger it is read from is open; a page and a workbook are made whole.
        Raises UsageProblem."""
        if self.form in ("html", "xlsx"):
            from hubspot_sla.flows.reporting.whole_lists import whole

            _require_few(streamed.number, self.form)
            self.put(whole(streamed), streamed.table.key)
        elif self.form == "table":
            _show_streamed(streamed)
        elif self.out is None:
            terminal.write_parts(_parts(streamed, self.form), as_json=self.form == "json")
        else:
            _write(Path(self.out), (part.encode() for part in _parts(streamed, self.form)))
            terminal.notice(f"{self.out}: {streamed.document.sentence}")


def form_of_file(form: str, out: str | None, forms: Sequence[str]) -> str:
    """`form`; of a file `out` for which none was asked, the one of `forms` by which its name ends. UsageProblem: it
    ends otherwise."""
    if out is None or form not in _SHOWN:
        return form
    ending = Path(out).suffix.removeprefix(".").lower()
    found = _BY_ENDING.get(ending, ending)
    in_files = [name for name in forms if name not in _SHOWN]
    if found not in in_files:
        raise UsageProblem(
            f"--out {out}: its name does not say in which form",
            remedy=f"add --format {', '.join(in_files[:-1])} or {in_files[-1]}",
        )
    return found


def _require_few(number: int, form: str) -> None:
    """Raises UsageProblem."""
    if number > MOST_WHOLE:
        raise UsageProblem(
            f"{number:,} rows are too many for a {'page' if form == 'html' else 'workbook'}, which is made whole and"
            f" lists {MOST_WHOLE:,} at most",
            remedy="write CSV, or name a shorter period",
        )


def _parts(streamed: Streamed, form: str) -> Iterator[str]:
    from hubspot_sla.render.report.streamed import comma_separated_parts, json_parts

    if form == "csv":
        return comma_separated_parts(streamed)
    return chain(json_parts(streamed), ["\n"])


def write(content: bytes, out: str | None, sentence: str) -> None:
    """To standard output, or into the file `out`, which `sentence` is then said of. Raises UsageProblem."""
    if out is None:
        terminal.write_document(content)
    else:
        _write(Path(out), [content])
        terminal.notice(f"{out}: {sentence}")


def content(document: Document, form: str, key: str) -> bytes:
    """In the form json, html, xlsx or csv; `key` is the table of the last."""
    if form == "json":
        from hubspot_sla.render.report.as_json import as_json

        return (json.dumps(as_json(document), indent=2, ensure_ascii=False) + "\n").encode()
    if form == "html":
        from hubspot_sla.render.report.page import page

        return page(document)
    if form == "xlsx":
        from hubspot_sla.render.report.workbook import workbook

        return workbook(document)
    from hubspot_sla.render.report.comma_separated import comma_separated

    return comma_separated(_table(document, key)).encode()


def show(document: Document, key: str) -> None:
    terminal.paragraph(document.sentence)
    table = _table(document, key)
    _rows(document, table)
    if table.note:
        terminal.notice(table.note)
    _facts(document)


def show_whole(document: Document) -> None:
    """Every table on the terminal, one below the other."""
    terminal.paragraph(document.sentence)
    for table in document.tables.values():
        _rows(document, table)
        if table.note:
            terminal.notice(table.note)
    _facts(document)


def _rows(document: Document, table: Table) -> None:
    from hubspot_sla.language.texts import texts_of
    from hubspot_sla.render.report.cells import shown

    texts = texts_of(document.language)
    rows = [[shown(cell, texts, document.zone) for cell in row] for row in table.rows]
    if rows:
        terminal.table([column.title for column in table.columns], rows, title=table.title, piped_header=True)
    else:
        terminal.say(table.empty)


def _show_streamed(streamed: Streamed) -> None:
    from hubspot_sla.render.report.streamed import shown_lines

    document, table = streamed.document, streamed.table
    terminal.paragraph(document.sentence)
    if streamed.number:
        titles = [column.title for column in table.columns]
        terminal.table(titles, shown_lines(streamed), title=table.title, piped_header=True, many=True)
    else:
        terminal.say(table.empty)
    _facts(document)


def _facts(document: Document) -> None:
    for fact in document.facts:
        terminal.notice(": ".join(fact))


def _table(document: Document, key: str) -> Table:
    tables = document.tables
    if key not in tables:
        from hubspot_sla.policy.value_errors import nearest

        remedy = nearest(key, tables) or f"there are {', '.join(tables)}"
        raise UsageProblem(f"the report has no table {key!r}", remedy=remedy)
    return tables[key]


def _write(path: Path, parts: Iterable[bytes]) -> None:
    """All of it or nothing: where the disk is full, or the ledger cannot be read to its end, what was there before
    stays."""
    try:
        if str(path).startswith(_OPEN_ALREADY) or (path.exists() and not path.is_file()):
            _fill(path, parts)
        else:
            _put(path.resolve(), parts)
    except OSError as error:
        raise UsageProblem(f"{path} cannot be written: {error.strerror}", remedy="name another file") from None


def _fill(path: Path, parts: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(parts)


def _put(path: Path, parts: Iterable[bytes]) -> None:
    """Under another name first, in the same folder."""
    unfinished = path.with_name(f".{os.getpid()}.unfinished")
    try:
        _fill(unfinished, parts)
        if path.exists():
            unfinished.chmod(path.stat().st_mode & 0o777)
            path.open("ab").close()  # a file that nobody may write is not replaced either
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
