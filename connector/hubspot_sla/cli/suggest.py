"""`sla suggest`: targets that would have been kept."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from typing import Any

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.cli.documents import content, form_of_file, show_whole, write
from hubspot_sla.cli.simulation_request import asked_for
from hubspot_sla.errors import UsageProblem

FORMATS = ("terminal", "yaml", "json", "csv", "html")
EPILOG = """\b
Examples:
  sla suggest --attain 95                              by policy, metric and calendar
  sla suggest --attain 90,95,99 --by tier,priority
  sla suggest --attain 95 --by tier --format yaml      to be pasted into policies.yaml
  sla suggest tickets.jsonl.gz --attain 95 --mappings mappings
"""


@click.command("suggest", epilog=EPILOG)
@click.argument("file", required=False)
@click.option("--attain", default="90,95,99", show_default=True, metavar="PERCENT", help="The shares to be kept.")
@click.option("--by", default="policy", show_default=True, metavar="WORDS", help="A target for each of these.")
@click.option(
    "--mappings", "new", metavar="DIR", help="By these clocks run (default: in force; with FILE SLA_MAPPINGS)."
)
@click.option("--min-n", type=click.IntRange(min=1), default=20, show_default=True, help="Least n of a target.")
@click.option("--since", metavar="DATE", help="Only records created from this day on.")
@click.option("--where", metavar="CONDITIONS", default="", help="Only these: 'tier: gold, priority: [HIGH]'.")
@click.option("--now", metavar="INSTANT", help="As of this instant (default: the last sync; with FILE, now).")
@click.option("--pipelines", metavar="FILE", help="With FILE: HubSpot's answer about pipelines.")
@click.option("--companies", metavar="FILE", help="With FILE: companies as HubSpot answers them.")
@click.option("--contacts", metavar="FILE", help="With FILE: contacts as HubSpot answers them.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="terminal", help="The form (default: terminal).")
@click.option("--table", "key", metavar="NAME", default="suggestions", help="With csv: suggestions or prices.")
@click.option("--out", metavar="FILE", help="Write to this file, in the form of its ending.")
@environment.ledger_option
@terminal.json_option
def command(
    attain: str, by: str, min_n: int, form: str, key: str, out: str | None, *, as_json: bool, **asked: Any
) -> None:
    """Suggest targets that would have been kept for a share of the cycles that there have been.

    Pasted into policies.yaml and simulated over the same records each attains the share, and the next shorter step does
    not. Beside it stand the number of cycles it rests on, the 95 % interval of order statistics, and the target that
    holds where all of its share are pasted at once: that is what the YAML says, as whole policies. Too few cycles are
    no suggestion. Where contracts count these cycles, what the target would have cost in credits stands there too.
    Nothing is written.
    """
    from hubspot_sla.flows.simulation.suggest import suggested
    from hubspot_sla.flows.simulation.suggestion_document import document
    from hubspot_sla.flows.simulation.suggestion_yaml import as_yaml

    form = "json" if as_json else form_of_file(form, out, FORMATS)
    shares = list(dict.fromkeys(_share(text) for text in attain.split(",")))
    with ExitStack() as closing:
        always = f"{by}, metric"  # nothing is mixed across metrics, also where no word is asked for
        request = asked_for(closing, by=(always,), against=asked["new"], conditions=(), most=0, **asked)
        tell = closing.enter_context(terminal.progress("suggesting", quiet=form != "terminal"))
        result = suggested(request, shares, min_n, tell)
    made = document(result)
    for note in made.notes:
        terminal.notice(note, word="note: ", colour="yellow")
    if form == "terminal":
        show_whole(made)
    elif form == "yaml":
        write(as_yaml(result).encode(), out, made.sentence)
    else:
        write(content(made, form, key), out, made.sentence)


def _share(text: str) -> Fraction:
    try:
        share = Fraction(text.strip().removesuffix("%").strip()) / 100
    except (ValueError, ZeroDivisionError):
        share = Fraction(0)
    if not 0 < share < 1:
        raise UsageProblem(f"--attain {text.strip()!r} is no share", remedy="write 95, or 90,95,99: below 100")
    return share
