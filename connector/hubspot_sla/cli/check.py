"""`sla check`: are the mappings right?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.policy.book import Policy
    from hubspot_sla.policy.conditions import When
    from hubspot_sla.policy.loader import Mappings
    from hubspot_sla.policy.resolution import Resolution


@click.command("check", epilog="Example: sla check --mappings mappings")
@environment.mappings_option
@environment.ledger_option
@click.option("--portal", is_flag=True, help="Also check every pipeline, stage and property against HubSpot.")
@terminal.json_option
def command(mappings: str | None, ledger: str | None, *, portal: bool, as_json: bool) -> None:
    """Check the mappings: every problem at once, with file, line and column.

    Works offline; with --portal the words are also looked up in HubSpot.
    """
    from hubspot_sla.policy.loader import load, read_texts

    settings = environment.settings(mappings=mappings, ledger=ledger)
    loaded = load(read_texts(settings.mappings))
    if portal:
        from hubspot_sla.flows.policies import against_portal
        from hubspot_sla.hubspot.portal import Portal

        with Portal.connect(settings.base_url, settings.needed_token(), settings.api_version) as connected:
            against_portal(loaded, connected, _known(settings.ledger))
    _show(loaded, as_json=as_json, portal=portal)


def _known(ledger: Path) -> Resolution | None:
    """What the labels were resolved to at setup, where there is a ledger already."""
    from hubspot_sla.ledger.database import open_for_reading
    from hubspot_sla.ledger.versions import latest
    from hubspot_sla.policy.resolution import Resolution

    if not ledger.is_file():
        return None
    with open_for_reading(ledger) as opened:
        version = latest(opened.db)
    return Resolution.from_json(version.resolution) if version else None


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
            [policy.id, _conditions(policy.when), policy.calendar.name, _targets(policy)]
            for policy in loaded.book.policies
        ],
    )


def _conditions(when: When) -> str:
    named = [condition for condition in (when.pipeline, when.priority, when.tier) if condition]
    return ", ".join(f"{condition.subject} {' or '.join(condition.wanted)}" for condition in named) or "everybody"


def _targets(policy: Policy) -> str:
    return "; ".join(
        f"{metric.value} " + ", ".join(f"{priority} {promise.target}" for priority, promise in targets.items())
        for metric, targets in policy.promises.items()
    )
