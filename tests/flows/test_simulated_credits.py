"""Credits of a simulation by the mappings that have always been in force are those of the statements, waivers
included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.test_contract_waivers import CONTRACT, late, stop, waive
from flows.test_simulate import request
from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
from hubspot_sla.flows.reporting.contracts.statement import drawn_windows
from hubspot_sla.flows.reporting.report import mappings_of
from hubspot_sla.flows.simulation.contract_promises import ContractPromises
from hubspot_sla.flows.simulation.credited import NO_READERS
from hubspot_sla.flows.simulation.credits import credits_of
from hubspot_sla.flows.simulation.ledger_source import opened_ledger
from hubspot_sla.flows.simulation.simulate import simulated
from hubspot_sla.flows.simulation.tally import Tally
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from decimal import Decimal

    from flows.world import World

__all__ = ["late"]

PAYS = CONTRACT.replace("promised: 90%}", "promised: 90%, credit: {bands: [{below: 90%, pays: 10%}]}}").replace(
    "    objectives:", "    fees: {support: 1000}\n    objectives:"
)


def of_statements(world: World, now: int) -> tuple[int, Decimal]:
    settings = world.settings()
    with database.open_for_reading(settings.ledger) as ledger:
        reader = FeedReader(settings.mappings, settings.secret)
        drawn = drawn_windows(ledger.db, mappings_of(ledger.db), "acme", reader, now)
    lines = [line for each in drawn for line in each.settled.statement.lines]
    return sum(line.sample.number for line in lines), drawn[-1].settled.statement.payable


def agreeing(world: World) -> tuple[int, bool]:
    """Of both sides and of the statements alike: how many promises count, and whether anything is owed."""
    asked = request(world)
    (row,) = simulated(asked, jobs=1).credits.rows
    assert row.before is not None
    assert row.before == row.after
    assert (row.before.promises, row.before.payable) == of_statements(world, asked.now)
    return row.before.promises, bool(row.before.payable)


def write(world: World, text: str) -> None:
    (world.folder / "mappings" / "contracts.yaml").write_text(text, encoding="utf-8")
    world.set_up()
    world.advance(minutes=1)
    world.sync()


def test_a_waiver_leaves_out_what_the_contract_names(live: World, late: str) -> None:
    write(live, PAYS)
    assert agreeing(live) == (1, True)
    waive(live, late, "a bad day")
    assert agreeing(live) == (1, True)
    waive(live, late, "customer's fault")
    assert agreeing(live) == (0, False)


def test_what_only_a_stopped_clock_kept_is_broken_unless_the_contract_names_the_reason(live: World, late: str) -> None:
    """As the statements have it: created at 08:01, closed at 15:31, with six hours for it."""
    live.advance(hours=5.5)
    live.change(late, hs_pipeline_stage="4")
    write(live, PAYS.replace("attainment: first_response", "attainment: resolution"))
    assert agreeing(live) == (1, True)
    stop(live, "our outage")
    assert live.held(late)["resolution_status"] == "met"
    assert agreeing(live) == (1, True)
    stop(live, "customer's fault")
    assert agreeing(live) == (0, False)


def test_lateness_and_durations_are_those_of_the_statements(live: World, late: str) -> None:
    """The mean lateness, and the time that nine in ten took at most, of which more than a minute costs."""
    live.change(late, hs_pipeline_stage="4")
    measures = "{mean_lateness: first_response}", "{percentile: 90, of: resolution}"
    for measure in measures:
        text = PAYS.replace("{attainment: first_response}", measure)
        write(live, text.replace("below: 90%", "above: 1m").replace("90%", "1m"))
        assert agreeing(live)[1]


@pytest.fixture
def office(live: World) -> None:
    """Every promise keeps the hours of one."""
    live.edit("policies.yaml", lambda text: text.replace("calendar: always", "calendar: berlin"))


def test_what_each_late_promise_costs_is_that_of_the_statements_by_the_calendar_too(
    live: World, office: None, late: str
) -> None:
    """Due at 09:31 in Berlin and closed at 09:01 the next day, which are 7 of its office's hours, or 23 and a half."""
    live.advance(hours=22)
    live.change(late, hs_pipeline_stage="4")
    pays = PAYS.replace("bands: [{below: 90%, pays: 10%}]", "each_late: {step: 1h, pays: 10.00}").replace("90%", "0")
    owed = []
    for time in ("business", "calendar"):
        write(live, pays.replace("{attainment: first_response}", f"{{misses: first_response, time: {time}}}"))
        assert agreeing(live)[1]
        owed.append(str(of_statements(live, request(live).now)[1]))
    assert owed == ["70.00", "235.00"]


@pytest.mark.parametrize("time", ["business", "calendar"])
def test_what_is_late_and_open_is_late_up_to_the_last_sync_whenever_it_was_judged(
    live: World, late: str, time: str
) -> None:
    """Nothing happens to it: only a sync goes on to look. Due at 08:31, each hour costs ten euros."""
    pays = PAYS.replace("bands: [{below: 90%, pays: 10%}]", "each_late: {step: 1h, pays: 10.00}").replace("90%", "0")
    write(live, pays.replace("{attainment: first_response}", f"{{misses: first_response, time: {time}}}"))
    owed = []
    for days in (1, 3, 3):
        live.advance(days=days)
        live.sync()
        assert agreeing(live) == (1, True)
        owed.append(of_statements(live, request(live).now)[1])
    assert [round(each) for each in owed] == [255, 975, 1695]
    day_before = request(live).now - 24 * 3_600_000
    assert round(of_statements(live, day_before)[1]) == 1695 - 240


def test_what_lasts_by_the_calendar_is_longer_where_a_night_lies_between(live: World, office: None, late: str) -> None:
    """Seven and a half hours of the office, or 24."""
    live.advance(hours=22)
    live.change(late, hs_pipeline_stage="4")
    for time, owed in (("business", "0.00"), ("calendar", "100.00")):
        text = PAYS.replace("{attainment: first_response}", f"{{mean: resolution, time: {time}}}")
        write(live, text.replace("below: 90%", "above: 12h").replace("90%", "12h"))
        assert agreeing(live)[0] == 1
        assert str(of_statements(live, request(live).now)[1]) == owed


def test_every_objective_that_cannot_be_counted_is_named(live: World) -> None:
    """Of one contract too."""
    by_two = "{id: %s, measure: {attainment: %s, when: {property: {%s: x}}}, promised: 90%%}"
    objectives = ", ".join(by_two % each for each in (("a", "resolution", "content"), ("b", "all", "subject")))
    live.edit("portal.yaml", lambda text: text + "\nreport: {dimensions: [content, subject]}\n")
    text = CONTRACT.partition("    objectives:")[0] + f"    objectives: [{objectives}]\n"
    (live.folder / "mappings" / "contracts.yaml").write_text(text, encoding="utf-8")
    live.set_up()
    live.sync()
    with opened_ledger(live.folder / "ledger.db", request(live)) as source:
        problems = ContractPromises(source.after, source.names, (), source.request.now).problems["acme"]
        wanted = source.wanted()
        wanted.contracts["after"].problems["acme"] = problems
        said = [note for note in credits_of(source, Tally(), wanted, NO_READERS).notes if "is not counted" in note]
    assert [note.split(":")[1].strip() for note in said] == ["a is not counted", "b is not counted"]
