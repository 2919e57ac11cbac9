"""`sla sandbox`: a HubSpot look-alike on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import terminal
from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from datetime import datetime

    from hubspot_sla.sandbox.faults.spec import Spec
    from hubspot_sla.sandbox.portal import Portal

HOW_TO = """\
HubSpot look-alike at {url} ({tickets} tickets); its clock says {now}.

  sla:   HUBSPOT_BASE_URL={url} HUBSPOT_TOKEN={token} sla check --portal
  curl:  curl -H 'Authorization: Bearer {token}' {url}/crm/objects/2026-09/tickets
  SDK:   hubspot.Client(access_token="{token}", host="{url}")
  clock: curl -d '{{"advance_s": 3600}}' {url}/sandbox/clock

Ctrl-C ends it; nothing is kept."""


@click.command("sandbox", epilog="Example: sla sandbox --port 8765 --token pat-sandbox")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0: any free port.")
@click.option("--token", default="pat-sandbox", show_default=True, help="The token clients must send.")
@click.option(
    "--load",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Serve a portal from files (pipelines.json, companies.json, owners.json, *.jsonl[.gz]) instead.",
)
@click.option("--now", metavar="INSTANT", help="What its clock says at the start (ISO 8601; default: now).")
@click.option(
    "--faults",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What is to go wrong, as YAML or JSON (docs/faults.md). Nothing does without it.",
)
@terminal.json_option
def command(port: int, token: str, load: Path | None, now: str | None, faults: Path | None, *, as_json: bool) -> None:
    """Serve a HubSpot look-alike on 127.0.0.1 until Ctrl-C.

    Without --load it invents a portal: three pipelines, 500 tickets of the last 30 days. Its clock can be moved.
    """
    from hubspot_sla.sandbox.server import run

    portal = _portal(load, None if now is None else _instant(now))
    tickets = len(portal.ids("tickets"))
    wrong = () if faults is None else _faults(faults)

    def announce(url: str) -> None:
        clock = portal.clock.now().isoformat(timespec="seconds")
        if as_json:
            terminal.print_json({"url": url, "token": token, "tickets": tickets, "now": clock})
        else:
            terminal.say(HOW_TO.format(url=url, token=token, tickets=tickets, now=clock))

    try:
        run(portal, port=port, token=token, announce=announce, faults=wrong)
    except OSError as error:
        raise UsageProblem(f"cannot listen on port {port}: {error.strerror}", remedy="choose another --port") from None


def _faults(file: Path) -> list[Spec]:
    from hubspot_sla.sandbox.faults.file import faults_of
    from hubspot_sla.sandbox.faults.spec import FaultsInvalid

    try:
        return faults_of(file)
    except FaultsInvalid as invalid:
        raise UsageProblem(str(invalid), remedy="docs/faults.md lists every fault and its keys") from None


def _portal(load: Path | None, now: datetime | None) -> Portal:
    from datetime import UTC, datetime

    if load is None:
        from hubspot_sla.sandbox.seed import seeded_portal

        return seeded_portal(now or datetime.now(UTC))
    from hubspot_sla.sandbox.load import LoadError, load_portal

    try:
        return load_portal(load, now)
    except LoadError as error:
        raise UsageProblem(str(error), remedy="mend the file, or leave it out") from None


def _instant(text: str) -> datetime:
    from datetime import UTC, datetime

    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise UsageProblem(f"{text!r} is no instant", remedy="write it like 2026-11-23T09:00:00Z") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
