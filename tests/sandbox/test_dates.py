"""Dates in any form: what the 2026-09 edition puts right, and what the earlier ones make of the same."""

from __future__ import annotations

import pytest

from sandbox.first_ids import TICKET_IDS

SEPTEMBER, MARCH = "/crm/objects/2026-09/tickets", "/crm/objects/2026-03/tickets"
DUE_S = 1_795_000_000
DUE_AT = "2026-11-18T11:06:40Z"


@pytest.fixture(autouse=True)
def definitions(http) -> None:
    """A property for an instant, and one for a date."""
    for name, type_ in (("sla_due_at", "datetime"), ("renewal_on", "date")):
        body = {"name": name, "label": name, "type": type_, "fieldType": "date", "groupName": "ticketinformation"}
        assert http.post("/crm/v3/properties/tickets", body).status_code == 201


def _write(http, base: str, **properties: object):
    return http.send("PATCH", f"{base}/{TICKET_IDS[0]}", json={"properties": properties})


def test_seconds_are_put_right_and_remarked_on(http) -> None:
    answer = _write(http, SEPTEMBER, sla_due_at=str(DUE_S)).json()
    assert answer["properties"]["sla_due_at"] == DUE_AT
    assert answer["warnings"] == [
        {
            "category": "PROPERTY_VALUE_NORMALIZED",
            "context": {"normalizedValue": f"{DUE_S}000", "propertyName": "sla_due_at", "rawValue": str(DUE_S)},
            "message": "sla_due_at was normalized",
        }
    ]


def test_earlier_editions_take_seconds_for_milliseconds(http) -> None:
    answer = _write(http, MARCH, sla_due_at=str(DUE_S)).json()
    assert answer["properties"]["sla_due_at"].startswith("1970-01-21")
    assert "warnings" not in answer


@pytest.mark.parametrize("value", [DUE_AT, f"{DUE_S}000", "2026-11-18T12:06:40+01:00"])
def test_what_is_plain_is_not_remarked_on(http, value) -> None:
    answer = _write(http, SEPTEMBER, sla_due_at=value).json()
    assert answer["properties"]["sla_due_at"] == DUE_AT
    assert "warnings" not in answer


@pytest.mark.parametrize("value", ["2026-11-18T11:06:40Z", str(DUE_S), f"{DUE_S}000", "2026-11-18T00:00:00Z"])
def test_a_date_that_is_not_midnight_is_its_day(http, value) -> None:
    answer = _write(http, SEPTEMBER, renewal_on=value).json()
    assert answer["properties"]["renewal_on"] == "2026-11-18"
    assert [warning["context"]["rawValue"] for warning in answer["warnings"]] == [value]
    if value != "2026-11-18T00:00:00Z":
        assert _write(http, MARCH, renewal_on=f"{DUE_S}000").json()["errors"][0]["code"] == "INVALID_DATE"


def test_a_plain_date_is_a_date(http) -> None:
    for value in ("2026-11-18", "1794960000000"):
        answer = _write(http, SEPTEMBER, renewal_on=value).json()
        assert answer["properties"]["renewal_on"] == "2026-11-18"
        assert "warnings" not in answer


def test_what_is_no_date_is_refused_as_ever(http) -> None:
    assert _write(http, SEPTEMBER, renewal_on="soon").json()["errors"][0]["code"] == "INVALID_DATE"


def test_every_row_of_a_batch_has_its_own_remarks(http) -> None:
    rows = [
        {"id": TICKET_IDS[0], "properties": {"sla_due_at": DUE_S}},
        {"id": TICKET_IDS[1], "properties": {"sla_due_at": DUE_AT}},
    ]
    row_by_id = {row["id"]: row for row in http.post(f"{SEPTEMBER}/batch/update", {"inputs": rows}).json()["results"]}
    assert [bool(row_by_id[ticket_id].get("warnings")) for ticket_id in TICKET_IDS[:2]] == [True, False]
    new = {"subject": "x", "hs_pipeline_stage": "1", "sla_due_at": DUE_S}
    (made,) = http.post(f"{SEPTEMBER}/batch/create", {"inputs": [{"properties": new}]}).json()["results"]
    assert made["warnings"][0]["context"]["propertyName"] == "sla_due_at"
