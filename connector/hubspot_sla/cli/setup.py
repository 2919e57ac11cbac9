"""`sla setup`: properties in HubSpot, and the instant of going live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.flows.reading.own_properties import SetupPlan


@click.command("setup", epilog="Example: sla setup --dry-run")
@environment.mappings_option
@environment.ledger_option
@click.option("--dry-run", is_flag=True, help="Only show what would be created.")
@terminal.json_option
def command(mappings: str | None, ledger: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Create the SLA properties that are missing in HubSpot, and go live.

    What was late before going live is judged and reported, but makes no task. Safe to repeat: what exists is kept, and
    the first go-live stays.
    """
    from hubspot_sla.flows.context import portal_binding, versions_in_force
    from hubspot_sla.flows.context.context import wired
    from hubspot_sla.flows.installation import setup
    from hubspot_sla.flows.reading import own_properties, policy_versions
    from hubspot_sla.ledger import markers
    from hubspot_sla.plan.instant_text import wire
    from hubspot_sla.policy.object_words import singular_of

    with wired(environment.settings(mappings=mappings, ledger=ledger)) as context:
        portal_id = portal_binding.checked_portal(context) if dry_run else portal_binding.bind_portal(context)
        new = policy_versions.candidate(context)
        version = new.version if new else versions_in_force.in_force(context.ledger.db)[-1]
        plan = own_properties.plan_setup(context, version.mappings)
        go_live_at = None if dry_run else setup.set_up(context, new, plan)
        without = {} if dry_run else {kind: markers.without(context.ledger.db).get(kind) for kind in plan.markers}
        refused = {kind: reason for kind, reason in without.items() if reason}
    report = {
        "portal": portal_id,
        "dry_run": dry_run,
        "group": plan.group if plan.without_group else None,
        **{f"{singular_of(name)}_properties": [wish["name"] for wish in of] for name, of in plan.properties.items()},
        **{f"{kind[:-1]}_properties": _names(plan.markers, kind) for kind in own_properties.MARKERS},
        "markers_refused": refused,
        "drifted": list(plan.drifted),
        "go_live_at": None if go_live_at is None else wire(go_live_at),
    }
    if as_json:
        terminal.print_json(report)
        return
    word = "would create" if dry_run else "created"
    terminal.say(f"Portal {portal_id}")
    for line in _lines(plan, word, "would rename" if dry_run else "renamed"):
        terminal.say(line)
    for kind, marker in plan.markers.items():
        if kind in refused:
            terminal.say(f"refused  {marker['name']} on {kind}: {refused[kind]}")
            terminal.say(f"         {kind} are found again by a short reference in their text instead")
        else:
            terminal.say(f"{word}  {marker['name']} ({marker['type']}) on {kind}")
    if plan.empty:
        terminal.say("Everything is there already.")
    for drift in plan.drifted:
        terminal.say(f"differs  {drift}: left as it is; mend it in HubSpot, or archive it and run setup again")
    if go_live_at is not None:
        terminal.say(f"Live since {wire(go_live_at)}. Next: `sla plan`, then `sla sync`.")


def _lines(plan: SetupPlan, created: str, renamed: str) -> Iterator[str]:
    for object_type in plan.without_group:
        yield f"{created}  group {plan.group} on {object_type}"
    for object_type, wishes in plan.properties.items():
        for wish in wishes:
            yield f"{created}  {wish['name']} ({wish['type']}) on {object_type}"
    for object_type, labels in plan.labels.items():
        for name, words in labels.items():
            yield f"{renamed}  {name} on {object_type}: {words['label']}"


def _names(markers: Mapping[str, Mapping[str, object]], kind: str) -> list[object]:
    return [markers[kind]["name"]] if kind in markers else []
