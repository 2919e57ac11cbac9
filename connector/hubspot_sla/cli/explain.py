"""`sla explain`: the verdicts of one ticket, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from hubspot_sla.flows.inspection.explain import Explanation, MetricExplanation


@click.command("explain", epilog="Example: sla explain 28100042")
@click.argument("ticket")
@environment.ledger_option
@terminal.json_option
def command(ticket: str, ledger: str | None, *, as_json: bool) -> None:
    """Show which policy and tier apply to TICKET, which time counted, when it was due, and why it is late.

    All of it comes from the ledger; HubSpot is not asked.
    """
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.inspection.explain import explain
    from hubspot_sla.ledger.database import open_for_reading
    from hubspot_sla.plan.records import RecordRef

    settings = environment.settings(ledger=ledger)
    with open_for_reading(settings.ledger) as opened:
        explanation = explain(opened.db, RecordRef.of(ticket), local_now(opened.db, settings.clock))
    if as_json:
        terminal.print_json(explanation.as_json())
    else:
        show(explanation)


def show(explanation: Explanation) -> None:
    """The explanation on a terminal or in a pipe."""
    from hubspot_sla.clock.promise import Kind
    from hubspot_sla.plan.instant_text import wire
    from hubspot_sla.policy.object_words import singular_of

    last = explanation.judgement.agreed[-1]
    kinds = {Kind.SLA: "Policy", Kind.OLA: "OLA policy", Kind.UC: "Underpinning contract"}
    word = singular_of(explanation.record.object_type).capitalize()
    terminal.say(f"{word} {explanation.record.key}: {explanation.subject}")
    if explanation.gone_at is not None:
        terminal.say(f"Archived in HubSpot at {wire(explanation.gone_at)}: its clocks ended there.")
    terminal.say(f"Tier: {last.tier.tier or 'no tier'} - {last.tier.why}")
    for agreement, match in last.matches.items():
        policy = match.policy.id if match.policy else "none matches"
        what = f"{kinds[agreement.kind]} of {agreement.name}" if agreement.name else kinds[agreement.kind]
        terminal.say(f"{what}: {policy} ({last.version.mappings.version[:19]})")
        for name, why in match.rejected:
            terminal.say(f"  not {name}: {why}")
    _show_waivers(explanation)
    for metric in explanation.metrics:
        _show_metric(metric)
    _show_rungs(explanation)
    _show_messages(explanation)


def _show_waivers(explanation: Explanation) -> None:
    from hubspot_sla.flows.inspection import waivers

    for waiver in explanation.waivers:
        terms = waiver.terms
        what = "stops the clocks" if terms.stops else f"excuses {waiver.scope.metric or 'every clock'}"
        line = f"Waiver {waiver.number} by {terms.granted_by} {what}, {waivers.state(waiver, explanation.now)}"
        terminal.say(f"{line}: {terms.reason}{f' ({terms.evidence})' if terms.evidence else ''}")


def _show_metric(metric: MetricExplanation) -> None:
    from hubspot_sla.clock.explain import rule, table

    terminal.heading(metric.sentence)
    promise = metric.verdict.promise
    if promise is not None and (definition := rule(promise)):
        terminal.say(f"  {definition}")
    if promise is not None and metric.segments:
        rows = [list(row) for row in table(metric.segments, promise.calendar.zone)]
        terminal.table(["from", "to", "the clock", "why", "whose", "counted"], rows)
    if metric.recorded is not None:
        terminal.say(
            f"  recorded at the last sync: {metric.recorded['status']}; the next sync will bring it up to date"
        )


def _show_messages(explanation: Explanation) -> None:
    from datetime import UTC

    from hubspot_sla.clock.time_text import local
    from hubspot_sla.flows.inspection.messages_overview import LATENESS

    messages = explanation.messages
    if messages is None:
        return
    zone = next((m.verdict.promise.calendar.zone for m in explanation.metrics if m.verdict.promise), UTC)
    terminal.heading("Messages")
    if messages.unread:
        terminal.say(f"  Threads: {messages.unread}; the ticket's properties stand in for them.")
    terminal.say(f"  As last read: {LATENESS}.")
    rows = [[local(at, zone), who, what, counts_as, why] for at, who, what, counts_as, why in messages.rows()]
    if rows:
        terminal.table(["when", "who", "what", "counts as", "why not"], rows)


def _show_rungs(explanation: Explanation) -> None:
    from datetime import UTC

    from hubspot_sla.clock.time_text import local
    from hubspot_sla.flows.inspection.explain import why_cancelled

    escalation = explanation.escalation
    zones = {m.verdict.clock.key: m.verdict.promise.calendar.zone for m in explanation.metrics if m.verdict.promise}
    rows = [
        [rung.clock, rung.rung, rung.outcome.value, local(rung.due_at, zones.get(rung.clock, UTC)), rung.reason]
        for rung in escalation.reached
    ]
    rows += [
        [p.verdict.clock.key, p.suffix, "to come", local(p.at, zones.get(p.verdict.clock.key, UTC)), ""]
        for p in escalation.coming
    ]
    rows += [
        [
            rung.verdict.clock.key,
            rung.rung.name,
            "cancelled" if rung.reached_at is None else "passed by",
            "" if rung.reached_at is None else local(rung.reached_at, zones.get(rung.verdict.clock.key, UTC)),
            why_cancelled(rung),
        ]
        for rung in escalation.cancelled
    ]
    if rows:
        terminal.heading("Escalation")
        terminal.table(["clock", "rung", "what", "when", "why"], rows)
