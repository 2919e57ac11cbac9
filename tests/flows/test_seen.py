"""When each fact and each value of a company or contact was first seen, by the entry that covers it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hubspot_sla.hubspot import wire_time
from hubspot_sla.ledger import database, seen
from ledger.test_versions import restore

if TYPE_CHECKING:
    from pathlib import Path

    from flows.world import World


def test_a_fact_is_seen_when_the_worker_first_reads_it_however_old_it_is(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.advance(hours=2)
    live.portal.update("tickets", ticket, {"hs_ticket_priority": "HIGH"}, at=live.now - timedelta(hours=1))
    live.advance(minutes=1)
    live.sync()
    judged = live.rows("select at from audit where kind = 'verdict' order by seq")
    first, second = (int(str(row[0])) for row in judged)
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        found = seen.facts(ledger.db, "tickets", [ticket])
    assert {value.fact.name: value.seen_at for value in found} == {
        "hs_pipeline": first,
        "hs_pipeline_stage": first,
        "hs_ticket_priority": second,
    }
    assert not any(value.at_the_latest for value in found)
    ((at, seen_at),) = live.rows("select at, seen_at from facts_seen where name = 'hs_ticket_priority'")
    assert (at, wire_time.parse(str(seen_at))) == ("2026-11-23T09:01:00.000Z", second)


def test_a_value_of_a_company_is_seen_with_the_first_ticket_that_asks_for_it(live: World) -> None:
    company = live.portal.create("companies", {"name": "Bolt", "customer_tier": "gold"}, at=live.now)
    live.ticket()
    live.sync()
    live.advance(hours=1)
    live.ticket(company=company)
    live.sync()
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        (tier,) = (value for value in seen.company_values(ledger.db, [company]) if value.fact.name == "customer_tier")
    assert tier.fact.value == "gold"
    assert tier.seen_at is not None
    assert tier.seen_at >= int(live.now.timestamp() * 1000)
    assert live.rows(f"select value, at_the_latest from company_values_seen where company_id = '{company}'") == [
        ("gold", 0)
    ]


def test_what_is_older_was_seen_at_the_latest_when_an_entry_told_of_it(tmp_path: Path) -> None:
    """Ticket 28100003 was seen open, and ten minutes later closed."""
    path = tmp_path / "ledger.db"
    restore("v4", path)
    with database.open_for_reading(path) as ledger:
        stages = [
            (value.fact.value, value.entry, value.at_the_latest)
            for value in seen.facts(ledger.db, "tickets", ["28100003"])
            if value.fact.name == "hs_pipeline_stage"
        ]
        (tier,) = seen.company_values(ledger.db, ["5015"])
    assert stages == [("1", 6, True), ("4", 11, True)]
    assert (tier.entry, tier.at_the_latest) == (5, True)
