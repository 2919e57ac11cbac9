from __future__ import annotations

from datetime import timedelta

import pytest

from hubspot_sla.errors import RequestRejected
from hubspot_sla.hubspot.parse_records import HistoryEntry
from hubspot_sla.hubspot.record_rows import CompanyLink, CrmRecord

PROPERTIES = ["subject", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority", "createdate"]


def whole_list(portal, properties=PROPERTIES, history=()) -> list[CrmRecord]:
    page = portal.of("tickets").list_page(None, properties, history)
    rows = page.rows
    while page.after:
        page = portal.of("tickets").list_page(page.after, properties, history)
        rows += page.rows
    return rows


def test_the_list_holds_every_ticket_once(portal, sandbox) -> None:
    rows = whole_list(portal)
    assert sorted(row.id for row in rows) == sorted(sandbox.portal.ids("tickets"))
    assert portal.transport.calls == {"list": 1}


def test_the_list_pages_by_fifty_with_history(portal) -> None:
    rows = whole_list(portal, history=["hs_pipeline_stage"])
    assert len(rows) == 60
    assert portal.transport.calls == {"list": 2}
    assert all(row.history["hs_pipeline_stage"] for row in rows)


def test_a_listed_ticket_has_all_that_judging_it_needs(portal, sandbox, now) -> None:
    id_ = sandbox.portal.create("tickets", {"subject": "broken", "hs_pipeline": "0", "hs_pipeline_stage": "1"}, at=now)
    sandbox.portal.update("tickets", id_, {"hs_pipeline_stage": "2"}, at=now + timedelta(minutes=5))
    sandbox.portal.associate("tickets", id_, "companies", "5002", primary=True)
    sandbox.portal.associate("tickets", id_, "companies", "5003")
    ticket = next(row for row in whole_list(portal, history=["hs_pipeline_stage"]) if row.id == id_)
    at_ms = int(now.timestamp() * 1000)
    assert ticket.properties["subject"] == "broken"
    assert ticket.properties["hs_ticket_priority"] is None
    assert ticket.created_at_ms == at_ms
    assert ticket.updated_at_ms == at_ms + 300_000
    assert set(ticket.company_ids) == {CompanyLink("5002", True), CompanyLink("5003", False)}
    assert not ticket.archived
    newest, oldest = ticket.history["hs_pipeline_stage"]
    assert isinstance(newest, HistoryEntry)
    assert (newest.value, newest.at_ms) == ("2", at_ms + 300_000)
    assert (oldest.value, oldest.at_ms) == ("1", at_ms)


def test_a_read_ticket_has_not_been_asked_for_companies(portal, sandbox) -> None:
    id_ = sandbox.portal.ids("tickets")[0]
    assert portal.of("tickets").read([id_], PROPERTIES).rows[0].company_ids is None


def test_reading_batches_by_fifty_with_history_and_by_hundred_without(portal, sandbox) -> None:
    ids = sandbox.portal.ids("tickets")
    assert len(portal.of("tickets").read(ids, PROPERTIES, ["hs_pipeline_stage"]).rows) == 60
    assert portal.transport.calls == {"batch_read": 2}
    assert len(portal.of("tickets").read(ids, PROPERTIES).rows) == 60
    assert portal.transport.calls == {"batch_read": 3}


def test_reading_names_the_ids_that_do_not_exist_and_asks_for_each_once(portal, sandbox) -> None:
    gone, kept, *_ = sandbox.portal.ids("tickets")
    sandbox.portal.archive("tickets", gone)
    read = portal.of("tickets").read([kept, gone, kept, "999"], PROPERTIES)
    assert [row.id for row in read.rows] == [kept]
    assert read.missing_ids == (gone, "999")


def test_reading_nothing_asks_nothing(portal) -> None:
    assert portal.of("tickets").read([], PROPERTIES).rows == []
    assert portal.transport.calls == {}


def test_updates_land_and_say_when(portal, sandbox) -> None:
    first, second, *_ = sandbox.portal.ids("tickets")
    written = portal.of("tickets").update({first: {"subject": "one"}, second: {"subject": "two"}})
    assert (written.rejected, written.missing) == ({}, ())
    assert sandbox.portal.read("tickets", first)["subject"] == "one"
    read = portal.of("tickets").read([first, second], ["subject"])
    assert {row.id: row.updated_at_ms for row in read.rows} == written.updated


def test_more_than_a_batch_is_chunked(portal, sandbox) -> None:
    ids = [
        sandbox.portal.create("tickets", {"subject": "x", "hs_pipeline": "0", "hs_pipeline_stage": "1"})
        for _ in range(101)
    ]
    assert len(portal.of("tickets").update({id_: {"subject": "y"} for id_ in ids}).updated) == 101
    assert portal.transport.calls == {"batch_update": 2}


@pytest.mark.parametrize("row_by_row", [True, False])
def test_poison_rows_keep_nobody_from_landing(portal, sandbox, row_by_row: bool) -> None:
    sandbox.portal.behaviour = type(sandbox.portal.behaviour)(traced_updates_fail_by_row=row_by_row)
    ids = sandbox.portal.ids("tickets")
    poison = {ids[3]: {"hs_ticket_priority": "SOMETIME"}, ids[40]: {"hs_object_id": "1"}}
    changes = {id_: {"subject": "fine"} for id_ in ids} | poison | {"999": {"subject": "nobody"}}
    written = portal.of("tickets").update(changes)
    assert set(written.updated) == set(ids) - set(poison)
    assert "SOMETIME was not one of the allowed options" in written.rejected[ids[3]]
    assert "calculated property" in written.rejected[ids[40]]
    assert written.missing == ("999",)
    calls = portal.transport.calls["batch_update"]
    assert calls == 1 if row_by_row else 1 < calls < 30


def test_a_property_that_is_not_there_rejects_its_rows_without_a_search_for_them(portal, sandbox) -> None:
    sandbox.portal.behaviour = type(sandbox.portal.behaviour)(traced_updates_fail_by_row=False)
    ids = sandbox.portal.ids("tickets")
    written = portal.of("tickets").update({id_: {"sla_gone": "x"} for id_ in ids})
    assert set(written.rejected) == set(ids)
    assert portal.transport.calls == {"batch_update": 1}


def test_writing_nothing_asks_nothing(portal) -> None:
    assert portal.of("tickets").update({}).updated == {}
    assert portal.transport.calls == {}


def test_a_page_that_hubspot_refuses_is_told(portal) -> None:
    with pytest.raises(RequestRejected):
        portal.of("tickets").list_page("not-a-cursor", PROPERTIES)
