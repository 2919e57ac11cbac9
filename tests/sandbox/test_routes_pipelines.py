"""Pipelines and stages, edited through the official SDK and in every dialect."""

from __future__ import annotations

import pytest
from hubspot.crm.pipelines import ApiException
from hubspot.crm.pipelines import models as sdk

VERSIONS = ("v3", "2026-03", "2026-09")
ESCALATIONS = {
    "label": "Escalations",
    "displayOrder": 7,
    "stages": [
        {"label": "Raised", "displayOrder": 0, "metadata": {"ticketState": "OPEN"}},
        {"label": "Settled", "displayOrder": 1, "metadata": {"ticketState": "CLOSED"}},
    ],
}


def _path(version: str) -> str:
    return "/crm/v3/pipelines/tickets" if version == "v3" else f"/crm/pipelines/{version}/tickets"


@pytest.fixture(params=VERSIONS)
def path(request) -> str:
    return _path(request.param)


@pytest.fixture
def stages(client):
    return client.crm.pipelines.pipeline_stages_api


@pytest.fixture
def pipelines(client):
    return client.crm.pipelines.pipelines_api


def _stage(label: str, order: int, state: str = "OPEN") -> sdk.PipelineStageInput:
    return sdk.PipelineStageInput(label=label, display_order=order, metadata={"ticketState": state})


def test_the_sdk_makes_changes_replaces_and_deletes_a_pipeline(client, pipelines) -> None:
    made = pipelines.create(
        "tickets", sdk.PipelineInput(label="RMA", display_order=3, stages=[_stage("In", 0), _stage("Out", 1, "CLOSED")])
    )
    assert [stage.metadata for stage in made.stages] == [
        {"ticketState": "OPEN", "isClosed": "false"},
        {"ticketState": "CLOSED", "isClosed": "true"},
    ]
    renamed = pipelines.update("tickets", made.id, sdk.PipelinePatchInput(label="Returns"))
    assert (renamed.label, renamed.display_order, len(renamed.stages)) == ("Returns", 3, 2)
    replaced = pipelines.replace(
        "tickets", made.id, sdk.PipelineInput(label="Returns", display_order=4, stages=[_stage("All", 0, "CLOSED")])
    )
    assert [stage.label for stage in replaced.stages] == ["All"]
    assert pipelines.get_by_id("tickets", made.id).display_order == 4
    actions = [row.action for row in client.crm.pipelines.pipeline_audits_api.get_audit("tickets", made.id).results]
    assert actions == ["UPDATE", "UPDATE", "CREATE"]
    pipelines.archive("tickets", made.id)
    with pytest.raises(ApiException) as refused:
        pipelines.get_by_id("tickets", made.id)
    assert refused.value.status == 404


def test_the_sdk_makes_changes_replaces_and_deletes_a_stage(client, stages, portal) -> None:
    made = stages.create("tickets", "0", _stage("Escalated", 2))
    listed = [row.label for row in stages.get_all("tickets", "0").results]
    assert listed == ["New", "Waiting on contact", "Waiting on us", "Escalated", "Closed"]
    changed = stages.update("tickets", "0", made.id, sdk.PipelineStagePatchInput(label="Second line", metadata={}))
    assert changed.metadata["ticketState"] == "OPEN"
    assert stages.get_by_id("tickets", "0", made.id).label == "Second line"
    replaced = stages.replace("tickets", "0", made.id, _stage("Third line", 9, "CLOSED"))
    assert (replaced.label, replaced.metadata["isClosed"], replaced.display_order) == ("Third line", "true", 9)
    trail = client.crm.pipelines.pipeline_stage_audits_api.get_audit("tickets", made.id).results
    assert [entry.action for entry in trail] == ["UPDATE", "UPDATE", "CREATE"]
    ticket = portal.create("tickets", {"subject": "Deep", "hs_pipeline": "0", "hs_pipeline_stage": made.id})
    assert portal.read("tickets", ticket)["hs_is_closed"] == "true"
    portal.update("tickets", ticket, {"hs_pipeline_stage": "1"})
    stages.archive("tickets", "0", made.id)
    assert made.id not in [row.id for row in stages.get_all("tickets", "0").results]


