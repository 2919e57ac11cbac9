"""`sla waiver`: the waivers that were granted, and taking one back."""

from __future__ import annotations

import click

from hubspot_sla.cli import environment, terminal


@click.group("waiver", epilog="Example: sla waiver list")
def command() -> None:
    """List the waivers, or revoke one that `sla waive` granted."""


@command.command("list", epilog="Example: sla waiver list --json")
@environment.ledger_option
@terminal.json_option
def show(ledger: str | None, *, as_json: bool) -> None:
    """List the waivers of `sla waive`, then those of waivers.yaml, the oldest first, also those that have expired or
    were revoked."""
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.inspection import waivers as shown
    from hubspot_sla.ledger.database import open_for_reading

    settings = environment.settings(ledger=ledger)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        granted = shown.every(opened.db)
        now = local_now(opened.db, settings.clock)
    if as_json:
        terminal.print_json([shown.as_json(waiver) for waiver in granted])
    elif granted:
        columns = ["number", "what", "whom", "clocks", "state", "by", "reason"]
        terminal.table(columns, [shown.row(waiver, now) for waiver in granted])
    else:
        terminal.say("No waiver was granted.")


@command.command("revoke", epilog='Example: sla waiver revoke 3 --reason "granted for the wrong ticket"')
@click.argument("number", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why it is taken back.")
@click.option("--by", metavar="NAME", help="Who revokes it (default: the user of this machine).")
@environment.ledger_option
@terminal.json_option
def revoke(number: int, reason: str, by: str | None, ledger: str | None, *, as_json: bool) -> None:
    """Take waiver NUMBER back: from now on it is as if it had never been. The grant stays in the audit log."""
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.inspection.waivers import as_json as waiver_as_json
    from hubspot_sla.flows.runs import waive
    from hubspot_sla.ledger.database import open_beside

    if not reason.strip():
        raise click.UsageError("--reason is empty: say why.")
    settings = environment.settings(ledger=ledger)
    with open_beside(settings.ledger) as opened, opened.telling_damage():
        now = local_now(opened.db, settings.clock)
        waiver = waive.revoke(opened, number, now, environment.person(by), reason.strip())
    if as_json:
        terminal.print_json(waiver_as_json(waiver))
        return
    terminal.say(f"Waiver {number} revoked. The next sync judges what it concerned again.")
