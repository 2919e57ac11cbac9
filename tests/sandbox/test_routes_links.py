"""Associations: all verbs of v3, v4 and the dated editions."""

from __future__ import annotations

import pytest
from hubspot.crm.associations import models as v3
from hubspot.crm.associations.v4 import models as v4

from hubspot_sandbox.object_types import TICKETS, object_type

V4 = ("/crm/v4/associations", "/crm/associations/2026-03", "/crm/associations/2026-09")


@pytest.fixture
def ticket(portal) -> str:
    return portal.create("tickets", {"subject": "One", "hs_pipeline_stage": "1"})


@pytest.fixture
def note(portal, now) -> str:
    return portal.create("notes", {"hs_timestamp": now.isoformat(), "hs_note_body": "Called back"})


@pytest.fixture(params=V4)
def path(request) -> str:
    return str(request.param)


def _linked(portal, ticket: str, kind: str) -> dict[int, tuple[int, ...]]:
    return dict(portal.links.of(TICKETS, int(ticket), object_type(kind)))


def _pair(source: str, target: str, *types: int) -> dict[str, object]:
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": link_type} for link_type in types]
    return {"from": {"id": source}, "to": {"id": target}, "types": spec}


def test_the_v4_sdk_makes_reads_and_takes_links(client, portal, ticket, note) -> None:
    batch = client.crm.associations.v4.batch_api
    spec = v4.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=227)
    pair = v4.PublicAssociationMultiPost(
        types=[spec], _from=v4.PublicObjectId(id=ticket), to=v4.PublicObjectId(id=note)
    )
    made = batch.create("tickets", "notes", v4.BatchInputPublicAssociationMultiPost(inputs=[pair]))
    assert [row.from_object_type_id for row in made.results] == ["0-5"]
    basic = client.crm.associations.v4.basic_api
    assert [row.to_object_id for row in basic.get_page("ticket", ticket, "note").results] == [note]
    plain = v4.PublicDefaultAssociationMultiPost(_from=v4.PublicObjectId(id=ticket), to=v4.PublicObjectId(id="5001"))
    inputs = v4.BatchInputPublicDefaultAssociationMultiPost(inputs=[plain])
    assert len(batch.create_default("tickets", "companies", inputs).results) == 2
    assert _linked(portal, ticket, "companies") == {5001: (339,)}
    gone = v4.PublicAssociationMultiArchive(_from=v4.PublicObjectId(id=ticket), to=[v4.PublicObjectId(id=note)])
    batch.archive("tickets", "notes", v4.BatchInputPublicAssociationMultiArchive(inputs=[gone]))
    assert _linked(portal, ticket, "notes") == {}
    basic.archive("tickets", ticket, "companies", "5001")
    assert _linked(portal, ticket, "companies") == {}


def test_the_v3_sdk_makes_reads_and_takes_links(client, portal, ticket, note) -> None:
    batch = client.crm.associations.batch_api
    pair = v3.PublicAssociation(
        _from=v3.PublicObjectId(id=ticket), to=v3.PublicObjectId(id=note), type="ticket_to_note"
    )
    batch.create("tickets", "notes", v3.BatchInputPublicAssociation(inputs=[pair]))
    links = batch.read("tickets", "notes", v3.BatchInputPublicObjectId(inputs=[v3.PublicObjectId(id=ticket)]))
    assert [(row.id, row.type) for row in links.results[0].to] == [(note, "ticket_to_note")]
    batch.archive("tickets", "notes", v3.BatchInputPublicAssociation(inputs=[pair]))
    assert _linked(portal, ticket, "notes") == {}
    types = client.crm.associations.schema.types_api.get_all("tickets", "companies").results
    assert [(link_type.id, link_type.name) for link_type in types] == [
        ("26", "ticket_to_company"),
        ("339", "ticket_to_company_unlabeled"),
    ]


