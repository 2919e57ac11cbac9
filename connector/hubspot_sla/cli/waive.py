"""`sla waive`: excuse lateness, or let time not count, with a reason."""

from __future__ import annotations

import click

from hubspot_sla.cli import environment, terminal

EPILOG = """\b
Examples:
  sla waive 28100042 --reason "agreed by phone with Ms Ito"
  sla waive 28100042 --metric resolution --until 2026-12-01T17:00:00+01:00 --reason "waits for a part"
  sla waive --customer 21 --from 2026-11-27T08:00:00Z --to 2026-11-27T12:00:00Z --stop --reason "their outage"
"""


@click.command("waive", epilog=EPILOG)
@click.argument("ticket", required=False)
@click.option("--customer", metavar="ID", help="All tickets of this company, by its id in HubSpot.")
@click.option("--pipeline", metavar="NAME", help="All tickets of this pipeline, by name or id.")
@click.option("--metric", metavar="CLOCK", help="One metric or one clock only, as resolution or ola:resolution.")
@click.option("--reason", required=True, help="Why: support agents and customers read it.")
@click.option("--until", metavar="INSTANT", help="Excused until then: what is open then is late again.")
@click.option("--from", "since", metavar="INSTANT", help="Only what became late in an interval: its beginning.")
@click.option("--to", "to", metavar="INSTANT", help="The end of that interval.")
@click.option("--stop", "stops", is_flag=True, help="Let the time of the interval not count, in place of excusing.")
@click.option("--by", metavar="NAME", help="Who grants it (default: the user of this machine).")
@click.option("--evidence", metavar="URL", default="", help="Where the agreement can be read.")
@environment.ledger_option
@terminal.json_option
def command(
    ticket: str | None,
    customer: str | None,
    pipeline: str | None,
    metric: str | None,
    reason: str,
    until: str | None,
    since: str | None,
    to: str | None,
    by: str | None,
    evidence: str,
    ledger: str | None,
    *,
    stops: bool,
    as_json: bool,
) -> None:
    """Excuse the lateness of TICKET, of a customer or of a pipeline. What was met stays met.

    Instants are written 2026-12-01T17:00:00+01:00; a date alone is its midnight in UTC. Properties and figures follow
    with the next sync. `sla waiver revoke` takes a waiver back.
    """
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.inspection.instants import parse_instant
    from hubspot_sla.flows.runs.waive import Asked, grant
    from hubspot_sla.ledger.database import open_beside
    from hubspot_sla.ledger.waivers import WaiverTerms

    if sum(map(bool, (ticket, customer, pipeline))) != 1:
        raise click.UsageError("name a ticket, or --customer, or --pipeline: one of them.")
    if not reason.strip():
        raise click.UsageError("--reason is empty: say why, in words that a customer may read.")
    instants = {
        name: None if text is None else parse_instant(name, text)
        for name, text in (("--until", until), ("--from", since), ("--to", to))
    }
    settings = environment.settings(ledger=ledger)
    with open_beside(settings.ledger) as opened, opened.telling_damage():
        terms = WaiverTerms(
            reason=reason.strip(),
            granted_by=environment.person(by),
            granted_at=local_now(opened.db, settings.clock),
            evidence=evidence.strip(),
            expires_at=instants["--until"],
            since=instants["--from"],
            until=instants["--to"],
            stops=stops,
        )
        waiver = grant(opened, Asked(ticket or "", customer or "", pipeline or "", metric), terms)
    if as_json:
        from hubspot_sla.flows.inspection.waivers import as_json as waiver_as_json

        terminal.print_json(waiver_as_json(waiver))
        return
    terminal.say(f"Waiver {waiver.number} granted. The next sync judges what it concerns again.")
