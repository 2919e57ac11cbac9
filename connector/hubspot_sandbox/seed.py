"""An invented portal: three ticket pipelines, owners in teams, customers with tiers, and a month of tickets.

The same `now`, `tickets` and `seed` always give the same portal. Nothing in it happens after `now`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from hubspot_sandbox.account import Owner, Team
from hubspot_sandbox.instants import to_ms
from hubspot_sandbox.object_types import COMPANIES
from hubspot_sandbox.pipelines import Pipeline, Stage
from hubspot_sandbox.portal import Behaviour, Portal
from hubspot_sandbox.properties import Property
from hubspot_sandbox.seed_bulk import add_many_tickets
from hubspot_sandbox.seed_conversations import add_conversations
from hubspot_sandbox.seed_tickets import PIPELINES, Participants, add_tickets
from hubspot_sandbox.standard_definition import options

if TYPE_CHECKING:
    from hubspot_sandbox.account import Account
    from hubspot_sandbox.store import Store

MOST_STORIES = 5_000
"""Up to so many tickets have lives on business time; more are made in bulk, with simple ones."""
TIERS = ("platinum", "gold", "silver", "bronze")
_COMPANIES, _CONTACTS = 40, 90
_LAST_WITH_TIER = {"platinum": 3, "gold": 8, "silver": 14, "bronze": 20}
_A_YEAR = timedelta(days=365)

_SUPPORT, _ONBOARDING, _BILLING = Team("401", "Support"), Team("402", "Onboarding"), Team("403", "Billing")
_OWNERS = (
    ("3001", "Mara", "Lindqvist", _SUPPORT),
    ("3002", "Tobias", "Brandt", _SUPPORT),
    ("3003", "Aylin", "Demir", _SUPPORT),
    ("3004", "Jonas", "Petersen", _SUPPORT),
    ("3005", "Chiara", "Romano", _ONBOARDING),
    ("3006", "Piotr", "Nowak", _ONBOARDING),
    ("3007", "Sofia", "Almeida", _BILLING),
    ("3008", "Henrik", "Vogel", _BILLING),
)
_WORKING_HOURS = '[{"days":"MONDAY_TO_FRIDAY","startMinute":540,"endMinute":1050}]'
_JOB_TITLES = {"3001": "Head of Support", "3005": "Onboarding Lead"}
_FIRST_NAMES = ("Lena", "Paul", "Ines", "Marek", "Nora", "Karim", "Julia", "Owen", "Greta", "Luca", "Hanna", "Diego")
_LAST_NAMES = ("Fischer", "Moreau", "Silva", "Kowalski", "Berg", "Rossi", "Haas", "Novak", "Weiss", "Costa", "Lang")


def seeded_portal(
    now: datetime,
    tickets: int = 500,
    seed: int = 20_261,
    *,
    account: Account | None = None,
    store: Store | None = None,
    behaviour: Behaviour | None = None,
    conversations: int = 0,
) -> Portal:
    """The portal as of `now` (aware), with that many tickets created over the last 30 days.

    More than `MOST_STORIES` are spread over the last year. `conversations` is how often each story of
    `seed_conversations` is told on top of them.
    """
    random = Random(seed)  # noqa: S311 - an invented portal, not a secret
    portal = Portal(now, account=account, store=store, behaviour=behaviour)
    start = now - _A_YEAR
    _add_account(portal, start)
    with portal.store.together():
        companies = _add_companies(portal, start)
        contacts = _add_contacts(portal, companies, start, random)
    teams = {team.id: [owner.id for owner in portal.owners.values() if team in owner.teams] for team in _TEAMS}
    participants = Participants(
        companies, contacts, {"0": teams["401"], "204880101": teams["402"], "204880202": teams["403"]}
    )
    if tickets <= MOST_STORIES:
        with portal.store.together():
            add_tickets(portal, participants, now, tickets, random)
    else:
        add_many_tickets(portal, participants, PIPELINES, now, tickets, random)
    with portal.store.together():
        add_conversations(portal, participants, now, conversations)
    portal.clock.set(now)
    return portal


_TEAMS = (_SUPPORT, _ONBOARDING, _BILLING)


def _add_account(portal: Portal, start: datetime) -> None:
    start_ms = to_ms(start)
    portal.set_pipelines(_pipelines(start_ms))
    portal.set_owners(
        Owner(
            owner_id,
            f"{first}.{last}@support.example".lower(),
            first,
            last,
            user_id=60_000_000 + int(owner_id),
            teams=(team,),
            created_ms=start_ms,
            updated_ms=start_ms,
            time_zone=portal.account.time_zone,
            working_hours=_WORKING_HOURS,
            job_title=_JOB_TITLES.get(owner_id, "Agent"),
        )
        for owner_id, first, last, team in _OWNERS
    )
    portal.catalogue(COMPANIES).create(
        Property(
            name="customer_tier",
            label="Customer tier",
            type="enumeration",
            field_type="select",
            group="companyinformation",
            options=options(*((tier, tier.capitalize()) for tier in TIERS)),
        ),
        start_ms,
    )


def _pipelines(start_ms: int) -> list[Pipeline]:
    return [
        _pipeline("0", "Support Pipeline", 0, 0, "1 New", "2 Waiting on contact", "3 Waiting on us", "4 Closed"),
        _pipeline(
            "204880101",
            "Onboarding",
            1,
            start_ms,
            "981230001 New",
            "981230002 In progress",
            "981230003 Waiting on customer",
            "981230004 Done",
        ),
        _pipeline(
            "204880202",
            "Billing",
            2,
            start_ms,
            "981240001 New",
            "981240002 Under review",
            "981240003 Waiting on bank",
            "981240004 Resolved",
        ),
    ]


def _pipeline(pipeline_id: str, label: str, order: int, created_ms: int, *stages: str) -> Pipeline:
    """Stages are "id label"; the last one is closed."""
    stage_list = []
    for position, stage in enumerate(stages):
        stage_id, _, stage_label = stage.partition(" ")
        closed = position == len(stages) - 1
        stage_list.append(Stage(stage_id, stage_label, closed, position, created_ms, created_ms))
    return Pipeline(pipeline_id, label, tuple(stage_list), order, created_ms, created_ms)


def _add_companies(portal: Portal, start: datetime) -> list[str]:
    company_ids = []
    for number in range(1, _COMPANIES + 1):
        properties = {"name": f"Customer {number:02}", "domain": f"customer-{number:02}.example"}
        tier = next((tier for tier, last in _LAST_WITH_TIER.items() if number <= last), None)
        if tier:
            properties["customer_tier"] = tier
        company_ids.append(portal.create("companies", properties, at=start))
    return company_ids


def _add_contacts(portal: Portal, companies: list[str], start: datetime, random: Random) -> dict[str, list[str]]:
    """Contact ids by company id; every company has at least two."""
    contact_ids: dict[str, list[str]] = {company: [] for company in companies}
    for number in range(_CONTACTS):
        company = companies[number % len(companies)] if number < 2 * len(companies) else random.choice(companies)
        first, last = random.choice(_FIRST_NAMES), random.choice(_LAST_NAMES)
        domain = portal.read("companies", company)["domain"]
        properties = {"firstname": first, "lastname": last, "email": f"{first}.{last}.{number}@{domain}".lower()}
        contact = portal.create("contacts", properties, at=start + timedelta(minutes=number + 1))
        portal.associate("contacts", contact, "companies", company, primary=True)
        contact_ids[company].append(contact)
    return contact_ids
