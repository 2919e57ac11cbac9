"""How things are shown: tables and colours on a terminal, plain lines in a pipe, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from hubspot_sla.errors import HubSpotError, MappingInvalid, SlaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Redact = Callable[[str], str]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def print_json(body: object) -> None:
    click.echo(json.dumps(body, indent=2, ensure_ascii=False))


def say(line: str = "") -> None:
    click.echo(line)


def heading(text: str) -> None:
    click.echo()
    click.echo(click.style(text, bold=True))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """A table on a terminal; elsewhere a line a row, tab-separated, for grep and cut."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in texts:
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title or None, title_justify="left", header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in texts:
        drawn.add_row(*(Text(cell, style=_style(cell)) for cell in row))
    Console().print(drawn)


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

        with Console(stderr=True).status(label) as status:
            yield lambda text: status.update(f"{label}: {text}")
    else:
        yield _every_so_often(label)


def _every_so_often(label: str, every: int = 50) -> Callable[[str], None]:
    count = 0

    def tell(text: str) -> None:
        nonlocal count
        count += 1
        if count % every == 0:
            click.echo(f"{label}: {text}", err=True)

    return tell


def complain(error: SlaError, redact: Callable[[str], str], *, as_json: bool) -> None:
    """One error, as a person or a program wants it; `redact` takes the secrets out."""
    if as_json:
        click.echo(redact(json.dumps({"error": _as_json(error)}, indent=2, ensure_ascii=False)))
        return
    click.echo(click.style("error: ", fg="red", bold=True, reset=True) + redact(str(error)), err=True)
    if error.remedy:
        click.echo(f"  {redact(error.remedy)}", err=True)


def lament(error: Exception, redact: Callable[[str], str]) -> None:
    """An error that is nobody's fault but ours: the traceback, for whoever mends it."""
    import traceback

    click.echo(redact("".join(traceback.format_exception(error))), err=True, nl=False)


def _as_json(error: SlaError) -> Mapping[str, object]:
    body: dict[str, object] = {
        "kind": type(error).__name__,
        "message": error.message,
        "remedy": error.remedy or None,
        "exit_code": error.exit_code,
    }
    if isinstance(error, MappingInvalid):
        body["problems"] = [
            {"file": p.file, "line": p.line, "column": p.column, "message": p.message, "remedy": p.remedy or None}
            for p in error.problems
        ]
    if isinstance(error, HubSpotError):
        body |= {"status": error.status, "category": error.category, "correlation_id": error.correlation_id}
    return body
