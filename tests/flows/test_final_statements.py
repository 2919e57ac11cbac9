"""Final statements of contracts while the facts that they were drawn from change: a merge, a corrected tier."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flows.test_refresh import run_refresh
from flows.test_simulated_credits import PAYS
from hubspot_sla.flows.reporting.contracts.claims import claims
from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
from hubspot_sla.flows.reporting.contracts.statement import Asked, statement
from hubspot_sla.flows.runs import close_contract, close_period
from hubspot_sla.ledger import audit_verification, database
from hubspot_sla.render.report.page import page
from proofs import people

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.ledger.contract_closings import ContractClosing
    from hubspot_sla.render.report.document import Document

CONTRACT = PAYS.replace("attainment: first_response", "attainment: resolution").replace(
    "valid_from: 2026-01-01", "valid_from: 2026-11-01\n    claim: {closes: {days: 60}}"
)
NOVEMBER = "2026-11"


def now_of(world: World) -> int:
    return round(world.now.timestamp() * 1000)


def reader_of(world: World) -> FeedReader:
    return FeedReader(world.settings().mappings, world.settings().secret)


def drawn(world: World, period: str = NOVEMBER, **more: Any) -> Document:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return statement(ledger.db, Asked("acme", period, reader_of(world), now_of(world), **more))


def counted(document: Document) -> list[tuple[str, str]]:
    """Each promise with its result."""
    return [(row[0].text, row[3].text) for row in document.tables["records-answers"].rows]  # type: ignore[union-attr]


def restated(world: World, reason: str) -> ContractClosing:
    with database.open_beside(world.folder / "ledger.db") as ledger:
        asked = close_period.Asked("ada", now_of(world), reason=reason)
        return close_contract.restate(ledger, "acme", NOVEMBER, reader_of(world), asked)


def proofs(world: World) -> list[tuple[object, ...]]:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        every = claims(ledger.db, reader_of(world), now_of(world))
        return [(claim.amount, claim.entry, claim.proofs) for claim in every]


def require_whole(world: World) -> None:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        audit_verification.require_whole(ledger.db)


@pytest.fixture
def closed(live: World) -> tuple[str, str]:
    """November is closed with one promise kept and one broken: the tickets."""
    live.edit("tiers.yaml", lambda text: text.replace("as_of: creation", "as_of: now"))
    live.edit("policies.yaml", lambda text: text.replace("{HIGH: 8h, default: 24h}", "480h"))
    (live.folder / "mappings" / "contracts.yaml").write_text(CONTRACT, encoding="utf-8")
    live.set_up()
    kept, broken = (live.ticket(company="5004") for _ in range(2))
    live.sync()
    live.advance(hours=3)
    live.change(kept, hs_pipeline_stage="4")
    live.sync()
    live.advance(days=9)
    live.sync()
    live.advance(minutes=1)
    with database.open_beside(live.folder / "ledger.db") as ledger:
        close_contract.close(ledger, "acme", NOVEMBER, reader_of(live), close_period.Asked("ada", now_of(live)))
    live.advance(minutes=1)
    return kept, broken


def test_a_merge_changes_nothing_that_is_final_and_is_restated_with_its_reason(
    live: World, closed: tuple[str, str]
) -> None:
    kept, broken = closed
    first, claimed = page(drawn(live)), proofs(live)
    assert counted(drawn(live)) == [(broken, "broken"), (kept, "kept")]
    people.merge(live, live.ticket(company="5015"), broken)
    live.advance(minutes=1)
    live.sync()
    assert page(drawn(live)) == first
    assert proofs(live) == claimed != []
    assert counted(drawn(live, provisional=True)) == [(kept, "kept")]
    again = restated(live, "two tickets were merged")
    assert (again.edition, again.payable) == (2, "0.00")
    assert dict(drawn(live).facts)["Why another edition"] == "two tickets were merged"
    assert counted(drawn(live)) == [(kept, "kept")]
    assert page(drawn(live, edition=1)) == first
    assert proofs(live) == []
    require_whole(live)


def test_a_corrected_tier_changes_nothing_that_is_final_and_the_promise_is_named_where_it_moved_to(
    live: World, closed: tuple[str, str]
) -> None:
    """Gold had six hours, and the tier that it had all along has twenty days."""
    kept, broken = closed
    first, claimed = page(drawn(live)), proofs(live)
    live.portal.update("companies", "5004", {"customer_tier": "silver"}, at=live.now - timedelta(days=10))
    live.advance(minutes=35)
    run_refresh(live)
    assert page(drawn(live)) == first
    assert proofs(live) == claimed != []
    assert counted(drawn(live, provisional=True)) == [(kept, "kept")]
    live.advance(days=20)
    live.sync()
    assert counted(drawn(live, "2026-12")) == [(broken, "broken")]
    said = f"2026-11, edition 1, counts too: {broken} resolution (broken there, broken here)"
    assert drawn(live, "2026-12").notes == (said,)
    assert restated(live, "the tier was silver").payable == "0.00"
    assert drawn(live, "2026-12").notes == ()
    assert page(drawn(live, edition=1)) == first
    require_whole(live)
