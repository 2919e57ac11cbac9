"""Several changes of one property in one instant: which of them came last decides a verdict."""

from __future__ import annotations

from hubspot_sla.flows.records.hubspot_facts import oldest_first
from hubspot_sla.hubspot.parse_records import HistoryEntry


def entry(value: str, at_ms: int) -> HistoryEntry:
    return HistoryEntry(value, at_ms, "CRM_UI", None)


def values(history: list[HistoryEntry], value: str | None) -> list[str]:
    return [told.value for told in oldest_first(history, value)]


def test_newest_first_is_turned_round() -> None:
    assert values([entry("4", 30), entry("2", 20), entry("1", 10)], "4") == ["1", "2", "4"]


def test_of_two_in_the_newest_instant_the_value_held_now_came_last_in_whichever_order_they_are_told() -> None:
    assert values([entry("4", 10), entry("1", 10)], "4") == ["1", "4"]
    assert values([entry("1", 10), entry("4", 10)], "4") == ["1", "4"]


def test_older_ties_keep_hubspots_order() -> None:
    assert values([entry("4", 30), entry("3", 20), entry("2", 20)], "4") == ["2", "3", "4"]


def test_a_value_cleared_in_the_newest_instant_stays_cleared() -> None:
    assert values([entry("HIGH", 10), entry("", 10)], None) == ["HIGH", ""]
