"""Names in portal.yaml against the portal, and what stays when the portal changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.loader import load
from hubspot_sla.policy.portal_ids import PortalIds, Role, StageRole
from policy.mapping_texts import PORTAL, SUPPORT, Pipeline, Stage, texts

if TYPE_CHECKING:
    from hubspot_sla.policy.portal import PortalMap


def portal_map(text: str = PORTAL) -> PortalMap:
    return load(texts(portal=text)).portal


def said(portal: PortalMap, pipeline: Pipeline, known: PortalIds | None = None) -> list[str]:
    return [str(problem) for problem in portal.check([pipeline], known)]


def test_labels_and_ids_resolve_to_ids_with_their_roles() -> None:
    portal_ids = portal_map().resolve([SUPPORT])
    assert portal_ids.pipelines == {"Support": "0"}
    assert portal_ids.role("0", "2") == StageRole(Role.WAITING, None, "Waiting", "2")
    assert portal_ids.role("0", "4") == StageRole(Role.CLOSED, None, "Closed", "Closed")
    assert portal_ids.role("0", "99") is None
    assert portal_ids.role("1", "2") is None


def test_the_team_or_vendor_of_a_stage_is_its_holder() -> None:
    changed = PORTAL.replace("2: waiting", "2: {role: waiting, vendor: Bank}")
    role = portal_map(changed).resolve([SUPPORT]).role("0", "2")
    assert role == StageRole(Role.WAITING, "Bank", "Waiting", "2")


def test_a_portal_that_fits_has_no_problems_and_no_warnings() -> None:
    assert said(portal_map(), SUPPORT) == []
    assert portal_map().warnings([SUPPORT]) == []


def test_an_unknown_pipeline_names_the_nearest() -> None:
    found = said(portal_map(), replace(SUPPORT, label="Supports"))
    assert found == ["portal.yaml:2:3: the portal has no pipeline 'Support' (did you mean 'Supports'?)"]


def test_an_unknown_stage_names_the_nearest_and_a_stage_without_role_is_said() -> None:
    renamed = replace(SUPPORT, stages=(Stage("1", "Newest"), *SUPPORT.stages[1:]))
    assert said(portal_map(), renamed) == [
        "portal.yaml:2:3: stage 'Newest' (id 1) of this pipeline has no role (add it as open or waiting)",
        "portal.yaml:3:5: the portal has no stage 'New' (did you mean 'Newest'?)",
    ]
    with pytest.raises(MappingInvalid, match="no stage 'New'"):
        portal_map().resolve([renamed])


def test_a_label_that_is_there_twice_must_be_said_by_id() -> None:
    twice = replace(SUPPORT, stages=(*SUPPORT.stages, Stage("5", "New")))
    assert "portal.yaml:3:5: 2 stages are labelled 'New' (use the id: 1, 5)" in said(portal_map(), twice)


def test_a_stage_named_by_id_and_by_label_is_named_once_too_often() -> None:
    found = said(portal_map(PORTAL + "    1: open\n"), SUPPORT)
    assert found == ["portal.yaml:6:5: stage '1' is the same as 'New': id 1 (keep one of the two)"]


def test_a_later_rename_warns_and_changes_nothing() -> None:
    known = PortalIds.from_json(portal_map().resolve([SUPPORT]).to_json())
    renamed = Pipeline("0", "Help", (Stage("1", "Fresh"), *SUPPORT.stages[1:]))
    portal_ids = portal_map().resolve([renamed], known)
    assert portal_ids.to_json() == known.to_json()
    assert portal_ids.role("0", "1") == StageRole(Role.OPEN, None, "Fresh", "New")
    assert said(portal_map(), renamed, known) == []
    assert [str(warning) for warning in portal_map().warnings([renamed], known)] == [
        "portal.yaml:2:3: pipeline 'Support' (id 0) is called 'Help' in the portal now (nothing changes by that)",
        "portal.yaml:3:5: stage 'New' (id 1) is called 'Fresh' in the portal now (nothing changes by that)",
    ]


def test_a_label_that_moved_to_another_stage_keeps_its_first_id() -> None:
    known = portal_map().resolve([SUPPORT])
    swapped = replace(SUPPORT, stages=(Stage("9", "New"), *SUPPORT.stages))
    assert portal_map().resolve([swapped], known).stages["Support"]["New"] == "1"


def test_a_stage_that_is_gone_keeps_its_role_and_is_only_a_warning() -> None:
    known = portal_map().resolve([SUPPORT])
    smaller = replace(SUPPORT, stages=SUPPORT.stages[:2])
    assert said(portal_map(), smaller, known) == []
    assert portal_map().resolve([smaller], known).to_json() == known.to_json()
    remedy = "keep it while tickets have been in it"
    assert [str(warning) for warning in portal_map().warnings([smaller], known)] == [
        f"portal.yaml:5:5: stage 'Closed' (id 4) is no longer in the portal ({remedy})"
    ]
    gone = replace(SUPPORT, id="7", label="x")
    assert [str(warning) for warning in portal_map().warnings([gone], known)] == [
        f"portal.yaml:2:3: pipeline 'Support' (id 0) is no longer in the portal ({remedy})"
    ]


def test_a_role_against_the_portals_own_is_only_a_warning() -> None:
    odd = portal_map(PORTAL.replace("{role: closed}", "open"))
    assert said(odd, SUPPORT) == []
    assert [str(warning) for warning in odd.warnings([SUPPORT])] == [
        "portal.yaml:5:13: stage 'Closed' is closed in the portal and open here"
    ]


def test_loading_with_the_portal_reports_its_problems_with_those_of_the_files() -> None:
    changed = texts(policies=texts()["policies.yaml"].replace("15m", "15"))
    with pytest.raises(MappingInvalid) as caught:
        load(changed, [replace(SUPPORT, label="Help")])
    assert [problem.file for problem in caught.value.problems] == ["policies.yaml", "portal.yaml"]


@pytest.mark.parametrize("kept", [{}, {"pipelines": {}, "stages": {"A": "x"}}, {"pipelines": [], "stages": {}}])
def test_what_is_no_kept_resolution_is_refused(kept: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no stored ids"):
        PortalIds.from_json(kept)


def test_written_properties_have_the_prefix_unless_they_are_named() -> None:
    written = portal_map(PORTAL + "written: {prefix: service_, names: {status: our_status}}\n").written
    assert (written.group, written.of("status"), written.of("tier")) == ("sla", "our_status", "service_tier")


def test_read_properties_default_to_hubspots_own() -> None:
    changed = portal_map(PORTAL + "properties: {priority: our_priority, first_agent_reply: our_reply}\n").properties
    assert (changed.priority, changed.first_agent_reply) == ("our_priority", ("our_reply",))
    assert changed.customer_message == "hs_last_message_received_at"
    assert (changed.owner, changed.team) == ("hubspot_owner_id", "hubspot_team_id")
