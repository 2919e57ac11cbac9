"""What the mappings look at for the first time is read for every ticket, the quiet ones too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.server import Running, serve
from hubspot_sla.flows import binding, policies, setup
from hubspot_sla.flows.explain import explain
from hubspot_sla.flows.parts import wired
from hubspot_sla.flows.settings import from_environment
from hubspot_sla.flows.starter import copy_starter
from hubspot_sla.flows.sync import sync
from hubspot_sla.ledger import tickets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sla.flows.parts import Parts

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TOKEN = "pat-eu1-00000000-1111-2222-3333-44445555abcd"


@pytest.fixture
def running() -> Iterator[Running]:
    with serve(seeded_portal(NOW, tickets=12), token=TOKEN, enforce_limits=False) as running:
        running.clock.freeze()
        yield running


@pytest.fixture
def parts(running: Running, tmp_path: Path) -> Iterator[Parts]:
    """A portal set up and synced once with the starter mappings."""
    copy_starter(tmp_path)
    settings = from_environment(
        {
            "HUBSPOT_TOKEN": TOKEN,
            "HUBSPOT_BASE_URL": running.url,
            "SLA_LEDGER": str(tmp_path / "ledger.db"),
            "SLA_MAPPINGS": str(tmp_path / "mappings"),
        }
    )
    with wired(settings) as parts:
        binding.bind_portal(parts)
        new = policies.candidate(parts)
        assert new is not None
        setup.set_up(parts, new, setup.plan_setup(parts, new.version.mappings.portal))
        sync(parts)
        yield parts


def rewrite(parts: Parts, name: str, old: str, new: str) -> None:
    path = parts.settings.mappings / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def some_ticket(parts: Parts) -> str:
    return min(tickets.all_open(parts.ledger.db))


def test_a_tier_by_contact_reaches_tickets_that_nobody_touched(parts: Parts, running: Running) -> None:
    ticket = some_ticket(parts)
    (contact, *_) = parts.portal.customers.contacts_of([ticket])[ticket]
    running.portal.update("contacts", contact, {"company": "platinum"})
    rewrite(parts, "tiers.yaml", "sources:\n", "sources:\n  - contact_property: company\n")
    rewrite(parts, "tiers.yaml", "as_of: creation", "as_of: now")
    sync(parts)
    told = explain(parts.ledger.db, ticket, parts.now() + 10_000)
    tier = told.judgement.agreed[-1].tier
    assert (tier.tier, tier.source) == ("platinum", "contact property company")
    assert sync(parts).calls.total() == 1


def test_a_policy_may_ask_for_a_property_that_was_never_read(parts: Parts, running: Running) -> None:
    ticket = some_ticket(parts)
    running.portal.update("tickets", ticket, {"hs_ticket_category": "BILLING_ISSUE"})
    rewrite(
        parts,
        "policies.yaml",
        "policies:\n",
        "policies:\n  - {id: bills, when: {category: BILLING_ISSUE}, calendar: always, targets: {resolution: 4h}}\n",
    )
    sync(parts)
    agreement = explain(parts.ledger.db, ticket, parts.now() + 10_000).judgement.agreed[-1]
    assert agreement.match.policy is not None
    assert agreement.match.policy.id == "bills"
