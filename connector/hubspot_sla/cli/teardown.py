"""`sla teardown`: take back what setup made."""

from __future__ import annotations

import click

from hubspot_sla.cli import environment, terminal


@click.command("teardown", epilog="Example: sla teardown --yes")
@environment.ledger_option
@click.option("--yes", is_flag=True, help="Do it without asking.")
@terminal.json_option
def command(ledger: str | None, *, yes: bool, as_json: bool) -> None:
    """Archive the properties that `sla setup` created, and nothing else.

    The ledger and its audit log stay. HubSpot keeps archived properties for 90 days.
    """
    from hubspot_sla.flows.context import portal_binding
    from hubspot_sla.flows.context.context import wired
    from hubspot_sla.flows.installation import setup

    with wired(environment.settings(ledger=ledger)) as context:
        portal_binding.bind_portal(context)
        made = setup.made_by_us(context)
        names = [(kind, name) for kind in sorted(made, key=setup.is_of_groups) for name in made[kind]]
        if names and not yes:
            click.confirm(f"Archive {len(names)} properties and groups in HubSpot?", abort=True, err=True)
        archived = setup.tear_down(context)
    if as_json:
        terminal.print_json({"archived": archived})
        return
    for kind, name in names:
        is_archived = name in archived[kind]
        terminal.say(f"archived  {name}" if is_archived else f"kept      {name}: it holds properties of others")
    if not names:
        terminal.say("Setup made nothing here that is still ours.")
