"""`sla init`: the starter set."""

from __future__ import annotations

from pathlib import Path

import click

from hubspot_sla.cli import terminal
from hubspot_sla.errors import UsageProblem


@click.command("init", epilog="Example: sla init ~/support-sla")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@terminal.json_option
def command(folder: Path, *, as_json: bool) -> None:
    """Copy the starter mappings, jobs and .env.example into FOLDER (default: here).

    A file that is already there is kept as it is.
    """
    from hubspot_sla.flows.installation.starter_set import copy_starter

    try:
        copied, already_there = copy_starter(folder)
    except OSError as error:
        raise UsageProblem(f"cannot write to {folder}: {error.strerror}", remedy="choose another folder") from None
    if as_json:
        terminal.print_json({"folder": str(folder), "copied": copied, "kept": already_there})
        return
    for name in copied:
        terminal.say(f"created  {folder / name}")
    for name in already_there:
        terminal.say(f"kept     {folder / name}")
    terminal.say("Next: edit mappings/, copy .env.example to .env with your token, then `sla check` and `sla setup`.")
