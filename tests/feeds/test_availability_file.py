"""Files of outages and requests: what they say, and which line is wrong."""

from __future__ import annotations

import pytest

from hubspot_sla.feeds.availability_file import FeedUnreadable, availability

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
        ("from,to,requests\n", "has no column 'failed'"),
        ("from,to,requests,failed\n2026-10-05T12:00:00Z,2026-10-05T12:05:00Z,-1,0\n", "'-1' is no number of requests"),
        ("from,to,requests,failed\n2026-10-05T12:00:00Z,2026-10-05T12:05:00Z,1,2\n", "more requests failed than there"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(FeedUnreadable) as refused:
        availability("web.csv", text)
    assert said in str(refused.value)
