"""Search: operators, order, paging, limits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hubspot.crm.tickets import PublicObjectSearchRequest

from sandbox.first_ids import TICKET_IDS

PATH = "/crm/objects/2026-09/tickets/search"


def _filter(name, operator, **more):
    return {"filterGroups": [{"filters": [{"propertyName": name, "operator": operator, **more}]}]}


def _ids(http, body):
    answer = http.post(PATH, {"limit": 200, **body})
    assert answer.status_code == 200, answer.text
    return {row["id"] for row in answer.json()["results"]}


def _where(portal, holds):
    return {ticket for ticket in portal.ids("tickets") if holds(portal.read("tickets", ticket))}


def test_the_sdk_finds_what_changed_since(client, portal, now) -> None:
    since = now - timedelta(days=3)
    page = client.crm.tickets.search_api.do_search(
        PublicObjectSearchRequest(
            filter_groups=_filter("hs_lastmodifieddate", "GTE", value=str(int(since.timestamp() * 1000)))[
                "filterGroups"
            ],
            sorts=[{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}],
            limit=200,
        )
    )
    expected = _where(portal, lambda row: row["hs_lastmodifieddate"] >= f"{since:%Y-%m-%dT%H:%M:%SZ}")
    assert {row.id for row in page.results} == expected
    assert 0 < page.total < 30
    modified = [row.updated_at for row in page.results]
    assert modified == sorted(modified)


@pytest.mark.parametrize("path", [f"/crm/{base}/tickets/search" for base in ("v3/objects", "objects/2026-03")])
def test_a_search_needs_neither_after_nor_sorts_nor_filters(http, path) -> None:
    for body in ({}, {"after": "", "sorts": []}, {"filterGroups": [], "limit": 10, "after": 0}):
        answer = http.post(path, body).json()
        assert answer["total"] == 30
        created = [row["properties"]["createdate"] for row in answer["results"]]
        assert len(created) == 10
        assert created == sorted(created)
        assert answer["paging"] == {"next": {"after": "10"}}


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        (_filter("hs_ticket_priority", "EQ", value="HIGH"), lambda row: row["hs_ticket_priority"] == "HIGH"),
        (_filter("hs_ticket_priority", "EQ", value="high"), lambda _: False),
        (_filter("hs_ticket_priority", "NEQ", value="HIGH"), lambda row: row["hs_ticket_priority"] != "HIGH"),
        (
            _filter("hs_ticket_priority", "IN", values=["LOW", "URGENT"]),
            lambda row: row["hs_ticket_priority"] in ("LOW", "URGENT"),
        ),
        (
            _filter("hs_ticket_priority", "NOT_IN", values=["LOW", "URGENT"]),
            lambda row: row["hs_ticket_priority"] not in ("LOW", "URGENT"),
        ),
        (_filter("closed_date", "HAS_PROPERTY"), lambda row: "closed_date" in row),
        (_filter("closed_date", "NOT_HAS_PROPERTY"), lambda row: "closed_date" not in row),
        (
            _filter("createdate", "BETWEEN", value="2026-11-01T00:00:00Z", highValue="2026-11-10T00:00:00Z"),
            lambda row: "2026-11-01T00:00:00Z" <= row["createdate"] <= "2026-11-10T00:00:00Z",
        ),
        (_filter("createdate", "LT", value="2026-11-10"), lambda row: row["createdate"] < "2026-11-10T00:00:00Z"),
        (
            _filter("hs_object_id", "GT", value=TICKET_IDS[24]),
            lambda row: row["hs_object_id"] in TICKET_IDS[25:],
        ),
        (
            _filter("hs_object_id", "LTE", value=TICKET_IDS[4]),
            lambda row: row["hs_object_id"] in TICKET_IDS[:5],
        ),
        (_filter("subject", "CONTAINS_TOKEN", value="e*"), lambda row: " e" in f" {row['subject'].lower()}"),
        (
            _filter("subject", "NOT_CONTAINS_TOKEN", value="e*"),
            lambda row: " e" not in f" {row['subject'].lower()}",
        ),
        ({"query": "csv"}, lambda row: "csv" in row["subject"].lower()),
    ],
)
def test_every_operator_finds_what_a_scan_finds(http, portal, body, holds) -> None:
    assert _ids(http, body) == _where(portal, holds)


def test_groups_are_alternatives_and_filters_of_a_group_hold_together(http, portal) -> None:
    high = {"propertyName": "hs_ticket_priority", "operator": "EQ", "value": "HIGH"}
    shut = {"propertyName": "hs_is_closed", "operator": "EQ", "value": "true"}
    late = {"propertyName": "createdate", "operator": "GTE", "value": "2026-11-15"}
    ids = _ids(http, {"filterGroups": [{"filters": [high, shut]}, {"filters": [late]}]})
    assert ids == _where(
        portal,
        lambda row: (
            (row["hs_ticket_priority"] == "HIGH" and row["hs_is_closed"] == "true")
            or row["createdate"] >= "2026-11-15T00:00:00Z"
        ),
    )


def test_tickets_are_found_by_their_company(http, portal) -> None:
    company = portal.read("tickets", "28100001")["hs_primary_company_id"]
    ids = _ids(http, _filter("associations.company", "EQ", value=company))
    assert "28100001" in ids
    assert ids >= _where(portal, lambda row: row.get("hs_primary_company_id") == company)
    assert _ids(http, _filter("associations.company", "IN", values=["424242"])) == set()


def test_a_write_is_found_at_once_by_the_value_it_has_now(http, portal, now) -> None:
    body = _filter("hs_lastmodifieddate", "GT", value=str(int(now.timestamp() * 1000)))
    assert _ids(http, body) == set()
    portal.update("tickets", TICKET_IDS[6], {"subject": "Touched"}, at=now + timedelta(minutes=1))
    assert _ids(http, body) == {TICKET_IDS[6]}
    portal.archive("tickets", TICKET_IDS[6])
    assert _ids(http, body) == set()


def test_sorting_descends_and_puts_records_without_a_value_last(http, portal) -> None:
    sort = {"propertyName": "closed_date", "direction": "DESCENDING"}
    rows = http.post(PATH, {"limit": 200, "sorts": [sort], "properties": ["closed_date"]}).json()["results"]
    closed = [row["properties"]["closed_date"] for row in rows]
    having = [instant for instant in closed if instant is not None]
    assert having == sorted(having, reverse=True)
    assert closed[len(having) :] == [None] * (len(closed) - len(having))
    assert 0 < len(having) < 30


def test_more_than_two_hundred_are_paged_and_ten_thousand_is_the_end(http, portal) -> None:
    for number in range(10_001):
        portal.create("contacts", {"email": f"many{number}@customer.example"})
    path = "/crm/v3/objects/contacts/search"
    paged_ids: list[str] = []
    body = {"limit": 200, "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]}
    while len(paged_ids) < 10_000:
        page = http.post(path, body).json()
        paged_ids += [row["id"] for row in page["results"]]
        body["after"] = page["paging"]["next"]["after"]
    assert page["total"] == 10_091
    assert len(set(paged_ids)) == 10_000
    past = http.post(path, body)
    assert past.status_code == 400
    assert "10,000" in past.json()["message"]


_ONE = {"propertyName": "subject", "operator": "HAS_PROPERTY"}


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"after": "next"},
        {"sorts": [{"propertyName": "subject"}, {"propertyName": "createdate"}]},
        {"filterGroups": [{"filters": [_ONE]}] * 6},
        {"filterGroups": [{"filters": [_ONE] * 7}]},
        {"filterGroups": [{"filters": [_ONE] * 5}] * 4},
        {"query": "x" * 3_000},
        _filter("never_defined", "HAS_PROPERTY"),
        _filter("createdate", "GTE", value="tomorrow"),
        _filter("createdate", "ABOUT", value="0"),
        _filter("createdate", "BETWEEN", value="0"),
        _filter("subject", "EQ"),
        _filter("subject", "IN", values=[]),
    ],
)
def test_a_search_past_the_limits_or_without_sense_is_refused(http, body) -> None:
    answer = http.post(PATH, body)
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
