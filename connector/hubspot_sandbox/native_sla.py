"""HubSpot's own SLAs, as its help desk calculates them: off until goals or rules are set.

The first rule whose conditions a ticket meets applies: its goals, its hours, and the statuses in which it pauses. A
goal that is fulfilled keeps the due instant it was fulfilled against; one that is still open follows the rule that
applies now. Pauses lengthen a due instant when they end, not while they last, and only until the goal is fulfilled.
Holidays are not known, and the time that a ticket was closed counts as if it had been open. What is not known of
HubSpot is a switch of `Behaviour`.

They move with time as well as with events, always without a bump of the modification time; `settle` is told how late
it is and applies what came due since, each change with the instant at which it came due.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from hubspot_sandbox.instants import parse_instant, to_wire
from hubspot_sandbox.native_hours import OperatingHours, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sandbox.behaviour import Behaviour
    from hubspot_sandbox.records import Record

ACTIVE, OVERDUE, DUE_SOON, ON_TIME, LATE = "0", "1", "2", "3", "4"
_MS_PER_MINUTE = 60_000
_FIRST, _NEXT, _CLOSE = "time_to_first_response", "time_to_next_response", "time_to_close"
_WORDS = {
    ACTIVE: "active_sla",
    OVERDUE: "overdue",
    DUE_SOON: "due_soon",
    ON_TIME: "sla_completed_on_time",
    LATE: "sla_completed_late",
}
_TYPES = {_FIRST: "TIME_TO_RESPOND", _NEXT: "TIME_TO_NEXT_RESPONSE", _CLOSE: "TIME_TO_CLOSE"}
_COMPLETED = (ON_TIME, LATE)
_TELL_ELAPSED = (_FIRST, _CLOSE)
_MADE_BY_API = "INTEGRATION"
DUE_PROPERTIES = tuple(f"hs_{goal}_sla_at" for goal in _TYPES)
RETROACTIVE = "hs_retroactive_sla_update_at"


@dataclass(frozen=True, slots=True)
class Goals:
    """Minutes for each goal, and how long before the due instant a ticket is due soon. None: no such goal."""

    first_response: int | None = None
    next_response: int | None = None
    close: int | None = None
    due_soon: int = 30


@dataclass(frozen=True, slots=True)
class SlaRule:
    """Goals for the tickets whose properties have one of the values in `when`; `paused_in` holds ids of stages."""

    id: str
    goals: Goals
    when: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hours: OperatingHours = field(default_factory=OperatingHours)
    paused_in: frozenset[str] = frozenset()

    def applies_to(self, values: Mapping[str, str]) -> bool:
        return all(values.get(name, "") in wanted for name, wanted in self.when.items())


def rules_of(goals: Goals | Sequence[SlaRule] | None) -> tuple[SlaRule, ...]:
    """Goals alone are one rule for every ticket, at every hour."""
    if goals is None:
        return ()
    return (SlaRule("1", goals),) if isinstance(goals, Goals) else tuple(goals)


@dataclass(frozen=True, slots=True)
class _Standing:
    """One goal of one ticket now: when it began, what it is due at, and when it was fulfilled, if it was."""

    goal: str
    start_ms: int
    due_ms: int
    done_ms: int | None
    is_kept: bool = False
    """It was fulfilled before: nothing that happens later moves it."""

    def status(self, now_ms: int, due_soon_ms: int) -> str:
        if self.done_ms is not None:
            return ON_TIME if self.done_ms <= self.due_ms else LATE
        if now_ms > self.due_ms:
            return OVERDUE
        return DUE_SOON if now_ms >= self.due_ms - due_soon_ms else ACTIVE


@dataclass(slots=True)
class NativeSla:
    """The rules of an account, and when which ticket is to be looked at again. `earlier` are rules that still hold for
    tickets created before an instant, the oldest first."""

    rules: tuple[SlaRule, ...] = ()
    earlier: list[tuple[int, tuple[SlaRule, ...]]] = field(default_factory=list)
    _agenda: list[tuple[int, int]] = field(default_factory=list)

    def replace_rules(self, rules: tuple[SlaRule, ...], now_ms: int, *, new_only: bool) -> None:
        """From now on these hold: for every ticket, or for those alone that are created from now on."""
        self.earlier = [*self.earlier, (now_ms, self.rules)] if new_only else []
        self.rules = rules

    def _rule_of(self, ticket: Record, behaviour: Behaviour) -> SlaRule | None:
        if ticket.source == _MADE_BY_API and not behaviour.native_sla_counts_what_the_api_makes:
            return None
        rules = next((rules for until_ms, rules in self.earlier if ticket.created_ms < until_ms), self.rules)
        return next((rule for rule in rules if rule.applies_to(ticket.values)), None)

    def values(self, ticket: Record, now_ms: int, behaviour: Behaviour) -> dict[str, str | None]:
        """The native SLA properties a ticket has now; it is looked at again when they change by themselves."""
        rule = self._rule_of(ticket, behaviour)
        if rule is None:
            return {}
        pauses = list(_pauses(ticket, rule.paused_in))
        is_paused = ticket.values.get("hs_pipeline_stage") in rule.paused_in
        standings = list(_standings(rule, ticket.values, pauses))
        due_soon_ms = rule.goals.due_soon * _MS_PER_MINUTE
        shown_ms = _in_stage_since_ms(ticket) if is_paused else now_ms
        for standing in () if is_paused else standings:
            self._remember(ticket.id, standing, due_soon_ms, now_ms)
        changes: dict[str, str | None] = {"hs_applied_sla_rule_config_id": rule.id}
        for standing in standings:
            in_part = standing.due_ms % 1000 if behaviour.native_due_in_whole_seconds else 0
            changes[f"hs_{standing.goal}_sla_at"] = to_wire(standing.due_ms - in_part)
            changes[f"hs_{standing.goal}_sla_status"] = standing.status(shown_ms, due_soon_ms)
            if standing.goal in _TELL_ELAPSED:
                name = f"hs_{standing.goal}_in_operating_hours"
                kept = ticket.values.get(name) if standing.is_kept else None
                changes[name] = kept or _elapsed(rule, standing, pauses, behaviour)
        return changes | _most_relevant(standings, shown_ms, due_soon_ms)

    def due(self, now_ms: int) -> Iterator[tuple[int, int]]:
        """(instant, ticket id) of what changes by itself up to now, in order; each is told once."""
        while self._agenda and self._agenda[0][0] <= now_ms:
            yield heapq.heappop(self._agenda)

    def _remember(self, ticket_id: int, standing: _Standing, due_soon_ms: int, now_ms: int) -> None:
        if standing.done_ms is not None:
            return
        for at_ms in (standing.due_ms - due_soon_ms, standing.due_ms + 1):
            if at_ms > now_ms:
                heapq.heappush(self._agenda, (at_ms, ticket_id))
                return


def _elapsed(rule: SlaRule, standing: _Standing, pauses: Sequence[Span], behaviour: Behaviour) -> str | None:
    """How long a fulfilled goal took in the hours of the rule, in ms; None while it is open."""
    if standing.done_ms is None:
        return None
    cuts = () if behaviour.native_elapsed_counts_pauses else pauses
    return str(rule.hours.elapsed_ms(standing.start_ms, standing.done_ms, cuts))


def _in_stage_since_ms(ticket: Record) -> int:
    """Since when the ticket has been in the stage it is in."""
    return ticket.versions("hs_pipeline_stage")[0].at_ms


def _pauses(ticket: Record, paused_in: frozenset[str]) -> Iterator[Span]:
    """The times it spent in a pausing stage and has left again."""
    if paused_in:
        for entered, left in pairwise(reversed(ticket.versions("hs_pipeline_stage"))):
            if entered.value in paused_in:
                yield entered.at_ms, left.at_ms


def _standings(rule: SlaRule, values: Mapping[str, str], pauses: Sequence[Span]) -> Iterator[_Standing]:
    created_ms = parse_instant(values["createdate"])
    replied_ms = _instant(values, "hs_first_agent_message_sent_at")
    goals = rule.goals
    if goals.first_response is not None:
        yield _standing(rule, values, pauses, _FIRST, created_ms, goals.first_response, replied_ms)
    if goals.next_response is not None and replied_ms is not None:
        yield from _next(rule, goals.next_response, values, pauses, replied_ms)
    if goals.close is not None:
        closed_ms = _instant(values, "closed_date")
        yield _standing(rule, values, pauses, _CLOSE, created_ms, goals.close, closed_ms)


def _standing(
    rule: SlaRule,
    values: Mapping[str, str],
    pauses: Sequence[Span],
    goal: str,
    start_ms: int,
    minutes: int,
    done_ms: int | None,
) -> _Standing:
    kept_ms = _instant(values, f"hs_{goal}_sla_at")
    if done_ms is not None and kept_ms is not None and values.get(f"hs_{goal}_sla_status") in _COMPLETED:
        return _Standing(goal, start_ms, kept_ms, done_ms, is_kept=True)
    before_done = [span for span in pauses if done_ms is None or span[1] <= done_ms]
    return _Standing(goal, start_ms, rule.hours.due_ms(start_ms, minutes, before_done), done_ms)


def _next(
    rule: SlaRule, minutes: int, values: Mapping[str, str], pauses: Sequence[Span], replied_ms: int
) -> Iterator[_Standing]:
    """The current cycle only, as HubSpot keeps it: it begins with the customer's message after a reply."""
    asked_ms = _instant(values, "hs_last_message_received_at")
    if asked_ms is None or asked_ms < replied_ms:
        return
    sent_ms = _instant(values, "hs_last_message_sent_at")
    done_ms = sent_ms if sent_ms is not None and sent_ms >= asked_ms else None
    yield _standing(rule, values, pauses, _NEXT, asked_ms, minutes, done_ms)


def _most_relevant(standings: list[_Standing], now_ms: int, due_soon_ms: int) -> dict[str, str | None]:
    """The open goal that is due first; when all are fulfilled, the one that was due last."""
    if not standings:
        return {}
    open_standings = [standing for standing in standings if standing.done_ms is None]
    chosen = min(open_standings, key=_due) if open_standings else max(standings, key=_due)
    return {
        "hs_most_relevant_sla_type": _TYPES[chosen.goal],
        "hs_most_relevant_sla_status": _WORDS[chosen.status(now_ms, due_soon_ms)],
    }


def _due(standing: _Standing) -> int:
    return standing.due_ms


def _instant(values: Mapping[str, str], name: str) -> int | None:
    value = values.get(name)
    return parse_instant(value) if value else None
