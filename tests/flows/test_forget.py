"""What was asked to be forgotten is in no byte of the ledger any more, and everything else still holds."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from altered import alter
from flows.world import NOW, world
from hubspot_sla.errors import LedgerDamaged, LedgerLocked, UsageProblem
from hubspot_sla.flows.inspection import audit_replay
from hubspot_sla.flows.inspection.explain import explain
from hubspot_sla.flows.inspection.proven_rows import problems_of
from hubspot_sla.flows.receipts.make import make
from hubspot_sla.flows.runs import close_period, forget, rebuild_outcomes, waive
from hubspot_sla.flows.runs.forget import Asked
from hubspot_sla.ledger import audit_verification, database, records
from hubspot_sla.ledger.waivers import WaiverTerms
from hubspot_sla.plan.records import RecordRef
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World
    from hubspot_sla.flows.runs.forget import Forgotten
    from hubspot_sla.ledger.database import Ledger

SUBJECT, CONTENT, REASON, BY, VIP = "Okapi-4711", "Zebra-4711", "Gnu-4711", "Kudu-4711", "Quagga-4711"
POLICIES = """\
policies:
  - id: described
    when: {pipeline: Support Pipeline, property: {content: {known: true}}}
    calendar: always
    targets: {resolution: 2h}
  - id: support
    when: {pipeline: Support Pipeline}
    calendar: always
    targets: {resolution: 24h}
"""


@pytest.fixture
def told(story: World, tmp_path: Path) -> World:
    """The same portal, and a copy of the ledger and the mappings."""
    shutil.copytree(story.folder, tmp_path / "copy")
    return replace(story, folder=tmp_path / "copy")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A late ticket with a task and a waiver, in a closed month; a contact decides its tier. HubSpot has it no more."""
    empty = world(copied_portal(NOW, tickets=0), tmp_path_factory.mktemp("story"), POLICIES)
    tiers = f"ranks: [gold, {VIP}]\nsources:\n  - contact_property: company\n  - company_property: customer_tier\n"
    empty.edit("tiers.yaml", lambda _: tiers)
    empty.edit("portal.yaml", lambda text: f"{text}\nreport:\n  dimensions: [content]\n")
    empty.set_up()
    empty.sync()
    empty.advance(minutes=1)
    contact = empty.portal.create("contacts", {"company": VIP, "email": "q@example.com"}, at=empty.now)
    ticket = empty.ticket(subject=SUBJECT, content=CONTENT, age=timedelta(minutes=1))
    empty.portal.associate("tickets", ticket, "contacts", contact, at=empty.now)
    other = empty.ticket(subject="another one")
    empty.portal.associate("tickets", other, "contacts", contact, at=empty.now)
    empty.sync()
    empty.advance(hours=3)
    empty.sync()
    with writing(empty) as ledger:
        terms = WaiverTerms(
            reason=REASON, granted_by=BY, granted_at=now_of(empty), expires_at=now_of(empty) + 3_600_000
        )
        waive.grant(ledger, waive.Asked(record=ticket), terms)
    empty.advance(hours=2)
    empty.sync()
    empty.change(ticket, hs_pipeline_stage="4")
    empty.advance(days=9)
    empty.sync()
    with writing(empty) as ledger:
        close_period.close(ledger, "2026-11", close_period.Asked("me", now_of(empty), with_unknown=False, reason=""))
    empty.portal.archive("tickets", ticket)
    empty.advance(hours=25)
    empty.sync()
    yield empty
    empty.close()


def now_of(world: World) -> int:
    return int(world.now.timestamp() * 1000)


def writing(world: World) -> Ledger:
    return database.open_for_writing(world.folder / "ledger.db")


def ids(world: World) -> tuple[str, str]:
    """The ticket and the contact."""
    ((contact,),) = world.rows("select distinct contact_id from contacts")
    ((ticket,),) = world.rows(f"select distinct record_id from facts where value = '{CONTENT}'") or [("",)]
    return str(ticket), str(contact)


def forgotten(world: World, asked: Asked) -> Forgotten:
    with writing(world) as ledger:
        return forget.forget(ledger, asked, now_of(world), world.folder / "backups")


