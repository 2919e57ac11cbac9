"""`sla doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from hubspot_sla.flows.inspection.checks.finding import Finding

_MARKS = {"ok": ("ok", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red"), "skipped": ("skip", "cyan")}


@click.command(
    "doctor", epilog="Example: sla doctor || sla doctor --json | jq '.findings[] | select(.level == \"fail\")'"
)
@environment.mappings_option
@environment.ledger_option
@click.option("--jobs", metavar="DIR", help="The jobs folder (default: SLA_JOBS, jobs).")
@terminal.json_option
def command(mappings: str | None, ledger: str | None, jobs: str | None, *, as_json: bool) -> int:
    """Check everything it depends on: settings, token and scopes, API version, quota, clocks, pipelines, properties,
    mappings, jobs, ledger. One line each, the remedy beside each failure. Nothing is written.

    Ends with the exit code of the worst failure; warnings do not count.
    """
    from hubspot_sla.flows.context.local_clock import wall_now
    from hubspot_sla.flows.inspection.doctor import examine, exit_code

    settings = environment.settings(mappings=mappings, ledger=ledger, jobs=jobs)
    findings: list[Finding] = []
    for finding in examine(settings, wall_now()):
        findings.append(finding)
        if not as_json:
            _show(finding, settings.redactor)
    code = exit_code(findings)
    if as_json:
        report = {"exit_code": code, "findings": [finding.as_json() for finding in findings]}
        terminal.print_json(settings.redactor.within(report))
    return code


def _show(finding: Finding, redact: terminal.Redact) -> None:
    mark, colour = _MARKS[finding.level.value]
    message, remedy = redact(finding.message), redact(finding.remedy)
    if not sys.stdout.isatty():
        terminal.row([finding.level.value, finding.check, message, *([remedy] if remedy else [])])
        return
    bold = {"bold": True}
    terminal.say_styled((f"{mark:>4}", {"fg": colour, **bold}), ("  ", {}), (finding.check, bold), (f": {message}", {}))
    if remedy:
        terminal.say_styled(("      ->", {"fg": colour}), (f" {remedy}", {}))
