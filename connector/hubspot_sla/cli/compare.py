"""`sla compare`: HubSpot's own SLA beside the ledger, with the cause of every difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from hubspot_sla.render.report.document import Document

EPILOG = """\b
Examples:
  sla compare                                  the tickets of the last 90 days
  sla compare --since 2026-10-01 --by cause
  sla compare --list 'holiday + pause'         every goal of which this is the cause
  sla compare --list all --format csv > differences.csv
"""
FORMATS = ("table", "csv", "json")
DAYS = 90
_ON_A_TERMINAL = ("links", "link", "made_by")
"""Columns that are left to programs."""


@click.command("compare", epilog=EPILOG)
@click.option("--since", metavar="DATE", help=f"Tickets created from this day on (default: {DAYS} days ago).")
@click.option("--by", default="metric,cause", show_default=True, metavar="WORDS", help="Break down by these.")
@click.option("--list", "cause", metavar="CAUSE", help="List the goals of this cause, or all that differ: all.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", help="The form (default: table).")
@environment.ledger_option
@terminal.json_option
def command(since: str | None, by: str, cause: str | None, form: str, ledger: str | None, *, as_json: bool) -> None:
    """Compare HubSpot's own SLA with the verdicts of the ledger, and say by which rule they differ.

    Due instants, elapsed time and statuses of both are compared, ticket by ticket. A cause is named only where it is
    proven: counted again with that one rule as HubSpot has it, the clock gives HubSpot's instant within one second.
    Nothing is written, in HubSpot or in the ledger.
    """
    from hubspot_sla.flows.context.context import wired
    from hubspot_sla.flows.inspection.instants import parse_instant
    from hubspot_sla.flows.inspection.native import document as documents
    from hubspot_sla.flows.inspection.native.compare import compared

    words = documents.words_of(by)
    listed = documents.EVERY if cause is None else documents.checked_cause(cause)
    since_ms = None if since is None else parse_instant("--since", since)
    form = "json" if as_json else form
    settings = environment.settings(ledger=ledger)
    with wired(settings, writing=False) as context, terminal.progress("comparing", quiet=form != "table") as tell:
        from_ms = context.now() - DAYS * 86_400_000 if since_ms is None else since_ms
        comparison = compared(context, from_ms, tell)
    made = documents.document(comparison, words, listed)
    _put(made, form, documents.CAUSES if cause is None else documents.GOALS)


def _put(document: Document, form: str, key: str) -> None:
    if form == "json":
        from hubspot_sla.render.report.as_json import as_json

        terminal.print_json({**as_json(document), "facts": dict(document.facts)})
        return
    for note in document.notes:
        terminal.notice(note, word="note: ", colour="yellow")
    if form == "csv":
        from hubspot_sla.render.report.comma_separated import comma_separated

        terminal.write_document(comma_separated(document.tables[key]).encode())
        return
    terminal.paragraph(document.sentence)
    for shown in ("metrics", key) if key == "causes" else (key,):
        _show(document, shown)
    for title, fact in document.facts:
        terminal.notice(f"{title}: {fact}")


def _show(document: Document, key: str) -> None:
    from hubspot_sla.language.texts import texts_of
    from hubspot_sla.render.report.cells import shown

    table, texts = document.tables[key], texts_of(document.language)
    places = [place for place, column in enumerate(table.columns) if column.key not in _ON_A_TERMINAL]
    rows = [[shown(row[place], texts, document.zone) for place in places] for row in table.rows]
    if not rows:
        terminal.say(table.empty)
        return
    terminal.table([table.columns[place].title for place in places], rows, title=table.title, piped_header=True)
