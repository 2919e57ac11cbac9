from __future__ import annotations

from email.utils import formatdate

from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.hubspot.server_clock import ServerClock


def observe(clock: ServerClock, offset_ms: int, sent_ms: int, latency_ms: int = 0) -> None:
    """One exchange with a server whose clock is `offset_ms` ahead, answered as soon as it was received."""
    date = formatdate((sent_ms + offset_ms) // 1000, usegmt=True)
    clock.observe(date, sent_ms=sent_ms, received_ms=sent_ms + latency_ms)


@given(
    offset_ms=st.integers(-(10**9), 10**9),
    exchanges=st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 3_000)), min_size=1, max_size=50),
)
def test_the_estimate_never_runs_ahead_of_hubspot(offset_ms: int, exchanges: list[tuple[int, int]]) -> None:
    clock, now_ms = ServerClock(), 10**12
    for pause_ms, latency_ms in exchanges:
        observe(clock, offset_ms, now_ms, latency_ms)
        assert clock.offset_ms <= offset_ms
        now_ms += pause_ms + latency_ms


def test_the_best_of_several_answers_counts() -> None:
    clock = ServerClock()
    for sent_ms in range(10**12 + 100, 10**12 + 1_100, 100):
        observe(clock, 60_000, sent_ms)
    assert clock.offset_ms == 60_000


def test_a_clock_that_jumps_is_followed_in_both_directions() -> None:
    clock = ServerClock()
    observe(clock, 0, 10**12)
    observe(clock, 86_400_000, 10**12 + 10)
    assert 86_399_000 < clock.offset_ms <= 86_400_000
    observe(clock, -5_000, 10**12 + 20)
    assert -6_000 < clock.offset_ms <= -5_000


def test_no_or_a_nonsensical_date_changes_nothing() -> None:
    clock = ServerClock()
    observe(clock, 5_000, 10**12)
    for date in (None, "", "yesterday", "Mon, 99 Foo 2026 10:00:00 GMT"):
        clock.observe(date, sent_ms=10**12, received_ms=10**12)
    assert clock.offset_ms == 5_000