def in_bytes(world: World, *words: str) -> set[str]:
    found = set()
    for name in ("ledger.db", "ledger.db-wal"):
        path = world.folder / name
        content = path.read_bytes() if path.exists() else b""
        found |= {word for word in words if word.encode() in content}
    return found


def test_a_ticket_is_forgotten_to_the_last_byte_and_the_rest_still_holds(told: World) -> None:
    words = (SUBJECT, CONTENT, REASON, BY)
    ticket, _ = ids(told)
    assert in_bytes(told, *words) == set(words)
    assert told.rows("select 1 from period_outcomes where dimensions like '%4711%'")
    figures = told.rows("select status, due_at, breached_at, excluded, company_id from period_outcomes order by id")
    kept = told.rows(f"select name, at, nth from facts where record_id = '{ticket}' order by name, at, nth")
    done = forgotten(told, Asked(ticket=ticket))
    assert in_bytes(told, *words) == set()
    assert {"facts", "outbox", "audit_texts", "waivers", "period_outcomes", "outcomes"} <= done.erased.rows.keys()
    assert (
        told.rows("select status, due_at, breached_at, excluded, company_id from period_outcomes order by id")
        == figures
    )
    assert told.rows(f"select name, at, nth from facts where record_id = '{ticket}' order by name, at, nth") == kept
    (entry,) = told.entries("erasure")
    assert not [word for word in words if word in str(entry)]
    told.require_whole_chain()
    with database.open_for_reading(told.folder / "ledger.db") as ledger:
        replayed = audit_replay.replay(ledger)
        rebuilt = rebuild_outcomes.compare(ledger)
        explained = explain(ledger.db, RecordRef.of(ticket), now_of(told))
        assert problems_of(ledger.db, RecordRef.of(ticket)) == []
        with pytest.raises(UsageProblem, match="removed on request"):
            make(ledger.db, RecordRef.of(ticket))
    assert explained.erased
    assert any(metric.recorded for metric in explained.metrics)
    assert (replayed.differing, rebuilt.differing, rebuilt.not_reproduced) == (0, 0, 0)
    assert replayed.erased > 0
    assert "erased values" in replayed.summary()
    assert rebuilt.erased == 1
    told.sync()
    told.require_whole_chain()


def test_a_contact_is_forgotten_on_every_ticket(told: World) -> None:
    _, contact = ids(told)
    told.edit("tiers.yaml", lambda _: "ranks: [gold]\nsources:\n  - contact_property: company\n")
    told.sync()
    assert in_bytes(told, VIP) == {VIP}
    done = forgotten(told, Asked(contact=contact))
    assert done.erased.rows["contacts"] == 2
    assert told.rows("select 1 from contacts where history like '%4711%'") == []
    assert any("forget these too" in line for line in done.left)
    told.require_whole_chain()
    with database.open_for_reading(told.folder / "ledger.db") as ledger:
        assert audit_replay.replay(ledger).differing == 0


def test_what_is_restated_because_of_it_says_so(told: World) -> None:
    """HubSpot shows the ticket again after its description is gone: another policy applies."""
    ticket, _ = ids(told)
    forgotten(told, Asked(ticket=ticket))
    with writing(told) as ledger, ledger.transaction() as db:
        row = records.load(db, "tickets", [ticket])[ticket]
        db.execute("update records set open = 1, next_at = 0 where record_id = ?", (row.id,))
    told.advance(hours=25)
    told.sync(backfill=True)
    ((erasure,),) = told.rows("select seq from audit where kind = 'erasure'")
    assert {cause for (cause,) in told.rows(f"select cause from outcome_editions where entry > {erasure}")} == {
        "erasure"
    }


