from __future__ import annotations

from hubspot_sla.hubspot.record_rows import CompanyLink


def test_companies_of_tickets_say_which_is_primary(portal, sandbox) -> None:
    with_companies, without_companies = (
        sandbox.portal.create("tickets", {"subject": "x", "hs_pipeline": "0", "hs_pipeline_stage": "1"})
        for _ in range(2)
    )
    sandbox.portal.associate("tickets", with_companies, "companies", "5001", primary=True)
    sandbox.portal.associate("tickets", with_companies, "companies", "5030")
    links_by_ticket = portal.customers.companies_of("tickets", [with_companies, without_companies])
    assert set(links_by_ticket[with_companies]) == {CompanyLink("5001", True), CompanyLink("5030", False)}
    assert links_by_ticket[without_companies] == ()
    assert portal.transport.calls == {"associations": 1}


def test_the_list_and_the_associations_agree(portal) -> None:
    rows = portal.of("tickets").list_page(None, ["subject"]).rows
    links_by_ticket = portal.customers.companies_of("tickets", [row.id for row in rows])
    assert {row.id: set(row.company_ids) for row in rows} == {id_: set(links) for id_, links in links_by_ticket.items()}
    assert any(row.company_ids for row in rows)


def test_companies_come_with_properties_and_history(portal) -> None:
    companies = portal.customers.companies(["5001", "5040", "9999"], ["name", "customer_tier"], ["customer_tier"])
    assert set(companies) == {"5001", "5040"}
    assert companies["5001"].properties["customer_tier"] == "platinum"
    assert companies["5001"].history["customer_tier"][0].value == "platinum"
    assert companies["5040"].properties["customer_tier"] is None


def test_owners_have_a_name_and_their_primary_team_first(portal) -> None:
    owners = {owner.id: owner for owner in portal.owners.every()}
    assert len(owners) == 8
    assert all(owner.name and owner.email for owner in owners.values())
    assert {owner.teams[0].id for owner in owners.values()} <= {"401", "402", "403"}


def test_contacts_of_tickets_come_with_properties_and_history(portal, sandbox) -> None:
    with_contact, without_contact = (
        sandbox.portal.create("tickets", {"subject": "x", "hs_pipeline": "0", "hs_pipeline_stage": "1"})
        for _ in range(2)
    )
    contact = sandbox.portal.create("contacts", {"email": "a@b.example", "company": "Old"})
    sandbox.portal.update("contacts", contact, {"company": "New"})
    sandbox.portal.associate("tickets", with_contact, "contacts", contact)
    assert portal.customers.contacts_of("tickets", [with_contact, without_contact]) == {
        with_contact: (contact,),
        without_contact: (),
    }
    contacts = portal.customers.contacts([contact, "99"], ["company"], ["company"])
    assert set(contacts) == {contact}
    assert contacts[contact].properties["company"] == "New"
    assert [entry.value for entry in contacts[contact].history["company"]] == ["New", "Old"]
