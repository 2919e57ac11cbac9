"""Whether outcomes can name what they speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.inspection.checks.finding import Finding, ok, warn
from hubspot_sla.ledger import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.inspection.checks.examined import Examined


def readable(examined: Examined) -> Iterator[Finding]:
    """What came of it when names were last read."""
    refused = names.refused(examined.ledger.db)
    for what, reason in refused.items():
        remedy = f"grant the scope that reads {what}; the next refresh reads their names"
        yield warn("names", f"HubSpot refuses the names of {what}, so ids stand for them in outcomes: {reason}", remedy)
    if not refused:
        counts = ", ".join(f"{number} {kind}" for kind, number in names.count(examined.ledger.db).items())
        yield ok("names", f"known for outcomes: {counts}" if counts else "none were read yet: `refresh` does, hourly")
