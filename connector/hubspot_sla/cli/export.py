"""`sla export`: the objectives of the mappings in a form that other tools read."""

from __future__ import annotations

import click

from hubspot_sla.cli import environment, terminal

EPILOG = """\b
Examples:
  sla export --openslo
  sla export --openslo --out objectives.yaml
"""


@click.command("export", epilog=EPILOG)
@click.option("--openslo", is_flag=True, help="As OpenSLO: Services, DataSources, SLIs and SLOs of openslo/v1.")
@click.option("--out", metavar="FILE", help="Write to this file (default: standard output).")
@environment.mappings_option
@environment.ledger_option
@terminal.json_option
def command(out: str | None, mappings: str | None, ledger: str | None, *, openslo: bool, as_json: bool) -> None:
    """Write the objectives of policies.yaml and contracts.yaml as OpenSLO, a YAML document for each object.

    What OpenSLO has no field for, such as bands, credits and caps, is in annotations as it was written, fees with it;
    what it cannot say is named on standard error. Works offline, from the mappings folder.
    """
    from hubspot_sla.cli import documents
    from hubspot_sla.errors import UsageProblem
    from hubspot_sla.flows.context import mapping_texts
    from hubspot_sla.flows.context.loaded_mappings import load_mappings
    from hubspot_sla.flows.inspection.openslo.export import exported

    if not openslo:
        raise UsageProblem("nothing says in which form", remedy="write `sla export --openslo`")
    texts = mapping_texts.texts_offline(environment.settings(mappings=mappings, ledger=ledger))
    export = exported(load_mappings(texts), texts)
    if out is not None:
        documents.write(export.as_yaml(), out, export.sentence)
    if as_json:
        terminal.print_json(export.as_json())
        return
    if out is None:
        documents.write(export.as_yaml(), None, export.sentence)
    for note in export.notes:
        terminal.notice(note)
