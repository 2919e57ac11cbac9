"""Deals move through pipelines of their own, and HubSpot keeps when they did."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hubspot.crm.deals import ApiException
from hubspot.crm.pipelines import ApiException as PipelineRefused

NEW = {"dealname": "Forty printers", "pipeline": "default", "dealstage": "qualifiedtobuy"}


def created(client, **properties: str):
    return client.crm.deals.basic_api.create({"properties": NEW | properties})


def shown(client, deal_id: str, *names: str):
    return client.crm.deals.basic_api.get_by_id(deal_id, properties=list(names)).properties


def test_every_account_has_the_sales_pipeline(client) -> None:
    (pipeline,) = client.crm.pipelines.pipelines_api.get_all("deals").results
    assert (pipeline.id, pipeline.label) == ("default", "Sales Pipeline")
    metadata = {stage.id: stage.metadata for stage in pipeline.stages}
    assert metadata["contractsent"] == {"isClosed": "false", "probability": "0.9"}
    assert metadata["closedwon"] == {"isClosed": "true", "probability": "1.0"}
    assert metadata["closedlost"] == {"isClosed": "true", "probability": "0.0"}


def test_a_move_is_kept_with_its_instants(client, running, now) -> None:
    deal = created(client)
    running.advance(timedelta(hours=2))
    client.crm.deals.basic_api.update(deal.id, {"properties": {"dealstage": "closedwon"}})
    values = shown(
        client,
        deal.id,
        *("hs_is_closed", "hs_is_closed_won", "closedate", "hs_v2_date_entered_current_stage"),
        *("hs_v2_date_exited_qualifiedtobuy", "hs_v2_latest_time_in_qualifiedtobuy"),
    )
    at = (now + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (values["hs_is_closed"], values["hs_is_closed_won"], values["closedate"]) == ("true", "true", at)
    assert values["hs_v2_date_entered_current_stage"] == values["hs_v2_date_exited_qualifiedtobuy"] == at
    assert values["hs_v2_latest_time_in_qualifiedtobuy"] == str(2 * 3_600_000)


def test_a_close_date_that_somebody_sets_stays(client) -> None:
    deal = created(client, dealstage="closedlost", closedate="2026-12-31T00:00:00Z")
    assert shown(client, deal.id, "closedate")["closedate"] == "2026-12-31T00:00:00Z"
    assert shown(client, deal.id, "hs_is_closed_won")["hs_is_closed_won"] == "false"


def test_a_stage_of_another_pipeline_is_refused(client) -> None:
    with pytest.raises(ApiException) as refused:
        created(client, dealstage="1")
    assert refused.value.status == 400
    assert "dealstage" in refused.value.body


def test_a_pipeline_of_deals_needs_probabilities_and_no_closed_stage(client) -> None:
    api = client.crm.pipelines.pipelines_api
    stages = [{"label": "Talk", "displayOrder": 0, "metadata": {"probability": "0.5"}}]
    made = api.create("deals", {"label": "Renewals", "displayOrder": 1, "stages": stages})
    assert made.stages[0].metadata == {"isClosed": "false", "probability": "0.5"}
    assert [result.label for result in api.get_all("deals").results] == ["Sales Pipeline", "Renewals"]
    stages[0]["metadata"] = {"probability": "1.5"}
    with pytest.raises(PipelineRefused):
        api.create("deals", {"label": "Upsell", "displayOrder": 2, "stages": stages})


def test_tasks_and_notes_hang_on_deals_by_hubspots_own_type_ids(client, http) -> None:
    deal = created(client)
    link = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 216}
    task = client.crm.objects.tasks.basic_api.create(
        {
            "properties": {"hs_timestamp": "2026-11-23T09:00:00Z", "hs_task_subject": "call"},
            "associations": [{"to": {"id": deal.id}, "types": [link]}],
        }
    )
    body = {"inputs": [{"id": deal.id}]}
    (row,) = http.post("/crm/associations/2026-09/deals/tasks/batch/read", body).json()["results"]
    assert [str(to["toObjectId"]) for to in row["to"]] == [task.id]
