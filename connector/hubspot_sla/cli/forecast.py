"""`sla forecast`: what the month is likely to come to, and which open promises are likely to be late."""

from __future__ import annotations

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.cli.documents import FORMS, Put, show_whole

MOST_SHOWN = 20
"""Rows of a list on the terminal."""
MONTHS = 3

EPILOG = """\b
Examples:
  sla forecast                          this month, as of the last sync
  sla forecast --policy gold --format html --out gold.html
  sla forecast --backtest 3             how good it was in the last three months
"""


@click.command("forecast", epilog=EPILOG)
@click.option("--period", default="", metavar="MONTH", help="The month that runs (default: that of the last sync).")
@click.option("--policy", default="", metavar="NAME", help="Only the promises of this policy.")
@click.option(
    "--backtest",
    type=click.IntRange(0, 12),
    default=0,
    metavar="MONTHS",
    help="Try the forecast out on so many months before, with what had been seen by then.",
)
@click.option("--format", "form", type=click.Choice(FORMS), default="table", help="The form (default: table).")
@click.option(
    "--table",
    "key",
    metavar="NAME",
    help="With table or csv: policies, customers, open, backtest or backtest_paused alone.",
)
@click.option("--out", metavar="FILE", help="Write to this file, in the form of its ending.")
@environment.ledger_option
@terminal.json_option
def command(
    period: str,
    policy: str,
    backtest: int,
    key: str | None,
    ledger: str | None,
    form: str,
    out: str | None,
    *,
    as_json: bool,
) -> None:
    """Forecast the end of the month by policy and customer, and for each open promise the chance of being late.

    The chance is read from how long clocks of the same policy and priority took in earlier months, in business time,
    given how long this one has run; that of a paused promise from those of its policy that were seen paused before.
    Beside it stands the share of that policy that was late before. Everything comes from the ledger.
    """
    from hubspot_sla.flows.inspection.forecast_document import AskedForecast, forecast_document
    from hubspot_sla.ledger.database import open_for_reading

    put = Put.chosen(form, out, as_json=as_json)
    is_shown = put.form == "table" and key is None
    asked = AskedForecast(period, policy, backtest, MOST_SHOWN if is_shown else None)
    with open_for_reading(environment.settings(ledger=ledger).ledger) as opened, opened.telling_damage():
        document = forecast_document(opened.db, asked)
    for note in document.notes:
        terminal.notice(note, word="note: ", colour="yellow")
    if is_shown:
        show_whole(document)
    else:
        put.put(document, key or "policies")
