"""The token: whose it is, what it may do, and what would fail for what it may not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hubspot_sla.errors import AccessDenied, HubSpotRefused, RequestRejected, ScopeMissing, UsageProblem
from hubspot_sla.flows.inspection.checks.finding import Finding, failed, ok, warn
from hubspot_sla.hubspot.account_checks import SUPPORTED_UNTIL, list_one, token_info
from hubspot_sla.hubspot.objects.table import PROFILES, profile_of
from hubspot_sla.ledger import state
from hubspot_sla.plain_text import counted
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.contract_owners import contract_owners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hubspot_sla.flows.inspection.checks.examined import Examined
    from hubspot_sla.policy.mappings import Mappings

_STATIC = re.compile(r"pat-([a-z0-9]+)-[0-9a-fA-F-]{16,}")
_GRANT = "HubSpot: Settings > Integrations > Service Keys, then the key's scopes"
LITTLE_TIME_DAYS = 120


@dataclass(frozen=True, slots=True)
class ScopeNeed:
    """One of `scopes` is needed for `purpose`; without it `loss`. `reads` is a type of object that a probe may list.
    `asked` says whether these mappings ask for it at all; where it is not `required` the loss is a warning."""

    scopes: tuple[str, ...]
    purpose: str
    loss: str
    reads: str = ""
    asked: Callable[[Mappings], bool] = lambda _mappings: True
    required: bool = True


NEEDS = (
    ScopeNeed(
        ("crm.objects.contacts.read",),
        "the tasks and notes of a ticket",
        "no task is made: the tasks of its ticket must be read first",
        "tasks",
    ),
    ScopeNeed(("crm.objects.contacts.write",), "making tasks and notes", "a broken promise makes no task"),
    ScopeNeed(
        ("crm.schemas.tasks.write", "crm.schemas.notes.write", "crm.schemas.contacts.write"),
        "the properties that mark our tasks and notes",
        "they carry a reference in their text instead",
        required=False,
    ),
    ScopeNeed(
        ("crm.objects.companies.read",),
        "which company a ticket is of",
        "new tickets wait in the quarantine, as they might get another tier",
        "companies",
    ),
    ScopeNeed(
        ("crm.schemas.companies.read", "crm.objects.companies.read"),
        "the company properties that mappings name",
        "`sla setup` and every edit of the mappings fail",
        asked=lambda mappings: bool(mappings.company_properties),
    ),
    ScopeNeed(
        ("crm.schemas.contacts.read", "crm.objects.contacts.read"),
        "the contact properties that mappings name",
        "`sla setup` and every edit of the mappings fail",
        asked=lambda mappings: bool(mappings.contact_properties),
    ),
    ScopeNeed(
        ("crm.objects.owners.read", "automation"),
        "the people whom escalations.yaml names",
        "`sla setup` and every edit of the mappings fail",
        asked=lambda mappings: bool(mappings.policy_set.escalations.people or contract_owners(mappings)),
    ),
    ScopeNeed(
        ("conversations.read",),
        "the threads that portal.yaml names as a source of messages",
        "the ticket's message properties stand in: they cannot tell a person from a machine",
        asked=lambda mappings: any(portal.messages and portal.messages.reads_threads for portal in mappings.portals),
        required=False,
    ),
    ScopeNeed(
        ("sales-email-read", "crm.objects.contacts.read"),
        "logged e-mails, calls, notes and meetings, as portal.yaml names them as sources of messages",
        "they do not count",
        asked=lambda mappings: any(portal.messages and portal.messages.activities for portal in mappings.portals),
        required=False,
    ),
    ScopeNeed(
        ("crm.objects.owners.read",),
        "the names of owners and teams in outcomes",
        "their ids stand for them",
        required=False,
    ),
)
"""Least privilege: all that is used beside the records themselves, whose profiles say what they need. A new use of
HubSpot adds its line."""


def kind(examined: Examined) -> Iterator[Finding]:
    """Which kind of token it is, and that HubSpot accepts it."""
    token = examined.settings.needed_token()
    examined.account()
    shape = _STATIC.fullmatch(token.reveal())
    if shape:
        yield ok("token", f"{token}: a service key or private-app token of region {shape[1]}, accepted")
    elif token.reveal().startswith("pat-"):
        yield ok("token", f"{token}: a service key or private-app token, accepted")
    else:
        remedy = "an OAuth access token ends after 30 minutes: use a service key"
        yield warn("token", f"{token}: accepted, but it looks like no service key or private-app token", remedy)


def account(examined: Examined) -> Iterator[Finding]:
    """Which portal answers, and that it is the ledger's."""
    details = examined.account()
    message = (
        f"{details.portal_id}, {details.account_type or 'of unknown type'}, time zone {details.time_zone or 'unknown'}"
    )
    ledger = examined.ledger_or_none
    known = state.read(ledger.db, state.PORTAL) if ledger else None
    if known not in (None, str(details.portal_id)):
        remedy = "set SLA_LEDGER to another file, or use the other portal's token"
        yield failed("portal", f"{message}; but the ledger belongs to portal {known}", remedy)
        return
    unbound = "no ledger yet" if ledger is None else "the ledger belongs to no portal yet"
    whose = "the ledger is its own" if known else unbound
    yield ok("portal", f"{message}; {whose}")


