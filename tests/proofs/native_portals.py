"""Portals with generated rules of HubSpot's own SLA, and ninety days of tickets that lived under them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from hubspot_sandbox.account import Account
from hubspot_sandbox.instants import to_instant, to_ms
from hubspot_sandbox.native_hours import OperatingHours
from hubspot_sandbox.native_sla import Goals, SlaRule
from hubspot_sandbox.seed import seeded_portal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubspot_sandbox.portal import Portal

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PRIORITIES = ("LOW", "MEDIUM", "HIGH", "URGENT")
SUPPORT, BILLING = "0", "204880202"
STAGES = {
    SUPPORT: {"new": "1", "waiting": "2", "working": "3", "closed": "4"},
    BILLING: {"new": "981240001", "working": "981240002", "waiting": "981240003", "closed": "981240004"},
}
ZONES = ("Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Tokyo", "Australia/Sydney")
_FIRST_RESPONSES = (15, 30, 45, 60, 120, 240, 480)
_CLOSES = (240, 480, 960, 1440, 2400, 4800)


@dataclass(frozen=True, slots=True)
class NativePortal:
    """`rules` are those in force now; the portal's clock stands at NOW."""

    portal: Portal
    rules: tuple[SlaRule, ...]


def native_portal(seed: int, tickets: int = 300) -> NativePortal:
    """Always the same for the same seed. Four in ten have their rules in another time zone than the account."""
    random = Random(seed)  # noqa: S311 - an invented portal, not a secret
    zone = random.choice(ZONES)
    portal = seeded_portal(NOW - timedelta(days=90), tickets=0, seed=seed)
    portal.clock.freeze()
    at_home = random.random() < 0.6
    portal.account = Account(portal.account.portal_id, time_zone=zone if at_home else random.choice(ZONES))
    rules = tuple(_rules(random, zone))
    portal.set_native_sla([replace(rule, goals=_half(rule.goals)) for rule in rules])
    _Lives(portal, random, zone).play(tickets, rules)
    portal.clock.set(NOW)
    portal.catch_up()
    return NativePortal(portal, rules)


