"""`sla contract claims`, `claim`, `accruals` and `states`: what can be claimed, what is owed so far, and how contracts
stand."""

from __future__ import annotations

import click

from hubspot_sla.cli import environment, terminal


@click.command("claims", epilog="Example: sla contract claims --all")
@click.option("--all", "every", is_flag=True, help="Also claims that have lapsed, were refused or are paid.")
@click.option("--evidence", is_flag=True, help="What each rests on: broken promises with their spans, outages.")
@environment.mappings_option
@environment.ledger_option
@terminal.json_option
def claims(mappings: str | None, ledger: str | None, *, every: bool, evidence: bool, as_json: bool) -> None:
    """List the credits that must be claimed, by vendors and to customers, the first to lapse first.

    Each with its last day, the evidence asked for, the audit entry that its statement was sealed with, and what was
    recorded of it. A claim of a window that is not closed is provisional.
    """
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.reporting.contracts.claims import claims as found_claims
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.ledger.database import open_for_reading

    settings = environment.settings(ledger=ledger, mappings=mappings)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        reader = FeedReader(settings.mappings, settings.secret)
        found = found_claims(opened.db, reader, local_now(opened.db, settings.clock))
    shown = [claim for claim in found if every or claim.is_open]
    for note in dict.fromkeys(note for claim in shown for note in claim.notes):
        terminal.notice(note, word="note: ", colour="yellow")
    if as_json:
        terminal.print_json([claim.as_json() for claim in shown])
    elif shown and evidence:
        rows = [
            [claim.contract, claim.period, claim.objective, *proof.row()] for claim in shown for proof in claim.proofs
        ]
        terminal.table(["contract", "period", "objective", "ticket", "what", "from", "due", "to", "late"], rows)
    elif shown:
        heads = ["contract", "party", "period", "objective", "amount", "claim", "last day", "left", "statement"]
        terminal.table([*heads, "evidence"], [claim.row() for claim in shown])
    else:
        terminal.say("Nothing is to be claimed.")


@click.command("claim", epilog="Example: sla contract claim Hoster --period 2026-10 --state filed --by Ada")
@click.argument("contract")
@click.option("--period", required=True, metavar="PERIOD", help="A window: 2026-10, 2026-Q4, 2026.")
@click.option("--objective", default="", metavar="ID", help="Needed where several credits can be claimed.")
@click.option(
    "--state", required=True, type=click.Choice(["filed", "answered", "refused", "paid"]), help="What became of it."
)
@click.option("--on", default="", metavar="DAY", help="The day on which it happened (default: today).")
@click.option("--amount", default="", metavar="AMOUNT", help="The amount that was claimed, agreed or paid.")
@click.option("--note", default="", metavar="TEXT", help="A reference, or why.")
@click.option("--by", metavar="NAME", help="Who records it (default: the user of this machine).")
@environment.mappings_option
@environment.ledger_option
@terminal.json_option
def claim(
    contract: str,
    period: str,
    objective: str,
    state: str,
    on: str,
    amount: str,
    note: str,
    by: str | None,
    mappings: str | None,
    ledger: str | None,
    *,
    as_json: bool,
) -> None:
    """Record what became of a claim under CONTRACT. Nothing is sent to anybody.

    What was recorded stays in the ledger, covered by the audit log; the newest record says how the claim stands.
    """
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.runs.record_claim import Asked, record
    from hubspot_sla.ledger.database import open_beside

    settings = environment.settings(ledger=ledger, mappings=mappings)
    with open_beside(settings.ledger) as opened, opened.telling_damage():
        now, who = local_now(opened.db, settings.clock), environment.person(by)
        asked = Asked(contract, period, objective, state, who, now, on, amount, note.strip())
        recorded = record(opened, asked, FeedReader(settings.mappings, settings.secret))
    if as_json:
        terminal.print_json(recorded.as_json())
    else:
        due = f", due {recorded.due_on}" if recorded.due_on else ""
        terminal.say(f"{recorded.contract} {recorded.period}, {recorded.objective}: {recorded.state}{due}.")


@click.command("accruals", epilog="Example: sla contract accruals --period 2026-10")
@click.option("--period", default="", metavar="PERIOD", help="A month, quarter or year (default: this month).")
@click.option("--journal", "as_journal", is_flag=True, help="As lines of a journal, CSV: what finance books.")
@environment.mappings_option
@environment.ledger_option
@terminal.json_option
def accruals(period: str, mappings: str | None, ledger: str | None, *, as_journal: bool, as_json: bool) -> None:
    """Show what is owed so far under every contract, window by window, and its sum for each currency.

    Final is what was sealed; what is provisional comes from the ledger as it stands. Of a window that runs the expected
    credit is shown beside it, by the chances of `sla forecast`. Currencies are never added up.
    """
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.inspection.contract_accruals import accruals as found_accruals
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.ledger.database import open_for_reading

    settings = environment.settings(ledger=ledger, mappings=mappings)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        reader = FeedReader(settings.mappings, settings.secret)
        found = found_accruals(opened.db, reader, local_now(opened.db, settings.clock), period)
    for note in (*found.notes, *(missing for row in found.rows for missing in row.missing)):
        terminal.notice(note, word="note: ", colour="yellow")
    if as_journal and as_json:
        raise click.UsageError("--journal is CSV: leave --json out.")
    if as_journal:
        from hubspot_sla.flows.inspection.journal import journal

        terminal.write_document(journal(found).encode())
    elif as_json:
        totals = [total.as_json() for total in found.totals]
        terminal.print_json({"windows": [row.as_json() for row in found.rows], "totals": totals})
    elif not found.rows:
        terminal.say("No contract has a window in this period.")
    else:
        heads = ["contract", "party", "period", "standing", "whose", "owed", "payable", "expected"]
        terminal.table(heads, [row.row() for row in found.rows])
        for total in found.totals:
            whose = "We owe" if total.side == "customer" else "Owed to us"
            likely = "" if total.expected is None else f" {total.expected} are expected."
            terminal.say(f"{whose}, {total.currency}: {total.final} final, {total.provisional} provisional.{likely}")


@click.command("states", epilog="Example: sla contract states --json")
@environment.mappings_option
@environment.ledger_option
@terminal.json_option
def states(mappings: str | None, ledger: str | None, *, as_json: bool) -> None:
    """Show how every contract in force stands: its objectives so far, the rights that hold, and their rungs."""
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.inspection.contract_rungs import with_rungs
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.reporting.contracts.standing import contract_standings
    from hubspot_sla.flows.reporting.report import mappings_of
    from hubspot_sla.ledger.database import open_for_reading
    from hubspot_sla.ledger.one_state import one_state

    settings = environment.settings(ledger=ledger, mappings=mappings)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage(), one_state(opened.db):
        now, reader = local_now(opened.db, settings.clock), FeedReader(settings.mappings, settings.secret)
        in_force = mappings_of(opened.db)
        standings = contract_standings(opened.db, in_force, reader, now)
        found = [with_rungs(opened.db, in_force, standing) for standing in standings]
    for note in dict.fromkeys(note for each in found for note in each.standing.notes):
        terminal.notice(note, word="note: ", colour="yellow")
    if as_json:
        terminal.print_json([standing.as_json() for standing in found])
    elif found:
        rows = [row for standing in found for row in standing.rows()]
        terminal.table(["contract", "window", "of", "state", "rungs"], rows)
    else:
        terminal.say("No contract is in force.")
