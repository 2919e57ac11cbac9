"""The seeded portal: the same every time, nothing from the future, enough of everything."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hubspot_sandbox.seed import seeded_portal

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    portal = seeded_portal(NOW)
    return [portal.read("tickets", ticket) for ticket in portal.ids("tickets")]


def test_the_same_now_and_seed_make_the_same_portal(rows) -> None:
    again = seeded_portal(NOW)
    assert [again.read("tickets", ticket) for ticket in again.ids("tickets")] == rows
    other = seeded_portal(NOW, seed=7)
    assert [other.read("tickets", ticket) for ticket in other.ids("tickets")] != rows


def test_there_are_five_hundred_and_a_good_third_is_open(rows) -> None:
    assert len(rows) == 500
    assert 0.35 <= sum(row["hs_is_closed"] == "false" for row in rows) / len(rows) <= 0.40


def test_nothing_happens_after_now_or_a_month_before(rows) -> None:
    instants = {value for row in rows for value in row.values() if value.startswith("20") and value.endswith("Z")}
    assert max(instants) <= "2026-11-23T09:00:00Z"
    assert min(row["createdate"] for row in rows) >= "2026-10-24T09:00:00Z"


def test_tickets_come_mostly_in_working_hours(rows) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    created = [datetime.fromisoformat(row["createdate"]).astimezone(berlin) for row in rows]
    weekend = sum(instant.weekday() >= 5 for instant in created)
    night = sum(not 7 <= instant.hour < 19 for instant in created)
    assert 5 < weekend < 50
    assert 5 < night < 60


def test_every_kind_of_ticket_is_there(rows) -> None:
    assert {row["hs_pipeline"] for row in rows} == {"0", "204880101", "204880202"}
    stages = Counter(row["hs_pipeline_stage"] for row in rows)
    assert len(stages) >= 11
    assert {row["hs_ticket_priority"] for row in rows} == {"LOW", "MEDIUM", "HIGH", "URGENT"}
    assert 0.88 < sum("hs_primary_company_id" in row for row in rows) / len(rows) < 0.96
    assert 10 < sum("hs_ticket_reopened_at" in row for row in rows) < 60
    assert 15 < sum("hs_first_agent_message_sent_at" not in row for row in rows) < 80
    assert sum(row["createdate"] > "2026-11-20" and row["hs_is_closed"] == "false" for row in rows) > 5


def test_half_of_the_companies_have_a_tier_since_a_year_ago() -> None:
    portal = seeded_portal(NOW, tickets=1)
    tiers = [portal.read("companies", company).get("customer_tier") for company in portal.ids("companies")]
    assert Counter(tiers) == {"platinum": 3, "gold": 5, "silver": 6, "bronze": 6, None: 20}
    assert tiers[:9] == ["platinum"] * 3 + ["gold"] * 5 + ["silver"]
    (version,) = portal.history("companies", "5001", "customer_tier")
    assert version.at_ms == int(datetime(2025, 11, 23, 9, tzinfo=UTC).timestamp() * 1000)


def test_many_tickets_are_made_in_bulk_and_make_sense() -> None:
    portal = seeded_portal(NOW, tickets=5_001)
    rows = [portal.read("tickets", ticket) for ticket in portal.ids("tickets")]
    assert len(rows) == 5_001
    assert len({row["createdate"] for row in rows}) == len(rows)
    assert max(row["hs_lastmodifieddate"] for row in rows) <= "2026-11-23T09:00:00Z"
    assert 0.08 < sum(row["hs_is_closed"] == "false" for row in rows) / len(rows) < 0.13
    assert all(("closed_date" in row) == (row["hs_is_closed"] == "true") for row in rows)
    oldest = min(rows, key=lambda row: row["createdate"])
    stages = [ticket.value for ticket in portal.history("tickets", oldest["hs_object_id"], "hs_pipeline_stage")]
    assert stages[0] == oldest["hs_pipeline_stage"]
    assert len(stages) >= 2
    again = seeded_portal(NOW, tickets=5_001)
    assert again.read("tickets", oldest["hs_object_id"]) == oldest
