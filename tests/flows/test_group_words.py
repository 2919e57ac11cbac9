"""What a group of records is, as conditions of policies.yaml."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from hubspot_sla.clock.timeline import Role
from hubspot_sla.flows.simulation.group_words import CannotSay, conditions_of, has_several
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.portal_ids import PortalIds, StageRole

if TYPE_CHECKING:
    from hubspot_sla.flows.context.mappings_version import Version

ROLES = {("7", "1"): StageRole(Role.OPEN, None, "New", "New"), ("8", "1"): StageRole(Role.OPEN, None, "New", "Fresh")}
DEALS = PortalIds({"Sales": "7"}, roles={("7", "1"): StageRole(Role.OPEN, None, "Won", "Won")})
IDS = PortalIds({"Support": "7", "Billing": "8"}, roles=ROLES, objects={"deals": DEALS})
VERSION = cast("Version", SimpleNamespace(portal_ids=IDS))


@pytest.mark.parametrize(
    ("labels", "object_type", "conditions"),
    [
        ({"tier": "gold", "priority": None}, TICKETS, {("tier",): "gold", ("priority",): None}),
        ({"pipeline": "8"}, TICKETS, {("pipeline",): "Billing"}),
        ({"pipeline": "deals:7"}, "deals", {("pipeline",): "Sales"}),
        ({"stage": "8:1"}, TICKETS, {("pipeline",): "Billing", ("stage",): "Fresh"}),
        ({"stage": "deals:7:1"}, "deals", {("pipeline",): "Sales", ("stage",): "Won"}),
        ({"stage": None}, TICKETS, {("stage",): None}),
        ({"policy": "p", "kind": "sla", "region": "north"}, TICKETS, {("property", "region"): "north"}),
    ],
)
def test_a_group_as_conditions(labels: dict[str, str | None], object_type: str, conditions: dict[Any, Any]) -> None:
    assert dict(conditions_of(labels, VERSION, object_type)) == conditions


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({"pipeline": "9"}, "portal.yaml does not name the pipeline '9'"),
        ({"stage": "9:1"}, "portal.yaml does not name the pipeline '9'"),
        ({"stage": "7:2"}, "portal.yaml does not name the stage '2'"),
        ({"category": " A"}, "no condition means the category ' A'"),
    ],
)
def test_what_no_condition_means_is_said(labels: dict[str, str | None], why: str) -> None:
    with pytest.raises(CannotSay, match=why):
        conditions_of(labels, VERSION, TICKETS)


def test_a_value_may_be_several_where_a_property_holds_it() -> None:
    assert has_several("category", "A;B")
    assert not has_several("category", None)
    assert not has_several("stage", "7:1;2")
