"""`sla period`: close a month, so that its figures stay; show it, and what would be otherwise now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sla.flows.runs.close_period import Asked
    from hubspot_sla.ledger.database import Ledger
    from hubspot_sla.ledger.periods import ClosedPeriod

by_option = click.option("--by", metavar="NAME", help="Who does it (default: the user of this machine).")
unknown_option = click.option(
    "--with-unknown", is_flag=True, help="Also where tickets are in quarantine: they are kept as unknown."
)


@click.group("period", epilog="Example: sla period close 2026-10")
def command() -> None:
    """Close months, so that their figures never change again, and show them."""


@command.command("close", epilog="Example: sla period close 2026-10")
@click.argument("month")
@by_option
@unknown_option
@environment.ledger_option
@terminal.json_option
def close(month: str, by: str | None, ledger: str | None, *, with_unknown: bool, as_json: bool) -> None:
    """Close MONTH: its outcomes are copied as they stand, and sealed into the audit log.

    A month can be closed after its end, once a sync has begun after that and nothing in it waits to be judged: until
    then the command ends with 75. Months are closed in their order, each once.
    """
    from hubspot_sla.flows.runs import close_period

    _make(month, ledger, by, with_unknown=with_unknown, as_json=as_json, make=close_period.close)


@command.command("restate", epilog='Example: sla period restate 2026-10 --reason "two tickets were merged"')
@click.argument("month")
@click.option("--reason", required=True, help="Why a new edition is made.")
@by_option
@unknown_option
@environment.ledger_option
@terminal.json_option
def restate(month: str, reason: str, by: str | None, ledger: str | None, *, with_unknown: bool, as_json: bool) -> None:
    """Make a new edition of MONTH from the outcomes as they stand now. The earlier editions stay."""
    from hubspot_sla.flows.runs import close_period

    if not reason.strip():
        raise click.UsageError("--reason is empty: say why.")
    make = close_period.restate
    _make(month, ledger, by, with_unknown=with_unknown, as_json=as_json, make=make, reason=reason.strip())


@command.command("list", epilog="Example: sla period list --json")
@environment.ledger_option
@terminal.json_option
def show_all(ledger: str | None, *, as_json: bool) -> None:
    """List the closed months with all their editions."""
    from hubspot_sla.flows.inspection.periods import edition_as_json
    from hubspot_sla.ledger import periods
    from hubspot_sla.ledger.database import open_for_reading

    settings = environment.settings(ledger=ledger)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        closed = periods.every(opened.db)
    if as_json:
        terminal.print_json([edition_as_json(edition) for edition in closed])
    elif closed:
        terminal.table(["month", "edition", "closed", "by", "reason"], [_row(edition) for edition in closed])
    else:
        terminal.say("No month is closed.")


@command.command("show", epilog="Example: sla period show 2026-10")
@click.argument("month")
@click.option("--edition", type=click.IntRange(min=1), help="An earlier edition (default: the newest).")
@environment.ledger_option
@terminal.json_option
def show(month: str, edition: int | None, ledger: str | None, *, as_json: bool) -> None:
    """Show the figures of a closed MONTH, and what they would be now and why."""
    from hubspot_sla.flows.inspection.periods import shown
    from hubspot_sla.ledger.database import open_for_reading

    settings = environment.settings(ledger=ledger)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        period = shown(opened.db, month, edition)
    if as_json:
        terminal.print_json(period.as_json())
        return
    closed = period.closed
    terminal.say(f"{closed.name} in {closed.zone}, edition {closed.edition}, {_when(closed)}")
    if closed.reason:
        terminal.paragraph(f"Reason: {closed.reason}")
    if closed.unknown:
        terminal.paragraph(f"Unknown, in quarantine then: {', '.join(record.key for record in closed.unknown)}")
    for other, number in period.also_frozen.items():
        terminal.paragraph(f"Also frozen in {other}: {number}")
    rows = period.rows()
    if rows:
        terminal.table(["promise", "met", "missed", "excluded", "attainment", "now"], rows)
    else:
        terminal.say("No promise came due.")


def _make(
    month: str,
    ledger: str | None,
    by: str | None,
    *,
    with_unknown: bool,
    as_json: bool,
    make: Callable[[Ledger, str, Asked], ClosedPeriod],
    reason: str = "",
) -> None:
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.inspection.periods import edition_as_json
    from hubspot_sla.flows.runs.close_period import Asked
    from hubspot_sla.ledger.database import open_beside

    settings = environment.settings(ledger=ledger)
    with open_beside(settings.ledger) as opened, opened.telling_damage():
        now = local_now(opened.db, settings.clock)
        closed = make(opened, month.strip(), Asked(environment.person(by), now, with_unknown, reason))
    if as_json:
        terminal.print_json(edition_as_json(closed))
        return
    terminal.say(f"{closed.name}: edition {closed.edition} stands. `sla period show {closed.name}` shows its figures.")


def _row(closed: ClosedPeriod) -> list[object]:
    from hubspot_sla.plan.instant_text import wire

    return [closed.name, closed.edition, wire(closed.closed_at), closed.closed_by, closed.reason]


def _when(closed: ClosedPeriod) -> str:
    from hubspot_sla.plan.instant_text import wire

    return f"closed {wire(closed.closed_at)} by {closed.closed_by}"
