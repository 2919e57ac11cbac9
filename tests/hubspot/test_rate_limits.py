from __future__ import annotations

import threading

import pytest

from hubspot_sla.hubspot.rate_limits import Limits


@pytest.fixture
def limits(time) -> Limits:
    return Limits(sleep=time.sleep, monotonic=time.monotonic)


def headers(maximum: int, remaining: int) -> dict[str, str]:
    return {
        "X-HubSpot-RateLimit-Max": str(maximum),
        "X-HubSpot-RateLimit-Remaining": str(remaining),
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
    }


def take(limits: Limits, kind: str, times: int) -> None:
    for _ in range(times):
        limits.acquire(kind)


def test_the_burst_begins_at_four_fifths_of_what_most_portals_have(limits: Limits, time) -> None:
    take(limits, "batch_read", 152)
    assert time.slept == []
    limits.acquire("list")
    assert time.elapsed_s == pytest.approx(10, abs=0.01)


def test_the_window_rolls(limits: Limits, time) -> None:
    take(limits, "list", 100)
    time.sleep(6)
    take(limits, "list", 52)
    limits.acquire("list")
    assert time.elapsed_s == pytest.approx(10, abs=0.01)
    take(limits, "list", 99)
    assert time.elapsed_s == pytest.approx(10, abs=0.01)
    limits.acquire("list")
    assert time.elapsed_s == pytest.approx(16, abs=0.01)


def test_searches_have_three_places_a_second_of_their_own(limits: Limits, time) -> None:
    take(limits, "batch_read", 152)
    take(limits, "search", 9)
    assert time.elapsed_s == pytest.approx(2, abs=0.01)


def test_associations_wait_for_no_budget(limits: Limits, time) -> None:
    take(limits, "batch_read", 152)
    take(limits, "associations", 500)
    assert time.slept == []


def test_the_size_of_the_burst_is_learned_from_headers(limits: Limits) -> None:
    limits.learn("list", headers(100, 99))
    assert limits.burst_capacity == 80
    limits.learn("list", {})
    limits.learn("list", {"X-HubSpot-RateLimit-Max": "lots"})
    assert limits.burst_capacity == 80


def test_search_answers_teach_nothing_about_the_burst(limits: Limits) -> None:
    limits.learn("search", headers(10, 9))
    assert limits.burst_capacity == 152


def test_what_other_processes_use_of_the_burst_is_left_to_them(limits: Limits, time) -> None:
    limits.acquire("list")
    limits.learn("list", headers(190, 190 - 1 - 100))
    take(limits, "list", 51)
    assert time.slept == []
    limits.acquire("list")
    assert time.elapsed_s >= 9.99


def test_our_own_use_is_not_taken_for_that_of_others(limits: Limits, time) -> None:
    for used in range(1, 153):
        limits.acquire("list")
        limits.learn("list", headers(190, 190 - used))
    assert time.slept == []


def test_there_is_always_one_place_even_when_others_take_all(limits: Limits, time) -> None:
    limits.learn("list", headers(190, 0))
    limits.acquire("list")
    assert time.slept == []


def test_a_shut_gate_holds_its_own_budget_only(limits: Limits, time) -> None:
    limits.shut("search", 4)
    limits.acquire("list")
    limits.acquire("associations")
    assert time.slept == []
    limits.acquire("search")
    assert time.elapsed_s == pytest.approx(4)


def test_a_tiny_remainder_of_a_wait_does_not_spin(limits: Limits, time) -> None:
    time.elapsed_s = 1e9 + 0.1
    take(limits, "search", 30)
    assert len(time.slept) < 30


def test_threads_share_one_budget(time) -> None:
    limits = Limits(sleep=time.sleep, monotonic=time.monotonic)
    threads = [threading.Thread(target=take, args=(limits, "list", 38)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.slept == []
    limits.acquire("list")
    assert time.slept
