"""Pipelines, owners, the account and token introspection."""

from __future__ import annotations

import pytest

from hubspot_sandbox.access import ALL_SCOPES

VERSIONS = ("v3", "2026-03", "2026-09")


def _path(api: str, version: str) -> str:
    return f"/crm/{version}/{api}" if version == "v3" else f"/crm/{api}/{version}"


def test_the_sdk_sees_three_pipelines_with_their_stages(client) -> None:
    pipelines = client.crm.pipelines.pipelines_api.get_all("tickets").results
    assert [(row.id, row.label) for row in pipelines] == [
        ("0", "Support Pipeline"),
        ("204880101", "Onboarding"),
        ("204880202", "Billing"),
    ]
    assert [(stage.id, stage.label, stage.metadata["ticketState"]) for stage in pipelines[0].stages] == [
        ("1", "New", "OPEN"),
        ("2", "Waiting on contact", "OPEN"),
        ("3", "Waiting on us", "OPEN"),
        ("4", "Closed", "CLOSED"),
    ]
    assert pipelines[0].created_at.year == 1970


@pytest.mark.parametrize("version", VERSIONS)
def test_a_pipeline_and_its_stages_can_be_read_alone(http, version) -> None:
    path = f"{_path('pipelines', version)}/tickets/204880202"
    assert http.get(path).json()["label"] == "Billing"
    stages = http.get(f"{path}/stages").json()["results"]
    assert [stage["id"] for stage in stages] == ["981240001", "981240002", "981240003", "981240004"]
    assert http.get(f"{path}/stages/981240004").json()["metadata"] == {"ticketState": "CLOSED", "isClosed": "true"}
    assert http.get(f"{path}/stages/7").status_code == 404
    assert http.get(f"{_path('pipelines', version)}/tickets/7").status_code == 404


@pytest.mark.parametrize("version", VERSIONS)
def test_owners_answer_with_and_without_a_slash(http, version) -> None:
    path = _path("owners", version)
    plain, slashed = http.get(path, limit=500).json(), http.get(f"{path}/").json()
    assert plain == slashed
    assert [row["id"] for row in plain["results"]] == [str(owner_id) for owner_id in range(3001, 3009)]
    assert plain["results"][0]["teams"] == [{"id": "401", "name": "Support", "primary": True}]


def test_owners_are_paged_and_found_by_email_and_user(client, http) -> None:
    first = client.crm.owners.owners_api.get_page(limit=3)
    second = client.crm.owners.owners_api.get_page(limit=100, after=first.paging.next.after)
    assert len(first.results) + len(second.results) == 8
    chosen = second.results[0]
    by_email = client.crm.owners.owners_api.get_page(email=chosen.email)
    assert [row.id for row in by_email.results] == [chosen.id]
    by_user = http.get(f"/crm/v3/owners/{chosen.user_id}", idProperty="userId").json()
    assert by_user["id"] == chosen.id
    assert http.get("/crm/v3/owners/1").status_code == 404
    assert http.get("/crm/v3/owners", limit=501).status_code == 400


@pytest.mark.parametrize("version", VERSIONS)
def test_the_account_tells_who_and_where_it_is(http, version) -> None:
    account = http.get(f"/account-info/{version}/details").json()
    assert account["portalId"] == 145_000_001
    assert (account["accountType"], account["timeZone"]) == ("DEVELOPER_TEST", "Europe/Berlin")
    assert (account["utcOffset"], account["utcOffsetMilliseconds"]) == ("+01:00", 3_600_000)


def test_a_token_can_be_looked_into(http, running) -> None:
    running.access.grant("other", ["tickets"])
    path = "/oauth/v2/private-apps/get/access-token-info"
    assert http.post(path, {"tokenKey": "other"}).json()["scopes"] == ["tickets"]
    own = http.post(path, {"tokenKey": "pat-eu1-made-up"}).json()
    assert own["hubId"] == 145_000_001
    assert own["scopes"] == list(ALL_SCOPES)
    assert http.post(path, {"tokenKey": "nobody"}).status_code == 404
