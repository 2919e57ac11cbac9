"""By whose doing an outcome came out so: who paused, what was met only because of it, who excused."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from flows.test_outcomes import one
from flows.test_rebuild_outcomes import alter, compare, rebuild
from hubspot_sla.flows.installation.starter_set import starter_root
from hubspot_sla.flows.records.hubspot_facts import facts_of, vocabulary
from hubspot_sla.flows.runs import rebuild_outcomes
from hubspot_sla.hubspot.parse_records import HistoryEntry
from hubspot_sla.hubspot.record_rows import CrmRecord
from hubspot_sla.ledger import attribution_rows, database, outcomes
from hubspot_sla.measure.outcome import Attribution, PausedBy
from hubspot_sla.policy.loader import load, read_texts

if TYPE_CHECKING:
    from flows.world import World

HOUR = 3_600_000
PERSON, WORKFLOW = "CRM_UI", "AUTOMATION_PLATFORM"


def attribution(world: World, ticket: str, clock: str = "resolution") -> Attribution:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        stored = outcomes.load(ledger.db, "tickets", [ticket])[ticket]
    (found,) = [outcome.attribution for outcome in stored.outcomes if outcome.clock == clock]
    assert found is not None
    return found


def waits(world: World, ticket: str, hours: float, source: str) -> None:
    world.portal.update("tickets", ticket, {"hs_pipeline_stage": "2"}, at=world.now, source=source)
    world.advance(hours=hours)
    world.change(ticket, hs_pipeline_stage="1")
    world.advance(hours=1)


@pytest.fixture
def paused(live: World) -> str:
    """Ten hours from creation to closing, of which a person's pause takes four and a workflow's one; six are
    promised."""
    ticket = live.ticket(company="5004")  # gold
    live.advance(hours=2)
    waits(live, ticket, 4, PERSON)
    waits(live, ticket, 1, WORKFLOW)
    live.advance(hours=1)
    live.change(ticket, hs_pipeline_stage="4")
    live.sync()
    assert one(live, ticket)["status"] == "met"
    return ticket


def test_what_was_met_only_because_of_a_pause_is_judged_anew_without_it(live: World, paused: str) -> None:
    assert attribution(live, paused) == Attribution(
        (
            PausedBy(WORKFLOW, HOUR, HOUR),  # without it six hours ran
            PausedBy(PERSON, 4 * HOUR, 4 * HOUR, met_only=True),  # without it nine
        ),
        met_by_pauses=True,
    )
    assert one(live, paused)["paused_ms"] == 5 * HOUR


def test_what_is_met_without_any_pause_too_is_met_by_none(live: World) -> None:
    ticket = live.ticket(company="5004")
    waits(live, ticket, 4, PERSON)
    live.change(ticket, hs_pipeline_stage="4")
    live.sync()
    assert attribution(live, ticket) == Attribution((PausedBy(PERSON, 4 * HOUR, 4 * HOUR),))


def test_who_waived_is_kept_beside_what_was_waived(live: World) -> None:
    ticket = live.ticket(company="5004")
    live.sync()
    live.advance(hours=9)
    live.change(ticket, hs_pipeline_stage="4")
    waiver = f"waivers:\n  - {{ticket: '{ticket}', reason: outage, by: Mara}}\n"
    (live.folder / "mappings" / "waivers.yaml").write_text(waiver, encoding="utf-8")
    live.sync()
    live.advance(minutes=1)
    live.sync()
    assert one(live, ticket)["excluded"] == "waived"
    assert attribution(live, ticket).waived_by == "Mara"


def test_a_person_whom_hubspot_names_is_the_source_of_a_fact() -> None:
    words = vocabulary(load(read_texts(starter_root() / "mappings")).portal, ())
    history = [
        HistoryEntry("2", 2_000, PERSON, "userId:12345"),
        HistoryEntry("1", 1_000, "INTEGRATION", "appId:7"),
    ]
    record = CrmRecord(
        "1", {"hs_pipeline_stage": "2"}, {"hs_pipeline_stage": history}, (), 3_000, 1_000, archived=False
    )
    assert [(fact.value, fact.source) for fact in facts_of(record, words)] == [
        ("1", "INTEGRATION"),
        ("2", "CRM_UI userId:12345"),
    ]


def test_two_late_clocks_of_a_ticket_keep_in_whose_hands_they_were(live: World) -> None:
    ticket = live.ticket(company="5004")
    live.advance(hours=3)
    waits(live, ticket, 2, PERSON)
    live.advance(hours=7)
    live.sync()
    first, resolution = (attribution(live, ticket, clock).spans for clock in ("first_response", "resolution"))
    assert first
    assert resolution
    assert sum(span.business_ms for span in resolution) == sum(span.end - span.start for span in resolution)
    shared = {span[:2] for span in first} & {span[:2] for span in resolution}
    assert shared == {span[:2] for span in first}  # both began at the creation, and both are open
    row = one(live, ticket)
    packed = attribution_rows.bound(Attribution(spans=first))[3]
    assert packed is not None
    assert tuple(attribution_rows.unpacked(packed, row["started_at"])) == first


def test_an_upgraded_ledger_gets_what_it_lacks_with_the_first_sync(live: World, paused: str) -> None:
    before = live.rows("select * from outcomes order by id")
    alter(live, "update outcomes set pauses = null, met_by_pauses = null, waived_by = null, spans = null")
    with sqlite3.connect(live.folder / "ledger.db") as db:
        db.execute("insert or replace into meta (key, value) values ('outcomes_missing', 'to be filled')")
    db.close()
    found = compare(live)
    assert (found.differing, found.not_reproduced) == (0, 0)
    with database.open_for_writing(live.folder / "ledger.db") as ledger:
        assert rebuild_outcomes.fill(ledger, stopping=lambda: False).filled == 1
        assert rebuild_outcomes.fill(ledger, stopping=lambda: False).records == 0
    assert [row[1:] for row in live.rows("select * from outcomes order by id")] == [row[1:] for row in before]
    assert attribution(live, paused).met_by_pauses


def test_the_pauses_of_all_authors_add_up_to_the_paused_time_of_every_outcome(seeded: World) -> None:
    seeded.sync(backfill=True)
    with database.open_for_reading(seeded.folder / "ledger.db") as ledger:
        stored = outcomes.load(ledger.db, "tickets", seeded.portal.ids("tickets")).values()
    every = [outcome for of_record in stored for outcome in of_record.outcomes]
    assert any(outcome.when.paused_ms for outcome in every)
    for outcome in every:
        assert outcome.attribution is not None
        assert sum(pause.business_ms for pause in outcome.attribution.pauses) == outcome.when.paused_ms


ALTERATIONS = (
    "update outcomes set met_by_pauses = 0 where met_by_pauses = 1",
    "update outcomes set pauses = replace(pauses, 'CRM_UI', 'CRM_UJ') where pauses is not null",
    "update outcomes set pauses = null where pauses is not null",
)


@pytest.mark.parametrize("statement", ALTERATIONS)
def test_an_altered_attribution_is_found_and_put_right(live: World, paused: str, statement: str) -> None:
    before = attribution(live, paused)
    alter(live, statement)
    assert compare(live).differing == 1
    rebuild(live)
    assert attribution(live, paused) == before
