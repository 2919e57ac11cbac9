"""`sla report`: what was promised, what was kept, where the time went."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from hubspot_sla.cli import environment, garbage, terminal
from hubspot_sla.cli.documents import FORMS, Put, show_whole

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from hubspot_sla.flows.reporting.report import Asked
    from hubspot_sla.render.report.document import Document
    from hubspot_sla.render.report.streamed import Streamed

EPILOG = """\b
Examples:
  sla report                                       this month, by metric
  sla report --period 2026-10 --by customer,metric
  sla report --from 2026-10-05 --to 2026-10-11 --where 'tier: gold'
  sla report --period 2026-10 --format html --out october.html
  sla report late                                  what is late now
  sla report why 2026-09 2026-10                   why the figure moved
  sla report kept --period 2026-10                 what would have kept what was broken
"""


MOST_SHOWN = 20
"""Rows of a list on the terminal."""


def _asked(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every report has."""
    options = (
        click.option("--period", metavar="PERIOD", help="A month, quarter or year: 2026-10, 2026-Q4, 2026."),
        click.option("--from", "first", metavar="DAY", help="The first day: 2026-10-05."),
        click.option("--to", "last", metavar="DAY", help="The last day, which counts too."),
        click.option("--where", metavar="CONDITIONS", default="", help="Only these: 'tier: gold, priority: [HIGH]'."),
        click.option("--at", metavar="INSTANT", help="As of this instant instead of the last sync."),
        click.option("--format", "form", type=click.Choice(FORMS), default="table", help="The form (default: table)."),
        click.option("--out", metavar="FILE", help="Write to this file, in the form of its ending."),
        environment.ledger_option,
        terminal.json_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


_apdex = click.option("--apdex", metavar="DURATION", help="T of Apdex, as 4h, in place of the target of each promise.")


def _put(command: Callable[..., None]) -> Callable[..., None]:
    """The options of what is shown whole."""
    options = (
        click.option("--format", "form", type=click.Choice(FORMS), default="table", help="The form (default: table)."),
        click.option("--table", "key", metavar="NAME", help="With table or csv: this table alone."),
        click.option("--out", metavar="FILE", help="Write to this file, in the form of its ending."),
        environment.ledger_option,
        terminal.json_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group("report", epilog=EPILOG, invoke_without_command=True)
@_asked
@_apdex
@click.option("--by", default="metric", show_default=True, metavar="WORDS", help="Break down by these: tier,policy.")
@click.option("--table", "key", metavar="NAME", help="With table or csv: this table instead of the breakdown.")
@click.pass_context
def command(context: click.Context, /, by: str, key: str | None, **asked: Any) -> None:
    """Report attainment: of the promises that came due, the share that was kept.

    Every figure comes from the ledger, as of the last complete sync; HubSpot is not asked. What is excluded, and what
    still runs, stands beside it.
    """
    if context.invoked_subcommand is None:
        from hubspot_sla.flows.reporting.report import breakdown, report

        put = Put.taken_from(asked)
        shown = key or ("metrics" if by == "metric" else "groups")
        alone = shown == "groups" and by != "metric" and put.is_one_table
        put.put(_document(breakdown if alone else report, by=by, **asked), shown)


@command.command("late", epilog="Example: sla report late --where 'team: Billing'")
@_asked
def late(**asked: Any) -> None:
    """List what is late now and still open, the latest due first: for every morning."""
    from hubspot_sla.flows.reporting.whole_lists import late as late_now

    put = Put.taken_from(asked)
    _stream(put, late_now, **asked)


@command.command("list", epilog="Example: sla report list --period 2026-10 --where 'metric: resolution'")
@_asked
def show(**asked: Any) -> None:
    """List every cycle that counts in the period and fulfils the conditions: what stands behind a figure."""
    from hubspot_sla.flows.reporting.whole_lists import counted

    put = Put.taken_from(asked)
    _stream(put, counted, **asked)


@command.command("uncovered", epilog="Example: sla report uncovered --period 2026-10 --format csv")
@_asked
def uncovered(**asked: Any) -> None:
    """List every ticket that was created in the period and to which nobody promised anything."""
    from hubspot_sla.flows.reporting.report import uncovered as without_promise

    put = Put.taken_from(asked)
    put.put(_document(without_promise, **asked), "uncovered")


@command.command("statement", epilog="Example: sla report statement --customer Acme --period 2026-10 --format html")
@_asked
@_apdex
@click.option("--customer", required=True, metavar="NAME", help="The customer: the name, or the id.")
def statement(customer: str, **asked: Any) -> None:
    """Report what one customer was promised and got, to be sent: without the people and the queues behind it."""
    from functools import partial

    from hubspot_sla.flows.reporting.report import statement as of_customer

    put = Put.taken_from(asked)
    put.put(_document(partial(of_customer, customer=customer), **asked), "metrics")


@command.command("why", epilog="Example: sla report why 2026-09 2026-10 --metric resolution")
@click.argument("before")
@click.argument("after")
@click.option("--metric", "metrics", multiple=True, metavar="METRIC", help="Only this metric; may be given again.")
@click.option("--where", metavar="CONDITIONS", default="", help="Only these: 'tier: gold, priority: [HIGH]'.")
@_put
def why(
    before: str,
    after: str,
    metrics: tuple[str, ...],
    where: str,
    key: str | None,
    ledger: str | None,
    **asked: Any,
) -> None:
    """Say why the attainment of AFTER is not that of BEFORE, two periods.

    The difference is split exactly: what was restated of BEFORE since it was closed; another mix of tickets, tickets
    of one kind that fared otherwise, and new kinds, all judged as BEFORE was; then other mappings, tiers, calendar
    data and waivers, each with the tickets that count otherwise because of it.
    """
    from hubspot_sla.flows.inspection.why_document import AskedWhy, why_document

    _show(asked, key, ledger, "parts", lambda db, most: why_document(db, AskedWhy(before, after, metrics, most, where)))


@command.command("kept", epilog="Example: sla report kept --period 2026-10 --ticket 28100042")
@click.option("--period", default="", metavar="PERIOD", help="A month, quarter or year (default: this month).")
@click.option(
    "--ticket", "record", default="", metavar="TICKET", help="Only this ticket; without --period of all time."
)
@_put
def kept(period: str, record: str, key: str | None, ledger: str | None, **asked: Any) -> None:
    """Say what would have kept the promises that were broken.

    Each stretch in which the clock ran is turned into a pause, and the clock judges anew: one by one, then the fewest
    holders whose time together is enough. Where no time would have been, that is said too.
    """
    from hubspot_sla.flows.inspection.kept_document import AskedKept, kept_document

    _show(asked, key, ledger, "holders", lambda db, most: kept_document(db, AskedKept(period, record, most)))


def _show(
    asked: dict[str, Any],
    key: str | None,
    ledger: str | None,
    main_table: str,
    of: Callable[[sqlite3.Connection, int | None], Document],
) -> None:
    """On the terminal every table, of long ones the beginning; in another form, or of one that is asked for, all."""
    put = Put.taken_from(asked)
    most = MOST_SHOWN if put.form == "table" and key is None else None
    document = _read(ledger, lambda db: of(db, most))
    if most is None:
        put.put(document, key or main_table)
    else:
        show_whole(document)


def _document(
    of: Callable[[sqlite3.Connection, Asked], Document],
    *,
    ledger: str | None,
    at: str | None,
    **asked: str | None,
) -> Document:
    words = _words(at, asked)
    return _read(ledger, lambda db: of(db, words))


def _words(at: str | None, asked: dict[str, str | None]) -> Asked:
    from hubspot_sla.flows.inspection.instants import parse_instant
    from hubspot_sla.flows.reporting.report import Asked

    words = {name: value or "" for name, value in asked.items()}
    return Asked(at=None if at is None else parse_instant("--at", at), **words)


def _stream(
    put: Put,
    of: Callable[[sqlite3.Connection, Asked], AbstractContextManager[Streamed]],
    *,
    ledger: str | None,
    at: str | None,
    **asked: str | None,
) -> None:
    """Written as it is read, so that a million rows need no room."""
    words = _words(at, asked)
    with _opened(ledger) as db, of(db, words) as streamed:
        _tell_notes(streamed.document)
        put.put_streamed(streamed)


def _read(ledger: str | None, of: Callable[[sqlite3.Connection], Document]) -> Document:
    with _opened(ledger) as db:
        document = of(db)
    _tell_notes(document)
    return document


@contextmanager
def _opened(ledger: str | None) -> Iterator[sqlite3.Connection]:
    from hubspot_sla.ledger.database import open_for_reading

    garbage.not_looked_for()
    with open_for_reading(environment.settings(ledger=ledger).ledger) as opened, opened.telling_damage():
        yield opened.db


def _tell_notes(document: Document) -> None:
    for note in document.notes:
        terminal.notice(note, word="note: ", colour="yellow")
