"""`sla browse`: the ledger in a browser."""

from __future__ import annotations

from importlib.util import find_spec

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.errors import UsageProblem

PORT = 8766
PACKAGES = ("datasette", "datasette_dashboards", "uvicorn")
REQUIREMENT = "hubspot-sla[browse]"


@click.command("browse", epilog="Example: sla browse --port 8766")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0: any free port.")
@environment.ledger_option
@terminal.json_option
def command(port: int, *, ledger: str | None, as_json: bool) -> None:
    """Serve the views of the ledger on 127.0.0.1 until Ctrl-C: tables, queries, charts, links to HubSpot.

    Nothing can be changed, and no other machine can ask. It needs the extra `browse` (Datasette).
    """
    _require_datasette()
    from hubspot_sla.flows.inspection.browse.serve import serve
    from hubspot_sla.ledger.database import open_for_reading

    def announce(url: str) -> None:
        if as_json:
            terminal.print_json({"url": url, "ledger": str(path)})
        else:
            terminal.say(f"{url} shows {path}")
            terminal.say(f"{url}-/dashboards/service-levels has the charts; Ctrl-C ends it")

    path = environment.settings(ledger=ledger).ledger
    with open_for_reading(path) as opened, opened.telling_damage():
        serve(path, opened.db, port, announce)


def _require_datasette() -> None:
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UsageProblem(
            f"Datasette is not installed: {', '.join(missing)} missing",
            remedy=f"install it with: pip install '{REQUIREMENT}'",
        )
