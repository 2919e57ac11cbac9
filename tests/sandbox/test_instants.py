from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sandbox.instants import http_date, parse_instant, to_wire

_MS = st.integers(min_value=-62_135_596_800_000, max_value=253_402_300_799_999)


@given(_MS)
def test_an_instant_survives_the_wire_in_both_spellings(ms: int) -> None:
    assert parse_instant(to_wire(ms)) == ms
    assert parse_instant(str(ms)) == ms


def test_a_zero_fraction_is_dropped() -> None:
    assert to_wire(1_791_205_200_000) == "2026-10-05T13:00:00Z"
    assert to_wire(1_791_205_200_007) == "2026-10-05T13:00:00.007Z"


def test_offsets_and_bare_dates_are_understood() -> None:
    assert to_wire(parse_instant("2026-10-05T15:00:00+02:00")) == "2026-10-05T13:00:00Z"
    assert to_wire(parse_instant("2026-10-05")) == "2026-10-05T00:00:00Z"


@pytest.mark.parametrize("text", ["tomorrow", "", "12:00", "2026-13-01", "99999999999999999"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        parse_instant(text)


def test_the_date_header_truncates_to_seconds() -> None:
    assert http_date(1_791_205_200_999) == "Mon, 05 Oct 2026 13:00:00 GMT"
