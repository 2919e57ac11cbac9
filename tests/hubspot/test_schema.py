from __future__ import annotations

import pytest

from hubspot_sla.errors import RequestRejected, ScopeMissing, TokenRejected
from hubspot_sla.hubspot.portal import Portal
from hubspot_sla.hubspot.schema import Account

OPTIONS = [{"label": "Yes", "value": "true", "displayOrder": 0}, {"label": "No", "value": "false", "displayOrder": 1}]


def definition(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "label": name, "type": "string", "fieldType": "text", "groupName": "sla"} | more


def test_the_account_says_who_it_is(portal) -> None:
    account = portal.schema.account()
    assert isinstance(account, Account)
    assert (account.portal_id, account.time_zone) == (145_000_001, "Europe/Berlin")
    assert account.account_type == "DEVELOPER_TEST"


def test_pipelines_know_their_closed_stages(portal) -> None:
    pipelines = {pipeline.id: pipeline for pipeline in portal.schema.pipelines("tickets")}
    assert len(pipelines) == 3
    support = pipelines["0"]
    assert [stage.id for stage in support.stages] == ["1", "2", "3", "4"]
    assert [stage.label for stage in support.stages if stage.closed] == ["Closed"]


def test_properties_say_what_may_be_written(portal) -> None:
    properties = portal.schema.properties("tickets")
    assert properties["hs_object_id"].read_only
    assert not properties["subject"].read_only
    assert {option.value for option in properties["hs_ticket_priority"].options} >= {"LOW", "HIGH", "URGENT"}
    assert properties["hs_ticket_priority"].type == "enumeration"


def test_setting_up_twice_changes_nothing_the_second_time(portal) -> None:
    definitions = [
        definition("sla_status"),
        definition("sla_late", type="bool", fieldType="booleancheckbox", options=OPTIONS),
    ]
    assert portal.schema.create_group("tickets", "sla", "SLA")
    assert not portal.schema.create_group("tickets", "sla", "SLA")
    assert portal.schema.groups("tickets")["sla"] == "SLA"
    assert portal.schema.create_properties("tickets", definitions).created == ["sla_status", "sla_late"]
    again = portal.schema.create_properties("tickets", [*definitions, definition("sla_tier")])
    assert (again.created, again.rejected) == (["sla_tier"], {})
    assert sorted(again.existing) == ["sla_late", "sla_status"]
    assert portal.schema.properties("tickets")["sla_late"].group == "sla"


def test_a_definition_hubspot_refuses_is_told_and_the_others_are_made(portal) -> None:
    portal.schema.create_group("tickets", "sla", "SLA")
    broken = definition("sla_broken", groupName="no_such_group")
    defined = portal.schema.create_properties("tickets", [definition("sla_fine"), broken])
    assert defined.created == ["sla_fine"]
    assert set(defined.rejected) == {"sla_broken"}


def test_tearing_down_twice_is_fine(portal) -> None:
    portal.schema.create_group("tickets", "sla", "SLA")
    portal.schema.create_properties("tickets", [definition("sla_status")])
    with pytest.raises(RequestRejected):
        portal.schema.archive_group("tickets", "sla")
    assert portal.schema.archive_property("tickets", "sla_status")
    assert not portal.schema.archive_property("tickets", "sla_status")
    assert portal.schema.archive_group("tickets", "sla")
    assert not portal.schema.archive_group("tickets", "sla")
    assert "sla_status" not in portal.schema.properties("tickets")


def test_nothing_to_make_asks_nothing(portal) -> None:
    assert portal.schema.create_properties("tickets", []).created == []
    assert portal.transport.calls == {}


def test_a_wrong_token_is_rejected(sandbox) -> None:
    with Portal.connect(sandbox.url, "pat-eu1-somebody-elses-token") as stranger, pytest.raises(TokenRejected):
        stranger.schema.account()


def test_a_token_without_the_scope_hears_which_one(sandbox) -> None:
    sandbox.access.grant("pat-eu1-a-narrow-one-0000", ["crm.objects.owners.read"])
    with Portal.connect(sandbox.url, "pat-eu1-a-narrow-one-0000") as narrow:
        with pytest.raises(ScopeMissing) as caught:
            narrow.of("tickets").list_page(None, ["subject"])
        assert "tickets" in caught.value.scopes


def test_the_offset_follows_the_portals_clock(portal, sandbox, now) -> None:
    portal.schema.account()
    assert 0 <= now.timestamp() * 1000 - portal.transport.now_ms() < 1000


@pytest.mark.parametrize(
    ("key", "value"), [("options", "none"), ("options", [{"label": "x", "value": 1.5}]), ("modificationMetadata", [])]
)
def test_a_property_definition_with_an_odd_value_keeps_no_other_from_being_read(portal, sandbox, key, value) -> None:
    before = portal.schema.properties("tickets")
    sandbox.faults.add("odd_definition", name="hs_ticket_category", key=key, value=value)
    assert portal.schema.properties("tickets").keys() == before.keys() - {"hs_ticket_category"}
