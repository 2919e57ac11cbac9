"""Links: shapes of the batch read, of the inline list, and how links are made."""

from __future__ import annotations

import pytest
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest

TICKET = "28100001"


@pytest.fixture
def ticket(portal) -> str:
    """A ticket of two companies, 5002 the primary one."""
    made = portal.create("tickets", {"subject": "Two companies", "hs_pipeline_stage": "1"})
    portal.associate("tickets", made, "companies", "5001", primary=True)
    portal.associate("tickets", made, "companies", "5002", primary=True)
    return made


def test_the_sdk_reads_companies_of_tickets_with_the_primary_one_marked(client, ticket) -> None:
    answer = client.crm.associations.v4.batch_api.get_page(
        "tickets", "companies", BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": ticket}])
    )
    links = {
        int(row.to_object_id): [(kind.type_id, kind.label) for kind in row.association_types]
        for row in answer.results[0].to
    }
    assert links == {5001: [(339, None)], 5002: [(26, "Primary"), (339, None)]}


@pytest.mark.parametrize("path", ["/crm/v4/associations", "/crm/associations/2026-03", "/crm/associations/2026-09"])
def test_records_without_links_are_told_one_by_one(http, portal, ticket, path) -> None:
    lonely = [portal.create("tickets", {"subject": "Alone", "hs_pipeline_stage": "1"}) for _ in range(2)]
    inputs = [{"id": ticket_id} for ticket_id in [*lonely, ticket]]
    answer = http.post(f"{path}/0-5/company/batch/read", {"inputs": inputs})
    assert answer.status_code == (200 if path.endswith("2026-09") else 207)
    body = answer.json()
    assert [row["from"]["id"] for row in body["results"]] == [ticket]
    assert [row["toObjectId"] for row in body["results"][0]["to"]] == [5001, 5002]
    assert body["numErrors"] == 2
    assert body["errors"][0] == {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No company is associated with ticket {lonely[0]}.",
        "context": {
            "fromObjectId": [lonely[0]],
            "fromObjectType": ["ticket"],
            "toObjectType": ["company"],
        },
    }


def test_a_thousand_records_may_be_asked_for_at_once(http) -> None:
    path = "/crm/v4/associations/tickets/companies/batch/read"
    assert http.post(path, {"inputs": [{"id": str(number)} for number in range(1000)]}).status_code == 207
    assert http.post(path, {"inputs": [{"id": str(number)} for number in range(1001)]}).status_code == 400
    assert http.post(path, {"inputs": []}).status_code == 400


def test_an_inline_list_shows_a_primary_company_twice(http, ticket) -> None:
    row = http.get(f"/crm/v3/objects/tickets/{ticket}", associations="companies,contacts").json()
    assert row["associations"] == {
        "companies": {
            "results": [
                {"id": "5001", "type": "ticket_to_company_unlabeled"},
                {"id": "5002", "type": "ticket_to_company"},
                {"id": "5002", "type": "ticket_to_company_unlabeled"},
            ]
        }
    }


def test_the_primary_company_shows_in_the_ticket(portal, ticket) -> None:
    assert portal.read("tickets", ticket)["hs_primary_company_id"] == "5002"
    assert portal.read("tickets", ticket)["hs_primary_company_name"] == "Customer 02"


def test_a_task_made_with_its_association_is_seen_from_both_sides(client, http) -> None:
    made = client.crm.objects.tasks.basic_api.create(
        {
            "properties": {"hs_timestamp": "2026-11-23T12:00:00Z", "hs_task_subject": "Look"},
            "associations": [
                {
                    "to": {"id": TICKET},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 230}],
                }
            ],
        }
    )
    there = http.post("/crm/associations/2026-09/tickets/tasks/batch/read", {"inputs": [{"id": TICKET}]}).json()
    assert there["results"][0]["to"] == [
        {
            "toObjectId": int(made.id),
            "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 229, "label": None}],
        }
    ]
    back = http.get(f"/crm/v4/objects/tasks/{made.id}/associations/tickets").json()
    assert [row["toObjectId"] for row in back["results"]] == [int(TICKET)]
    assert back["results"][0]["associationTypes"][0]["typeId"] == 230


def test_a_ticket_can_be_made_with_its_company(http, portal) -> None:
    body = {
        "properties": {"subject": "Linked", "hs_pipeline_stage": "1"},
        "associations": [
            {"to": {"id": 5003}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 26}]}
        ],
    }
    answer = http.post("/crm/objects/2026-09/tickets", body)
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(f"/tickets/{answer.json()['id']}")
    assert portal.read("tickets", answer.json()["id"])["hs_primary_company_id"] == "5003"


def test_links_are_made_by_default_and_by_type(http, client) -> None:
    made = client.crm.associations.v4.basic_api.create_default("tickets", TICKET, "contacts", "7001")
    assert made.status == "COMPLETE"
    path = f"/crm/objects/2026-09/tickets/{TICKET}/associations/companies/5009"
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 26}]
    answer = http.send("PUT", path, json=types)
    assert (answer.status_code, answer.json()["labels"]) == (201, ["Primary"])
    rows = http.get(f"/crm/v4/objects/tickets/{TICKET}/associations/companies").json()["results"]
    assert [row["toObjectId"] for row in rows if len(row["associationTypes"]) == 2] == [5009]
    contacts = http.get(f"/crm/v4/objects/tickets/{TICKET}/associations/contacts").json()["results"]
    assert 7001 in [contact["toObjectId"] for contact in contacts]


def test_a_link_to_nobody_is_a_404_with_its_own_category(http) -> None:
    path = f"/crm/v4/objects/tickets/{TICKET}/associations/default/companies/424242"
    answer = http.send("PUT", path)
    assert answer.status_code == 404
    assert answer.json()["subCategory"] == "crm.associations.TO_OBJECT_NOT_FOUND"


def test_links_of_one_record_are_paged(http, portal) -> None:
    for contact in portal.ids("contacts")[:5]:
        portal.associate("companies", "5040", "contacts", contact)
    path = "/crm/v4/objects/companies/5040/associations/contacts"
    linked_ids, page = [], http.get(path, limit=2).json()
    while True:
        linked_ids += [row["toObjectId"] for row in page["results"]]
        if "paging" not in page:
            break
        page = http.session.get(page["paging"]["next"]["link"], timeout=5).json()
    assert linked_ids == sorted(set(linked_ids))
    assert {7001, 7002, 7003, 7004, 7005} <= set(linked_ids)


def test_the_2026_09_edition_has_no_list_per_record(http) -> None:
    assert http.get(f"/crm/objects/2026-03/tickets/{TICKET}/associations/companies").status_code == 200
    gone = http.get(f"/crm/objects/2026-09/tickets/{TICKET}/associations/companies")
    assert gone.status_code in (404, 405)
    assert gone.headers["Content-Type"].startswith("text/html")


def test_labels_name_the_types_between_two_objects(http) -> None:
    for path in ("/crm/v4/associations", "/crm/associations/2026-09"):
        labels = http.get(f"{path}/tickets/companies/labels").json()["results"]
        assert [(label["typeId"], label["label"]) for label in labels] == [(26, "Primary"), (339, None)]
