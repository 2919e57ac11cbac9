"""A list of clustered ids, as HubSpot gives them, read from a served portal: what it costs beside its pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hubspot_sandbox.server import Running, serve
from hubspot_sla.hubspot.batches import BATCH, BATCH_WITH_HISTORY
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubspot_sla.hubspot.portal import Portal

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECRET = "pat-eu1-00000000-1111-2222-3333-44445555abcd"
"""The one that `open_portal` uses."""
TICKETS = 4_000


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    portal = copied_portal(NOW, tickets=0)
    with portal.current(), portal.store.together():
        for number in range(TICKETS):
            given = {"subject": f"Printer {number}", "hs_pipeline": "0", "hs_pipeline_stage": "1"}
            portal.create("tickets", given, at=NOW)
    with serve(portal, token=SECRET, enforce_limits=False) as made:
        yield made


@pytest.mark.parametrize("version", ["2026-09", "2026-03"])
@pytest.mark.parametrize("history", [["hs_pipeline_stage"], []], ids=["with history", "plain"])
def test_a_walk_costs_at_most_a_twentieth_more_than_its_pages(
    running: Running, open_portal: Callable[..., Portal], version: str, history: list[str]
) -> None:
    portal = open_portal(running, version)
    came = [row.id for page, _ in portal.of("tickets").walk(["subject"], history) for row in page.rows]
    calls = dict(portal.transport.calls)
    assert sorted(came) == sorted(running.portal.ids("tickets"))
    pages = -(-TICKETS // (BATCH_WITH_HISTORY if history else BATCH))
    assert sum(calls.values()) <= 1.05 * pages
    assert calls["search"] >= 1
