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
    from hubspot_sla.flows import binding, setup
    from hubspot_sla.flows.parts import wired

    with wired(environment.settings(ledger=ledger)) as parts:
        binding.bind_portal(parts)
        made = setup.made_by_us(parts)
        names = [*made["tickets"], *made["tasks"], *made["notes"], *made["groups"]]
        if names and not yes:
            click.confirm(f"Archive {len(names)} properties and groups in HubSpot?", abort=True, err=True)
        archived = setup.tear_down(parts)
    if as_json:
        terminal.print_json({"archived": archived})
        return
    gone = {*archived["tickets"], *archived["tasks"], *archived["notes"], *archived["groups"]}
    for name in names:
        terminal.say(f"archived  {name}" if name in gone else f"kept      {name}: it holds properties of others")
    if not names:
        terminal.say("Setup made nothing here that is still ours.")
