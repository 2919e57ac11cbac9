"""`sla explain`: one ticket's story."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from datetime import tzinfo

    from hubspot_sla.clock.explain import Segment
    from hubspot_sla.flows.explain import Explanation, MetricExplanation


@click.command("explain", epilog="Example: sla explain 28100042")
@click.argument("ticket")
@environment.ledger_option
@terminal.json_option
def command(ticket: str, ledger: str | None, *, as_json: bool) -> None:
    """Tell which policy and tier apply to TICKET, which time counted, when it was due, and why it is late.

    Told from the ledger alone; HubSpot is not asked.
    """
    from hubspot_sla.flows.explain import explain
    from hubspot_sla.flows.local_clock import local_now
    from hubspot_sla.ledger.database import open_for_reading

    with open_for_reading(environment.settings(ledger=ledger).ledger) as opened:
        told = explain(opened.db, ticket, local_now(opened.db))
    if as_json:
        terminal.print_json(told.as_json())
    else:
        show(told)


def show(told: Explanation) -> None:
    """The explanation on a terminal or in a pipe."""
    last = told.judgement.agreed[-1]
    terminal.say(f"Ticket {told.ticket_id}: {told.subject}")
    terminal.say(f"Tier: {last.tier.tier or 'no tier'} - {last.tier.why}")
    policy = last.match.policy
    terminal.say(f"Policy: {policy.id if policy else 'none matches'} ({last.version.mappings.version[:19]})")
    for name, why in last.match.rejected:
        terminal.say(f"  not {name}: {why}")
    for metric in told.metrics:
        _show_metric(metric)


def _show_metric(metric: MetricExplanation) -> None:
    terminal.heading(metric.sentence)
    for undone in metric.verdict.withdrawn:
        terminal.say(f"  an earlier breach was withdrawn: {undone.why}")
    promise = metric.verdict.promise
    if promise is not None and metric.segments:
        zone = promise.calendar.zone
        terminal.table(
            ["from", "to", "state", "why", "whose", "business time"],
            [_row(segment, zone) for segment in metric.segments],
        )
    if metric.recorded is not None:
        terminal.say(
            f"  recorded at the last sync: {metric.recorded['status']}; the next sync will bring it up to date"
        )


def _row(segment: Segment, zone: tzinfo) -> list[str]:
    return [
        _local(segment.start, zone),
        _local(segment.end, zone),
        segment.state,
        segment.why,
        segment.holder,
        _span(segment.counted_ms) if segment.counted_ms else "-",
    ]


def _local(at: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).strftime("%a %Y-%m-%d %H:%M:%S %Z")


def _span(ms: int) -> str:
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02d}m {seconds:02d}s"