def _half(goals: Goals) -> Goals:
    """What was promised before the rules were changed, in the first days."""
    return replace(goals, close=goals.close and goals.close // 2, first_response=(goals.first_response or 0) // 2 or 5)


def _rules(random: Random, zone: str) -> list[SlaRule]:
    """By priority, in hours that most of them share; sometimes urgent tickets are served day and night, sometimes one
    pipeline has targets of its own."""
    hours = OperatingHours(zone, _week(random))
    paused_in = frozenset(STAGES[SUPPORT]["waiting"] if random.random() < 0.75 else "") | frozenset(
        {STAGES[BILLING]["waiting"]} if random.random() < 0.75 else ()
    )
    if random.random() < 0.3:
        return [
            *_by_priority(random, hours, paused_in, 1, {"hs_pipeline": [SUPPORT]}),
            *_by_priority(random, hours, paused_in, 11, {"hs_pipeline": [BILLING]}),
        ]
    rules = _by_priority(random, hours, paused_in, 1, {})
    if random.random() < 0.4:
        rules[-1] = replace(rules[-1], hours=OperatingHours())
    return rules


def _by_priority(
    random: Random, hours: OperatingHours, paused_in: frozenset[str], first_id: int, when: dict[str, list[str]]
) -> list[SlaRule]:
    """The higher the priority, the shorter the target."""
    responses = sorted(random.sample(_FIRST_RESPONSES, 4), reverse=True)
    closes = sorted(random.sample(_CLOSES, 4), reverse=True)
    with_next, with_close = random.random() < 0.4, random.random() < 0.85
    return [
        SlaRule(
            str(first_id + number),
            Goals(
                first_response=responses[number],
                next_response=responses[number] * 2 if with_next else None,
                close=closes[number] if with_close else None,
            ),
            {**when, "hs_ticket_priority": [priority]},
            hours,
            paused_in,
        )
        for number, priority in enumerate(PRIORITIES)
    ]


def _week(random: Random) -> dict[int, tuple[int, int]]:
    """Monday to Friday, or to Saturday, or every day; now and then one day is shorter, or every hour counts."""
    if random.random() < 0.1:
        return dict.fromkeys(range(7), (0, 24 * 60))
    start = random.randrange(6 * 60, 10 * 60 + 1, 15)
    usual = start, random.randrange(15 * 60, 20 * 60 + 1, 15)
    week = dict.fromkeys(range(random.choice((5, 5, 5, 6, 7))), usual)
    if random.random() < 0.4:
        week[4] = (start, random.randrange(start + 3 * 60, usual[1], 15))
    return week


class _Lives:
    """Tickets that are created, taken up, answered, sometimes put on hold or given another priority, and closed; all of
    it in the order in which it happens."""

    def __init__(self, portal: Portal, random: Random, zone: str) -> None:
        self._portal, self._random, self._zone = portal, random, OperatingHours(zone)
        self._moments: list[tuple[int, int, Callable[[], None]]] = []

    def play(self, tickets: int, rules: Sequence[SlaRule]) -> None:
        begin = to_ms(NOW - timedelta(days=90))
        self._then(begin + 2 * 86_400_000, lambda: self._portal.set_native_sla(list(rules)))
        for _ in range(tickets):
            self._life(begin + int(self._random.uniform(0, 89) * 86_400_000))
        for at_ms, _, act in sorted(self._moments):
            if at_ms <= to_ms(NOW):
                self._portal.clock.set(to_instant(at_ms))
                act()

    def _then(self, at_ms: int, act: Callable[[], None]) -> None:
        self._moments.append((at_ms, len(self._moments), act))

    def _life(self, near_ms: int) -> None:
        random, portal = self._random, self._portal
        pipeline = random.choices((SUPPORT, BILLING), (7, 3))[0]
        stages, ticket = STAGES[pipeline], list[str]()
        created = self._arrival(near_ms)
        values = {"subject": "Help", "hs_pipeline": pipeline, "hs_pipeline_stage": stages["new"]}
        values["hs_ticket_priority"] = random.choices(PRIORITIES, (25, 35, 25, 15))[0]
        self._then(created, lambda: ticket.append(portal.create("tickets", values)))
        at = created
        for chance, least_h, most_h, act in (
            (0.9, 0.1, 6, lambda: portal.send_agent_message(ticket[0])),
            (0.9, 0.1, 4, lambda: portal.update("tickets", ticket[0], {"hs_pipeline_stage": stages["working"]})),
            (0.04, 0.1, 4, lambda: portal.update("tickets", ticket[0], {"hs_ticket_priority": "HIGH"})),
            (0.4, 0.1, 24, lambda: portal.update("tickets", ticket[0], {"hs_pipeline_stage": stages["waiting"]})),
            (0.4, 0.5, 60, lambda: portal.receive_customer_message(ticket[0])),
            (0.9, 0.1, 4, lambda: portal.update("tickets", ticket[0], {"hs_pipeline_stage": stages["working"]})),
            (0.9, 0.1, 20, lambda: portal.send_agent_message(ticket[0])),
            (0.85, 1, 70, lambda: portal.update("tickets", ticket[0], {"hs_pipeline_stage": stages["closed"]})),
        ):
            at += int(random.uniform(least_h, most_h) * 3_600_000)
            if random.random() < chance:
                self._then(at, act)

    def _arrival(self, near_ms: int) -> int:
        """Mostly on weekdays between eight and six by the clock on the wall; at any time otherwise."""
        if self._random.random() < 0.15:
            return near_ms
        weekdays = OperatingHours(self._zone.zone, dict.fromkeys(range(5), (8 * 60, 18 * 60)))
        return weekdays.due_ms(near_ms, self._random.randint(1, 10 * 60)) + self._random.randint(0, 59_999)
