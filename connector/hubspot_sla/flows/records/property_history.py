"""One property of a record over its life, and over that of the records that were merged into it. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.records.hubspot_facts import SHOWN
from hubspot_sla.flows.records.record_facts import created_at_of, own_created_at_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.facts import Fact

TOLERANCE_MS: Final = 60_000
"""HubSpot stamps a ticket's first values a moment before or after the creation time it shows."""


def history_of(case: RecordFacts, name: str) -> list[Fact]:
    """One property over the time of a lineage, oldest first: before the survivor's own begins that of the oldest ticket
    it absorbed, or else what the survivor was created with."""
    created_at, begun_at = own_created_at_of(case) or 0, created_at_of(case) or 0
    own = _own_history(case, name, created_at)
    if begun_at == created_at:
        return own
    if own and own[0].at < created_at:
        own[0] = replace(own[0], at=created_at)
    oldest = next(absorbed for absorbed in case.absorbed if created_at_of(absorbed) == begun_at)
    begins_at = own[0].at if own else created_at
    before = [fact for fact in history_of(oldest, name) if fact.at < begins_at]
    if own and not before and begins_at == created_at:
        return [replace(own[0], at=begun_at), *own[1:]]
    return before + own[1 if own and before and before[-1].value == own[0].value else 0 :]


def _own_history(case: RecordFacts, name: str, created_at: int) -> list[Fact]:
    """One property over time, oldest first, without the entries that changed nothing.

    The pipeline, and what HubSpot gave no history for, held from the creation on as far as anybody knows.
    """
    history: list[Fact] = []
    for fact in case.facts:
        if fact.name == name and (not history or history[-1].value != fact.value):
            history.append(fact)
    if history:
        first = history[0]
        shown = (
            name in (case.profile.pipeline, case.profile.stage)
            or first.source == SHOWN
            or first.at <= created_at + TOLERANCE_MS
        )
        if shown and first.at > created_at:
            history[0] = replace(first, at=created_at)
    return history


def value_at(history: Sequence[Fact], at: int) -> str | None:
    """The value in force at `at`; None before the first."""
    place = bisect_right(history, at, key=lambda fact: fact.at) - 1
    return history[place].value if place >= 0 else None
