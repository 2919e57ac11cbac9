"""`sla explain`: the verdicts of one ticket, and why."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.inspection.explain import Explanation, MetricExplanation
    from hubspot_sla.flows.inspection.explain_at import ExplanationAt, View
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.render.story import Teller


@click.command("explain", epilog="Example: sla explain 28100042")
@click.argument("ticket")
@click.option("--at", metavar="INSTANT", help="What was known at this instant, beside what is known now of it.")
@environment.ledger_option
@terminal.json_option
def command(ticket: str, at: str | None, ledger: str | None, *, as_json: bool) -> None:
    """Show which policy and tier apply to TICKET, which time counted, when it was due, and why it is late.

    All of it comes from the ledger; HubSpot is not asked. Exit code 4 where the rows that it rests on do not follow
    from the audit log.
    """
    from hubspot_sla.errors import UsageProblem
    from hubspot_sla.flows.context.kept_versions import answered
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.context.start_cache import StartCache
    from hubspot_sla.flows.inspection.instants import parse_instant
    from hubspot_sla.flows.inspection.proven_rows import problems_of, require_none
    from hubspot_sla.ledger.database import open_for_reading
    from hubspot_sla.plan.records import RecordRef

    settings = environment.settings(ledger=ledger)
    instant = None if at is None else parse_instant("--at", at)
    ref = RecordRef.of(ticket)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        now = local_now(opened.db, settings.clock)
        unproven = problems_of(opened.db, ref)
        try:
            if instant is not None:
                then = _at(opened.db, ref, instant, now)
            else:
                asked = partial(_explained, opened.db, ref, now, as_json=as_json)
                explanation, body = answered(opened.db, StartCache(settings.cache), asked)
        except UsageProblem:  # "never seen", because its row is gone
            require_none(unproven)
            raise
    if as_json:
        terminal.print_json(body if instant is None else then.as_json())
    elif instant is None:
        show(explanation)
    else:
        show_at(then)
    require_none(unproven)


def _explained(
    db: sqlite3.Connection, ref: RecordRef, now: int, versions: Sequence[Version], *, as_json: bool
) -> tuple[Explanation, dict[str, object] | None]:
    from hubspot_sla.flows.inspection.explain import explain

    explanation = explain(db, ref, now, versions)
    return explanation, explanation.as_json() if as_json else None


def _at(db: sqlite3.Connection, ref: RecordRef, instant: int, now: int) -> ExplanationAt:
    from hubspot_sla.flows.inspection.explain_at import explain_at
    from hubspot_sla.ledger.known_by import newest_instant

    return explain_at(db, ref, instant, max(now, newest_instant(db) or now))


def show(explanation: Explanation) -> None:
    """The explanation on a terminal or in a pipe: what is late first, then what is fine, then how that came about."""
    from hubspot_sla.policy.object_words import singular_of

    teller = explanation.teller
    text = teller.texts.text
    word = singular_of(explanation.record.object_type).capitalize()
    terminal.say(f"{word} {explanation.record.key}: {explanation.subject}")
    if explanation.gone_at is not None:
        gone_at = instant(explanation.gone_at, teller)
        terminal.say(text("Archived in HubSpot {at}: its clocks ended there.", at=gone_at))
    for metric in explanation.metrics:
        _show_line(metric)
    terminal.heading(text("Details"))
    _show_policies(explanation)
    _show_waivers(explanation)
    for metric in explanation.metrics:
        _show_metric(metric, teller, erased=explanation.erased)
    _show_rungs(explanation)
    _show_messages(explanation)


def show_at(explanation: ExplanationAt) -> None:
    """As it was known then, what is known now of that instant, and what makes the difference."""
    from hubspot_sla.policy.object_words import singular_of

    then = explanation.then.teller

    def at(milliseconds: int) -> str:
        return instant(milliseconds, then)

    word = singular_of(explanation.record.object_type).capitalize()
    terminal.say(f"{word} {explanation.record.key}: {explanation.subject}")
    terminal.heading(f"As it was known {at(explanation.at)}")
    _show_view(explanation.then)
    if explanation.unrecorded:
        terminal.paragraph(f"Recorded then, because {explanation.why_not}:", indent="  ")
        for clock in explanation.unrecorded:
            status = explanation.recorded.get(clock, {}).get("status", "nothing")
            terminal.paragraph(f"{clock}: {status}", indent="    ")
    terminal.heading("What is known now of that instant")
    _show_view(explanation.now)
    terminal.heading("The difference")
    if not explanation.differences:
        terminal.say("None: nothing that was learned since changes what was known then.")
    for difference in explanation.differences:
        terminal.paragraph(f"then: {difference.then or f'no clock {difference.clock}'}")
        terminal.paragraph(f"now:  {difference.now or f'no clock {difference.clock}'}")
    if explanation.learned:
        terminal.heading("Learned since")
        for one in explanation.learned:
            terminal.paragraph(one.sentence(at), indent="  ")


def _show_view(view: View) -> None:
    tier = view.judgement.tier
    policies = ", ".join(policy.id for policy in view.judgement.agreed[-1].policies) or "none"
    for line in view.lines.values():
        terminal.paragraph(line)
    terminal.say(f"Customer tier: {tier or 'none'}; policy: {policies}")


def instant(at: int, teller: Teller) -> str:
    """In UTC: of what belongs to no calendar."""
    from datetime import UTC

    from hubspot_sla.language.forms import instant

    return instant(at, UTC, teller.texts)


def _show_line(metric: MetricExplanation) -> None:
    from hubspot_sla.render.story import Standing

    late = metric.text.standing in (Standing.LATE, Standing.WAS_LATE)
    terminal.paragraph(metric.line, colour="red" if late else "")
    if metric.task:
        terminal.paragraph(metric.task, indent="  ")


def _show_policies(explanation: Explanation) -> None:
    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.render.names import whose_promise

    teller, last = explanation.teller, explanation.judgement.agreed[-1]
    text = teller.texts.text
    tier = last.tier.shown
    terminal.say(text("Customer tier: {tier}", tier=tier) if tier else text("Customer tier: none"))
    for agreement, match in last.matches.items():
        policy = match.policy.id if match.policy else text("none matches")
        kind = whose_promise(Clock(agreement.kind, "", agreement=agreement.name), teller.texts)
        terminal.say(text("{kind} policy: {policy}", kind=kind, policy=policy))
        for name, why in match.rejected:
            terminal.paragraph(text("not {policy}: {why}", policy=name, why=teller.why(why)), indent="  ")


def _show_waivers(explanation: Explanation) -> None:
    from hubspot_sla.flows.inspection import waivers

    for waiver in explanation.waivers:
        terms = waiver.terms
        what = "stops the clocks" if terms.stops else f"excuses {waiver.scope.metric or 'every clock'}"
        number = f"Waiver {waiver.number}" if waiver.number > 0 else f"Waiver of {waivers.FILE}"
        line = f"{number} by {terms.granted_by} {what}, {waivers.state(waiver, explanation.now)}"
        terminal.say(f"{line}: {terms.reason}{f' ({terms.evidence})' if terms.evidence else ''}")


def _show_metric(metric: MetricExplanation, teller: Teller, *, erased: bool) -> None:
    from hubspot_sla.clock.explain import rule
    from hubspot_sla.flows.inspection.editions import sentence
    from hubspot_sla.language.forms import zone_of
    from hubspot_sla.render.segment_table import columns, rows

    promise = metric.verdict.promise
    if not (metric.text.details or metric.segments or metric.recorded or metric.editions):
        return
    terminal.heading(metric.text.name)
    for detail in metric.text.details:
        terminal.paragraph(detail, indent="  ")
    if promise is not None and (definition := rule(promise)):
        terminal.paragraph(definition, indent="  ")
    if promise is not None and metric.segments:
        zone = promise.calendar.zone
        terminal.table(columns(teller.texts), rows(metric.segments, zone, teller.texts))
        terminal.say(teller.texts.text("Times in {zone}", zone=zone_of(zone)))
    for edition in metric.editions:
        terminal.paragraph(sentence(edition, lambda at: instant(at, teller)), indent="  ")
    if metric.recorded is not None:
        status = str(metric.recorded["status"])
        later = teller.texts.text(
            "recorded at the last sync: {status}; the next sync will bring it up to date", status=status
        )
        counts = f"recorded: {status}, which counts: it rests on values that were erased"
        terminal.paragraph(counts if erased else later, indent="  ")


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
    if messages.not_needed:
        terminal.say(f"  Not read, because no policy counts them: {', '.join(messages.not_needed)}.")
    rows = [[local(at, zone), who, what, counts_as, why] for at, who, what, counts_as, why in messages.rows()]
    if rows:
        terminal.table(["when", "who", "what", "counts as", "why not"], rows)


def _show_rungs(explanation: Explanation) -> None:
    from hubspot_sla.flows.inspection.rung_overview import rung_rows

    rows = rung_rows(explanation.escalation, [metric.verdict for metric in explanation.metrics], explanation.teller)
    if rows:
        text = explanation.teller.texts.text
        terminal.heading(text("Escalation"))
        terminal.table([text("clock"), text("step"), text("what"), text("when"), text("why")], rows)
