"""tiers.yaml from the company property that looks like a tier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.installation.from_portal.yaml_text import comment, flow_list
from hubspot_sla.policy.inference.tier_property import guessed_tier
from hubspot_sla.policy.yaml_writer import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.installation.from_portal.portal_reading import PortalReading

_NO_TIERS = "standard"
_REST = """\
as_of: creation                         # the tier on the day the ticket was created; or `now`
several_companies: primary              # the primary company decides; or `highest`: the best tier of all
default:                                # the tier of everybody else; empty: no tier, and the ticket says so
"""


def tiers_text(reading: PortalReading) -> str:
    head = [
        "# yaml-language-server: $schema=schema/tiers.json",
        *comment("tiers.yaml: where a customer's tier comes from. Checked by `sla check`."),
        "",
    ]
    return "\n".join([*head, *_tiers(reading), "", _REST])


def _tiers(reading: PortalReading) -> Iterator[str]:
    guess = guessed_tier(reading.tiers)
    if guess is None:
        yield from comment(_why_none(reading))
        yield from comment("A file needs at least one rank; no policy here asks for a tier.")
        yield f"ranks: [{_NO_TIERS}]"
        yield "sources: []"
        return
    yield from comment(f"The tiers, best first: {guess.order_reason}.")
    yield f"ranks: {flow_list(guess.ranks)}"
    yield ""
    yield "sources:"
    yield from comment(f"Company property {guess.name}: {guess.reason}.", 2)
    if guess.others:
        yield from comment(f"It might have been {' or '.join(guess.others)} instead.", 2)
    yield f"  - company_property: {scalar(guess.name)}"


def _why_none(reading: PortalReading) -> str:
    if "companies" in reading.refused:
        return f"The properties of companies were not read: {reading.refused['companies']}"
    return "No company property looks like a tier: none with a few values that is called so, or has values that are."
