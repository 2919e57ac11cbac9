"""When a fault strikes: by route, by chance with a seed, on chosen calls, by a script, in a span of time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hubspot_sandbox.faults.spec import FaultsInvalid

TICKETS = "/crm/objects/2026-09/tickets"
ACCOUNT = "/account-info/v3/details"


def _statuses(http, calls: int, path: str = ACCOUNT) -> list[int]:
    return [http.get(path).status_code for _ in range(calls)]


def test_nothing_goes_wrong_unless_asked_for(http, running) -> None:
    assert running.faults.listed() == []
    assert _statuses(http, 20) == [200] * 20


def test_by_the_nth_call(http, running) -> None:
    added = running.faults.add("locked", nth=[2, 4])
    assert _statuses(http, 5) == [200, 423, 200, 423, 200]
    assert (added.calls, added.strikes) == (5, 2)


def test_by_every_few_calls_after_the_first_ones_and_so_many_times(http, running) -> None:
    running.faults.add("locked", every=2, after=2, times=2)
    assert _statuses(http, 9) == [200, 200, 200, 423, 200, 423, 200, 200, 200]


def test_by_chance_the_same_seed_strikes_the_same_calls(http, running) -> None:
    def struck(seed: int) -> list[int]:
        with running.faults.during("locked", probability=0.3, seed=seed):
            return _statuses(http, 40)

    first = struck(7)
    assert 4 <= first.count(423) <= 20
    assert struck(7) == first
    assert struck(8) != first


def test_by_kind_of_route_method_and_path(http, running) -> None:
    running.faults.add("locked", route="batch_*", method="post", path="*/2026-09/tickets/*")
    body = {"inputs": [{"id": "1"}]}
    assert http.post(f"{TICKETS}/batch/read", body).status_code == 423
    assert http.post("/crm/v3/objects/tickets/batch/read", body).status_code == 207
    assert http.post("/crm/objects/2026-09/tasks/batch/read", body).status_code != 423
    assert http.get(TICKETS).status_code == 200


def test_several_kinds_of_route_may_be_named(http, running) -> None:
    running.faults.add("locked", route=["list", "search"])
    assert http.get(TICKETS).status_code == 423
    assert http.post(f"{TICKETS}/search", {}).status_code == 423
    assert http.get(ACCOUNT).status_code == 200


def test_by_a_script_that_ends(http, running) -> None:
    running.faults.add(script=["ok", "locked", {"fault": "server_error", "status": 503}, "ok"])
    assert _statuses(http, 6) == [200, 423, 503, 200, 200, 200]


def test_by_a_script_that_begins_again(http, running) -> None:
    running.faults.add(script=["ok", "locked"], repeat=True)
    assert _statuses(http, 5) == [200, 423, 200, 423, 200]


def test_in_a_span_of_the_portals_time(http, running, now) -> None:
    running.faults.add("locked", since=(now + timedelta(hours=1)).isoformat(), until="2026-11-23T11:00:00Z")
    statuses = []
    for _ in range(3):
        statuses += _statuses(http, 1)
        running.advance(timedelta(hours=1))
    assert statuses == [200, 423, 200]


def test_faults_of_one_request_all_have_their_turn(http, running) -> None:
    running.faults.add("clock_skew", seconds=3600)
    running.faults.add("locked")
    answer = http.get(ACCOUNT)
    assert answer.status_code == 423
    assert answer.headers["Date"] == "Mon, 23 Nov 2026 10:00:00 GMT"


def test_faults_can_be_taken_back(http, running) -> None:
    first = running.faults.add("locked")
    running.faults.add("locked")
    assert running.faults.remove(first.id)
    assert not running.faults.remove(first.id)
    assert _statuses(http, 1) == [423]
    running.faults.clear()
    assert _statuses(http, 1) == [200]


def test_what_was_done_to_a_request_is_in_the_log(http, running) -> None:
    running.faults.add("locked", nth=1)
    _statuses(http, 2)
    assert [request.status for request in running.requests] == [423, 200]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"fault": "rest"}, r"fault: there is no fault 'rest' \(did you mean 'reset'\?\)"),
        ({}, "which fault"),
        ({"fault": "reset", "comit": True}, r"comit: there is no such key \(did you mean 'commit'\?\)"),
        ({"fault": "reset", "probabilty": 1}, r"probabilty: there is no such key \(did you mean 'probability'\?\)"),
        ({"fault": "reset", "probability": 2}, "probability: .* less than or equal to 1"),
        ({"fault": "reset", "nth": 0}, "nth.*greater than or equal to 1"),
        (
            {"fault": "reset", "route": "batch_raed"},
            r"route: there is no route 'batch_raed' \(did you mean",
        ),
        ({"fault": "reset", "since": "2026-11-23T09:00:00"}, "since: .*timezone"),
        ({"fault": "reset", "since": "2026-11-23T09:00:00Z", "until": "2026-11-23T09:00:00Z"}, "since must be earlier"),
        ({"fault": "latency"}, "ms: this key is needed"),
        ({"fault": "server_error", "status": 404}, "status: "),
        ({"script": []}, "script: a script is a list of faults"),
        ({"script": ["ok", "rest"]}, r"script\[1\].fault: there is no fault 'rest'"),
        ({"script": ["ok", 7]}, r"script\[1\]: a step is ok"),
        ({"script": ["ok"], "repeat": "often"}, "repeat: repeat is true or false"),
        ({"script": ["reset"], "commit": True}, "commit: a fault with a script"),
    ],
)
def test_what_is_no_fault_is_refused_with_the_key_that_is_wrong(running, written, message) -> None:
    with pytest.raises(FaultsInvalid, match=message):
        running.faults.add(**written)
    assert running.faults.listed() == []


def test_all_that_is_wrong_is_said_at_once(running) -> None:
    with pytest.raises(FaultsInvalid) as raised:
        running.faults.add_all([{"fault": "rest"}, {"fault": "reset"}, {"fault": "latency", "nth": 0}])
    assert [str(complaint).partition(":")[0] for complaint in raised.value.complaints] == [
        "[0].fault",
        "[2].nth[0]",
        "[2].ms",
    ]
    assert running.faults.listed() == []
