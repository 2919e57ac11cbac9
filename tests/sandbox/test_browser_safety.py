"""Other web sites cannot reach a sandbox through the browser of whoever runs it."""

from __future__ import annotations

import pytest

ELSEWHERE = "https://elsewhere.example"
OWN = ("/sandbox/clock", "/sandbox/faults", "/sandbox/page/clock", "/contacts/1/record/0-5/28100001")


@pytest.mark.parametrize("path", ["/", "/sandbox/log", "/crm/v3/objects/tickets", "/sandbox/clock"])
@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1.elsewhere.example", "192.0.2.7"])
def test_a_request_must_name_this_machine_as_its_host(http, running, path, host) -> None:
    assert http.send("GET", path, headers={"Host": f"{host}:{running.port}"}).status_code == 400
    assert http.send("GET", path, headers={"Host": f"localhost:{running.port}"}).status_code == 200


@pytest.mark.parametrize("path", OWN)
@pytest.mark.parametrize("headers", [{"Origin": ELSEWHERE}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
def test_what_changes_the_sandbox_must_not_come_from_another_site(http, running, path, headers) -> None:
    before = running.clock.now()
    answer = http.send("POST", path, data='{"advance_s": 60}', headers=headers)
    assert answer.status_code == 403
    assert running.clock.now() == before
    assert running.faults.listed() == []


def test_faults_cannot_be_taken_away_from_another_site(http, running) -> None:
    running.faults.add("locked")
    assert http.send("DELETE", "/sandbox/faults", headers={"Origin": ELSEWHERE}).status_code == 403
    assert len(running.faults.listed()) == 1


def test_the_sandboxs_own_pages_and_programs_may(http, running) -> None:
    origin = {"Origin": f"http://127.0.0.1:{running.port}", "Sec-Fetch-Site": "same-origin"}
    for headers in (origin, {}):
        assert http.send("POST", "/sandbox/clock", data='{"advance_s": 60}', headers=headers).status_code == 200


def test_a_program_in_a_browser_may_call_hubspots_routes_with_its_token(http) -> None:
    assert http.send("GET", "/crm/v3/objects/tickets", headers={"Origin": ELSEWHERE}).status_code == 200
