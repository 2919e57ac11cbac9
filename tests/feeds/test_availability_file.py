"""Files of outages and requests: what they say, and which line is wrong."""

from __future__ import annotations

from fractions import Fraction

import pytest

from hubspot_sla.feeds.availability_file import (
    Availability,
    FeedUnreadable,
    Form,
    ValueRow,
    availability,
    availability_of_rows,
)

NOON_MS = 1791201600000  # 2026-10-05 12:00 UTC


def test_outages_have_instants_a_kind_and_when_they_were_announced() -> None:
    head = "from,to,kind,announced,key\n"
    text = head + "2026-10-05T12:00:00Z,2026-10-05T14:30:00+02:00,maintenance,2026-10-01T00:00:00Z,eu\n"
    (row,) = availability("web.csv", text).outages
    assert (row.start_at, row.end_at, row.kind, row.key) == (NOON_MS, NOON_MS + 1_800_000, "maintenance", "eu")
    assert row.announced_at is not None


def test_requests_are_counted_by_interval() -> None:
    text = "from,to,requests,failed\n2026-10-05T12:00:00Z,2026-10-05T12:05:00Z,100,3\n"
    (row,) = availability("calls.csv", text).requests
    assert (row.number, row.failed, row.key) == (100, 3, "")


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("at,value,key\n2026-10-05T12:00:00Z,12.50,eu\n", (NOON_MS, NOON_MS)),
        ("from,to,value,key\n2026-10-05T12:00:00Z,2026-10-05T12:05:00Z,12.50,eu\n", (NOON_MS, NOON_MS + 300_000)),
    ],
)
def test_values_are_read_at_an_instant_or_over_an_interval(text: str, ends: tuple[int, int]) -> None:
    found = availability("probe.csv", text)
    assert found == Availability(values=(ValueRow(*ends, Fraction(25, 2), "eu"),), columns=Form.VALUES)
    assert found.keys == ("eu",)


def test_values_of_an_address_are_texts_with_decimals() -> None:
    rows = [{"at": "2026-10-05T12:00:00Z", "value": "0.1"}]
    assert availability_of_rows("https://probe", rows).values == (ValueRow(NOON_MS, NOON_MS, Fraction(1, 10), ""),)


def test_cells_of_nothing_behind_the_last_column_say_nothing() -> None:
    """As a spreadsheet writes them."""
    assert availability("probe.csv", "at,value\n2026-10-05T12:00:00Z,1,,\n").values[0].value == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "web.csv:1: the feed has no column 'from'"),
        ("from,to,why\n", "web.csv:1: the feed has an unknown column 'why'"),
        (
            "from,to\n2026-10-05T12:00:00,2026-10-05T13:00:00Z\n",
            "web.csv:2: '2026-10-05T12:00:00' does not say in",
        ),
        ("from,to\n2026-10-05T12:00:00Z,noon\n", "web.csv:2: 'noon' is no instant"),
        ("from,to\n2026-10-05T12:00:00Z,2026-10-05T11:00:00Z\n", "web.csv:2: `to` is before `from`"),
        ("from,to\n2026-10-05T12:00:00Z\n", "web.csv:2: '' is no instant"),
        ("at,value,value\n2026-10-05T12:00:00Z,1,2\n", "web.csv:1: the feed has the column 'value' twice"),
        ('"from"x,to\n', "web.csv:1: this is no CSV: "),
        ('"from,to\n', "web.csv:1: this is no CSV: "),
        ("at,value\n2026-10-05T12:00:00Z,12,5\n", "web.csv:2: the row has more cells than there are columns"),
        ("value\n", "has no column 'from'; it has from, to, value, key"),
        ("at,value,unit\n", "has an unknown column 'unit'; it has at, value, key"),
        ("at,value\n2026-10-05T12:00:00Z,12 ms\n", "web.csv:2: '12 ms' is no value; write a decimal of at least 0"),
        ("at,value\n2026-10-05T12:00:00Z,-1\n", "'-1' is no value"),
        ("at,value\n2026-10-05T12:00:00Z,1e3\n", "'1e3' is no value"),
        ("at,value\n2026-10-05T12:00:00Z,\n", "'' is no value"),
        ("at,value\n,1\n", "'' is no instant"),
        ("from,to,requests\n", "has no column 'failed'"),
        ("from,to,requests,failed\n2026-10-05T12:00:00Z,2026-10-05T12:05:00Z,-1,0\n", "'-1' is no number of requests"),
        ("from,to,requests,failed\n2026-10-05T12:00:00Z,2026-10-05T12:05:00Z,1,2\n", "more requests failed than there"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(FeedUnreadable) as refused:
        availability("web.csv", text)
    assert said in str(refused.value)
