"""`sla evaluate`: verdicts on tickets from a file."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.cli.garbage import seldom_looked_for
from hubspot_sla.plain_text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.clock.verdict import Status
    from hubspot_sla.flows.inspection.evaluate import Evaluated, Evaluator
    from hubspot_sla.flows.records.ticket_file import BadRow
    from hubspot_sla.policy.mappings import Mappings

QUARANTINED = 1
"""The exit code when some rows could not be judged."""


@click.command(
    "evaluate", epilog="Example: sla evaluate tickets.jsonl.gz --now 2026-11-23T12:00:00Z --json > verdicts.jsonl"
)
@click.argument("file")
@environment.mappings_option
@click.option("--now", metavar="INSTANT", help="Judge as of this instant (default: the clock of this machine).")
@click.option(
    "--pipelines", metavar="FILE", help="HubSpot's answer about pipelines (default: pipelines.json beside FILE)."
)
@click.option("--companies", metavar="FILE", help="Companies as HubSpot answers them, for properties that tiers read.")
@click.option("--contacts", metavar="FILE", help="Contacts as HubSpot answers them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, one line a ticket.")
@click.option("--summary", is_flag=True, help="Print only the counts at the end.")
def command(
    file: str,
    mappings: str | None,
    now: str | None,
    pipelines: str | None,
    companies: str | None,
    contacts: str | None,
    *,
    as_json: bool,
    summary: bool,
) -> int:
    """Judge the tickets in FILE by the mappings. Offline: HubSpot is not asked, and no verdict is kept.

    FILE holds one ticket a line in HubSpot's own shape (id, properties, propertiesWithHistory, associations), plain or
    gzip; - is standard input. Rows that cannot be judged are listed on standard error and end the command with exit
    code 1; the others are not affected.
    """
    from hubspot_sla.flows.context.kept_mappings import judging_by
    from hubspot_sla.flows.context.loaded_mappings import load_mappings
    from hubspot_sla.flows.context.local_clock import wall_now
    from hubspot_sla.flows.context.mapping_texts import texts_offline
    from hubspot_sla.flows.context.start_cache import StartCache
    from hubspot_sla.flows.inspection import evaluate
    from hubspot_sla.flows.inspection.instants import parse_instant

    settings = environment.settings(mappings=mappings)
    at = wall_now() if now is None else parse_instant("--now", now)
    texts, customers = texts_offline(settings), (evaluate.records_of(companies), evaluate.records_of(contacts))
    known_pipelines = evaluate.pipelines_for(file, pipelines)

    def by(loaded: Mappings, otherwise: Callable[[], Evaluator] | None = None) -> Evaluator:
        portal_ids = evaluate.offline_portal_ids(loaded, known_pipelines)
        return evaluate.Evaluator(loaded, portal_ids, at, *customers, otherwise=otherwise)

    compiled = cache(lambda: by(load_mappings(texts)))
    evaluator = judging_by(texts, StartCache(settings.cache), partial(by, otherwise=compiled))
    try:
        return _run(evaluator, file, as_json=as_json, summary=summary)
    except BrokenPipeError:
        # The reader closed the pipe. What is still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


@seldom_looked_for()
def _run(evaluator: Evaluator, file: str, *, as_json: bool, summary: bool) -> int:
    from hubspot_sla.flows.records.ticket_file import BadRow

    counts, write_row = _Counts(), terminal.row_writer()
    for judged in evaluator.of_file(file):
        if isinstance(judged, BadRow):
            counts.bad += 1
            _refuse(judged, as_json=as_json)
            continue
        status = judged.status
        counts.add(judged, status)
        if as_json and not summary:
            terminal.print_json_line(judged.as_json())
        elif not summary:
            write_row(_cells(judged, status))
    sys.stdout.flush()
    if summary and as_json:
        terminal.print_json(counts.as_json())
    elif not as_json:
        counts.show()
    return QUARANTINED if counts.bad else 0


def _refuse(bad: BadRow, *, as_json: bool) -> None:
    if as_json:
        terminal.print_json_line({"id": bad.id or None, "line": bad.line, "quarantined": bad.reason})
    terminal.notice(f"line {bad.line}{f', ticket {bad.id}' if bad.id else ''}: {bad.reason}")


def _cells(evaluated: Evaluated, status: str) -> list[str]:
    """Of one ticket: its id, the worst status, the policies, and each clock."""
    policies = [match.policy.id for match in evaluated.agreement.matches.values() if match.policy]
    clocks = [" ".join((clock.key, shown[0])) for clock, shown, _, _, _ in evaluated.judgement.verdicts]
    return [evaluated.row.ticket.id, status, ", ".join(policies) or "no policy", ", ".join(clocks)]


@dataclass(slots=True)
class _Counts:
    """How many tickets, and how each clock stands."""

    tickets: defaultdict[str, int] = field(default_factory=partial(defaultdict, int))
    clocks: defaultdict[Clock, defaultdict[Status, int]] = field(
        default_factory=partial(defaultdict, partial(defaultdict, int))
    )
    bad: int = 0

    def add(self, evaluated: Evaluated, status: str) -> None:
        self.tickets[status] += 1
        for clock, shown, _, _, _ in evaluated.judgement.verdicts:
            self.clocks[clock][shown[0]] += 1

    def as_json(self) -> dict[str, object]:
        return {
            "tickets": sum(self.tickets.values()),
            "quarantined": self.bad,
            "statuses": dict(self.tickets),
            "metrics": {clock.key: _by_value(counter) for clock, counter in self.clocks.items()},
        }

    def show(self) -> None:
        terminal.heading(f"{counted(sum(self.tickets.values()), 'ticket')}, {self.bad} quarantined")
        terminal.table(
            ["clock", "statuses", "met"],
            [_row(clock.key, _by_value(counter)) for clock, counter in self.clocks.items()],
        )


def _by_value(statuses: Mapping[Status, int]) -> dict[str, int]:
    return {status.value: count for status, count in statuses.items()}


def _row(key: str, counter: Mapping[str, int]) -> list[str]:
    met = counter.get("met", 0)
    decided = met + counter.get("missed", 0) + counter.get("breached", 0)
    share = f"{met / decided:.1%} of {decided}" if decided else "-"
    return [key, ", ".join(f"{status} {count}" for status, count in _sorted(counter.items())), share]


def _sorted(counted: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counted, key=lambda pair: -pair[1])
