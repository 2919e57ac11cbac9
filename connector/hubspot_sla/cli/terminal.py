"""How things are shown: tables and colours on a terminal, plain lines in a pipe, JSON for programs.

Every command prints through this file, and nothing else does: texts of strangers, such as the subject of a ticket,
reach no terminal before what does harm in them is written out (see `plain_text`). A line feed in a text makes no line.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from hubspot_sla import plain_text
from hubspot_sla.errors import HubSpotError, MappingInvalid, PlanStale, SlaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.errors import Problem, WrongInput

Redact = Callable[[str], str]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def _echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Colours on a terminal alone, and none where NO_COLOR is set (no-color.org)."""
    click.echo(text, err=err, nl=nl, color=False if os.environ.get("NO_COLOR") else None)


def print_json(body: object) -> None:
    """One document, indented."""
    _echo(_printable_json(json.dumps(body, indent=2, ensure_ascii=False)))


def write_bytes(text: bytes) -> None:
    """A file that is made for programs, byte for byte."""
    sys.stdout.flush()
    click.echo(text, nl=False)


def print_json_line(body: object) -> None:
    """One document on one line. There may be many: they are written when the buffer is full."""
    import orjson

    document = orjson.dumps(body)
    harmless = document.isascii() and b"\x7f" not in document  # what comes before the space is written out already
    sys.stdout.write((document.decode() if harmless else _printable_json(document.decode())) + "\n")


def write_document(content: bytes) -> None:
    """A file as it is, for a pipe; on a terminal with what does harm in it written out."""
    if sys.stdout.isatty():
        _echo(plain_text.escaped(content.decode(errors="replace"), keep="\n"), nl=False)
    else:
        sys.stdout.buffer.write(content)


def write_parts(parts: Iterable[str], *, as_json: bool) -> None:
    """A file or a JSON document part by part, as `write_document` and `print_json` write the whole: for a million
    lines. Texts of JSON that standard output cannot encode are written out in ASCII."""
    if as_json:
        for part in parts:
            sys.stdout.write(_printable_part(part))
    elif sys.stdout.isatty():
        for part in parts:
            _echo(plain_text.escaped(part, keep="\n"), nl=False)
    else:
        sys.stdout.buffer.writelines(part.encode() for part in parts)


def _printable_part(part: str) -> str:
    """Of a JSON document, in which only texts hold what is not ASCII."""
    try:
        part.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return "".join(one if one.isascii() else json.dumps(one)[1:-1] for one in part)
    return plain_text.in_json(part)


def _printable_json(document: str) -> str:
    """The same document, with nothing in it that does harm or that standard output cannot encode."""
    try:
        document.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(json.loads(document))
    return plain_text.in_json(document)


LONGEST_LINE = 10_000
LONGEST_CELL = 1_000
"""Characters that are shown; JSON holds a text whole."""


def _line(text: str) -> str:
    return plain_text.escaped(plain_text.shortened(text, LONGEST_LINE))


def say(line: str = "") -> None:
    """One line."""
    _echo(_line(line))


def paragraph(text: str, *, indent: str = "", colour: str = "") -> None:
    """A sentence or several, folded to the width of a terminal; one line elsewhere."""
    shown, room = _line(text), width()
    if room is None:
        shown = f"{indent}{shown}"
    else:
        from textwrap import fill

        shown = fill(shown, max(room, 40), initial_indent=indent, subsequent_indent=f"{indent}  ")
    _echo(click.style(shown, fg=colour) if colour else shown)


def say_styled(*parts: tuple[str, Mapping[str, object]]) -> None:
    """One line of texts, each with what `click.style` makes of it: colour, weight."""
    _echo("".join(click.style(_line(text), **style) for text, style in parts))  # type: ignore[arg-type]


def row(cells: Sequence[object], colours: Sequence[str] = ()) -> None:
    """One line of cells, separated by tabs, for `grep` and `cut`; on a terminal each in its colour, "" for none."""
    colour_of_each = (*colours, *[""] * len(cells))
    texts = zip(map(_cell, cells), colour_of_each, strict=False)
    _echo("\t".join(click.style(text, fg=colour) if colour else text for text, colour in texts))


