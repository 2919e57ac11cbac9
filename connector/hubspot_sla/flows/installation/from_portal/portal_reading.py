"""What is read of a portal before mappings are written from it. Whatever a scope refuses is noted, and the rest goes
on; only tickets and pipelines must be readable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from hubspot_sla.errors import AccessDenied, RequestRejected
from hubspot_sla.hubspot.native_sla import PRIORITY, NativeTickets, read_native_tickets
from hubspot_sla.policy.inference.tier_property import TierCandidate, candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hubspot_sla.hubspot.owners import Owner
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.hubspot.schema import Account, Pipeline, Property
    from hubspot_sla.hubspot.users import User

MOST_TICKETS = 10_000
DAY_MS = 86_400_000
_MOST_CANDIDATES = 5
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PortalReading:
    """The portal as of `now` (epoch ms). `refused` holds HubSpot's reason by what it would not tell: `owners`, `users`,
    `companies`. `tiers` are company properties that may be a tier, with the number of companies that have a value."""

    account: Account
    pipelines: Sequence[Pipeline]
    priorities: tuple[str, ...]
    native: NativeTickets
    since: int
    now: int
    owners: Sequence[Owner] = ()
    users: Sequence[User] = ()
    tiers: Sequence[tuple[TierCandidate, int]] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


def read_portal(portal: Portal, days: int) -> PortalReading:
    """About one search for every 200 tickets of the last `days`, and one read for every 50. Raises the errors of
    `hubspot_sla.errors`, AccessDenied only for tickets and pipelines."""
    account, pipelines = portal.schema.account(), portal.schema.pipelines("tickets")
    priority = portal.schema.properties("tickets").get(PRIORITY)
    now = portal.transport.now_ms()
    since = now - days * DAY_MS
    native = read_native_tickets(portal.of("tickets"), since, MOST_TICKETS)
    refused: dict[str, str] = {}
    return PortalReading(
        account,
        pipelines,
        tuple(option.value for option in priority.options) if priority else (),
        native,
        since,
        now,
        _unless_refused(portal.owners.every, [], "owners", refused),
        _unless_refused(portal.users.every, [], "users", refused),
        _unless_refused(lambda: _tiers(portal), [], "companies", refused),
        refused,
    )


def _unless_refused(read: Callable[[], _T], nothing: _T, what: str, refused: dict[str, str]) -> _T:
    try:
        return read()
    except (AccessDenied, RequestRejected) as error:
        refused[what] = str(error)
        return nothing


def _tiers(portal: Portal) -> list[tuple[TierCandidate, int]]:
    likely = candidates(map(_candidate, portal.schema.properties("companies").values()))
    return [(candidate, portal.customers.companies_with(candidate.name)) for candidate in likely[:_MOST_CANDIDATES]]


def _candidate(definition: Property) -> TierCandidate:
    return TierCandidate(definition.name, definition.label, tuple(option.value for option in definition.options))
