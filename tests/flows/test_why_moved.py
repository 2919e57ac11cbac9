"""Why October's figure is not September's: one cause is planted at a time, and its part alone moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from flows.test_calendar_versions import OFFICE, holiday_update
from flows.test_refresh import run_refresh
from flows.test_restatements import waived
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.inspection.kept_document import AskedKept, kept_document
from hubspot_sla.flows.inspection.why_moved import Part, why_moved
from hubspot_sla.flows.reporting.outcome_values import names_in
from hubspot_sla.flows.reporting.query import period_of
from hubspot_sla.flows.reporting.selection import Selection
from hubspot_sla.flows.reporting.where import parsed_where
from hubspot_sla.flows.runs import close_period, waive
from hubspot_sla.ledger import database
from hubspot_sla.ledger.waivers import WaiverTerms
from hubspot_sla.render.report.as_json import as_json
from proofs.people import AS_OF

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from flows.world import World
    from hubspot_sla.flows.inspection.why_moved import WhyMoved

__all__ = ["holiday_update"]
METRIC = "first_response"
IN_TIME, TOO_LATE, NEVER = timedelta(minutes=20), timedelta(hours=5), timedelta.max


@dataclass
class Months:
    """Tickets of November and December, of three kinds: HIGH, LOW and those of a customer who may become gold."""

    world: World

    def december(self) -> None:
        self.world.advance(days=9)

    def answer(self, *replies: timedelta, priority: str = "LOW", company: str | None = None) -> list[str]:
        """A ticket for each, answered after so long; NEVER for no answer."""
        tickets = [self.world.ticket(hs_ticket_priority=priority, company=company) for _ in replies]
        for ticket, after in zip(tickets, replies, strict=True):
            if after is not NEVER:
                self.world.portal.send_agent_message(ticket, self.world.now + after)
        return tickets

    def usual(self, *more: timedelta, priority: str = "LOW") -> list[str]:
        """One of two LOW in time, and two of three HIGH."""
        self.answer(IN_TIME, TOO_LATE)
        if more:
            self.answer(*more, priority=priority)
        late = self.answer(IN_TIME, IN_TIME, TOO_LATE, priority="HIGH")
        self.end()
        return late

    def end(self) -> None:
        """Whatever was promised has come due."""
        self.world.advance(hours=6)
        self.world.sync()

    def why(self, before: str = "2026-11", after: str = "2026-12", where: str = "") -> WhyMoved:
        with database.open_for_reading(self.world.folder / "ledger.db") as ledger:
            zone = close_period.zone(ledger.db)
            periods = (period_of(text, None, None, zone, None) for text in (before, after))
            found = why_moved(ledger.db, *periods, [METRIC], selection(ledger.db, where))
        assert sum(found.parts.values()) == found.difference
        assert found.as_recorded == 0
        return found


def selection(db: sqlite3.Connection, where: str) -> Selection:
    version = versions_in_force.in_force(db)[-1]
    return Selection(parsed_where(where), names_in(db, version), version.mappings.portal.dimensions)


@pytest.fixture
def months(live: World) -> Months:
    months = Months(live)
    months.usual()
    return months


def outage(world: World, since: datetime, until: datetime) -> int:
    """Whatever becomes late in between is waived from now on; the number of the waiver."""
    now, *interval = (int(at.timestamp() * 1000) for at in (world.now, since, until))
    with database.open_beside(world.folder / "ledger.db") as ledger:
        terms = WaiverTerms("an outage", "Ada", now, since=interval[0], until=interval[1])
        return waive.grant(ledger, waive.Asked(pipeline="Support Pipeline"), terms).number


def moved(found: WhyMoved) -> dict[Part, Fraction]:
    return {part: points for part, points in found.parts.items() if points}


def test_an_equal_month_moves_nothing(months: Months) -> None:
    months.december()
    months.usual()
    found = months.why()
    assert (found.before, found.after) == (found.after, found.before)
    assert moved(found) == {}
    assert found.moved == []


def test_more_of_a_kind_that_fares_worse_is_mix_alone(months: Months) -> None:
    """LOW 1/2 and HIGH 2/3 are 3/5; twice as many LOW at 1/2 are 4/7."""
    months.december()
    months.usual(IN_TIME, TOO_LATE)
    assert moved(months.why()) == {Part.MIX: Fraction(4, 7) - Fraction(3, 5)}


def test_slower_answers_are_performance_alone_and_name_their_cell(months: Months) -> None:
    months.december()
    months.answer(TOO_LATE, TOO_LATE)
    months.answer(IN_TIME, IN_TIME, TOO_LATE, priority="HIGH")
    months.end()
    found = months.why()
    assert moved(found) == {Part.PERFORMANCE: Fraction(-1, 5)}
    (cell,) = (cell for cell, difference in found.cells.items() if difference.performance)
    assert cell == ("support", None, "LOW", METRIC)


def test_a_kind_that_was_not_there_is_a_part_of_its_own(months: Months) -> None:
    months.december()
    months.usual(TOO_LATE, priority="MEDIUM")
    assert moved(months.why()) == {Part.NEW_KINDS: Fraction(3, 6) - Fraction(3, 5)}


def test_a_stricter_target_is_mappings_alone_and_names_the_tickets(months: Months) -> None:
    months.december()
    months.world.edit("policies.yaml", lambda text: text.replace("default: 4h", "default: 10m"))
    months.world.sync()
    months.usual()
    found = months.why()
    assert moved(found) == {Part.MAPPINGS: Fraction(-1, 5)}
    assert [(one.part, one.was, one.now) for one in found.moved] == [(Part.MAPPINGS, True, False)]


def test_a_new_name_for_a_policy_moves_nothing(months: Months) -> None:
    months.december()
    months.world.edit("policies.yaml", lambda text: text.replace("id: support", "id: everybody"))
    months.world.sync()
    months.usual()
    assert moved(months.why()) == {}


def test_of_some_promises_only_their_own_difference_is_split(months: Months) -> None:
    """LOW 1/2 is 1/2 still, HIGH 2/3 becomes 1/3."""
    months.december()
    months.answer(IN_TIME, TOO_LATE)
    months.answer(IN_TIME, TOO_LATE, TOO_LATE, priority="HIGH")
    months.end()
    assert moved(months.why(where="priority: HIGH")) == {Part.PERFORMANCE: Fraction(-1, 3)}
    assert moved(months.why(where="not: {priority: HIGH}, pipeline: Support Pipeline")) == {}
    with pytest.raises(UsageProblem, match="no promise came due in 2026-11"):
        months.why(where="tier: gold")


def test_a_customer_who_became_gold_is_tiers_alone(live: World) -> None:
    live.edit("tiers.yaml", lambda text: text.replace(*AS_OF))
    months, company = Months(live), live.portal.ids("companies")[0]
    live.portal.update("companies", company, {"customer_tier": "silver"}, at=live.now)
    reply = timedelta(minutes=45)
    months.answer(reply, TOO_LATE, company=company)
    months.end()
    months.december()
    live.portal.update("companies", company, {"customer_tier": "gold"}, at=live.now)
    live.advance(minutes=1)
    months.answer(reply, TOO_LATE, company=company)
    months.end()
    found = months.why()
    assert moved(found) == {Part.TIERS: Fraction(-1, 2)}
    assert [one.part for one in found.moved] == [Part.TIERS]
    assert moved(months.why(where="tier: {known: true}")) == {Part.TIERS: Fraction(-1, 2)}


def test_a_tier_that_was_entered_before_and_holds_from_the_later_month_on_is_tiers_alone(live: World) -> None:
    """Also where the report's zone is behind the dates of the table, which are UTC."""
    live.edit("portal.yaml", lambda text: f"{text}\nreport: {{timezone: America/New_York}}\n")
    live.edit("tiers.yaml", lambda text: text.replace("  - company_property: customer_tier ", "  # "))
    months, company = Months(live), live.portal.ids("companies")[0]
    rows = f"{company},silver,2026-01-01,2026-12-01\n{company},gold,2026-12-01,\n"
    live.edit("tiers.csv", lambda text: text.splitlines()[0] + "\n" + rows)
    live.sync()
    reply = timedelta(minutes=45)
    months.answer(reply, TOO_LATE, company=company)
    months.end()
    months.december()
    months.answer(reply, TOO_LATE, company=company)
    months.end()
    assert moved(months.why()) == {Part.TIERS: Fraction(-1, 2)}


