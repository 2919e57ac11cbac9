"""`sla init`: the starter set, or mappings that start from the portal as it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from hubspot_sla.cli import environment, terminal
from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from hubspot_sla.flows.installation.from_portal.first_mappings import FirstMappings

EPILOG = """\b
Examples:
  sla init ~/support-sla
  sla init ~/support-sla --from-portal      pipelines, people and policies as HubSpot has them
"""
NEXT = "Next: edit mappings/, copy .env.example to .env with your token, then `sla check --portal` and `sla plan`."
NEXT_FROM_PORTAL = "Next: go through mappings/, where each guess says its reason, then `sla check --portal`."


@click.command("init", epilog=EPILOG)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--from-portal", is_flag=True, help="Write the mappings from what HubSpot has, instead of examples.")
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=90,
    show_default=True,
    help="With --from-portal: how many days of tickets to infer policies from.",
)
@terminal.json_option
@click.pass_context
def command(context: click.Context, /, folder: Path, days: int, *, from_portal: bool, as_json: bool) -> None:
    """Copy the starter mappings, jobs and .env.example into FOLDER (default: here).

    A file that is already there is kept as it is.

    With --from-portal the mappings are written from the portal: pipelines and stages with guessed roles, tiers from a
    company property, leads from teams, calendars from working hours, and policies from the due instants of HubSpot's
    own SLA. Each guess has its reason beside it. Nothing is written to HubSpot.
    """
    from hubspot_sla.flows.installation.starter_set import copy_starter

    if not from_portal and context.get_parameter_source("days") is not ParameterSource.DEFAULT:
        raise UsageProblem("--days is for --from-portal", remedy="say both, or neither")
    first = _from_portal(folder, days) if from_portal else None
    try:
        written = _written(folder, first)
        copied, left_alone = copy_starter(folder, with_mappings=first is None)
    except OSError as error:
        raise UsageProblem(f"cannot write to {folder}: {error.strerror}", remedy="choose another folder") from None
    if as_json:
        report: dict[str, object] = {"folder": str(folder), "copied": copied, "kept": left_alone}
        if first is not None:
            report |= {"written": written, "inferred": first.as_json()}
        terminal.print_json(report)
        return
    for word, names in (("written", written), ("created", copied), ("kept", left_alone)):
        for name in names:
            terminal.say(f"{word:<8} {folder / name}")
    for remark in first.remarks if first else ():
        terminal.say(remark)
    terminal.say(NEXT if first is None else NEXT_FROM_PORTAL)


def _from_portal(folder: Path, days: int) -> FirstMappings:
    """Looks for files that are in the way before HubSpot is asked anything."""
    from hubspot_sla.flows.context.context import connected
    from hubspot_sla.flows.installation.from_portal.first_mappings import first_mappings
    from hubspot_sla.flows.installation.from_portal.portal_reading import read_portal
    from hubspot_sla.flows.installation.from_portal.write_files import check_free

    check_free(folder)
    with connected(environment.settings()) as portal:
        return first_mappings(read_portal(portal, days))


def _written(folder: Path, first: FirstMappings | None) -> list[str]:
    from hubspot_sla.flows.installation.from_portal.write_files import write_mappings

    return [] if first is None else write_mappings(folder, first.texts)
