"""Durations mean one thing, or are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.policy.durations import Duration, parse_duration
from hubspot_sla.policy.value_errors import Refused


@pytest.mark.parametrize(
    ("text", "ms", "business_days"),
    [
        ("90s", 90_000, 0),
        ("15m", 900_000, 0),
        ("4h", 14_400_000, 0),
        ("1h30m", 5_400_000, 0),
        (" 1h 30m ", 5_400_000, 0),
        ("2bd", 0, 2),
        ("1bd4h", 14_400_000, 1),
        ("2BD", 0, 2),
    ],
)
def test_a_duration_is_the_sum_of_its_parts(text: str, ms: int, business_days: int) -> None:
    assert parse_duration(text) == Duration(text.strip(), ms, business_days)


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("4d", "ambiguous", "say 4bd (business days) or 96h"),
        ("2w", "ambiguous", "say 10bd (business days) or 336h"),
        ("15", "no unit", "say 15m (minutes) or 15h (hours)"),
        ("0h", "no time at all", "leave the target out"),
        ("-4h", "not a duration", "whole numbers"),
        ("1.5h", "is not a duration", "write 1h30m"),
        ("h", "not a duration", "whole numbers"),
        ("", "not a duration", "whole numbers"),
        ("1h1h", "says 'h' twice", ""),
        ("4hrs", "unknown unit 'hrs'", ""),
        ("4 hours later", "unknown unit 'hours'", ""),
        ("١h", "not a duration", "whole numbers"),
        ("99999999h", "longer than ten years", ""),
        ("9" * 5000 + "h", "", ""),
    ],
)
def test_what_could_mean_two_things_or_none_is_refused(text: str, message: str, remedy: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_duration(text)
    assert message in str(caught.value)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("written", [None, True, ["1h"], {"h": 1}])
def test_a_duration_that_is_no_text_is_refused(written: object) -> None:
    with pytest.raises(Refused, match="must be text"):
        parse_duration(written)


@given(st.text(max_size=20))
def test_any_text_is_a_positive_duration_or_refused(text: str) -> None:
    try:
        duration = parse_duration(text)
    except Refused:
        return
    assert duration.ms > 0 or duration.business_days > 0


def test_a_business_day_is_what_the_calendar_says() -> None:
    assert parse_duration("2bd1h").on(8 * 3_600_000) == 17 * 3_600_000
    with pytest.raises(Refused, match="does not say how long"):
        parse_duration("2bd").on(None)
