"""`sla simulate`: what other mappings would have made of the recorded history."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.cli.documents import content, form_of_file, show_whole, write
from hubspot_sla.cli.simulation_request import asked_for, naming_folders

if TYPE_CHECKING:
    from hubspot_sla.flows.simulation.credited import Readers
    from hubspot_sla.render.report.document import Document

FORMATS = ("terminal", "json", "markdown", "html", "csv")
ROWS = 25
"""Of a breakdown, where a person reads it at once."""
EPILOG = """\b
Examples:
  sla simulate --mappings mappings                 the edited folder over the ledger
  sla simulate --mappings new --since 2026-10-01 --by tier,metric
  sla simulate --mappings new --fail-if 'attainment(gold, resolution) < 95%'
  sla simulate --mappings new --fail-if 'credits(acme) > 1000 EUR'
  sla simulate tickets.jsonl.gz --mappings new --against mappings --format markdown

\b
Exit codes beside the usual: 0 no condition of --fail-if holds, 1 one holds,
2 one cannot be answered, or records could not be judged.
"""


@click.command("simulate", epilog=EPILOG)
@click.argument("file", required=False)
@click.option("--mappings", "new", required=True, metavar="DIR", help="The folder of the new mappings.")
@click.option("--against", metavar="DIR", help="Those to compare with (default: in force; with FILE SLA_MAPPINGS).")
@click.option("--since", metavar="DATE", help="Only records created from this day on.")
@click.option("--by", multiple=True, metavar="WORDS", help="Break down by these; may be given again.")
@click.option("--where", metavar="CONDITIONS", default="", help="Only these: 'tier: gold, priority: [HIGH]'.")
@click.option("--fail-if", "conditions", multiple=True, metavar="CONDITION", help="Exit with 1 where it holds.")
@click.option("--min-n", type=click.IntRange(min=1), default=1, show_default=True, help="Least n of a condition.")
@click.option(
    "--allow-unjudged", type=click.IntRange(min=0), default=0, show_default=True, help="Records that may fail."
)
@click.option("--most", type=click.IntRange(min=0), default=50, show_default=True, help="Flips to list of each kind.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes (default: one, or one for each processor).")
@click.option("--now", metavar="INSTANT", help="Judge as of this instant (default: the last sync; with FILE, now).")
@click.option("--pipelines", metavar="FILE", help="With FILE: HubSpot's answer about pipelines.")
@click.option("--companies", metavar="FILE", help="With FILE: companies as HubSpot answers them.")
@click.option("--contacts", metavar="FILE", help="With FILE: contacts as HubSpot answers them.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="terminal", help="The form (default: terminal).")
@click.option("--table", "key", metavar="NAME", default="flips", help="With csv: this table (default: flips).")
@click.option("--out", metavar="FILE", help="Write to this file, in the form of its ending.")
@environment.ledger_option
@terminal.json_option
def command(form: str, key: str, out: str | None, *, as_json: bool, **asked: Any) -> int:
    """Simulate mappings over the recorded history: what would be kept, what flips and why, what would have been
    done, and what contracts would owe.

    Both sides are judged as if their mappings had held all along, as of the last sync. Records come from the ledger, or
    from FILE, in the shape that `sla evaluate` reads. Nothing is written, in HubSpot or in the ledger.
    """
    from hubspot_sla.flows.simulation.document import conditions_as_json, document
    from hubspot_sla.flows.simulation.simulate import simulated

    form = "json" if as_json else form_of_file(form, out, FORMATS)
    limits = {name: asked.pop(name) for name in ("jobs", "min_n", "allow_unjudged")}
    readers = _readers(asked["new"], asked["against"], asked["ledger"])
    with ExitStack() as closing:
        request = asked_for(closing, **asked)
        tell = closing.enter_context(terminal.progress("simulating", quiet=form != "terminal"))
        folders = {asked["new"]: request.new, asked["against"] or str(environment.settings().mappings): request.base}
        with naming_folders(folders):
            result = simulated(request, **limits, tell=tell, readers=readers)
    made = document(result, ROWS if form in ("terminal", "markdown") else None)
    for note in made.notes:
        terminal.notice(note, word="note: ", colour="yellow")
    if form == "terminal":
        show_whole(made)
    else:
        write(_content(made, form, key, conditions_as_json(result)), out, made.sentence)
    return result.exit_code


def _readers(new: str, against: str | None, ledger: str | None) -> Readers:
    """Feeds lie beside the contracts that name them."""
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.simulation.credited import Readers

    settings = environment.settings(ledger=ledger)
    before = settings.mappings if against is None else Path(against)
    return Readers(FeedReader(before, settings.secret), FeedReader(Path(new), settings.secret))


def _content(made: Document, form: str, key: str, conditions: list[dict[str, object]]) -> bytes:
    if form == "json":
        from hubspot_sla.render.report.as_json import as_json

        body = {**as_json(made), "facts": dict(made.facts), "conditions": conditions}
        return (json.dumps(body, indent=2, ensure_ascii=False) + "\n").encode()
    if form == "markdown":
        from hubspot_sla.render.report.markdown import markdown

        return markdown(made).encode()
    return content(made, "html" if form == "html" else "csv", key)
