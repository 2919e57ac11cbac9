"""`sla backup`: a copy of the ledger that can be trusted."""

from __future__ import annotations

from pathlib import Path

import click

from hubspot_sla.cli import environment, terminal

EPILOG = """\b
Examples:
  sla backup --keep 14                 into SLA_BACKUPS, the newest 14 stay
  sla backup before-the-upgrade.db     under a name of your own
"""


@click.command("backup", epilog=EPILOG)
@click.argument("file", required=False)
@environment.ledger_option
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Throw away all but the newest N in SLA_BACKUPS.")
@click.option("--force", is_flag=True, help="Replace FILE though it is no earlier backup of this ledger.")
@terminal.json_option
def command(file: str | None, ledger: str | None, keep: int | None, *, force: bool, as_json: bool) -> None:
    """Copy the ledger while it is in use, prove the copy whole, and only then give it its name.

    Without FILE it goes into the folder SLA_BACKUPS, named by the ledger and the time. `sla restore` puts one back.
    """
    if file is not None and keep is not None:
        raise click.UsageError("--keep counts the files in SLA_BACKUPS, and FILE is none of them")
    from hubspot_sla.flows.context.local_clock import wall_now
    from hubspot_sla.flows.installation import backup
    from hubspot_sla.ledger.database import open_for_reading

    settings = environment.settings(ledger=ledger)
    with open_for_reading(settings.ledger) as opened:
        if file is not None:
            made = backup.into_file(opened, Path(file), force=force)
        else:
            made = backup.into_folder(opened, settings.backups, wall_now(), keep=keep)
    if as_json:
        terminal.print_json(made.as_json())
        return
    terminal.say(f"{made.path}  {made.size / 1024:,.0f} KiB, {made.entries} audit entries, head {made.head}")
    for path in made.removed:
        terminal.say(f"removed  {path}")