def test_a_policy_that_was_written_before_and_is_valid_from_the_later_month_on_is_mappings_alone(live: World) -> None:
    december = (
        "policies:\n  - {id: december, when: {pipeline: Support Pipeline}, calendar: berlin, valid_from: 2026-12-01,"
        " targets: {first_response: 10m}}\n"
    )
    live.edit("policies.yaml", lambda text: text.replace("policies:\n", december))
    live.sync()
    months = Months(live)
    months.usual()
    months.december()
    months.usual()
    found = months.why()
    assert moved(found) == {Part.MAPPINGS: found.difference}
    assert found.difference < 0


def test_what_was_waived_in_advance_is_waivers_alone(months: Months) -> None:
    """An outage that was planned: from 1 to 20 December."""
    outage(months.world, datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC))
    months.december()
    months.usual()
    assert moved(months.why()) == {Part.WAIVERS: Fraction(2, 5)}


def test_where_nothing_would_have_been_promised_before_there_are_no_parts(live: World) -> None:
    """Of one customer in November, and of another in December who became gold then."""
    live.edit("tiers.yaml", lambda text: text.replace(*AS_OF))
    months, (first, second) = Months(live), live.portal.ids("companies")[:2]
    live.portal.update("companies", second, {"customer_tier": "silver"}, at=live.now)
    months.answer(IN_TIME, company=first)
    months.end()
    months.december()
    live.portal.update("companies", second, {"customer_tier": "gold"}, at=live.now)
    live.advance(minutes=1)
    months.answer(IN_TIME, company=second)
    months.end()
    with pytest.raises(UsageProblem, match=r"none would have come due in 2026-12 \(switched on so far: nothing\)"):
        months.why(where=f"any: [{{tier: gold}}, {{customer: '{first}'}}]")