def scopes(examined: Examined) -> Iterator[Finding]:
    """What is missing, what fails without it, and how many there are that nothing here uses."""
    mappings = examined.mappings_or_none
    needed = [
        *_of_records(mappings.object_types if mappings else (TICKETS,)),
        *(need for need in NEEDS if mappings is None or need.asked(mappings)),
    ]
    try:
        granted = token_info(examined.portal.transport, examined.settings.needed_token()).scopes
    except (RequestRejected, UsageProblem, AccessDenied, ValueError):
        yield from _probed(examined, needed)
        return
    lacking = [need for need in needed if not granted & set(need.scopes)]
    for need in lacking:
        yield _lack(need)
    used = {scope for need in (*_of_records(PROFILES), *NEEDS) for scope in need.scopes}
    more = f"; {len(granted - used)} more that nothing here uses" if granted - used else ""
    if not lacking:
        yield ok("scopes", f"all {len(needed)} needs are met{more}")


def _of_records(object_types: Iterable[str]) -> list[ScopeNeed]:
    return [
        ScopeNeed(need.scopes, need.purpose, need.loss, object_type if need.is_read else "")
        for object_type in object_types
        for need in profile_of(object_type).scopes
    ]


def _probed(examined: Examined, needed: list[ScopeNeed]) -> Iterator[Finding]:
    """HubSpot does not name the scopes of this token: whatever can be tried without writing is tried."""
    refused = False
    for need in needed:
        if need.reads:
            try:
                list_one(examined.portal.transport, need.reads)
            except ScopeMissing:
                refused = True
                yield _lack(need)
            except AccessDenied as denied:
                refused = True
                yield failed("scopes", str(denied), denied.remedy, exit_code=denied.exit_code)
    if not refused:
        remedy = "`.env.example` lists the scopes; those for writing show only when something is written"
        yield warn("scopes", "HubSpot does not name them for this token; everything that can be read was read", remedy)


def _lack(need: ScopeNeed) -> Finding:
    message = f"{need.scopes[0]} is missing: it is for {need.purpose}; without it {need.loss}"
    if not need.required:
        return warn("scopes", message, f"grant it ({_GRANT})")
    return failed("scopes", message, f"grant it ({_GRANT})", exit_code=HubSpotRefused.exit_code)


def api_version(examined: Examined) -> Iterator[Finding]:
    """It answers (the account was asked through it), and how long HubSpot supports it."""
    version = examined.settings.api_version
    examined.account()
    until = SUPPORTED_UNTIL[version]
    left = (until - datetime.fromtimestamp(examined.now / 1000, UTC).date()).days
    newest = max(SUPPORTED_UNTIL, key=lambda name: SUPPORTED_UNTIL[name])
    remedy = f"set HUBSPOT_API_VERSION={newest}" if version != newest else "upgrade hubspot-sla"
    if left < 0:
        yield warn("API version", f"{version} has not been supported since {until}", remedy)
    elif left < LITTLE_TIME_DAYS:
        yield warn("API version", f"{version} is supported until {until}, {counted(left, 'day')} from now", remedy)
    else:
        yield ok("API version", f"{version}, supported until {until}")
