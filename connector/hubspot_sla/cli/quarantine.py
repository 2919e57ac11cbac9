"""`sla quarantine`: what could not be judged or written, whose fault that is, and another try."""

from __future__ import annotations

import click

from hubspot_sla.cli import environment, terminal


@click.group("quarantine", epilog="Example: sla quarantine retry --all")
def command() -> None:
    """List the tickets that could not be judged or written, and have them tried again.

    `invalid`: we could not judge it, the mappings or its facts are wrong. `rejected`: HubSpot refused what we sent, an
    admin of the portal may have to mend it. Both are tried again by themselves, after 5 minutes, then 10, up to a day.
    """


@command.command("list", epilog="Example: sla quarantine list | grep rejected")
@environment.ledger_option
@terminal.json_option
def show(ledger: str | None, *, as_json: bool) -> int:
    """List them, the oldest first. Exit code 1 where there are any."""
    from hubspot_sla.ledger import quarantine
    from hubspot_sla.ledger.database import open_for_reading
    from hubspot_sla.plan.instant_text import wire

    with open_for_reading(environment.settings(ledger=ledger).ledger) as opened:
        quarantined = quarantine.every(opened.db)
    rows = [
        {
            "record": row.record.key,
            "what": row.word,
            "step": row.step,
            "since": wire(row.since_at),
            "attempts": row.attempts,
            "again_at": None if row.again_at is None else wire(row.again_at),
            "reason": row.reason,
        }
        for row in quarantined
    ]
    if as_json:
        terminal.print_json(rows)
    elif rows:
        columns = ["record", "what", "step", "since", "attempts", "tried again", "reason"]
        terminal.table(columns, [list(row.values()) for row in rows])
    else:
        terminal.say("Nothing is in quarantine.")
    return 1 if rows else 0


@command.command("retry", epilog="Example: sla quarantine retry 28100042 28100043")
@click.argument("tickets", nargs=-1, metavar="[TICKET]...")
@click.option("--all", "everything", is_flag=True, help="Every ticket in quarantine.")
@environment.ledger_option
@terminal.json_option
def retry(tickets: tuple[str, ...], ledger: str | None, *, everything: bool, as_json: bool) -> None:
    """Have these tickets tried again by the next sync, without waiting for their time."""
    if bool(tickets) == everything:
        raise click.UsageError("name tickets, or say --all")
    from hubspot_sla.flows.context.context import released

    count, unknown = released(environment.settings(ledger=ledger), None if everything else tickets)
    if as_json:
        terminal.print_json({"released": count, "not_in_quarantine": list(unknown)})
        return
    for ticket in unknown:
        terminal.say(f"ticket {ticket} is not in quarantine")
    terminal.say(f"{count} {'ticket' if count == 1 else 'tickets'} to be tried again by the next sync.")
