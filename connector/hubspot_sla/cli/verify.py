"""`sla verify`: whether a receipt holds. It needs this program alone: no ledger, no mappings, no HubSpot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import terminal

if TYPE_CHECKING:
    from hubspot_sla.flows.receipts.verify import Verified

EPILOG = """\b
Examples:
  sla verify receipt.json --head head.json
  sla verify receipt.json --head heads.jsonl --json

\b
Exit codes: 0 it holds, and ends in a head that you hold; 1 it recomputes, but
is anchored nowhere; 2 it is no receipt, or of other rules of the clock, by which
only the version that made it can compute; 4 something differs.
"""


@click.command("verify", epilog=EPILOG)
@click.argument("receipt", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--head",
    "kept",
    metavar="FILE",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Heads that you hold, from before or after the receipt: one in a file, or one on each line.",
)
@terminal.json_option
def command(receipt: Path, kept: tuple[Path, ...], *, as_json: bool) -> int:
    """Compute the verdicts in RECEIPT again, and check that they stand in a log whose head you hold.

    It says what is proven, what was computed again, and what only the maker of the receipt vouches for.
    """
    from hubspot_sla.flows.receipts.receipt import read_file, unpacked
    from hubspot_sla.flows.receipts.verify import verify
    from hubspot_sla.ledger import audit_head

    heads = [head for file in kept for head in audit_head.read_all(file.read_bytes(), str(file))]
    found = verify(unpacked(read_file(receipt)), heads)
    if as_json:
        terminal.print_json(found.as_json())
    else:
        _show(found)
    return found.exit_code


def _show(found: Verified) -> None:
    receipt = found.receipt
    terminal.say(f"{found.conclusion}.")
    terminal.say(f"Receipt of {receipt.record.key}, as of entry {receipt.newest.entry.seq}, {found.at}")
    terminal.table(
        ["clock", "status", "due", "stopped", "recorded in"],
        [
            [clock, body.get("status"), body.get("due_at"), body.get("stopped_at"), f"entry {receipt.clocks[clock]}"]
            for clock, body in sorted(found.verdicts.items())
        ],
    )
    for title, lines in (
        ("What differs", found.differences),
        ("Proven by the head" if found.anchored_in else "Follows from each other", found.proven),
        ("Computed again", found.computed),
        ("Cannot be computed again here", found.not_computed),
        ("Shown, and vouched for by whoever made the receipt", found.shown),
        ("Beside that", found.remarks),
    ):
        if lines:
            terminal.heading(title)
            for line in lines:
                terminal.paragraph(line, indent="  ")
