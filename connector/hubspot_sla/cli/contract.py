"""`sla contract`: what was promised to customers and by vendors, and what is owed where it was not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from hubspot_sla.cli import contract_claims, environment, terminal
from hubspot_sla.cli.documents import FORMS, Put, show_whole

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from hubspot_sla.flows.inspection.contracts import ShownContract
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.runs.close_period import Asked
    from hubspot_sla.ledger.contract_closings import ContractClosing
    from hubspot_sla.ledger.database import Ledger

FC = TypeVar("FC", bound="Callable[..., Any]")


@click.group("contract", epilog="Example: sla contract statement acme_support --period 2026-10")
def command() -> None:
    """Show the contracts of mappings/contracts.yaml, draw their statements, and close their windows.

    A statement is a proposal with its evidence; no money is moved.
    """


for _of_claims in (contract_claims.claims, contract_claims.claim, contract_claims.accruals, contract_claims.states):
    command.add_command(_of_claims)


@command.command("list", epilog="Example: sla contract list --json")
@environment.ledger_option
@terminal.json_option
def show_all(ledger: str | None, *, as_json: bool) -> None:
    """List the contracts in force, with every version, and which of their windows are closed."""
    from hubspot_sla.flows.inspection.contracts import every

    contracts = _read(ledger, every)
    if as_json:
        terminal.print_json([contract.as_json() for contract in contracts])
    elif contracts:
        heads = ["contract", "version", "party", "window", "currency", "valid", "objectives", "closed"]
        terminal.table(heads, [contract.row() for contract in contracts])
    else:
        terminal.say("There are no contracts. Write mappings/contracts.yaml: docs/reference/contracts.md shows how.")


@command.command("show", epilog="Example: sla contract show Acme")
@click.argument("contract")
@environment.ledger_option
@terminal.json_option
def show(contract: str, ledger: str | None, *, as_json: bool) -> None:
    """Show the terms of CONTRACT: its id, or its party by name or id."""
    from functools import partial

    from hubspot_sla.flows.inspection.contracts import one

    versions = _read(ledger, partial(one, word=contract))
    if as_json:
        terminal.print_json([version.as_json() for version in versions])
        return
    for version in versions:
        terminal.say(version.title)
        for name, value in version.facts():
            terminal.row([f"  {name}", value])
        terminal.table(["objective", "measures", "promised", "owes", "base"], version.objectives())


@command.command("due", epilog="Example: sla contract due --days 90")
@click.option("--days", type=click.IntRange(1, 730), default=60, show_default=True, help="Look so many days ahead.")
@click.option("--at", metavar="INSTANT", help="Look from this instant on (default: now).")
@environment.mappings_option
@environment.ledger_option
@terminal.json_option
def due(days: int, at: str | None, mappings: str | None, ledger: str | None, *, as_json: bool) -> None:
    """List what must be done in time: claims, reviews, renewals and the notice before them, ends of contracts.

    Each with the rungs of escalations.yaml that hang on it: from which day on they fire, or that they have fired.
    """
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.inspection.contracts_due import due_days
    from hubspot_sla.flows.inspection.instants import parse_instant
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.ledger.database import open_for_reading

    settings = environment.settings(ledger=ledger, mappings=mappings)
    as_of = None if at is None else parse_instant("--at", at)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        now = local_now(opened.db, settings.clock) if as_of is None else as_of
        found = due_days(opened.db, FeedReader(settings.mappings, settings.secret), now, days)
    if as_json:
        terminal.print_json([day.as_json() for day in found])
    elif found:
        terminal.table(["day", "contract", "party", "what", "rungs"], [day.row() for day in found])
    else:
        terminal.say(f"Nothing is due within {'a day' if days == 1 else f'{days} days'}.")


@command.command("statement", epilog="Example: sla contract statement Acme --period 2026-10 --format html --out a.html")
@click.argument("contract")
@click.option("--period", metavar="PERIOD", help="A window: 2026-10, 2026-Q4, 2026 (default: the one that runs).")
@click.option("--at", metavar="INSTANT", help="Provisional, as of this instant (default: now, or what was sealed).")
@click.option("--edition", type=click.IntRange(min=1), help="Of a closed window, an earlier edition.")
@click.option("--provisional", is_flag=True, help="From the ledger as it stands, also of a closed window.")
@click.option("--format", "form", type=click.Choice(FORMS), default="table", help="The form (default: table).")
@click.option("--table", "key", metavar="NAME", help="With table or csv: objectives, owed, claims or rights.")
@click.option("--out", metavar="FILE", help="Write to this file, in the form of its ending.")
@environment.mappings_option
@environment.ledger_option
@terminal.json_option
def statement(
    contract: str,
    period: str | None,
    at: str | None,
    edition: int | None,
    form: str,
    key: str | None,
    out: str | None,
    mappings: str | None,
    ledger: str | None,
    *,
    provisional: bool,
    as_json: bool,
) -> None:
    """Draw the statement of CONTRACT for a window: objective by objective what was promised, measured and is owed.

    Of a window that was closed it is final, and drawn from what was sealed then: `sla contract close`. Any other is
    provisional: it comes from the ledger as it stands, and from the feeds beside contracts.yaml.
    """
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.inspection.instants import parse_instant
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.reporting.contracts.statement import Asked
    from hubspot_sla.flows.reporting.contracts.statement import statement as drawn
    from hubspot_sla.ledger.database import open_for_reading

    put = Put.chosen(form, out, as_json=as_json)
    settings = environment.settings(ledger=ledger, mappings=mappings)
    as_of = None if at is None else parse_instant("--at", at)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        now = local_now(opened.db, settings.clock) if as_of is None else as_of
        reader = FeedReader(settings.mappings, settings.secret)
        is_provisional = provisional or (at is not None and edition is None)
        whole = put.form in ("csv", "json", "xlsx")
        document = drawn(opened.db, Asked(contract, period or "", reader, now, edition, is_provisional, every=whole))
    for note in document.notes:
        terminal.notice(note, word="note: ", colour="yellow")
    if put.form == "table" and key is None:
        show_whole(document)
    else:
        put.put(document, key or "objectives")


@command.command("chain", epilog="Example: sla contract chain --ticket 28100042")
@click.option("--period", default="", metavar="PERIOD", help="A month, quarter or year (default: this month).")
@click.option("--ticket", "record", default="", metavar="TICKET", help="The chain behind this ticket, as of now.")
@click.option("--format", "form", type=click.Choice(FORMS), default="table", help="The form (default: table).")
@click.option("--table", "key", metavar="NAME", help="With table or csv: this table alone.")
@click.option("--out", metavar="FILE", help="Write to this file, in the form of its ending.")
@environment.ledger_option
@terminal.json_option
def chain(period: str, record: str, key: str | None, ledger: str | None, **asked: Any) -> None:
    """Show SLA, OLA and underpinning contracts side by side: what was promised and kept, and who caused a breach.

    Of a period every department and vendor, each broken promise to a customer with the links that were late before it,
    and the slack of what is open. Of a ticket each link, and whose time its promises to the customer took.
    """
    from hubspot_sla.cli import contract_chain

    contract_chain.show(period, record, key, ledger, asked)


_close_options = (
    click.option("--period", required=True, metavar="PERIOD", help="A window: 2026-10, 2026-Q4, 2026."),
    click.option("--by", metavar="NAME", help="Who does it (default: the user of this machine)."),
    click.option(
        "--with-unknown",
        is_flag=True,
        help="Also where tickets are in quarantine, or a feed cannot be read or lacks rows: what is there counts.",
    ),
    environment.mappings_option,
    environment.ledger_option,
    terminal.json_option,
)


def _closing_options(of: FC) -> FC:
    for option in reversed(_close_options):
        of = option(of)
    return of


@command.command("close", epilog="Example: sla contract close Acme --period 2026-10")
@click.argument("contract")
@_closing_options
def close(
    contract: str,
    period: str,
    by: str | None,
    mappings: str | None,
    ledger: str | None,
    *,
    with_unknown: bool,
    as_json: bool,
) -> None:
    """Close a window of CONTRACT: what enters its statement is sealed into the audit log, and the statement is final.

    A window can be closed after its end in the contract's zone, once everything in it is known: until then the command
    ends with 75. Windows are closed in their order, each once. The job contract_close does it by itself.
    """
    from hubspot_sla.flows.runs import close_contract

    _make(close_contract.close, contract, period, _Closing(ledger, mappings, by, "", with_unknown, as_json))


@command.command("restate", epilog='Example: sla contract restate Acme --period 2026-10 --reason "a waiver came late"')
@click.argument("contract")
@click.option("--reason", required=True, help="Why a new edition is made; its statement says it.")
@_closing_options
def restate(
    contract: str,
    reason: str,
    period: str,
    by: str | None,
    mappings: str | None,
    ledger: str | None,
    *,
    with_unknown: bool,
    as_json: bool,
) -> None:
    """Make a new edition of a closed window of CONTRACT, from what stands now. The earlier editions stay."""
    from hubspot_sla.flows.runs import close_contract

    if not reason.strip():
        raise click.UsageError("--reason is empty: say why.")
    closing = _Closing(ledger, mappings, by, reason.strip(), with_unknown, as_json)
    _make(close_contract.restate, contract, period, closing)


class _Closing(NamedTuple):
    """What the options of `close` and `restate` say."""

    ledger: str | None
    mappings: str | None
    by: str | None
    reason: str
    with_unknown: bool
    as_json: bool


def _make(
    make: Callable[[Ledger, str, str, FeedReader, Asked], ContractClosing], contract: str, period: str, said: _Closing
) -> None:
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.inspection.contracts import closing_as_json
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.runs.close_period import Asked
    from hubspot_sla.ledger.database import open_beside

    settings = environment.settings(ledger=said.ledger, mappings=said.mappings)
    with open_beside(settings.ledger) as opened, opened.telling_damage():
        now = local_now(opened.db, settings.clock)
        asked = Asked(environment.person(said.by), now, said.with_unknown, said.reason)
        closed = make(opened, contract, period, FeedReader(settings.mappings, settings.secret), asked)
    for note in closed.notes:
        terminal.notice(note, word="note: ", colour="yellow")
    if said.as_json:
        terminal.print_json(closing_as_json(closed))
        return
    terminal.say(
        f"{closed.contract} {closed.period}: edition {closed.edition} stands."
        f" `sla contract statement {closed.contract} --period {closed.period}` draws it."
    )


def _read(ledger: str | None, of: Callable[[sqlite3.Connection], list[ShownContract]]) -> list[ShownContract]:
    from hubspot_sla.ledger.database import open_for_reading

    settings = environment.settings(ledger=ledger)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        return of(opened.db)
