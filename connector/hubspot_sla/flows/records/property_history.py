"""One property of a record over its life, and over that of the records that were merged into it. Pure."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.records.hubspot_facts import SHOWN
from hubspot_sla.ledger.facts import fact_of, without_repeats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.facts import Fact

TOLERANCE_MS: Final = 60_000
"""HubSpot stamps a ticket's first values a moment before or after the creation time it shows."""


def history_of(case: RecordFacts, name: str) -> Sequence[Fact]:
    """One property over the time of a lineage, oldest first: before the survivor's own begins that of the oldest ticket
    it absorbed, or else what the survivor was created with. Worked out once: every clock and every outcome asks."""
    history = case.histories.get(name)
    if history is None:
        own = _own_history(case, name, case.own_created_at or 0)
        history = case.histories[name] = _history(case, name, own) if case.absorbed else own
    return history


def _history(case: RecordFacts, name: str, own: list[Fact]) -> list[Fact]:
    created_at, begun_at = case.own_created_at or 0, case.created_at or 0
    if begun_at == created_at:
        return own
    if own and own[0].at < created_at:
        own[0] = own[0]._replace(at=created_at)
    oldest = next(absorbed for absorbed in case.absorbed if absorbed.created_at == begun_at)
    begins_at = own[0].at if own else created_at
    before = [fact for fact in history_of(oldest, name) if fact.at < begins_at]
    if own and not before and begins_at == created_at:
        return [own[0]._replace(at=begun_at), *own[1:]]
    return before + own[1 if own and before and before[-1].value == own[0].value else 0 :]


def _own_history(case: RecordFacts, name: str, created_at: int) -> list[Fact]:
    """One property over time, oldest first, without the entries that changed nothing.

    The pipeline, and what HubSpot gave no history for, held from the creation on as far as anybody knows.
    """
    history = without_repeats(case.facts_by_name.get(name, ()))
    if history and history[0][1] > created_at:
        first = history[0]
        shown = (
            name in (case.profile.pipeline, case.profile.stage)
            or first.source == SHOWN
            or first.at <= created_at + TOLERANCE_MS
        )
        if shown:
            history[0] = fact_of((name, created_at, first.value, first.source))
    return history


def value_at(history: Sequence[Fact], at: int) -> str | None:
    """The value in force at `at`; None before the first."""
    if len(history) == 1:
        _, since, value, _ = history[0]
        return value if since <= at else None
    if not history:
        return None
    place = bisect_right(history, at, key=_at)
    return history[place - 1][2] if place else None


_at = itemgetter(1)
