"""Users and teams, what is used of the day, and tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import requests

FORM = {
    "grant_type": "refresh_token",
    "client_id": "sandbox-client-id",
    "client_secret": "sandbox-client-secret",
    "refresh_token": "sandbox-refresh-token",
}
DATED = ("v3", "2026-03", "2026-09")


@pytest.fixture
def send(running):
    """Post a form without any token."""
    return lambda path, **form: requests.post(running.url + path, data={**FORM, **form}, timeout=5)


def test_the_sdk_sees_teams_and_users(client, http) -> None:
    teams = client.settings.users.teams_api.get_all().results
    assert [(team.id, team.name, len(team.user_ids)) for team in teams] == [
        ("401", "Support", 4),
        ("402", "Onboarding", 2),
        ("403", "Billing", 2),
    ]
    first = client.settings.users.users_api.get_page(limit=3)
    second = client.settings.users.users_api.get_page(limit=100, after=first.paging.next.after)
    assert len(first.results) + len(second.results) == 8
    mara = first.results[0]
    assert client.settings.users.users_api.get_by_id(mara.id).email == mara.email
    by_email = client.settings.users.users_api.get_by_id(mara.email, id_property="EMAIL")
    assert (by_email.id, by_email.primary_team_id) == (mara.id, "401")
    for path in ("/settings/users/v3", "/settings/users/2026-03", "/settings/v3/users"):
        assert len(http.get(path).json()["results"]) == 8
    assert http.get("/settings/v3/users/7").status_code == 404


def test_who_was_deactivated_is_an_archived_owner_without_a_user_id(client, portal) -> None:
    gone = portal.owners["3002"]
    portal.set_owners(replace(value, archived=value.id == gone.id) for value in portal.owners.values())
    owners = client.crm.owners.owners_api
    assert "3002" not in [row.id for row in owners.get_page(limit=500).results]
    [owner] = owners.get_page(archived=True).results
    assert (owner.id, owner.user_id, owner.user_id_including_inactive) == ("3002", None, gone.user_id)
    assert owners.get_by_id(gone.user_id, id_property="userId", archived=True).id == "3002"
    assert [row.id for row in owners.get_page(email=gone.email.upper(), archived=True).results] == ["3002"]
    assert owners.get_page(email=gone.email).results == []


@pytest.mark.parametrize("version", DATED)
def test_the_day_says_how_much_of_it_is_used(http, version) -> None:
    path = f"/account-info/{version}/api-usage/daily/private-apps"
    first, second = (http.get(path).json()["results"][0] for _ in range(2))
    assert second["currentUsage"] == first["currentUsage"] + 1
    assert (first["usageLimit"], first["fetchStatus"]) == (625_000, "SUCCESS")
    assert first["resetsAt"] == "2026-11-23T23:00:00Z"  # midnight in Berlin


def test_the_sdk_gets_a_token_and_looks_into_it(client, running) -> None:
    made = client.oauth.tokens_api.create(**FORM)
    assert (made.token_type, made.expires_in) == ("bearer", 1800)
    info = client.oauth.access_tokens_api.get(made.access_token)
    assert (info.hub_id, info.token_type) == (145_000_001, "access")
    assert "tickets" in info.scopes
    assert client.oauth.refresh_tokens_api.get("sandbox-refresh-token").client_id == "sandbox-client-id"
    answer = requests.get(
        f"{running.url}/crm/v3/owners/", headers={"Authorization": f"Bearer {made.access_token}"}, timeout=5
    )
    assert answer.status_code == 200


def test_a_token_is_over_after_half_an_hour_of_the_portals_clock(send, running) -> None:
    token = send("/oauth/v1/token").json()["access_token"]
    running.advance(timedelta(minutes=31))
    answer = requests.get(f"{running.url}/crm/v3/owners/", headers={"Authorization": f"Bearer {token}"}, timeout=5)
    assert (answer.status_code, answer.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert answer.json()["message"].endswith("expired 60 second(s) ago.")
    assert answer.json()["context"] == {"expire time": ["2026-11-23T09:30:00Z"]}


@pytest.mark.parametrize("version", DATED)
def test_later_editions_tell_more_and_look_into_tokens_by_form(send, version) -> None:
    made = send(f"/oauth/{version}/token").json()
    assert (made["token_use"], made["hub_id"]) == ("access_token", 145_000_001)
    asked = {"token": made["access_token"], "token_type_hint": "access_token"}
    assert send(f"/oauth/{version}/token/introspect", **asked).json()["active"] is True
    assert send(f"/oauth/{version}/token/revoke", **asked).status_code == 200
    assert send(f"/oauth/{version}/token/introspect", **asked).json() == {"active": False}
    refresh = send(f"/oauth/{version}/token/introspect", token="sandbox-refresh-token").json()
    assert refresh["token_use"] == "refresh_token"


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({"refresh_token": "other"}, "BAD_REFRESH_TOKEN"),
        ({"client_id": "other"}, "BAD_CLIENT_ID"),
        ({"client_secret": "other"}, "BAD_CLIENT_SECRET"),
        ({"grant_type": "password"}, "BAD_GRANT_TYPE"),
        ({"grant_type": "authorization_code"}, "BAD_AUTH_CODE"),
    ],
)
def test_a_bad_request_for_a_token_is_a_400_that_says_which_part(send, change, label) -> None:
    answer = send("/oauth/v1/token", **change)
    assert (answer.status_code, answer.json()["status"]) == (400, label)


def test_a_code_brings_a_refresh_token_and_credentials_do_not(send) -> None:
    assert send("/oauth/v3/token", grant_type="authorization_code", code="c").json()["refresh_token"]
    assert "refresh_token" not in send("/oauth/v3/token", grant_type="client_credentials").json()


def test_a_revoked_grant_gives_no_more_tokens(client, send) -> None:
    client.oauth.refresh_tokens_api.archive("sandbox-refresh-token")
    assert send("/oauth/v1/token").json()["status"] == "BAD_REFRESH_TOKEN"


def test_only_a_european_token_is_looked_into_with_a_header(running, http) -> None:
    running.access.grant("pat-na1-x", ["tickets"])
    url = f"{running.url}/oauth/v2/private-apps/get/access-token-info"
    assert requests.post(url, json={"tokenKey": "pat-na1-x"}, timeout=5).json()["scopes"] == ["tickets"]
    assert requests.post(url, json={"tokenKey": "pat-eu1-made-up"}, timeout=5).status_code == 401
