"""Conditions narrowed to a group, and targets changed, as they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.policy.policy_copies import narrowed, with_targets

if TYPE_CHECKING:
    from hubspot_sla.policy.policy_copies import Condition
    from hubspot_sla.policy.yaml_document import Tree

GOLD: Condition = (("tier",), "gold")
NO_TIER: Condition = (("tier",), None)
NORTH: Condition = (("property", "region"), "north")
CATEGORY: Condition = (("category",), "A")
UNKNOWN = {"known": False}


@pytest.mark.parametrize(
    ("when", "condition", "both"),
    [
        (None, GOLD, {"tier": "gold"}),
        ({"pipeline": "P"}, GOLD, {"pipeline": "P", "tier": "gold"}),
        ({"tier": ["gold", "silver"]}, GOLD, {"tier": "gold"}),
        ({"tier": {"known": True}}, GOLD, {"tier": "gold"}),
        ({"tier": "silver"}, GOLD, None),
        ({"tier": "silver"}, NO_TIER, None),
        ({"tier": dict(UNKNOWN)}, NO_TIER, {"tier": UNKNOWN}),
        (None, NO_TIER, {"tier": UNKNOWN}),
        ({"not": {"tier": "gold"}}, GOLD, {"not": {"tier": "gold"}, "tier": "gold"}),
        ({"property": {"plan": "x"}}, NORTH, {"property": {"plan": "x", "region": "north"}}),
        ({"property": {"region": ["north", "south"]}}, NORTH, {"property": {"region": "north"}}),
        (
            {"property": {"region": "south"}},
            NORTH,
            {"property": {"region": "south"}, "all": [{"property": {"region": "north"}}]},
        ),
        ({"category": "B"}, CATEGORY, {"category": "B", "all": [{"category": "A"}]}),
        (
            {"category": "B", "all": [{"tier": "gold"}]},
            CATEGORY,
            {"category": "B", "all": [{"tier": "gold"}, {"category": "A"}]},
        ),
    ],
)
def test_conditions_and_a_group_as_one(when: Tree, condition: Condition, both: Tree) -> None:
    before = repr(when)
    assert narrowed(when, (condition,)) == both
    assert repr(when) == before, "what was read is shared"


def test_targets_change_where_they_are_named_and_nowhere_else() -> None:
    targets: Tree = {
        "resolution": {"HIGH": "1h", "default": "4h"},
        "update": {"every": "1bd"},
        "stage": {"Bank": "2h", "Desk": {"each": "1h", "total": "9h"}, "Law": {"by": "tier", "default": "3h"}},
    }
    changes: dict[tuple[str, str], Tree] = {
        ("resolution", ""): "8h",
        ("update", ""): "6h",
        ("stage", "Bank"): "3h",
        ("stage_total", "Desk"): "7h",
        ("stage", "Law"): {"due": "5h", "calendar": "office"},
    }
    assert with_targets(targets, changes) == {
        "resolution": "8h",
        "update": "6h",
        "stage": {"Bank": "3h", "Desk": {"each": "1h", "total": "7h"}, "Law": {"due": "5h", "calendar": "office"}},
    }
