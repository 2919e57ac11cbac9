from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.hubspot.wire_time import EARLIEST_MS, LATEST_MS, parse, to_wire

INSTANTS = st.integers(EARLIEST_MS, LATEST_MS)


@given(INSTANTS)
def test_what_is_written_reads_back_the_same(at_ms: int) -> None:
    assert parse(to_wire(at_ms)) == at_ms


@given(INSTANTS)
def test_epoch_milliseconds_read_as_themselves(at_ms: int) -> None:
    assert parse(str(at_ms)) == at_ms


@given(st.text(min_size=1))
def test_any_text_is_an_instant_or_a_value_error_naming_it(text: str) -> None:
    try:
        read = isinstance(parse(text), int)
    except ValueError as error:
        read = repr(text) in str(error)
    assert read


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("2026-10-05T13:00:00Z", 1_791_205_200_000),
        ("2026-10-05T13:00:00.007Z", 1_791_205_200_007),
        ("2026-10-05T13:00:00.0079Z", 1_791_205_200_007),
        ("2026-10-05T15:00:00+02:00", 1_791_205_200_000),
        ("2026-10-05", 1_791_158_400_000),
        ("1969-12-31T23:59:59.999Z", -1),
        ("1791205200000", 1_791_205_200_000),
    ],
)
def test_every_form_hubspot_sends_is_read(text: str | None, at_ms: int | None) -> None:
    assert parse(text) == at_ms


@pytest.mark.parametrize(
    "text", ["soon", " ", "2026-13-01", "2026-10-05T13:00:00", "1e3", "-", "٣", "9" * 40, "2026-10-05T25:00:00Z"]
)
def test_a_malformed_instant_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="not an instant"):
        parse(text)


def test_the_fraction_is_written_only_when_there_is_one() -> None:
    assert to_wire(1_791_205_200_000) == "2026-10-05T13:00:00Z"
    assert to_wire(1_791_205_200_050) == "2026-10-05T13:00:00.050Z"
