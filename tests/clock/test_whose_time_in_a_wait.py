"""Whose time it is while a wait is no pause yet, or no longer, and while the AI agent has the ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clock.tickets import CREATED, HOUR, always, at, judged, ticket
from hubspot_sla.clock.metrics import InPlace, PauseRule, Place, PlaceKind
from hubspot_sla.clock.pauses import AI_AGENT
from hubspot_sla.clock.segments import segments
from hubspot_sla.clock.timeline import AgentHold, Role

if TYPE_CHECKING:
    from hubspot_sla.clock.promise import PromiseChange
    from hubspot_sla.clock.timeline import Timeline

WAITING = InPlace(Place("waiting", PlaceKind.ROLE))


def hands(life: Timeline, terms: list[PromiseChange], now: str) -> list[tuple[str, str, str, float]]:
    """State, why, whose time, hours."""
    parts = segments(life, judged(life, terms, now).cycle, at(now))
    return [(part.state.value, part.why, part.whose, (part.end - part.start) / HOUR) for part in parts]


def test_a_wait_that_has_not_lasted_its_least_is_named_with_what_it_lacks() -> None:
    life = ticket(("11-23 11:00", Role.WAITING))
    terms = always(8, pauses=(PauseRule(WAITING, least_ms=2 * HOUR),))
    assert hands(life, terms, "11-23 12:00") == [
        ("running", "New", "support", 1.0),
        ("running", "waiting, until it has lasted 2h", "customer", 1.0),
    ]


def test_after_the_customer_wrote_the_wait_goes_on_in_our_time() -> None:
    life = ticket(("11-23 11:00", Role.WAITING), customers=("11-23 12:00",))
    terms = always(8, pauses=(PauseRule(WAITING, least_ms=HOUR // 2),), resume_on_customer_message=True)
    assert hands(life, terms, "11-23 13:00") == [
        ("running", "New", "support", 1.0),
        ("running", "waiting, until it has lasted 30m", "customer", 0.5),
        ("paused", "waiting, until the customer wrote", "customer", 0.5),
        ("running", "waiting, after the customer wrote", "support", 1.0),
    ]


def test_the_time_of_the_ai_agent_ends_with_its_hand_over() -> None:
    life = ticket(ai_hold=AgentHold(CREATED, at("11-23 10:30")))
    assert hands(life, always(8), "11-23 11:00") == [
        ("running", "New", AI_AGENT, 0.5),
        ("running", "New", "support", 0.5),
    ]
