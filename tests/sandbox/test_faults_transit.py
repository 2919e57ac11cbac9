"""In transit: connections reset, answers late, missing or cut short, and a clock that is wrong."""

from __future__ import annotations

import time

import pytest
import requests
import urllib3
from hubspot.crm.tickets import SimplePublicObjectInputForCreate

TICKETS = "/crm/objects/2026-09/tickets"
ACCOUNT = "/account-info/v3/details"


@pytest.fixture
def created(portal):
    """How many tickets there are by now more than at the start."""
    before = len(portal.ids("tickets"))
    return lambda: len(portal.ids("tickets")) - before


@pytest.fixture
def stage(portal) -> dict[str, str]:
    """Where a new ticket may be."""
    pipeline = next(iter(portal.pipelines.values()))
    return {"hs_pipeline": pipeline.id, "hs_pipeline_stage": pipeline.stages[0].id}


def test_a_connection_is_reset_before_anything_is_done(http, running, stage, created) -> None:
    running.faults.add("reset", route="create", nth=1)
    with pytest.raises(requests.ConnectionError):
        http.post(TICKETS, {"properties": {"subject": "one"} | stage})
    assert created() == 0
    assert http.post(TICKETS, {"properties": {"subject": "one"} | stage}).status_code == 201


def test_a_reset_is_a_reset_on_the_wire(running) -> None:
    running.faults.add("reset")
    with urllib3.PoolManager(retries=False) as pool, pytest.raises(urllib3.exceptions.ProtocolError) as raised:
        pool.request("GET", running.url + ACCOUNT)
    assert isinstance(raised.value.args[1], ConnectionResetError)


def test_committed_and_then_dropped_the_sdk_sees_an_error_and_the_ticket_is_there(
    client, running, stage, created
) -> None:
    running.faults.add("commit_then_drop", route="create", times=1)
    ticket = SimplePublicObjectInputForCreate(properties={"subject": "twice?"} | stage, associations=[])
    api = client.crm.tickets.basic_api
    api.api_client.rest_client.pool_manager.connection_pool_kw["retries"] = False
    with pytest.raises(urllib3.exceptions.ProtocolError):
        api.create(ticket)
    assert created() == 1
    assert next(request.fate for request in running.request_log.unanswered()) == "commit_then_drop"


@pytest.mark.parametrize("commit", [False, True])
def test_a_time_out_says_nothing_and_may_have_done_the_work(running, talk, portal, stage, created, commit) -> None:
    running.faults.add("timeout", route="create", commit=commit)
    http = talk(running)
    with pytest.raises(requests.ReadTimeout):
        http.session.post(running.url + TICKETS, json={"properties": {"subject": "?"} | stage}, timeout=0.1)
    assert created() == commit


def test_a_time_out_that_ends_drops_the_connection(http, running) -> None:
    running.faults.add("timeout", seconds=0.02)
    with pytest.raises(requests.ConnectionError):
        http.get(ACCOUNT)


def test_a_server_that_is_closed_leaves_nobody_waiting(running, talk) -> None:
    running.faults.add("timeout")
    http = talk(running)
    with pytest.raises(requests.ReadTimeout):
        http.session.get(running.url + ACCOUNT, timeout=0.05)
    running.close()
    with pytest.raises(requests.ConnectionError):
        http.get(ACCOUNT)


def test_an_answer_that_is_held_back_does_not_hold_back_others(http, running, talk) -> None:
    running.faults.add("timeout", route="list")
    with pytest.raises(requests.ReadTimeout):
        talk(running).session.get(running.url + TICKETS, timeout=0.05)
    assert http.get(ACCOUNT).status_code == 200


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_body_that_ends_early_breaks_the_read(http, running, share) -> None:
    running.faults.add("truncated", share=share, route="list", nth=1)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        http.get(TICKETS)
    assert http.get(TICKETS).json()["results"]


def test_a_short_body_that_calls_itself_whole_is_no_json(http, running) -> None:
    running.faults.add("truncated", close=False, share=0.5)
    answer = http.get(TICKETS)
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.content) > 0
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_latency_is_added_to_every_round_trip(http, running) -> None:
    http.get(ACCOUNT)
    running.faults.add("latency", ms=60, jitter_ms=10)
    begun = time.monotonic()
    answers = [http.get(ACCOUNT) for _ in range(2)]
    assert time.monotonic() - begun >= 0.1
    assert [answer.json()["timeZone"] for answer in answers] == ["Europe/Berlin"] * 2


def test_latency_delays_refusals_too(http, running) -> None:
    running.faults.add("latency", ms=50)
    running.faults.add("locked")
    answer = http.get(ACCOUNT)
    assert answer.status_code == 423
    assert answer.elapsed.total_seconds() >= 0.05


def test_answers_that_are_late_are_late_side_by_side(running, talk) -> None:
    from concurrent.futures import ThreadPoolExecutor

    running.faults.add("latency", ms=150)
    clients = [talk(running) for _ in range(8)]
    begun = time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(lambda client: client.get(ACCOUNT).status_code, clients))
    assert statuses == [200] * 8
    assert time.monotonic() - begun < 8 * 0.15


@pytest.mark.parametrize(("seconds", "date"), [(90, "09:01:30"), (-5400, "07:30:00")])
def test_a_skewed_clock_shows_in_the_date_header_only(http, running, seconds, date) -> None:
    running.faults.add("clock_skew", seconds=seconds)
    answer = http.post(f"{TICKETS}/batch/read", {"inputs": [{"id": running.portal.ids("tickets")[0]}]})
    assert answer.headers["Date"] == f"Mon, 23 Nov 2026 {date} GMT"
    assert answer.json()["completedAt"] == "2026-11-23T09:00:00Z"
