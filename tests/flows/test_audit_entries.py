"""What a run leaves in the audit log: ids and instants in the chain, texts outside it, facts covered by digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from altered import alter
from flows.test_ladders import TOBIAS, climbed, steep
from flows.test_refresh import rename, run_refresh
from hubspot_sandbox.object_types import object_type
from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flows.world import World

__all__ = ["steep"]


def every_value(world: World, table: str) -> str:
    return "\n".join(str(value) for row in world.rows(f"select * from {table}") for value in row)


def said_by_people(world: World, ticket: str) -> Iterable[str]:
    """Whatever a person wrote or reads that passed through this story."""
    owner = world.portal.owners[TOBIAS]
    yield from ("Zebra", "by hand", "Nobody takes this", "Brand new", "Resolution", "was late", "no history says")
    yield from (owner.email, owner.first_name, owner.last_name)
    yield world.portal.read("companies", "5004")["name"]
    yield from (world.held(ticket)["reason"][:20], "promises no")


@pytest.fixture
def told(steep: World) -> World:
    """A late ticket with a task, a note and a notification; a reason, an edit, a refusal and a renamed stage."""
    steep.portal.update("companies", "5004", {"name": "Quagga Ltd"}, at=steep.now)
    ticket = climbed(steep)
    steep.portal.update("tickets", ticket, {"subject": "Zebra on fire"}, at=steep.now)
    steep.portal.associate("tickets", ticket, "companies", "5004", primary=True, at=steep.now)
    steep.advance(minutes=3)
    steep.change(ticket, sla_policy="by hand")
    steep.sync()
    steep.ticket(subject="Zebra again", hs_ticket_priority="HIGH")
    with steep.running.faults.during("poison_rows", ids=[ticket], route="batch_update", message="Nobody takes this"):
        steep.advance(hours=2)
        steep.sync()
    rename(steep, "0", "1", "Brand new")
    run_refresh(steep)
    return steep


def test_nothing_that_people_wrote_or_read_stands_in_the_chain(told: World) -> None:
    ((ticket,),) = told.rows("select record_id from audit where kind = 'edit' limit 1")
    chain, outside = every_value(told, "audit"), every_value(told, "audit_texts")
    words = list(said_by_people(told, str(ticket)))
    assert [word for word in words if word in chain] == []
    assert {"Zebra", "by hand", "Nobody takes this", "Brand new"} <= {word for word in words if word in outside}
    told.require_whole_chain()


def test_without_its_texts_and_salts_an_entry_tells_nothing_more(told: World) -> None:
    alter(told.folder / "ledger.db", "delete from audit_texts")
    bodies = "\n".join(map(str, told.entries()))
    ((ticket,),) = told.rows("select record_id from audit where kind = 'edit' limit 1")
    assert [word for word in said_by_people(told, str(ticket)) if word in bodies] == []
    with pytest.raises(LedgerDamaged, match="its texts are missing"):  # only an erasure that says so may do this
        told.require_whole_chain()


def test_a_confirmed_write_refers_to_the_entry_that_asked_for_it(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    (write,) = live.entries("write", ticket)
    asked = dict(_numbered(live, "verdict"))[write["entry"]]
    (action,) = asked["plan"]
    held = live.portal.read("tickets", ticket)
    assert {name: held.get(name) or "" for name in action["changes"]} == action["changes"]


def _numbered(world: World, kind: str) -> list[tuple[int, dict[str, list[dict[str, dict[str, str]]]]]]:
    numbers = [int(str(seq)) for (seq,) in world.rows(f"select seq from audit where kind = '{kind}' order by seq")]
    return list(zip(numbers, world.entries(kind), strict=True))


def test_what_changes_no_verdict_is_covered_by_an_entry_of_its_own(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.advance(minutes=3)
    live.change(ticket, hubspot_owner_id="3001")
    live.sync()
    assert len(live.entries("facts", ticket)) == 1
    uncovered = live.rows("select count(*) from facts where entry is null")
    assert uncovered == [(0,)]
    live.require_whole_chain()


@pytest.mark.parametrize(
    "alteration",
    [
        "update facts set value = '2' where name = 'hs_pipeline_stage'",
        "delete from facts where name = 'hs_ticket_priority'",
        "update companies set history = replace(history, 'gold', 'free')",
        "update policy_versions set portal_ids = '{}'",
    ],
)
def test_an_altered_fact_is_found_by_the_entry_that_rests_on_it(live: World, alteration: str) -> None:
    live.ticket(company="5004", hs_ticket_priority="HIGH")
    live.sync()
    live.require_whole_chain()
    alter(live.folder / "ledger.db", alteration)
    with pytest.raises(LedgerDamaged, match="refers to was altered"):
        live.require_whole_chain()


def test_a_contact_that_is_one_no_more_keeps_the_values_that_entries_rest_on(empty: World) -> None:
    empty.edit("tiers.yaml", lambda _: "ranks: [gold]\nsources:\n  - contact_property: company\n")
    empty.set_up()
    empty.sync()
    first, second = (empty.portal.create("contacts", {"company": title}) for title in ("gold", "clerk"))
    ticket = empty.ticket()
    empty.portal.associate("tickets", ticket, "contacts", first)
    empty.sync()
    assert empty.held(ticket)["tier"] == "gold"
    empty.advance(minutes=5)
    link = empty.portal.links.types.unlabelled(object_type("tickets"), object_type("contacts"))
    with empty.portal.lock:
        empty.portal.links.unlink(link, int(ticket), int(first))
    empty.portal.associate("tickets", ticket, "contacts", second)
    run_refresh(empty)
    assert empty.held(ticket)["tier"] == "not ranked: clerk"
    assert empty.rows("select contact_id, linked from contacts order by contact_id") == [(first, 0), (second, 1)]
    empty.require_whole_chain()


def test_the_log_of_an_upgraded_ledger_is_one_log(live: World) -> None:
    """`tests/ledger/test_versions.py` goes on from ledgers of every version; here only how they are read."""
    live.ticket()
    live.sync()
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        columns = [row[1] for row in ledger.db.execute("pragma table_info(audit_log)")]
    assert columns == ["seq", "at", "run_id", "kind", "object_type", "record_id", "body", "texts", "hash", "form"]
