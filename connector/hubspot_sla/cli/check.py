"""`sla check`: are the mappings right?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from hubspot_sla.policy.book import Policy
    from hubspot_sla.policy.loader import Mappings


@click.command("check", epilog="Example: sla check --mappings mappings")
@environment.mappings_option
@click.option("--portal", is_flag=True, help="Also check every pipeline, stage and property against HubSpot.")
@terminal.json_option
def command(mappings: str | None, *, portal: bool, as_json: bool) -> None:
    """Check the mappings: every problem at once, with file, line and column.

    Works offline; with --portal the words are also looked up in HubSpot.
    """
    from hubspot_sla.policy.loader import load, read_texts

    settings = environment.settings(mappings=mappings)
    loaded = load(read_texts(settings.mappings))
    if portal:
        from hubspot_sla.flows.policies import against_portal
        from hubspot_sla.hubspot.portal import Portal

        with Portal.connect(settings.base_url, settings.needed_token(), settings.api_version) as connected:
            against_portal(loaded, connected, None)
    _show(loaded, as_json=as_json, portal=portal)


def _show(loaded: Mappings, *, as_json: bool, portal: bool) -> None:
    if as_json:
        terminal.print_json(
            {
                "version": loaded.version,
                "policies": [policy.id for policy in loaded.book.policies],
                "calendars": sorted(loaded.calendars),
                "portal_checked": portal,
            }
        )
        return
    terminal.say(f"The mappings are sound ({loaded.version[:19]}).")
    terminal.table(
        ["policy", "for", "calendar", "targets"],
        [
            [policy.id, str(policy.when), policy.calendar.name, _targets(policy)]
            for policy in loaded.book.policies
        ],
    )


def _targets(policy: Policy) -> str:
    return "; ".join(
        f"{clock.key} " + ", ".join(f"{value} {promise.target}" for value, promise in target.promises.items())
        for clock, target in policy.targets.items()
    )
