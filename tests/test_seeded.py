"""A copied portal is what seeding makes, and belongs to its test alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flows.world import NOW
from hubspot_sandbox.object_types import ALL
from hubspot_sandbox.seed import seeded_portal
from seeded import copied_portal

if TYPE_CHECKING:
    from hubspot_sandbox.portal import Portal

NEW = {"subject": "Printer on fire", "hs_pipeline": "0", "hs_pipeline_stage": "1"}


def contents(portal: Portal) -> dict[str, list[dict[str, str]]]:
    """Every record of every object type, with a new ticket and what hangs on it, as of the same instant."""
    portal.clock.freeze()
    portal.clock.set(NOW + timedelta(hours=1))
    ticket = portal.create("tickets", NEW)
    portal.associate("tickets", ticket, "companies", portal.ids("companies")[0], primary=True)
    task = portal.create("tasks", {"hs_task_subject": "Call", "hs_timestamp": "2026-11-23T09:00:00Z"})
    portal.associate("tasks", task, "tickets", ticket)
    assert len(portal.tasks_of(ticket)) == 1
    return {kind.name: [portal.read(kind.name, id_) for id_ in portal.ids(kind.name)] for kind in ALL}


def test_a_copy_holds_what_seeding_makes_and_goes_on_alike() -> None:
    assert contents(copied_portal(NOW, tickets=5)) == contents(seeded_portal(NOW, tickets=5))


def test_what_is_changed_in_one_copy_is_not_in_the_next() -> None:
    first = copied_portal(NOW, tickets=5)
    first.create("tickets", NEW)
    first.update("companies", "5001", {"customer_tier": "bronze"})
    second = copied_portal(NOW, tickets=5)
    assert len(second.ids("tickets")) == 5
    assert second.read("companies", "5001")["customer_tier"] == "platinum"
