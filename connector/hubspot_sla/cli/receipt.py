"""`sla receipt`: one ticket's verdicts with all they rest on, for somebody who does not have the ledger."""

from __future__ import annotations

from pathlib import Path

import click

from hubspot_sla.cli import environment, terminal

EPILOG = """\b
Examples:
  sla receipt 28100042 > receipt.json
  sla receipt 28100042 --metric resolution --head head.json > receipt.json
"""


@click.command("receipt", epilog=EPILOG)
@click.argument("ticket")
@click.option("--metric", metavar="CLOCK", help="One metric or one clock only, as resolution or ola:resolution.")
@click.option(
    "--head",
    "kept",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A head that the reader holds: the receipt ends in it (default: in the newest).",
)
@environment.ledger_option
@terminal.json_option
def command(ticket: str, metric: str | None, kept: Path | None, ledger: str | None, *, as_json: bool) -> None:  # noqa: ARG001
    """Print a receipt of TICKET as JSON, which `sla verify` checks on any machine.

    It holds the facts, the policies that applied, the calendars, the verdicts as they were recorded, and what proves
    that they stand in the audit log. Of other tickets and customers it holds nothing. HubSpot is not asked.
    """
    from hubspot_sla.flows.receipts.make import make
    from hubspot_sla.ledger import audit_head
    from hubspot_sla.ledger.database import open_for_reading
    from hubspot_sla.plan.records import RecordRef

    head = None if kept is None else audit_head.read(kept.read_bytes(), str(kept))
    with open_for_reading(environment.settings(ledger=ledger).ledger) as opened, opened.telling_damage():
        text = make(opened.db, RecordRef.of(ticket), metric=metric, head=head)
    terminal.write_bytes(text)