def row_writer() -> Callable[[Sequence[object]], None]:
    """`row` where there may be many, asked for once: to a file or a pipe they are written when the buffer is full."""
    return row if sys.stdout.isatty() else _buffered_row


def _buffered_row(cells: Sequence[object]) -> None:
    sys.stdout.write("\t".join(map(_cell, cells)) + "\n")


def notice(line: str, *, word: str = "", colour: str = "") -> None:
    """One line on standard error, beside what the command prints; `word` stands before it, in colour."""
    start = click.style(word, fg=colour, bold=True, reset=True) if word else ""
    _echo(start + _line(line), err=True)


def tell_resting(reasons_by_kind: Mapping[str, str]) -> None:
    """What waits for a scope that the token lacks."""
    for kind, reason in reasons_by_kind.items():
        notice(f"{kind}: tried again later: {reason}", word="warning: ", colour="yellow")


def tell_refused(refused: WrongInput | None) -> None:
    """Why edited mappings did not come into force, after a run that went by those before."""
    if refused is not None:
        show_error(refused, click.get_current_context().obj, as_json=False)


def heading(text: str) -> None:
    _echo("")
    _echo(click.style(_line(text), bold=True))


def _cell(cell: object) -> str:
    text = "" if cell is None else str(cell)
    if text.isprintable() and len(text) <= LONGEST_CELL:  # as nearly all are
        return text
    return plain_text.escaped(plain_text.shortened(text, LONGEST_CELL))


def width() -> int | None:
    """Characters in a line of the terminal; None where standard output is none."""
    if not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str = "",
    piped_header: bool = False,
    cut: Sequence[str] = (),
    many: bool = False,
) -> None:
    """A table on a terminal; elsewhere a line a row, tab-separated, for grep and cut; with `piped_header` a line of
    headers before them, for people who read it there. Where a terminal is too narrow the columns of `cut` are cut, the
    first of them first, and what still does not fit is folded. `many` lines are written as by `row_writer`."""
    if not sys.stdout.isatty():
        write = row_writer() if many else row
        if piped_header:
            write(columns)
        for cells in rows:
            write(cells)
        return
    from rich.box import SIMPLE_HEAD
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console, texts = Console(), [list(map(_cell, cells)) for cells in rows]
    drawn = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=SIMPLE_HEAD,
        show_edge=False,
    )
    widths = [max(map(cell_len, cells)) for cells in zip(columns, *texts, strict=True)]
    most = _widths_after_cuts(columns, widths, cut, console.width)
    longest_kept = _longest_kept(most, console.width)
    for column, wide, narrow in zip(columns, widths, most, strict=True):
        if narrow < wide:
            drawn.add_column(column, overflow="ellipsis", no_wrap=True, width=narrow)
        else:
            drawn.add_column(column, overflow="fold", no_wrap=wide <= longest_kept)
    for cells in texts:
        drawn.add_row(*(Text(text, style=_style(text)) for text in cells))
    console.print(drawn)


def _widths_after_cuts(columns: Sequence[str], widths: Sequence[int], cut: Sequence[str], room: int) -> list[int]:
    """The width of each column when those of `cut` have given as much as they can for all to fit."""
    left = list(widths)
    for least in (_FOLDED, _LEAST):
        for place in (columns.index(name) for name in cut if name in columns):
            beyond = sum(width + _GAP for width in left) - room
            left[place] -= max(min(beyond, left[place] - max(least, len(columns[place]))), 0)
    return left


def _longest_kept(widths: Sequence[int], room: int) -> int:
    """Columns up to this width are not folded: as many as leave some room for the others."""
    for longest in _KEPT_WHOLE:
        if sum((width if width <= longest else min(width, _FOLDED)) + _GAP for width in widths) <= room:
            return longest
    return 0


_KEPT_WHOLE = (24, 18, 16, 14)
"""A column of cells no longer than this is not folded, where the terminal has room: ids, instants, names of clocks."""
_FOLDED, _LEAST = 11, 6
_GAP = 3


