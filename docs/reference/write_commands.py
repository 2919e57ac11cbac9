"""Writes commands.md from the help texts of the commands: `make commands`. A test fails when it is out of date."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli.main import COMMANDS, sla

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).with_name("commands.md")
WIDTH = 100
HEAD = """\
# Commands

Written by `make commands` from the help texts: `sla COMMAND --help` says the same. Every command takes `--json`.
[settings.md](settings.md) has the exit codes and the environment variables.
"""


def documented() -> str:
    root = click.Context(sla, info_name="sla", terminal_width=WIDTH, max_content_width=WIDTH)
    root.help_option_names = ["-h", "--help"]
    return "\n".join([HEAD, *overview(), "", *sections("sla", root)])


def overview() -> Iterator[str]:
    yield "| command | does |"
    yield "| -- | -- |"
    for name, says in COMMANDS.items():
        yield f"| [`sla {name}`](#sla-{name}) | {says.rstrip('.')} |"


def sections(path: str, context: click.Context) -> Iterator[str]:
    group = context.command
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            raise LookupError(f"{path} lists {name} and does not have it")
        inner = click.Context(command, info_name=name, parent=context)
        yield f"## {path} {name}"
        yield ""
        yield from ("```text", "\n".join(map(str.rstrip, command.get_help(inner).splitlines())), "```", "")
        yield from sections(f"{path} {name}", inner)


if __name__ == "__main__":
    TARGET.write_text(documented(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name} is written\n")