def test_a_company_and_a_person_lose_their_names(seeded: World) -> None:
    seeded.sync()
    ((company, name),) = seeded.rows("select id, name from names where kind = 'company' and length(name) > 6 limit 1")
    ((owner, person),) = seeded.rows("select id, name from names where kind = 'owner' limit 1")
    for asked in (Asked(company=str(company)), Asked(owner=str(owner))):
        forgotten(seeded, asked)
    assert seeded.rows(f"select name from names where id in ('{company}', '{owner}') and name <> ''") == []
    assert {name, person} & {one for (one,) in seeded.rows("select name from names")} == set()
    seeded.require_whole_chain()
    with database.open_for_reading(seeded.folder / "ledger.db") as ledger:
        assert audit_replay.replay(ledger).differing == 0


def test_only_an_erasure_excuses_a_gap(told: World) -> None:
    ticket, _ = ids(told)
    ((first,),) = told.rows("select min(entry) from audit_texts")
    forgotten(told, Asked(ticket=ticket))
    ((elsewhere,),) = told.rows("select max(entry) from audit_texts where length(salt) > 0")
    assert first != elsewhere
    alter(told.folder / "ledger.db", f"delete from audit_texts where entry = {elsewhere}")
    with database.open_for_reading(told.folder / "ledger.db") as ledger:
        found = audit_verification.verify(ledger.db)
        assert (found.broken_at, found.problem) == (elsewhere, "its texts are missing")
        with pytest.raises(LedgerDamaged):
            audit_verification.require_whole(ledger.db)


def test_what_is_left_of_the_facts_is_covered_anew(told: World) -> None:
    ticket, _ = ids(told)
    forgotten(told, Asked(ticket=ticket))
    ((erasure,),) = told.rows("select seq from audit where kind = 'erasure'")
    moved = f"update facts set at = at + 1 where record_id = '{ticket}' and name = 'hs_pipeline_stage'"
    alter(told.folder / "ledger.db", moved)
    with database.open_for_reading(told.folder / "ledger.db") as ledger:
        assert audit_verification.verify(ledger.db).broken_at == erasure


def test_the_rows_that_are_left_are_sealed_with_another_salt(told: World) -> None:
    """With the one before, somebody could try values until one fits a digest in the log."""
    ticket, _ = ids(told)
    before = told.rows(f"select salt from row_seals where id = '{ticket}'")
    forgotten(told, Asked(ticket=ticket))
    assert told.rows(f"select salt from row_seals where id = '{ticket}'") != before
    told.require_whole_chain()


def test_a_second_time_finds_nothing_and_what_is_unknown_is_said(told: World) -> None:
    ticket, _ = ids(told)
    with database.open_for_reading(told.folder / "ledger.db") as ledger:
        foretold = forget.foretell(ledger.db, Asked(ticket=ticket), told.folder)
    assert (forgotten(told, Asked(ticket=ticket)).erased, foretold.erased.is_empty) == (foretold.erased, False)
    assert forgotten(told, Asked(ticket=ticket)).erased.is_empty
    assert len(told.entries("erasure")) == 1
    for asked in (Asked(ticket="999"), Asked(contact="999"), Asked(company="999"), Asked(owner="999")):
        with pytest.raises(UsageProblem, match="knows no"):
            forgotten(told, asked)


def test_a_reader_that_keeps_the_log_from_being_emptied_is_named(told: World) -> None:
    ticket, _ = ids(told)
    with database.open_for_reading(told.folder / "ledger.db") as reader:
        reader.db.execute("begin")
        reader.db.execute("select count(*) from facts").fetchone()
        with writing(told) as ledger:
            ledger.db.execute("pragma busy_timeout = 1")
            with pytest.raises(LedgerLocked, match="another process reads the ledger"):
                forget.forget(ledger, Asked(ticket=ticket), now_of(told), told.folder)
        reader.db.rollback()
    assert len(told.entries("erasure")) == 1
    forgotten(told, Asked(ticket=ticket))
    assert in_bytes(told, SUBJECT, CONTENT, REASON) == set()


def test_the_guard_of_append_only_tables_stands_again(told: World, tmp_path: Path) -> None:
    ticket, _ = ids(told)
    triggers = told.rows("select name, sql from sqlite_master where type = 'trigger' order by name")
    assert triggers
    forgotten(told, Asked(ticket=ticket))
    assert told.rows("select name, sql from sqlite_master where type = 'trigger' order by name") == triggers
