"""`sla diff`: which promises two mappings make differently."""

from __future__ import annotations

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.cli.documents import content, show_whole, write
from hubspot_sla.cli.simulation_request import naming_folders

FORMATS = ("terminal", "markdown", "json", "csv")
MOST_IN_COMMENT = 50
"""A comment has 65,536 characters at most, and those of a simulation stand below."""


@click.command("diff", epilog="Example: sla diff mappings new --format markdown")
@click.argument("old")
@click.argument("new")
@click.option("--format", "form", type=click.Choice(FORMATS), default="terminal", help="The form (default: terminal).")
@terminal.json_option
def command(old: str, new: str, form: str, *, as_json: bool) -> None:
    """Say which promises the folders OLD and NEW make differently, and for whom. No ledger is needed.

    Policies are compared value by value and by what they mean, stages by their roles, tables of tiers row by row, and
    whatever else the files say entry by entry. What that would have made of the tickets that there have been,
    `sla simulate` says.
    """
    from hubspot_sla.flows.context.loaded_mappings import load_mappings
    from hubspot_sla.flows.context.mapping_texts import texts_offline
    from hubspot_sla.flows.simulation import mappings_diff
    from hubspot_sla.flows.simulation.diff_document import TABLE, document

    before, after = (texts_offline(environment.settings(mappings=folder)) for folder in (old, new))
    form = "json" if as_json else form
    with naming_folders({old: before, new: after}):
        changes = mappings_diff.changes(load_mappings(before), load_mappings(after), before, after)
    made = document(changes, MOST_IN_COMMENT if form == "markdown" else None)
    if form == "terminal":
        show_whole(made)
    elif form == "markdown":
        from hubspot_sla.render.report.markdown import markdown

        write(markdown(made).encode(), None, "")
    else:
        write(content(made, form, TABLE), None, "")
