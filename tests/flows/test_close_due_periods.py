"""The job that closes months: each when its time has come, in order, and none where portal.yaml says nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import MappingInvalid, NotYetPossible
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.context.loaded_mappings import load_folder
from hubspot_sla.flows.context.run_result import NOTHING
from hubspot_sla.flows.runs.close_due_periods import close_due, closes_at
from hubspot_sla.measure.periods import month
from hubspot_sla.policy.calendar_from_values import calendar_from_entry
from hubspot_sla.policy.durations import parse_duration
from hubspot_sla.policy.loader import read_texts

if TYPE_CHECKING:
    from flows.world import World

OFFICE = {"timezone": "UTC", "hours": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}}


def run_job(world: World) -> object:
    with wired(world.settings()) as context:
        return close_due(context)


def closes_after(world: World, length: str) -> None:
    world.edit("portal.yaml", lambda text: f"{text}\nreport: {{close_after: {length}}}\n")


def closed(world: World) -> list[object]:
    return [name for (name,) in world.rows("select period from periods order by id")]


@pytest.mark.parametrize(
    ("length", "closes"),
    [
        ("5bd", datetime(2026, 11, 7, tzinfo=UTC)),  # 1 November is a Sunday
        ("1bd", datetime(2026, 11, 3, tzinfo=UTC)),
        ("36h", datetime(2026, 11, 2, 12, tzinfo=UTC)),
        ("1bd6h", datetime(2026, 11, 3, 6, tzinfo=UTC)),
    ],
)
def test_business_days_are_those_on_which_a_calendar_is_open(length: str, closes: datetime) -> None:
    october = month(2026, 10, UTC)
    office = calendar_from_entry("office", OFFICE)
    assert closes_at(october, parse_duration(length), [office]) == closes.timestamp() * 1000


def test_without_a_calendar_each_day_counts() -> None:
    at = datetime(2026, 11, 6, tzinfo=UTC)
    assert closes_at(month(2026, 10, UTC), parse_duration("5bd"), []) == at.timestamp() * 1000


def test_months_are_closed_when_their_time_has_come_and_in_order(live: World) -> None:
    closes_after(live, "2bd")
    live.ticket()
    live.sync()
    assert run_job(live) is NOTHING
    live.advance(days=8)  # 1 December
    live.sync()
    assert run_job(live) is NOTHING
    live.advance(days=2)
    live.sync()
    assert run_job(live) == "closed 2026-11"
    assert run_job(live) is NOTHING
    live.advance(days=62)
    live.sync()
    assert run_job(live) == "closed 2026-12, 2027-01"
    assert closed(live) == ["2026-11", "2026-12", "2027-01"]
    assert {entry["by"] for entry in live.entries("period")} == {"job close_period"}
    live.require_whole_chain()


def test_without_close_after_nothing_is_closed(live: World) -> None:
    live.ticket()
    live.advance(days=40)
    live.sync()
    assert run_job(live) is NOTHING
    assert closed(live) == []


def test_what_ended_before_go_live_stays_open(live: World) -> None:
    """It went live in November: October is nobody's."""
    closes_after(live, "1h")
    live.sync()
    assert run_job(live) is NOTHING


def test_a_month_that_is_not_known_yet_is_tried_again(live: World) -> None:
    closes_after(live, "1h")
    ticket = live.ticket()
    live.sync()
    live.advance(days=8)
    live.sync()
    with wired(live.settings()) as context, context.ledger.transaction() as db:
        db.execute("update records set next_at = 0 where record_id = ?", (ticket,))
    with pytest.raises(NotYetPossible, match=ticket):
        run_job(live)
    live.sync()
    assert run_job(live) == "closed 2026-11"


@pytest.mark.parametrize("written", ["5d", "soon", "0h"])
def test_a_length_that_is_none_is_refused_with_its_line(live: World, written: str) -> None:
    closes_after(live, written)
    with pytest.raises(MappingInvalid, match=r"portal.yaml:\d+:\d+:"):
        load_folder(read_texts(live.folder / "mappings"), None)
