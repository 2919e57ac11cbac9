"""Tickets with HubSpot's own due instants into what policies are inferred from."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.policy.inference.observation import Observation, Stay

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.hubspot.native_sla import NativeTicket, ValueSince
    from hubspot_sla.policy.inference.observation import WithoutDue

_LONGEST_MS = 10 * 366 * 86_400_000


def observations_of(tickets: Iterable[NativeTicket], now: int) -> tuple[list[Observation], list[str]]:
    """The observations, and the ids of tickets with a due instant that cannot be one: none comes of these."""
    good: list[Observation] = []
    impossible: list[str] = []
    for ticket in tickets:
        for observation in _of_ticket(ticket, now):
            if 0 < observation.due_ms - observation.start_ms < _LONGEST_MS:
                good.append(observation)
            else:
                impossible.append(ticket.id)
    return good, list(dict.fromkeys(impossible))


def without_due(tickets: Iterable[NativeTicket]) -> WithoutDue:
    """Of tickets that have a start: by their pipeline and priority of today."""
    counts: Counter[tuple[str, str, Metric]] = Counter()
    for ticket in tickets:
        for metric in (Metric.FIRST_RESPONSE, Metric.RESOLUTION) if ticket.created_ms is not None else ():
            if metric not in ticket.dues:
                counts[ticket.pipelines[-1].value, ticket.priorities[-1].value, metric] += 1
    return counts


def _of_ticket(ticket: NativeTicket, now: int) -> Iterator[Observation]:
    for metric, start, done in _goals(ticket):
        due = ticket.dues.get(metric)
        if due is not None:
            end = now if done is None else min(done, now)
            yield Observation(
                ticket.id,
                metric,
                _value_at(ticket.pipelines, end),
                _value_at(ticket.priorities, end),
                ticket.rule,
                start,
                due,
                tuple(_stays(ticket, start, end)),
                _note(ticket, start, end),
            )


def done_at(ticket: NativeTicket, metric: Metric) -> int | None:
    """When a goal was fulfilled (epoch ms); None where it is open, or was never set."""
    return next((done for each, _, done in _goals(ticket) if each is metric), None)


def _goals(ticket: NativeTicket) -> Iterator[tuple[Metric, int, int | None]]:
    """(metric, start, when it was fulfilled). Of next responses HubSpot keeps the latest cycle only."""
    created, replied, received, sent = ticket.created_ms, ticket.first_reply_ms, ticket.received_ms, ticket.sent_ms
    if created is not None:
        yield Metric.FIRST_RESPONSE, created, replied
        yield Metric.RESOLUTION, created, ticket.closed_ms
    if received is not None and replied is not None and received >= replied:
        yield Metric.NEXT_RESPONSE, received, sent if sent is not None and sent >= received else None


def _stays(ticket: NativeTicket, start: int, end: int) -> Iterator[Stay]:
    """The stages that were left before the goal was fulfilled. A pause that still lasts has moved nothing yet."""
    for entered, left in pairwise(ticket.stages):
        if left.at_ms > start and left.at_ms <= end:
            yield Stay((_value_at(ticket.pipelines, entered.at_ms), entered.value), entered.at_ms, left.at_ms)


def _note(ticket: NativeTicket, start: int, end: int) -> str:
    happened = {
        "its priority was changed": _changed(ticket.priorities, start, end),
        "it was moved to another pipeline": _changed(ticket.pipelines, start, end),
        "it was reopened": ticket.reopened_ms is not None and start <= ticket.reopened_ms <= end,
    }
    return ", ".join(words for words, is_so in happened.items() if is_so)


def _changed(versions: Sequence[ValueSince], start: int, end: int) -> bool:
    return any(start < version.at_ms <= end for version in versions[1:])


def _value_at(versions: Sequence[ValueSince], at: int) -> str:
    """The value in force; the earliest known one before that."""
    in_force = [version.value for version in versions if version.at_ms <= at]
    return in_force[-1] if in_force else versions[0].value
