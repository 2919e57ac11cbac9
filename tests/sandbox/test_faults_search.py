"""Searches behind the times, out of order or cut off, and histories that are not whole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hubspot.crm.tickets import PublicObjectSearchRequest

TICKETS = "/crm/objects/2026-09/tickets"


def _changed_since(instant, *, name: str = "hs_lastmodifieddate", **more: object) -> dict[str, object]:
    since = {"propertyName": name, "operator": "GTE", "value": instant.isoformat()}
    sorts = [{"propertyName": name, "direction": "ASCENDING"}]
    return {"filterGroups": [{"filters": [since]}], "sorts": sorts, "limit": 200} | more


@pytest.fixture
def search(http):
    """Ids a search finds, in order."""

    def ids(asked: dict[str, object]) -> list[str]:
        return [row["id"] for row in http.post(f"{TICKETS}/search", asked).json()["results"]]

    return ids


@pytest.fixture
def later(running, now):
    """An hour after everything that was seeded."""
    running.advance(timedelta(hours=1))
    return now + timedelta(hours=1)


def test_a_change_reaches_the_index_when_the_lag_is_over(running, portal, search, later) -> None:
    running.faults.add("search_lag", lag_s=30)
    ticket_id = portal.ids("tickets")[3]
    portal.update("tickets", ticket_id, {"subject": "changed"})
    assert search(_changed_since(later)) == []
    running.advance(timedelta(seconds=29.999))
    assert search(_changed_since(later)) == []
    running.advance(timedelta(milliseconds=1))
    assert search(_changed_since(later)) == [ticket_id]


def test_a_total_may_count_what_no_row_shows_yet(http, running, portal) -> None:
    running.faults.add("search_lag", lag_s=30, total="current")
    ticket_id = portal.create("tickets", {"subject": "new", "hs_pipeline_stage": "1"})
    by_id = {"propertyName": "hs_object_id", "operator": "EQ", "value": ticket_id}
    body = {"filterGroups": [{"filters": [by_id]}]}
    answer = http.post(f"{TICKETS}/search", body).json()
    assert (answer["total"], answer["results"]) == (1, [])
    running.advance(timedelta(seconds=30))
    answer = http.post(f"{TICKETS}/search", body).json()
    assert (answer["total"], [row["id"] for row in answer["results"]]) == (1, [ticket_id])


def test_lists_and_batch_reads_do_not_lag(http, running, portal, later) -> None:
    running.faults.add("search_lag", lag_s=30)
    ticket_id = portal.ids("tickets")[0]
    portal.update("tickets", ticket_id, {"subject": "changed"})
    read = http.post(f"{TICKETS}/batch/read", {"inputs": [{"id": ticket_id}], "properties": ["subject"]}).json()
    listed = http.get(TICKETS, limit=1, properties="subject").json()
    assert read["results"][0]["properties"]["subject"] == "changed"
    assert listed["results"][0]["properties"]["subject"] == "changed"


def test_a_lagging_search_leaves_everything_as_it_was(http, running, portal, search, later) -> None:
    running.faults.add("search_lag", lag_s=30)
    ticket_id, gone_id = portal.ids("tickets")[:2]
    portal.update("tickets", ticket_id, {"subject": "changed", "hs_ticket_priority": "LOW"})
    portal.archive("tickets", gone_id)
    before = portal.read("tickets", ticket_id), portal.history("tickets", ticket_id, "subject"), portal.ids("tickets")
    search(_changed_since(later))
    assert before == (
        portal.read("tickets", ticket_id),
        portal.history("tickets", ticket_id, "subject"),
        portal.ids("tickets"),
    )
    running.faults.clear()
    assert search(_changed_since(later)) == [ticket_id]
    assert http.get(f"{TICKETS}/{gone_id}").status_code == 404


def test_a_new_ticket_is_not_found_and_an_archived_one_still_is(running, portal, search, later) -> None:
    running.faults.add("search_lag", lag_s=30)
    old_id = portal.ids("tickets")[0]
    stage = {name: portal.read("tickets", old_id)[name] for name in ("hs_pipeline", "hs_pipeline_stage")}
    new_id = portal.create("tickets", {"subject": "brand new"} | stage)
    portal.archive("tickets", old_id)
    every = {"limit": 200}
    ids_in_index = search(every)
    assert old_id in ids_in_index
    assert new_id not in ids_in_index
    running.advance(timedelta(seconds=31))
    ids_in_index = search(every)
    assert new_id in ids_in_index
    assert old_id not in ids_in_index


def test_stale_rows_match_by_and_show_what_was(http, running, portal, later) -> None:
    ticket_id = portal.ids("tickets")[0]
    portal.update("tickets", ticket_id, {"subject": "before"})
    asked = {
        "filterGroups": [{"filters": [{"propertyName": "subject", "operator": "EQ", "value": "before"}]}],
        "properties": ["subject"],
    }
    for rows, shown in (("stale", "before"), ("current", "after")):
        portal.update("tickets", ticket_id, {"subject": "before"})
        with running.faults.during("search_lag", lag_s=30, rows=rows):
            portal.update("tickets", ticket_id, {"subject": "after"})
            body = http.post(f"{TICKETS}/search", asked).json()
        assert [row["properties"]["subject"] for row in body["results"]] == [shown]
        assert http.post(f"{TICKETS}/search", asked).json()["total"] == 0


def test_of_many_changes_the_index_has_the_last_that_reached_it(http, running, portal, later) -> None:
    running.faults.add("search_lag", lag_s=10)
    ticket_id = portal.ids("tickets")[0]
    asked = _changed_since(later, properties=["subject"])
    subjects = []
    for step in range(6):
        portal.update("tickets", ticket_id, {"subject": f"at {step * 5}"})
        rows = http.post(f"{TICKETS}/search", asked).json()["results"]
        subjects.append(rows[0]["properties"]["subject"] if rows else None)
        running.advance(timedelta(seconds=5))
    assert subjects == [None, None, "at 0", "at 5", "at 10", "at 15"]


def test_with_jitter_later_changes_are_seen_before_earlier_ones(running, portal, search, later) -> None:
    running.faults.add("search_lag", lag_s=0, jitter_s=60, seed=3)
    changed = portal.ids("tickets")[:20]
    for ticket_id in changed:
        portal.update("tickets", ticket_id, {"subject": "changed"})
        running.advance(timedelta(seconds=1))
    ids_in_index = search(_changed_since(later))
    assert 0 < len(ids_in_index) < len(changed)
    first_missing = next(at for at, ticket_id in enumerate(changed) if ticket_id not in ids_in_index)
    assert any(ticket_id in ids_in_index for ticket_id in changed[first_missing:])
    running.advance(timedelta(seconds=60))
    assert search(_changed_since(later)) == changed


def test_the_sdk_sees_the_lag_too(client, running, portal, later) -> None:
    running.faults.add("search_lag", lag_s=5)
    portal.update("tickets", portal.ids("tickets")[0], {"subject": "changed"})
    groups = _changed_since(later)["filterGroups"]
    asked = PublicObjectSearchRequest(filter_groups=groups, sorts=[], limit=10, properties=[], after="0")
    api = client.crm.tickets.search_api
    assert api.do_search(asked).total == 0
    running.advance(timedelta(seconds=5))
    assert api.do_search(asked).total == 1


def test_two_lags_may_be_in_force_and_go(running, portal, search, later) -> None:
    first = running.faults.add("search_lag", lag_s=5)
    running.faults.add("search_lag", lag_s=20)
    ticket_id = portal.ids("tickets")[0]
    portal.update("tickets", ticket_id, {"subject": "changed"})
    running.advance(timedelta(seconds=10))
    assert search(_changed_since(later)) == []
    running.faults.clear()
    assert search(_changed_since(later)) == [ticket_id]
    assert first.strikes == 1


def test_rows_may_come_in_no_order(running, search, now) -> None:
    asked = _changed_since(now - timedelta(days=60))
    ordered = search(asked)
    with running.faults.during("shuffled", route="search", seed=5):
        shuffled = search(asked)
    assert shuffled != ordered
    assert sorted(shuffled) == sorted(ordered)


def test_a_search_may_be_cut_off_earlier_than_at_ten_thousand(http, running) -> None:
    running.faults.add("search_cap", most=20)
    within = http.post(f"{TICKETS}/search", {"limit": 10, "after": "10"})
    past = http.post(f"{TICKETS}/search", {"limit": 10, "after": "20"})
    assert within.json()["total"] == 30
    assert past.status_code == 400
    assert past.json()["category"] == "VALIDATION_ERROR"


def test_many_tickets_may_share_one_millisecond(http, running, portal, search, later) -> None:
    running.faults.add("bulk_edit", properties={"hs_ticket_priority": "HIGH"}, most=25)
    http.get("/account-info/v3/details")
    http.get("/account-info/v3/details")
    edited = search(_changed_since(later))
    assert edited == portal.ids("tickets")[:25]
    assert {portal.read("tickets", ticket_id)["hs_lastmodifieddate"] for ticket_id in edited} == {
        "2026-11-23T10:00:00Z"
    }
    assert not running.log.writes()


@pytest.mark.parametrize("how", ["list", "get", "batch"])
def test_histories_may_be_cut_to_the_last_few(http, running, portal, now, how) -> None:
    ticket_id = portal.ids("tickets")[0]
    for minute in range(4):
        at = now + timedelta(minutes=minute)
        portal.update("tickets", ticket_id, {"subject": f"at {minute}", "content": f"at {minute}"}, at=at)
    running.faults.add("truncated_history", keep=2, properties=["subject"])
    names = ["subject", "content"]
    if how == "batch":
        asked = {"inputs": [{"id": ticket_id}], "propertiesWithHistory": names}
        record = http.post(f"{TICKETS}/batch/read", asked).json()["results"][0]
    elif how == "get":
        record = http.get(f"{TICKETS}/{ticket_id}", propertiesWithHistory=names).json()
    else:
        record = http.get(TICKETS, limit=1, propertiesWithHistory=names).json()["results"][0]
    assert [row["value"] for row in record["propertiesWithHistory"]["subject"]] == ["at 3", "at 2"]
    assert len(record["propertiesWithHistory"]["content"]) >= 4
