"""Faults over HTTP, as another process adds and removes them."""

from __future__ import annotations

import pytest
import requests

ACCOUNT = "/account-info/v3/details"


@pytest.fixture
def url(running) -> str:
    return f"{running.url}/sandbox/faults"


def test_one_is_added_seen_and_removed(http, url) -> None:
    added = requests.post(url, json={"fault": "locked", "route": "account", "times": 1}, timeout=5)
    assert added.status_code == 201
    assert added.json()["faults"] == [
        {"id": "1", "fault": "locked", "route": "account", "times": 1, "calls": 0, "strikes": 0}
    ]
    assert [http.get(ACCOUNT).status_code for _ in range(2)] == [423, 200]
    faults = requests.get(url, timeout=5).json()["faults"]
    assert [(row["id"], row["calls"], row["strikes"]) for row in faults] == [("1", 2, 1)]
    assert requests.delete(f"{url}/1", timeout=5).status_code == 204
    assert requests.delete(f"{url}/1", timeout=5).status_code == 404
    assert requests.get(url, timeout=5).json() == {"faults": []}


def test_several_are_added_at_once_and_all_removed(http, url) -> None:
    several = {"faults": [{"fault": "locked", "nth": 1}, {"script": ["ok", "ok", "expired_token"]}]}
    assert len(requests.post(url, json=several, timeout=5).json()["faults"]) == 2
    assert [http.get(ACCOUNT).status_code for _ in range(3)] == [423, 200, 401]
    assert requests.delete(url, timeout=5).status_code == 204
    assert requests.get(url, timeout=5).json() == {"faults": []}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b'{"fault": "lokced"}', "fault: there is no fault 'lokced' (did you mean 'locked'?)"),
        (b'{"faults": [{"fault": "locked"}, {"fault": "latency"}]}', "[1].ms: this key is needed"),
        (b'{"faults": 3}', "faults: a list of faults is needed"),
        (b"[3]", "a fault is a mapping of keys to values, not [3]"),
        (b"{", "the body is no JSON"),
    ],
)
def test_what_is_wrong_is_a_400_that_says_so_and_adds_nothing(url, body, problem) -> None:
    answer = requests.post(url, data=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["problems"][0].startswith(problem)
    assert requests.get(url, timeout=5).json() == {"faults": []}


def test_the_sandboxs_own_routes_never_fail(running, url) -> None:
    running.faults.add("locked")
    running.faults.add("reset")
    for path in ("/sandbox/clock", "/sandbox/requests", "/sandbox/faults"):
        assert requests.get(running.url + path, timeout=5).status_code == 200
