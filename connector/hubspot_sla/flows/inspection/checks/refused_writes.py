"""What the portal does not let us write in the ordinary way, as the ledger knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.context.duration_text import span
from hubspot_sla.flows.inspection.checks.finding import Finding, ok, warn
from hubspot_sla.hubspot.account_checks import SUPPORTED_UNTIL
from hubspot_sla.hubspot.paths import WITHOUT_RULES
from hubspot_sla.ledger import validation_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.inspection.checks.examined import Examined

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


def _remedy(earlier: str | None) -> str:
    if earlier is None:
        return "the version in use ignores rules: nothing to do"
    until = SUPPORTED_UNTIL[earlier]
    return (
        f"they are written through {earlier} meanwhile, which ignores rules and is supported until {until}:"
        " have the rule's admin leave out changes by API, or fill the property"
    )
