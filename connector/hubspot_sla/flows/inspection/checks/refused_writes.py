"""What the portal does not let us write in the ordinary way, as the ledger knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import AccessDenied
from hubspot_sla.flows.context.duration_text import span
from hubspot_sla.flows.inspection.checks.finding import Finding, ok, warn
from hubspot_sla.flows.reading import own_properties
from hubspot_sla.flows.reading.thread_listing import FILTER_IGNORED
from hubspot_sla.hubspot.account_checks import SUPPORTED_UNTIL
from hubspot_sla.hubspot.paths import WITHOUT_RULES
from hubspot_sla.ledger import markers, missing_scopes, runs, state, validation_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.inspection.checks.examined import Examined

_GRANT = "grant crm.schemas.tasks.write and crm.schemas.notes.write, or crm.schemas.contacts.write, and run `sla setup`"
_RETRIED = "grant the scope, or lift what else HubSpot names: it is tried again by itself"
REMEMBERED_MS = 30 * 86_400_000
"""A rule that refused nothing for so long is not worth a warning any more."""


def rules(examined: Examined) -> Iterator[Finding]:
    """Rules of the portal's admin that refused writes of ours, which an earlier API version had to take."""
    recent = [rule for rule in validation_rules.load(examined.ledger.db) if examined.now - rule.at <= REMEMBERED_MS]
    if not recent:
        yield ok("validation rules", "none has refused a write of ours")
        return
    earlier = WITHOUT_RULES.get(examined.settings.api_version)
    for rule in recent:
        ago = span(examined.now - rule.at)
        message = f"a rule refused {rule.records} writes on {rule.object_type}, the last {ago} ago: {rule.reason}"
        yield warn("validation rules", message, _remedy(earlier))


def marker_properties(examined: Examined) -> Iterator[Finding]:
    """By what tasks and notes of ours are found again, so that none is made twice."""
    db = examined.ledger.db
    for object_type in own_properties.made_types(examined.mappings):
        if markers.is_marked(db, object_type):
            yield ok("markers", f"{object_type} carry their key in {own_properties.MARKERS[object_type]}")
            continue
        reason = markers.without(db).get(object_type, "it was not there when `sla setup` last ran")
        message = (
            f"{object_type} carry their key as a reference in their text, as they have no marker property: {reason}"
        )
        yield warn("markers", message, _GRANT)


ONE_BY_ONE = "threads are read ticket by ticket, which takes more calls; the list is tried again once a day"


def resting_parts(examined: Examined) -> Iterator[Finding]:
    """What HubSpot denies to the token, mostly for want of a scope, while everything else goes on."""
    db = examined.ledger.db
    reasons = missing_scopes.load(db)
    for kind, reason in reasons.items():
        yield warn("resting", f"{kind}: {reason}", _RETRIED)
    failed_runs = [run for run in runs.last(db) if run.error and run.exit_code == AccessDenied.exit_code]
    for run in failed_runs:
        yield warn("resting", f"{run.command} does nothing: {run.error}", _RETRIED)
    ignored = state.read_instant(db, FILTER_IGNORED)
    if ignored is not None:
        yield warn("resting", "messages: the portal lists threads that are older than was asked for", ONE_BY_ONE)
    if not (reasons or failed_runs or ignored):
        yield ok("resting", "nothing waits for a scope or a permission")


def _remedy(earlier: str | None) -> str:
    if earlier is None:
        return "the version in use ignores rules: nothing to do"
    until = SUPPORTED_UNTIL[earlier]
    return (
        f"they are written through {earlier} meanwhile, which ignores rules and is supported until {until}:"
        " have the rule's admin leave out changes by API, or fill the property"
    )