def box(title: str, lines: Sequence[str]) -> None:
    """A few lines in a frame; elsewhere than on a terminal a frame of plain characters."""
    from rich.box import ASCII2, ROUNDED
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    frame = ROUNDED if sys.stdout.isatty() else ASCII2
    body = Text("\n".join(map(_cell, lines)))
    Console().print(Panel(body, title=title, title_align="left", box=frame, expand=False))


def colour_of(status: str) -> str:
    """The colour of a status; "" for any other word."""
    return _STYLES.get(status, "").rpartition(" ")[2]


_STYLES = {
    "breached": "bold red",
    "missed": "red",
    "running, late": "red",
    "at_risk": "yellow",
    "running": "cyan",
    "paused": "yellow",
    "met": "green",
    "unknown": "magenta",
}


def _style(cell: str) -> str:
    return _STYLES.get(cell, "")


@contextmanager
def progress(label: str, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A callback for long work: a live line on a terminal, a plain line now and then in a pipe."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.markup import escape

        with Console(stderr=True).status(label) as status:
            yield lambda text: status.update(f"{label}: {escape(plain_text.escaped(text))}")
    else:
        yield _every_so_often(label)


def _every_so_often(label: str, every: int = 50) -> Callable[[str], None]:
    count = 0

    def show(text: str) -> None:
        nonlocal count
        count += 1
        if count % every == 0:
            notice(f"{label}: {text}")

    return show


def show_error(error: SlaError, redact: Callable[[str], str], *, as_json: bool) -> None:
    """One error, as a person or a program wants it; `redact` takes the secrets out."""
    if as_json:
        _echo(redact(_printable_json(json.dumps({"error": _as_json(error)}, indent=2, ensure_ascii=False))))
        return
    first, *others = (redact(line) for line in _lines(error))
    notice(first, word="error: ", colour="red")
    for line in others:
        notice(f"  {line}")


_REASONS = 20
"""So many reasons why a plan is stale are shown."""


def _lines(error: SlaError) -> Iterator[str]:
    """What an error says, line by line. Only one in the mappings and that of a stale plan have several of their own."""
    if isinstance(error, MappingInvalid):
        first, *_ = str(error).splitlines()
        yield first
        for problem in error.problems:
            yield from problem_lines(problem, error.texts)
    elif isinstance(error, PlanStale):
        yield error.message
        yield from error.reasons[:_REASONS]
        if len(error.reasons) > _REASONS:
            yield f"and {len(error.reasons) - _REASONS} more"
    else:
        yield str(error)
    if error.remedy:
        yield error.remedy


def problem_lines(problem: Problem, texts: Mapping[str, str]) -> list[str]:
    """A message about the mappings with its code, then the line it is about; `texts` are the files by name."""
    from hubspot_sla.cli.excerpt import excerpt

    return [f"{problem} [{problem.code}]" if problem.code else str(problem), *excerpt(problem, texts)]


def problem_as_json(problem: Problem) -> Mapping[str, object]:
    """A message about the mappings, for programs."""
    return {
        "code": problem.code or None,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "remedy": problem.remedy or None,
    }


def show_usage_error(error: click.ClickException, redact: Callable[[str], str]) -> None:
    """An error of the command line, with the usage of the command."""
    text = io.StringIO()
    error.show(file=text)
    _echo(plain_text.escaped(redact(text.getvalue()), keep="\n"), err=True, nl=False)


def show_traceback(error: Exception, redact: Callable[[str], str]) -> None:
    """An error that is nobody's fault but ours: the traceback, for who repairs it."""
    import traceback

    text = "".join(traceback.format_exception(error))
    _echo(plain_text.escaped(redact(text), keep="\n"), err=True, nl=False)


def _as_json(error: SlaError) -> Mapping[str, object]:
    body: dict[str, object] = {
        "kind": type(error).__name__,
        "message": error.message,
        "remedy": error.remedy or None,
        "exit_code": error.exit_code,
    }
    if isinstance(error, MappingInvalid):
        body["problems"] = [problem_as_json(problem) for problem in error.problems]
    if isinstance(error, PlanStale):
        body["reasons"] = list(error.reasons)
    if isinstance(error, HubSpotError):
        body |= {"status": error.status, "category": error.category, "correlation_id": error.correlation_id}
    return body
