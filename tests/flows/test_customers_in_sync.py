"""What the mappings look at for the first time is read for every ticket, the quiet ones too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hubspot_sandbox.server import Running, serve
from hubspot_sla.flows.context import portal_binding
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.context.settings import from_environment
from hubspot_sla.flows.inspection.explain import explain
from hubspot_sla.flows.installation import setup
from hubspot_sla.flows.installation.starter_set import copy_starter
from hubspot_sla.flows.reading import own_properties, policy_versions
from hubspot_sla.flows.runs.sync import sync
from hubspot_sla.ledger import records
from hubspot_sla.plan.records import RecordRef
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sla.flows.context.context import Context

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TOKEN = "pat-eu1-00000000-1111-2222-3333-44445555abcd"


@pytest.fixture
def running() -> Iterator[Running]:
    with serve(copied_portal(NOW, tickets=12), token=TOKEN, enforce_limits=False) as running:
        running.clock.freeze()
        yield running


@pytest.fixture
def context(running: Running, tmp_path: Path) -> Iterator[Context]:
    """A portal set up and synced once with the starter mappings."""
    copy_starter(tmp_path)
    settings = from_environment(
        {
            "HUBSPOT_TOKEN": TOKEN,
            "HUBSPOT_BASE_URL": running.url,
            "SLA_CLOCK": "hubspot",
            "SLA_LEDGER": str(tmp_path / "ledger.db"),
            "SLA_MAPPINGS": str(tmp_path / "mappings"),
        }
    )
    with wired(settings) as context:
        portal_binding.bind_portal(context)
        new = policy_versions.candidate(context)
        assert new is not None
        setup.set_up(context, new, own_properties.plan_setup(context, new.version.mappings))
        sync(context)
        yield context


def rewrite(context: Context, name: str, old: str, new: str) -> None:
    path = context.settings.mappings / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def some_ticket(context: Context) -> str:
    return min(records.all_open(context.ledger.db, "tickets"))


def test_a_tier_by_contact_reaches_tickets_that_nobody_touched(context: Context, running: Running) -> None:
    ticket = some_ticket(context)
    (contact, *_) = context.portal.customers.contacts_of("tickets", [ticket])[ticket]
    running.portal.update("contacts", contact, {"company": "platinum"})
    rewrite(context, "tiers.yaml", "sources:\n", "sources:\n  - contact_property: company\n")
    rewrite(context, "tiers.yaml", "as_of: creation", "as_of: now")
    sync(context)
    told = explain(context.ledger.db, RecordRef.of(ticket), context.now() + 10_000)
    tier = told.judgement.agreed[-1].tier
    assert (tier.tier, tier.source) == ("platinum", "contact property company")
    assert sync(context).calls.total() == 1


def test_a_policy_may_ask_for_a_property_that_was_never_read(context: Context, running: Running) -> None:
    ticket = some_ticket(context)
    running.portal.update("tickets", ticket, {"hs_ticket_category": "BILLING_ISSUE"})
    rewrite(
        context,
        "policies.yaml",
        "policies:\n",
        "policies:\n  - {id: bills, when: {category: BILLING_ISSUE}, calendar: always, targets: {resolution: 4h}}\n",
    )
    sync(context)
    agreement = explain(context.ledger.db, RecordRef.of(ticket), context.now() + 10_000).judgement.agreed[-1]
    assert agreement.match.policy is not None
    assert agreement.match.policy.id == "bills"
