"""`sla report`: what was promised, what was kept, where the time went."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from hubspot_sla.flows.reporting.report import Asked
    from hubspot_sla.render.report.document import Document, Table

EPILOG = """\b
Examples:
  sla report                                       this month, by metric
  sla report --period 2026-10 --by customer,metric
  sla report --from 2026-10-05 --to 2026-10-11 --where 'tier: gold'
  sla report --period 2026-10 --format html --out october.html
  sla report late                                  what is late now
"""
FORMATS = ("table", "csv", "json", "html", "xlsx")


def _asked(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every report has."""
    options = (
        click.option("--period", metavar="PERIOD", help="A month, quarter or year: 2026-10, 2026-Q4, 2026."),
        click.option("--from", "first", metavar="DAY", help="The first day: 2026-10-05."),
        click.option("--to", "last", metavar="DAY", help="The last day, which counts too."),
        click.option("--where", metavar="CONDITIONS", default="", help="Only these: 'tier: gold, priority: [HIGH]'."),
        click.option("--at", metavar="INSTANT", help="The month of this instant, not before the last sync."),
        click.option(
            "--format", "form", type=click.Choice(FORMATS), default="table", help="The form (default: table)."
        ),
        click.option("--out", metavar="FILE", help="Write to this file."),
        environment.ledger_option,
        terminal.json_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group("report", epilog=EPILOG, invoke_without_command=True)
@_asked
@click.option("--by", default="metric", show_default=True, metavar="WORDS", help="Break down by these: tier,policy.")
@click.option("--table", "key", metavar="NAME", help="With table or csv: this table instead of the breakdown.")
@click.pass_context
def command(context: click.Context, /, by: str, key: str | None, **asked: Any) -> None:
    """Report attainment: of the promises that came due, the share that was kept.

    Every figure comes from the ledger, as of the last complete sync; HubSpot is not asked. What is excluded, and what
    still runs, stands beside it.
    """
    if context.invoked_subcommand is None:
        from hubspot_sla.flows.reporting.report import report

        put = _Put.taken_from(asked)
        document = _document(report, by=by, **asked)
        shown = key or ("metrics" if by == "metric" else "groups")
        put.put(document, shown)


@command.command("late", epilog="Example: sla report late --where 'team: Billing'")
@_asked
def late(**asked: Any) -> None:
    """List what is late now and still open, the latest due first: for every morning."""
    from hubspot_sla.flows.reporting.report import late as late_now

    put = _Put.taken_from(asked)
    put.put(_document(late_now, **asked), "list")


@command.command("list", epilog="Example: sla report list --period 2026-10 --where 'metric: resolution'")
@_asked
def show(**asked: Any) -> None:
    """List every cycle that counts in the period and fulfils the conditions: what stands behind a figure."""
    from hubspot_sla.flows.reporting.report import counted

    put = _Put.taken_from(asked)
    put.put(_document(counted, **asked), "list")


@command.command("statement", epilog="Example: sla report statement --customer Acme --period 2026-10 --format html")
@_asked
@click.option("--customer", required=True, metavar="NAME", help="The customer: the name, or the id.")
def statement(customer: str, **asked: Any) -> None:
    """Report what one customer was promised and got, to be sent: without the people and the queues behind it."""
    from functools import partial

    from hubspot_sla.flows.reporting.report import statement as of_customer

    put = _Put.taken_from(asked)
    put.put(_document(partial(of_customer, customer=customer), **asked), "metrics")


def _document(
    of: Callable[[sqlite3.Connection, Asked], Document],
    *,
    ledger: str | None,
    at: str | None,
    **asked: str | None,
) -> Document:
    from hubspot_sla.flows.inspection.instants import parse_instant
    from hubspot_sla.flows.reporting.report import Asked
    from hubspot_sla.ledger.database import open_for_reading

    settings = environment.settings(ledger=ledger)
    words = {name: value or "" for name, value in asked.items()}
    as_of = None if at is None else parse_instant("--at", at)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        document = of(opened.db, Asked(at=as_of, **words))
    for note in document.notes:
        terminal.notice(note, word="note: ", colour="yellow")
    return document


@dataclass(frozen=True)
class _Put:
    """Where a report goes, and in which form."""

    form: str
    out: str | None

    @classmethod
    def taken_from(cls, asked: dict[str, Any]) -> _Put:
        """Out of the options, which then hold only what is asked of the ledger."""
        form, as_json = asked.pop("form"), asked.pop("as_json")
        return cls("json" if as_json else form, asked.pop("out"))

    def put(self, document: Document, key: str) -> None:
        """Raises UsageProblem."""
        if self.form == "table":
            _show(document, key)
        elif self.form == "json" and self.out is None:
            from hubspot_sla.render.report.as_json import as_json

            terminal.print_json(as_json(document))
        elif self.out is None and self.form == "xlsx":
            raise UsageProblem("a workbook is no text", remedy="write --out FILE.xlsx")
        elif self.out is None:
            terminal.write_document(_content(document, self.form, key))
        else:
            _write(Path(self.out), _content(document, self.form, key))
            terminal.notice(f"{self.out}: {document.sentence}")


def _content(document: Document, form: str, key: str) -> bytes:
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


def _show(document: Document, key: str) -> None:
    from hubspot_sla.language.texts import texts_of
    from hubspot_sla.render.report.cells import shown

    texts, table = texts_of(document.language), _table(document, key)
    terminal.paragraph(document.sentence)
    rows = [[shown(cell, texts, document.zone) for cell in row] for row in table.rows]
    if rows:
        terminal.table([column.title for column in table.columns], rows, title=table.title, piped_header=True)
    else:
        terminal.say(table.empty)
    for line in (table.note, *(": ".join(fact) for fact in document.facts)):
        if line:
            terminal.notice(line)


def _table(document: Document, key: str) -> Table:
    tables = document.tables
    if key not in tables:
        from hubspot_sla.policy.value_errors import nearest

        remedy = nearest(key, tables) or f"there are {', '.join(tables)}"
        raise UsageProblem(f"the report has no table {key!r}", remedy=remedy)
    return tables[key]


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageProblem(f"{path} cannot be written: {error.strerror}", remedy="name another file") from None
