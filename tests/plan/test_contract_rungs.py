"""Which rungs of contracts are reached, which are passed by, and that none fires twice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clock.test_calendar import berlin
from hubspot_sla.plan.actions import Notify
from hubspot_sla.plan.contract_rung_actions import ContractRungActions, Party
from hubspot_sla.plan.contract_rungs import (
    BEFORE_GO_LIVE,
    NEARER,
    Before,
    ContractLadder,
    ContractRung,
    Occasion,
    Place,
    contract_rungs,
    ladder_for,
    rung_of_key,
)
from hubspot_sla.plan.ladder import Outcome
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.plan.rung_actions.notify import NotifyChannel
from hubspot_sla.plan.rung_actions.task import MakeTask
from hubspot_sla.plan.rung_context import FIELDS, People
from proof import examples

BERLIN = berlin()
TODAY = date(2026, 11, 23)
ACME = RecordRef("companies", "5004")
ON_THE_DAY = Before()
DO = (MakeTask("owner"),)


def rung(place: Place, before: Before = ON_THE_DAY, name: str = "", level: int = 1) -> ContractRung:
    return ContractRung(name or place.value, level, place, before, DO)


def occasion(place: Place, *, today: date = TODAY, day: date | None = None, ended_at: int | None = None) -> Occasion:
    return Occasion("acme", ACME, place, "answers", "2026-11", today, 0, day, ended_at=ended_at, name="Acme")


BELOW = ContractLadder((rung(Place.AT_RISK), rung(Place.BELOW)))


def test_a_rung_fires_once_by_its_contract_objective_window_and_name() -> None:
    news = contract_rungs(BELOW, [occasion(Place.BELOW)], (), 0, 7)
    assert [(one.reached.key, one.reached.outcome) for one in news] == [
        ("contract:acme:answers:2026-11:below", Outcome.FIRED)
    ]
    assert contract_rungs(BELOW, [occasion(Place.BELOW)], {one.reached.key for one in news}, 0, 8) == []


def test_what_held_before_go_live_is_passed_by() -> None:
    ladder = ContractLadder((rung(Place.TERMINABLE),))
    (one,) = contract_rungs(ladder, [occasion(Place.TERMINABLE, ended_at=5)], (), 5, 7)
    assert (one.reached.outcome, one.reached.reason) == (Outcome.SKIPPED, BEFORE_GO_LIVE)
    (later,) = contract_rungs(ladder, [occasion(Place.TERMINABLE, ended_at=6)], (), 5, 7)
    assert later.reached.outcome is Outcome.FIRED


def test_of_rungs_reached_together_the_nearest_to_the_day_fires() -> None:
    month_before, week_before = rung(Place.DATE, Before(months=1), "month"), rung(Place.DATE, Before(days=7), "week", 2)
    ladder = ContractLadder((month_before, week_before))
    day = TODAY + timedelta(days=7)
    news = contract_rungs(ladder, [occasion(Place.DATE, day=day)], (), 0, 7)
    assert [(one.rung.name, one.reached.reason) for one in news] == [("month", NEARER), ("week", "")]
    (first,) = contract_rungs(ladder, [occasion(Place.DATE, day=day + timedelta(days=1))], (), 0, 7)
    assert (first.rung.name, first.reached.outcome) == ("month", Outcome.FIRED)


def test_a_day_that_has_passed_fires_nothing() -> None:
    ladder = ContractLadder((rung(Place.DATE, Before(days=7)),))
    assert contract_rungs(ladder, [occasion(Place.DATE, day=TODAY - timedelta(days=1))], (), 0, 7) == []


@pytest.mark.parametrize(
    ("before", "day", "first"),
    [
        (Before(), date(2026, 11, 30), date(2026, 11, 30)),
        (Before(days=30), date(2026, 11, 30), date(2026, 10, 31)),
        (Before(months=1), date(2026, 3, 31), date(2026, 2, 28)),
        (Before(months=2), date(2027, 1, 15), date(2026, 11, 15)),
        (Before(business_days=5, calendar=BERLIN), date(2026, 11, 27), date(2026, 11, 21)),  # the Saturday before
        (Before(business_days=1, calendar=BERLIN), date(2026, 11, 29), date(2026, 11, 27)),  # a Sunday: Friday counts
    ],
)
def test_the_first_day_from_which_no_more_is_left(before: Before, day: date, first: date) -> None:
    assert before.first_day(day, None) == first


@given(st.integers(1, 40), st.integers(0, 400))
@examples(20)
def test_business_days_are_left_as_they_are_counted_out(count: int, ahead: int) -> None:
    day = TODAY + timedelta(days=ahead)
    first = Before(business_days=count).first_day(day, BERLIN)
    open_days = [each for each in range((day - first).days + 1) if BERLIN.open_on(first + timedelta(days=each))]
    assert len(open_days) == count
    assert BERLIN.open_on(first - timedelta(days=1))


def test_the_first_ladder_that_is_for_a_contract_holds() -> None:
    named, vendors, rest = ContractLadder((), ("acme",)), ContractLadder((), side="vendor"), ContractLadder(())
    ladders = (named, vendors, rest)
    assert ladder_for(ladders, "acme", "customer") is named
    assert ladder_for(ladders, "hoster", "vendor") is vendors
    assert ladder_for(ladders, "other", "customer") is rest
    assert ladder_for((named,), "other", "customer") is None


def actions(owner_id: str | None, people: People, *asked: MakeTask | NotifyChannel) -> list[Any]:
    ladder = ContractLadder((ContractRung("below", 1, Place.BELOW, Before(), asked),))
    settled = contract_rungs(ladder, [occasion(Place.BELOW)], (), 0, 7)
    party = Party(owner_id, "Ada", "Acme Ltd", "https://app.example/5004")
    return list(ContractRungActions(party, people, str).actions(settled))


def test_a_task_is_for_the_contracts_owner_and_else_for_the_lead() -> None:
    (own,) = actions("7", People(any_lead="9"), MakeTask("owner"))
    assert (own.key, own.record, own.owner_id, own.lead_id) == (
        "task:contract:acme:answers:2026-11:below",
        ACME,
        "7",
        "9",
    )
    (led,) = actions(None, People(any_lead="9"), MakeTask("owner"))
    assert (led.owner_id, led.body.splitlines()[1]) == ("9", "The contract has no owner, so this is for the lead.")
    (nobodys,) = actions(None, People(), MakeTask("owner"))
    assert nobodys.owner_id is None


def test_a_message_has_every_field_and_equal_actions_have_keys_of_their_own() -> None:
    first, second, told = actions("7", People(), MakeTask("owner"), MakeTask("8"), NotifyChannel("desk"))
    assert (first.key, second.key) == (first.key, f"{first.key}:also2")
    assert isinstance(told, Notify)
    assert told.key == "notification:contract:acme:answers:2026-11:below:desk"
    assert tuple(told.facts) == FIELDS
    assert (told.facts["company"], told.facts["url"]) == ("Acme Ltd", "https://app.example/5004")
    assert (told.facts["policy"], told.facts["metric"], told.facts["status"]) == ("acme", "answers", "below")


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("contract:acme:answers:2026-11:below", ("below", "answers", "2026-11")),
        ("contract:acme:uptime/eu:west:2026-Q4:below", ("below", "uptime/eu:west", "2026-Q4")),
        ("contract:acme:answers:2026-11:other", None),
        ("contract:acme2:answers:2026-11:below", None),
        ("contract:acme:2026-11:below", None),
    ],
)
def test_the_key_of_a_rung_says_what_it_is_of(key: str, found: tuple[str, str, str] | None) -> None:
    ladder = ContractLadder((ContractRung("below", 1, Place.BELOW, Before(), ()),))
    rung = rung_of_key(ladder, "acme", key)
    assert (rung and (rung[0].name, *rung[1:])) == found