def test_a_new_holiday_is_calendar_data_alone(live: World, holiday_update: Callable[[date | None], None]) -> None:
    (live.folder / "mappings" / "calendars.yaml").write_text(OFFICE, encoding="utf-8")
    live.edit("policies.yaml", lambda text: text.replace("calendar: always", "calendar: office"))
    months = Months(live)
    months.usual()
    months.december()
    live.sync()  # which learns what day it is
    holiday_update(date(2026, 12, 3))
    live.sync()
    live.advance(hours=18)
    months.usual()
    found = months.why()
    assert {one.part for one in found.moved} == {Part.CALENDAR_DATA}
    assert moved(found) == {Part.CALENDAR_DATA: found.difference}
    assert found.difference > 0


def test_what_was_waived_is_waivers_alone(months: Months) -> None:
    months.december()
    *_, late = months.usual()
    waived(months.world, late)
    months.world.advance(minutes=1)
    months.world.sync()
    found = months.why()
    assert moved(found) == {Part.WAIVERS: Fraction(3, 4) - Fraction(3, 5)}
    assert [(one.cycle[0].record_id, one.was, one.now) for one in found.moved] == [(late, False, None)]


def test_a_waiver_that_was_revoked_since_is_waivers_alone(months: Months) -> None:
    """One that stood from November on for all of December, and was taken back when it was over."""
    since, until = datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC)
    number = outage(months.world, since, until)
    months.december()
    months.usual()
    with database.open_beside(months.world.folder / "ledger.db") as ledger:
        waive.revoke(ledger, number, int(months.world.now.timestamp() * 1000), "Ada", "agreed by mistake")
    months.world.advance(minutes=1)
    months.world.sync()
    assert moved(months.why()) == {
        Part.WAIVERS: Fraction(3, 5) - 1,
        Part.PERFORMANCE: Fraction(7, 18),
        Part.MIX: Fraction(1, 90),
    }


def test_a_reason_to_waive_that_was_written_on_a_ticket_is_waivers_alone(live: World) -> None:
    live.edit("portal.yaml", lambda text: text.replace("properties:\n", "properties:\n  waiver: content\n", 1))
    live.sync()
    months = Months(live)
    months.usual()
    months.december()
    *_, late = months.usual()
    live.change(late, content="agreed by phone")
    live.advance(minutes=1)
    live.sync()
    assert moved(months.why()) == {Part.WAIVERS: Fraction(3, 4) - Fraction(3, 5)}


def test_a_customer_who_is_new_changes_no_tier(live: World) -> None:
    """What is first known of a customer counts for all time before: a new kind of ticket, and no other tier."""
    months, company = Months(live), live.portal.ids("companies")[0]
    months.usual()
    months.december()
    new = live.portal.create("companies", {"name": "New", "customer_tier": "gold"}, at=live.now)
    assert new != company
    months.answer(TOO_LATE, company=new)
    months.usual()
    assert moved(months.why()) == {Part.NEW_KINDS: Fraction(3, 6) - Fraction(3, 5)}


