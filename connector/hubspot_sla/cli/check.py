"""`sla check`: are the mappings right, and what in them is worth a second look?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.errors import MappingInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hubspot_sla.errors import Problem
    from hubspot_sla.feeds.answer_cache import CachedAnswer
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.flows.inspection.unmatched import Unmatched
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.policy_set import Policy
    from hubspot_sla.policy.portal_ids import PortalIds

EPILOG = """\b
Examples:
  sla check --mappings mappings
  sla check --tickets tickets.jsonl.gz      which tickets does no policy match?
  sla check --portal                        the same in HubSpot, and do its words exist?
"""
MOST_GROUPS = 20


@click.command("check", epilog=EPILOG)
@environment.mappings_option
@environment.ledger_option
@click.option(
    "--portal", is_flag=True, help="Also check every pipeline, stage and property, and all tickets, in HubSpot."
)
@click.option("--tickets", metavar="FILE", help="Also look for tickets that no policy matches, in JSON lines.")
@terminal.json_option
def command(mappings: str | None, ledger: str | None, tickets: str | None, *, portal: bool, as_json: bool) -> int:
    """Check the mappings: every problem at once, with file, line and column; then what is worth a second look.

    Works offline; with --portal the words are also looked up in HubSpot, and endpoints of tiers are asked.
    """
    from hubspot_sla.flows.context import mapping_texts
    from hubspot_sla.flows.context.loaded_mappings import load_mappings
    from hubspot_sla.flows.context.local_clock import wall_now
    from hubspot_sla.policy.review import business_days_of, warnings_about

    settings, now = environment.settings(mappings=mappings, ledger=ledger), wall_now()
    texts = mapping_texts.current_texts(settings, now) if portal else mapping_texts.texts_offline(settings)
    loaded = load_mappings(texts)
    found = _Found(
        loaded,
        warnings_about(loaded, texts, now),
        [str(day) for day in business_days_of(loaded)],
        {feed.url: mapping_texts.last_answer(settings, feed.url) for feed in loaded.tiers.feeds},
        now,
        portal_checked=portal,
    )
    if tickets is not None:
        found.unmatched.append((tickets, _in_file(loaded, tickets, now)))
    if portal:
        unmatched, unranked = _in_portal(settings, loaded, now)
        if unranked:
            raise MappingInvalid(unranked)
        found.unmatched.append(("the portal", unmatched))
    if as_json:
        terminal.print_json(found.as_json())
    else:
        found.show()
    return 1 if any(told.bad for _, told in found.unmatched) else 0


def _in_file(loaded: Mappings, file: str, now: int) -> Unmatched:
    from hubspot_sla.flows.inspection import evaluate, unmatched

    portal_ids = evaluate.offline_portal_ids(loaded, evaluate.pipelines_for(file, None))
    return unmatched.counted(evaluate.Evaluator(loaded, portal_ids, now, {}, {}).of_file(file))


def _in_portal(settings: Settings, loaded: Mappings, now: int) -> tuple[Unmatched, list[Problem]]:
    from hubspot_sla.flows.context.context import connected
    from hubspot_sla.flows.inspection import unmatched
    from hubspot_sla.flows.inspection.unranked import unranked_problems
    from hubspot_sla.flows.reading.policy_versions import against_portal

    with connected(settings) as portal:
        fitted = against_portal(loaded, portal, _known(settings.ledger))
        found = unmatched.in_portal(portal, loaded, fitted.portal_ids, now)
        return found, unranked_problems(portal, loaded, found.unranked)


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


class _Found:
    """All that there is to say about one set of mappings."""

    def __init__(
        self,
        loaded: Mappings,
        warnings: Sequence[Problem],
        days: Sequence[str],
        feeds: dict[str, CachedAnswer | None],
        now: int,
        *,
        portal_checked: bool,
    ) -> None:
        self.loaded, self.warnings, self.days, self.feeds, self.now = loaded, warnings, days, feeds, now
        self.portal_checked = portal_checked
        self.unmatched: list[tuple[str, Unmatched]] = []

    def as_json(self) -> dict[str, object]:
        return {
            "version": self.loaded.version,
            "policies": [policy.id for policy in self.loaded.policy_set.policies],
            "calendars": sorted(self.loaded.calendars),
            "metrics": sorted(self.loaded.policy_set.defined),
            "ladders": {
                name: [rung.name for rung in ladder.rungs]
                for name, ladder in self.loaded.policy_set.escalations.ladders.items()
            },
            "channels": {name: channel.kind for name, channel in self.loaded.policy_set.escalations.channels.items()},
            "portal_checked": self.portal_checked,
            "warnings": [
                {"file": w.file, "line": w.line, "column": w.column, "message": w.message, "remedy": w.remedy or None}
                for w in self.warnings
            ],
            "business_days": list(self.days),
            "feeds": [
                {
                    "url": url,
                    "rows": kept.count if kept else None,
                    "age_s": (self.now - kept.at) // 1000 if kept else None,
                    "failed": (kept.failed or None) if kept else None,
                }
                for url, kept in self.feeds.items()
            ],
            "tickets": {source: told.as_json() for source, told in self.unmatched},
        }

    def show(self) -> None:
        terminal.say(f"The mappings are sound ({self.loaded.version[:19]}).")
        terminal.table(
            ["policy", "kind", "for", "calendar", "targets"],
            [
                [policy.id, policy.kind.value, str(policy.when), policy.calendar.name, _targets(policy)]
                for policy in self.loaded.policy_set.policies
            ],
        )
        for line in (
            *_metrics(self.loaded),
            *_ladders(self.loaded),
            *self.days,
            *(_feed(url, kept, self.now) for url, kept in self.feeds.items()),
        ):
            terminal.say(line)
        for warning in self.warnings:
            terminal.say(f"warning: {warning}")
        for source, told in self.unmatched:
            _show_unmatched(source, told)


def _targets(policy: Policy) -> str:
    return "; ".join(f"{clock.key} {target}" for clock, target in policy.targets.items())


def _metrics(loaded: Mappings) -> list[str]:
    """What each metric of the file times, `metric restored: starts when ...`."""
    from hubspot_sla.policy.defined_metrics import described

    return [f"metric {name}: {described(metric)}" for name, metric in loaded.policy_set.defined.items()]


def _ladders(loaded: Mappings) -> list[str]:
    """What each ladder that a policy climbs has, `standard: breach, +4h, +1bd`."""
    from hubspot_sla.clock.metrics import Metric

    policy_set = loaded.policy_set
    used = {
        ladder.name: ladder
        for policy in policy_set.policies
        for ladder in (policy_set.ladder(policy, metric) for metric in (*Metric, *policy.metrics))
    }
    return [
        f"ladder {name}: {', '.join(rung.name for rung in ladder.rungs) or 'nothing'}" for name, ladder in used.items()
    ]


def _feed(url: str, kept: CachedAnswer | None, now: int) -> str:
    if kept is None:
        return f"{url}: never asked; `sla check --portal` or a sync asks it"
    told = f"{url}: {kept.count} rows, {_age(now - kept.at)} old"
    return f"{told}; the last attempt failed: {kept.failed}" if kept.failed else told


def _age(ms: int) -> str:
    minutes = ms // 60_000
    return f"{minutes // 60}h {minutes % 60}m" if minutes >= 60 else f"{minutes}m"


def _show_unmatched(source: str, told: Unmatched) -> None:
    count = told.groups.total()
    terminal.say(f"{count} of {told.tickets} tickets of {source} match no policy.")
    for group, number in told.groups.most_common(MOST_GROUPS):
        terminal.row([f"  {number}", group, f"for example {told.examples[group]}"])
    if len(told.groups) > MOST_GROUPS:
        terminal.say(f"  and {len(told.groups) - MOST_GROUPS} more groups; --json names them all")
    for odd_value, number in told.odd_values.most_common(MOST_GROUPS):
        terminal.say(f"warning: {odd_value} ({number} tickets, for example {told.examples[odd_value]})")
    if told.bad:
        terminal.say(f"  {told.bad} rows could not be read; `sla evaluate` names them")