def test_a_thousand_and_one_links_are_made_at_once_and_two_thousand_and_one_are_not(http, path, ticket) -> None:
    pairs = [_pair(ticket, "5001", 339)] * 2_001
    made = http.post(f"{path}/tickets/companies/batch/create", {"inputs": pairs[:1_001]})
    assert made.status_code == (200 if path.endswith("2026-09") else 201)
    assert len(made.json()["results"]) == 1_001
    assert http.post(f"{path}/tickets/companies/batch/create", {"inputs": pairs}).status_code == 400


def test_rows_that_cannot_be_linked_are_told_and_the_others_made(http, portal, path, ticket) -> None:
    inputs = [_pair(ticket, "5001", 339), _pair(ticket, "77", 339), _pair("77", "5001", 339), _pair(ticket, "5002", 16)]
    answer = http.post(f"{path}/tickets/companies/batch/create", {"inputs": inputs})
    assert answer.status_code == (200 if path.endswith("2026-09") else 207)
    assert answer.json()["numErrors"] == 3
    sub_categories = [error.get("subCategory") for error in answer.json()["errors"]]
    assert sub_categories == ["crm.associations.TO_OBJECT_NOT_FOUND", "crm.associations.FROM_OBJECT_NOT_FOUND", None]
    assert _linked(portal, ticket, "companies") == {5001: (339,)}


def test_a_label_is_made_used_renamed_and_deleted(http, portal, path, ticket) -> None:
    labels = f"{path}/tickets/companies/labels"
    made = http.post(labels, {"name": "billed_to", "label": "Billed to", "inverseLabel": "Pays for"}).json()["results"]
    assert [made_row["label"] for made_row in made] == ["Billed to", "Pays for"]
    assert {made_row["category"] for made_row in made} == {"USER_DEFINED"}
    there, back = (made_row["typeId"] for made_row in made)
    http.post(f"{path}/tickets/companies/batch/create", {"inputs": [_pair(ticket, "5001", there)]})
    assert _linked(portal, ticket, "companies") == {5001: (339, there)}
    inverse = http.get(f"{path}/companies/tickets/labels").json()["results"]
    assert {"category": "USER_DEFINED", "typeId": back, "label": "Pays for"} in inverse
    assert http.send("PUT", labels, json={"associationTypeId": there, "label": "Invoiced"}).status_code == 204
    assert "Invoiced" in [row["label"] for row in http.get(labels).json()["results"]]
    assert http.send("DELETE", f"{labels}/{there}").status_code == 204
    assert _linked(portal, ticket, "companies") == {5001: (339,)}
    assert http.send("DELETE", f"{labels}/339").status_code == 400


def test_taking_a_label_from_a_link_leaves_the_link(http, portal, path, ticket) -> None:
    portal.associate("tickets", ticket, "companies", "5001", primary=True)
    assert portal.read("tickets", ticket)["hs_primary_company_id"] == "5001"
    answer = http.post(f"{path}/tickets/companies/batch/labels/archive", {"inputs": [_pair(ticket, "5001", 26)]})
    assert answer.status_code == (204 if "v4" in path else 200)
    assert "v4" in path or answer.json()["results"] == []
    assert _linked(portal, ticket, "companies") == {5001: (339,)}
    assert "hs_primary_company_id" not in portal.read("tickets", ticket)


@pytest.mark.parametrize(("version", "status"), [("v4", 200), ("2026-03", 200), ("2026-09", 404)])
def test_the_latest_edition_has_no_list_of_one_records_links(http, ticket, version, status) -> None:
    base = "/crm/v4/objects" if version == "v4" else f"/crm/objects/{version}"
    answer = http.get(f"{base}/tickets/{ticket}/associations/companies")
    assert answer.status_code == status


def test_v3_still_links_one_pair(http, portal, ticket, note) -> None:
    path = f"/crm/v3/objects/tickets/{ticket}/associations/notes"
    assert http.send("PUT", f"{path}/{note}/ticket_to_note").status_code == 200
    assert http.get(path).json()["results"] == [{"id": note, "type": "ticket_to_note"}]
    assert http.send("DELETE", f"{path}/{note}/227").status_code == 204
    assert _linked(portal, ticket, "notes") == {}