def test_ids_are_taken_as_they_are_sent(http, path) -> None:
    stages = [{**stage, "stageId": f"Esc-{n}.x"} for n, stage in enumerate(ESCALATIONS["stages"])]
    made = http.post(path, {**ESCALATIONS, "pipelineId": "Esc alations", "stages": stages})
    assert made.status_code == 201
    assert http.get(f"{path}/Esc%20alations/stages/Esc-1.x").json()["label"] == "Settled"
    options = http.get("/crm/v3/properties/tickets/hs_pipeline_stage").json()["options"]
    assert "Esc-0.x" in [option["value"] for option in options]


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"stages": []}, 400, "at least one stage"),
        ({"stages": ESCALATIONS["stages"][:1]}, 400, "closed stage"),
        ({"label": " support pipeline"}, 400, "already exists"),
        ({"pipelineId": "0"}, 400, "There's another pipeline"),
        ({"pipelineId": "x" * 37}, 500, "internal error"),
        ({"displayOrder": -1}, 400, "displayOrder"),
        ({"stages": [{**ESCALATIONS["stages"][1], "stageId": "4"}]}, 409, "another pipeline"),
        ({"stages": [ESCALATIONS["stages"][1], {**ESCALATIONS["stages"][1]}]}, 400, "unique"),
        ({"stages": [{"label": "A", "displayOrder": 0, "metadata": {"ticketState": "closed"}}]}, 400, "ticketState"),
    ],
)
def test_a_pipeline_hubspot_would_not_take_is_refused(http, change, status, message) -> None:
    answer = http.post(_path("2026-09"), {**ESCALATIONS, **change})
    assert answer.status_code == status
    assert message in answer.json()["message"]
    assert len(http.get(_path("2026-09")).json()["results"]) == 3


def test_a_stage_with_a_label_or_an_id_that_is_taken_is_refused(http, path) -> None:
    stage = {"label": "waiting on US", "displayOrder": 9, "metadata": {}}
    taken = http.post(f"{path}/0/stages", stage)
    assert (taken.status_code, taken.json()["subCategory"]) == (400, "PipelineError.STAGE_LABEL_EXISTS")
    elsewhere = http.post(f"{path}/0/stages", {**stage, "label": "Other", "stageId": "981230001"})
    assert elsewhere.status_code == 400
    assert "category" not in elsewhere.json()


@pytest.mark.parametrize("version", VERSIONS)
def test_only_the_latest_edition_protects_a_stage_with_tickets(http, portal, version) -> None:
    ticket = portal.create("tickets", {"subject": "In", "hs_pipeline": "0", "hs_pipeline_stage": "2"})
    looked = http.send("DELETE", f"{_path(version)}/0/stages/2", params={"validateReferencesBeforeDelete": "true"})
    assert (looked.status_code, looked.json()["subCategory"]) == (400, "PipelineError.STAGE_ID_IN_USE")
    assert ticket in looked.json()["context"]["objectIds"][0]
    plain = http.send("DELETE", f"{_path(version)}/0/stages/2")
    assert plain.status_code == (400 if version == "2026-09" else 204)


def test_what_is_in_the_recycle_bin_does_not_hold_a_stage(http, portal) -> None:
    for ticket in portal.ids("tickets"):
        portal.archive("tickets", ticket)
    assert http.send("DELETE", f"{_path('2026-09')}/0").status_code == 204


def test_the_last_closed_stage_cannot_go(http, path, portal) -> None:
    for ticket in portal.ids("tickets"):
        portal.archive("tickets", ticket)
    refused = http.send("DELETE", f"{path}/0/stages/4")
    assert refused.json()["subCategory"] == "PipelineError.MISSING_CLOSED_STAGE"
    opened = http.send("PATCH", f"{path}/0/stages/4", json={"metadata": {"ticketState": "OPEN"}})
    assert opened.json()["subCategory"] == "PipelineError.MISSING_CLOSED_STAGE"


def test_deleting_a_stage_that_is_not_there_is_fine(http, path) -> None:
    assert http.send("DELETE", f"{path}/0/stages/77").status_code == 204
    assert http.send("DELETE", f"{path}/0/stages/981230001").status_code == 204
    assert http.get(f"{path}/204880101/stages/981230001").status_code == 200
    assert http.send("DELETE", f"{path}/77").json()["category"] == "OBJECT_NOT_FOUND"


@pytest.mark.parametrize("rest", ["77", "77/stages/1", "0/stages/77"])
def test_a_pipeline_or_stage_that_is_not_there_is_a_404_in_json(http, path, rest) -> None:
    answer = http.get(f"{path}/{rest}")
    assert answer.status_code == 404
    assert answer.json()["status"] == "error"


def test_a_put_keeps_the_stages_it_names_and_deletes_the_others(http, path, portal) -> None:
    for ticket in portal.ids("tickets"):
        portal.archive("tickets", ticket)
    existing = {"stageId": "4", "label": "Done", "displayOrder": 1, "metadata": {}}
    new = {"label": "Begun", "displayOrder": 0, "metadata": {}}
    answer = http.send("PUT", f"{path}/0", json={"label": "Support", "displayOrder": 0, "stages": [existing, new]})
    assert [(stage["label"], stage["metadata"]["isClosed"]) for stage in answer.json()["stages"]] == [
        ("Begun", "false"),
        ("Done", "true"),
    ]
    assert answer.json()["stages"][1]["id"] == "4"
