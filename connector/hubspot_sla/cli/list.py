"""`sla list`: what is late, and what is due next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.inspection.queue import QueueRow

EPILOG = """\b
Examples:
  sla list                                what is late, and the 20 due next
  sla list --next 5 --owner "Mara Lindqvist"
  sla list --late --team Billing
"""
NEXT = 20


@click.command("list", epilog=EPILOG)
@click.option("--late", is_flag=True, help="Only what is late.")
@click.option(
    "--next", "upcoming", type=click.IntRange(min=1), metavar="N", help="Only what is not late yet: the N due first."
)
@click.option("--owner", metavar="NAME", help="Only tickets of this owner: the name, or the owner id.")
@click.option("--team", metavar="NAME", help="Only tickets of this team: the name, or the team id.")
@environment.ledger_option
@terminal.json_option
def command(
    upcoming: int | None, owner: str | None, team: str | None, ledger: str | None, *, late: bool, as_json: bool
) -> None:
    """List open promises by due instant: what is late, then what is due next.

    All of it comes from the ledger, as of the last sync; HubSpot is not asked. Paused clocks have no due instant and
    are not listed.
    """
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.inspection.queue import Wanted, queue
    from hubspot_sla.ledger.database import open_for_reading
    from hubspot_sla.plan.instant_text import wire

    if late and upcoming:
        raise click.UsageError("--late and --next ask for different things: leave one out.")
    settings = environment.settings(ledger=ledger)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        now = local_now(opened.db, settings.clock)
        late_and_coming = queue(opened.db, Wanted(owner, team))
    late_rows = [] if upcoming else [row for row in late_and_coming.rows if row.late]
    coming_rows = [] if late else [row for row in late_and_coming.rows if not row.late]
    if as_json:
        synced_at = None if late_and_coming.synced_at is None else wire(late_and_coming.synced_at)
        shown = [*late_rows, *coming_rows[:upcoming]]
        terminal.print_json({"at": wire(now), "synced_at": synced_at, "rows": [row.as_json() for row in shown]})
        return
    if not upcoming:
        _show(f"{len(late_rows)} late", late_rows, now)
    if not late:
        limit = upcoming or NEXT
        more = len(coming_rows) - limit
        title = f"{len(coming_rows)} to come" if more <= 0 else f"{limit} of {len(coming_rows)} to come"
        _show(title, coming_rows[:limit], now)
    _say_how_old(late_and_coming.synced_at, now)


def _show(title: str, rows: Sequence[QueueRow], now: int) -> None:
    if not rows:
        terminal.notice(f"{title}.")
        return
    width = terminal.width()
    columns = _COLUMNS if width is None or width >= _ROOM_FOR_ALL else _FEWER_COLUMNS
    cells = [_cells(row, now) for row in rows]
    table = [[cell[column] for column in columns] for cell in cells]
    terminal.table(columns, table, title=title, cut=("subject", "customer", "owner", "what"))


_COLUMNS = ("when", "due", "ticket", "what", "owner", "customer", "subject")
_FEWER_COLUMNS = ("when", "ticket", "what", "owner", "subject")
"""On a narrow terminal, so that each promise stays one line."""
_ROOM_FOR_ALL = 110


def _cells(row: QueueRow, now: int) -> dict[str, str]:
    return {
        "when": row.when(now),
        "due": row.due,
        "ticket": row.cycle.record.key,
        "what": row.clock_title,
        "owner": row.owner or "nobody",
        "customer": row.customer,
        "subject": row.subject,
    }


def _say_how_old(synced_at: int | None, now: int) -> None:
    """Standard error: a list that is piped on stays a list."""
    from hubspot_sla.flows.context.duration_text import span

    age = "no sync has ended well yet" if synced_at is None else f"as of the last sync, {span(now - synced_at)} ago"
    terminal.notice(f"({age})")