def test_what_was_restated_after_the_month_was_closed_is_a_part_of_its_own(live: World) -> None:
    months = Months(live)
    months.answer(IN_TIME, TOO_LATE)
    *_, late = months.answer(IN_TIME, IN_TIME, NEVER, priority="HIGH")
    months.end()
    months.december()
    with database.open_beside(live.folder / "ledger.db") as ledger:
        live.sync()
        close_period.close(ledger, "2026-11", close_period.Asked("Ada", int(live.now.timestamp() * 1000)))
    live.portal.send_agent_message(late, live.now - timedelta(days=9, hours=5, minutes=50))
    live.advance(minutes=1)
    run_refresh(live)
    live.sync()
    months.answer(IN_TIME, TOO_LATE)
    months.answer(IN_TIME, IN_TIME, IN_TIME, priority="HIGH")
    months.end()
    found = months.why()
    assert found.edition == 1
    assert moved(found) == {Part.RESTATED: Fraction(1, 5)}
    assert [(one.part, one.cycle[0].record_id) for one in found.moved] == [(Part.RESTATED, late)]


def test_a_month_without_figures_is_refused(months: Months) -> None:
    with pytest.raises(UsageProblem, match="no promise came due in 2026-12"):
        months.why()


def test_what_would_have_kept_a_month_names_the_hands(months: Months) -> None:
    """Two were answered five hours late, in our own queue; one had four hours, one had one."""
    with database.open_for_reading(months.world.folder / "ledger.db") as ledger:
        document = kept_document(ledger.db, AskedKept("2026-11"))
    tables = as_json(document)["tables"]
    first, *_, nothing = tables["holders"]
    assert (first["holder"], first["one_stretch"], first["all_time"], first["with_others"]) == ("our queue", 2, 2, 0)
    assert (nothing["holder"], nothing["one_stretch"]) == ("nothing would have kept it", 0)
    assert len(tables["promises"]) == 2


def test_where_no_promise_was_broken_that_is_said(live: World) -> None:
    months = Months(live)
    months.answer(IN_TIME)
    months.end()
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        document = kept_document(ledger.db, AskedKept("2026-11"))
    assert (document.sentence, document.notes) == ("November 2026: no promise was broken.", [])


def test_broken_promises_that_cannot_be_judged_so_again_are_counted_in_a_note(
    months: Months, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a later version of the clock finds them met."""
    monkeypatch.setattr("hubspot_sla.flows.inspection.kept_document.broken", lambda _: [])
    with database.open_for_reading(months.world.folder / "ledger.db") as ledger:
        document = kept_document(ledger.db, AskedKept("2026-11"))
    assert list(document.notes) == [
        "2 broken promises are not listed here: they were judged by older rules of the clock, or rest on erased values."
    ]


def test_what_is_waived_or_promised_among_departments_is_not_asked_about(live: World) -> None:
    desk = (
        "policies:\n  - {id: desk, kind: ola, when: {pipeline: Support Pipeline}, calendar: always,"
        " targets: {first_response: 10m}}\n"
    )
    live.edit("policies.yaml", lambda text: text.replace("policies:\n", desk))
    live.sync()
    months = Months(live)
    _, late, excused = months.answer(IN_TIME, TOO_LATE, TOO_LATE)
    months.end()
    waived(live, excused)
    live.advance(minutes=1)
    live.sync()
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        document = kept_document(ledger.db, AskedKept("2026-11"))
    assert [row["record"] for row in as_json(document)["tables"]["promises"]] == [late]


def test_what_would_have_kept_one_ticket_is_told_of_all_time_unless_a_period_is_named(months: Months) -> None:
    _, late = months.answer(IN_TIME, TOO_LATE)
    months.end()
    months.december()
    months.world.sync()
    with database.open_for_reading(months.world.folder / "ledger.db") as ledger:
        of_ticket, in_december, in_october = (
            kept_document(ledger.db, AskedKept(period, late)).sentence for period in ("", "2026-12", "2026-10")
        )
    assert of_ticket.startswith(f"{late}: of 1 broken promise one stretch less would have kept 1")
    assert in_december == "December 2026: no promise came due."
    assert in_october == "October 2026: no promise came due."
