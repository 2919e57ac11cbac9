"""`sla check`: are the mappings right, and what in them is worth a second look?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.plain_text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hubspot_sla.errors import Problem
    from hubspot_sla.feeds.answer_cache import CachedAnswer
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.flows.inspection.findings import Findings
    from hubspot_sla.flows.inspection.unmatched import Unmatched
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.portal_ids import PortalIds

EPILOG = """\b
Examples:
  sla check --mappings mappings
  sla check --tickets tickets.jsonl.gz      which tickets does no policy match?
  sla check --portal                        the same in HubSpot, and do its words exist?
  sla check --strict                        in CI: warnings are errors too
"""
MOST_GROUPS = 20
NOT_LOOKED_UP = "Not looked up in HubSpot: pipelines, stages, properties, owners, companies. `sla check --portal` does."


@click.command("check", epilog=EPILOG)
@environment.mappings_option
@environment.ledger_option
@click.option(
    "--portal", is_flag=True, help="Also check every pipeline, stage and property, and all tickets, in HubSpot."
)
@click.option("--tickets", metavar="FILE", help="Also look for tickets that no policy matches, in JSON lines.")
@click.option("--strict", is_flag=True, help="End with exit code 2 where there are warnings.")
@terminal.json_option
def command(
    mappings: str | None, ledger: str | None, tickets: str | None, *, portal: bool, strict: bool, as_json: bool
) -> int:
    """Check the mappings: every problem at once, with file, line and column; then what is worth a second look.

    Works offline; with --portal the words are also looked up in HubSpot, and endpoints of tiers are asked. Each message
    has a code, such as SLA605, explained in docs/reference/messages.md; `# sla: ignore SLA605` at the end of a line
    leaves a warning about that line out.
    """
    from hubspot_sla.flows.context import mapping_texts
    from hubspot_sla.flows.context.local_clock import wall_now
    from hubspot_sla.flows.inspection.findings import findings, found_in

    settings, now = environment.settings(mappings=mappings, ledger=ledger), wall_now()
    texts = mapping_texts.current_texts(settings, now) if portal else mapping_texts.texts_offline(settings)
    loaded = _loaded(texts) if portal or tickets is not None else None
    in_portal = _in_portal(settings, loaded, texts, now) if portal and loaded else None
    if in_portal and loaded:
        found, notes = found_in(loaded, texts, now, settings, in_portal.warnings), in_portal.notes
    else:
        found, notes = findings(settings, texts, now), [NOT_LOOKED_UP]
    feeds = mapping_texts.feeds_offline(settings, texts)
    answers = {feed.url: mapping_texts.last_answer(settings, feed.url) for feed in feeds}
    report = _Report(replace(found, notes=[*found.notes, *notes]), texts, answers, now, portal_checked=portal)
    if in_portal and in_portal.errors:
        if not as_json:
            report.show_warnings()
        raise MappingInvalid(in_portal.errors, texts)
    if tickets is not None and loaded:
        report.unmatched.append((tickets, _in_file(loaded, tickets, now)))
    if in_portal:
        report.unmatched.append(("the portal", in_portal.unmatched))
    if as_json:
        terminal.print_json(report.as_json())
    else:
        report.show()
    if strict and found.warnings:
        return MappingInvalid.exit_code
    return 1 if any(unmatched.bad for _, unmatched in report.unmatched) else 0


def _loaded(texts: Mapping[str, str]) -> Mappings:
    from hubspot_sla.flows.context.loaded_mappings import load_mappings

    return load_mappings(texts)


def _in_file(loaded: Mappings, file: str, now: int) -> Unmatched:
    from hubspot_sla.flows.inspection import evaluate, unmatched

    portal_ids = evaluate.offline_portal_ids(loaded, evaluate.pipelines_for(file, None))
    return unmatched.counted(loaded, evaluate.Evaluator(loaded, portal_ids, now, {}, {}).of_file(file))


class _InPortal(NamedTuple):
    """What the portal says: what is wrong, what is worth a second look, what could not be looked up, and tickets that
    no policy matches."""

    errors: list[Problem]
    warnings: list[Problem]
    notes: list[str]
    unmatched: Unmatched


def _in_portal(settings: Settings, loaded: Mappings, texts: Mapping[str, str], now: int) -> _InPortal:
    from hubspot_sla.flows.context.context import connected
    from hubspot_sla.flows.inspection import unmatched
    from hubspot_sla.flows.inspection.missing_properties import missing_properties
    from hubspot_sla.flows.inspection.unknown_companies import unknown_companies
    from hubspot_sla.flows.inspection.unranked import unranked_problems
    from hubspot_sla.flows.reading.policy_versions import against_portal

    with connected(settings) as portal:
        known = _known(settings.ledger)
        try:
            fitted = against_portal(loaded, portal, known)
        except MappingInvalid as invalid:
            raise MappingInvalid(invalid.problems, texts) from invalid
        warnings = loaded.warnings(fitted.pipelines, known)
        if known:  # before the first setup none of them is there, and nobody expects it
            warnings += missing_properties(loaded, portal.schema.properties)
        unmatched_now = unmatched.in_portal(portal, loaded, fitted.portal_ids, now)
        errors = unranked_problems(loaded, portal.schema.properties, unmatched_now.unranked)
        unknown, notes = unknown_companies(portal, loaded.tiers)
        if unmatched_now.tickets:
            warnings += unmatched_now.counts.warnings(unmatched_now.policy_set, now)
        return _InPortal(errors, [*warnings, *unknown], notes, unmatched_now)


def _known(ledger: Path) -> PortalIds | None:
    """What the labels were resolved to at setup, where there is a ledger already."""
    from hubspot_sla.ledger.database import open_for_reading
    from hubspot_sla.ledger.versions import latest
    from hubspot_sla.policy.portal_ids import PortalIds

    if not ledger.is_file():
        return None
    with open_for_reading(ledger) as opened:
        version = latest(opened.db)
    return PortalIds.from_json(version.portal_ids) if version else None


class _Report:
    """All that there is to say about one set of mappings, and how it is said."""

    def __init__(
        self,
        found: Findings,
        texts: Mapping[str, str],
        feeds: dict[str, CachedAnswer | None],
        now: int,
        *,
        portal_checked: bool,
    ) -> None:
        self.found, self.texts, self.feeds, self.now = found, texts, feeds, now
        self.portal_checked = portal_checked
        self.unmatched: list[tuple[str, Unmatched]] = []

    def as_json(self) -> dict[str, object]:
        found = self.found
        return {
            "version": found.version,
            "policies": [row[0] for row in found.policies],
            "calendars": found.calendars,
            "metrics": found.metrics,
            "ladders": found.ladders,
            "channels": found.channels,
            "portal_checked": self.portal_checked,
            "warnings": [terminal.problem_as_json(warning) for warning in found.warnings],
            "business_days": list(found.days),
            "notes": list(found.notes),
            "feeds": [
                {
                    "url": url,
                    "rows": answer.count if answer else None,
                    "age_s": (self.now - answer.at) // 1000 if answer else None,
                    "failed": (answer.failed or None) if answer else None,
                }
                for url, answer in self.feeds.items()
            ],
            "tickets": {source: unmatched.as_json() for source, unmatched in self.unmatched},
        }

    def show(self) -> None:
        found = self.found
        terminal.say(f"The mappings are sound ({found.version[:19]}).")
        terminal.table(["policy", "kind", "for", "calendar", "targets"], found.policies)
        feeds = (_feed(url, answer, self.now) for url, answer in self.feeds.items())
        for line in (*found.lines, *found.days, *found.notes, *feeds):
            terminal.say(line)
        self.show_warnings()
        for source, unmatched in self.unmatched:
            _show_unmatched(source, unmatched)

    def show_warnings(self) -> None:
        for warning in self.found.warnings:
            first, *excerpt = terminal.problem_lines(warning, self.texts)
            terminal.say(f"warning: {first}")
            for line in excerpt:
                terminal.say(line)


def _feed(url: str, answer: CachedAnswer | None, now: int) -> str:
    if answer is None:
        return f"{url}: never asked; `sla check --portal` or a sync asks it"
    line = f"{url}: {counted(answer.count, 'row')}, {_age(now - answer.at)} old"
    return f"{line}; the last attempt failed: {answer.failed}" if answer.failed else line


def _age(ms: int) -> str:
    minutes = ms // 60_000
    return f"{minutes // 60}h {minutes % 60}m" if minutes >= 60 else f"{minutes}m"


def _show_unmatched(source: str, unmatched: Unmatched) -> None:
    count = unmatched.groups.total()
    verb, of = "matches" if count == 1 else "match", counted(unmatched.tickets, "ticket")
    terminal.say(f"{count} of {of} of {source} {verb} no policy.")
    if silent := unmatched.nothing_promised:
        said = (
            "matches a policy that promises it nothing" if silent == 1 else "match a policy that promises them nothing"
        )
        terminal.say(f"{silent} {said}.")
    for group, number in unmatched.groups.most_common(MOST_GROUPS):
        terminal.row([f"  {number}", group, f"for example {unmatched.examples[group]}"])
    if len(unmatched.groups) > MOST_GROUPS:
        terminal.say(f"  and {counted(len(unmatched.groups) - MOST_GROUPS, 'more group')}; --json names them all")
    _show_counts(unmatched)
    for odd_value, number in unmatched.odd_values.most_common(MOST_GROUPS):
        terminal.say(f"warning: {odd_value} ({counted(number, 'ticket')}, for example {unmatched.examples[odd_value]})")
    if unmatched.bad:
        terminal.say(f"  {counted(unmatched.bad, 'row')} could not be read; `sla evaluate` names them")


def _show_counts(unmatched: Unmatched) -> None:
    """How many tickets each policy applies to, and the values that have no target."""
    counts = unmatched.counts
    for policy in unmatched.policy_set.policies:
        silent = counts.nothing_promised[policy.id]
        note = [f"and {silent} that it promises nothing"] if silent else []
        terminal.row([f"  {counts.promised[policy.id]}", f"policy {policy.id}", *note])
    for value, number in counts.without_target.most_common(MOST_GROUPS):
        terminal.row([f"  {number}", str(value), f"for example {counts.examples[value]}"])
    if len(counts.without_target) > MOST_GROUPS:
        terminal.say(f"  and {counted(len(counts.without_target) - MOST_GROUPS, 'more value')}; --json names them all")
