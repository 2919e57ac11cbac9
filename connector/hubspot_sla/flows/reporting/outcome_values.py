"""The words of reports as values of one outcome in memory, for what judges records anew: what it is broken down by, and
filtered by."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.promise import Clock
from hubspot_sla.errors import UsageProblem
from hubspot_sla.ledger import names
from hubspot_sla.ledger.names import Named, stage_key
from hubspot_sla.plan.records import TICKETS, RecordRef
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.measure.outcome import Outcome

    Value = Callable[[RecordRef, Outcome], str | None]


@lru_cache(10_000)
def clock_of(key: str) -> Clock:
    """The clock of a key."""
    return Clock.of(key)


def _pipeline(ref: RecordRef, outcome: Outcome) -> str | None:
    """Ids of pipelines are unique within an object type only."""
    pipeline_id = outcome.who.pipeline_id
    if pipeline_id is None or ref.object_type == TICKETS:
        return pipeline_id
    return RecordRef(ref.object_type, pipeline_id).key


def _stage(ref: RecordRef, outcome: Outcome) -> str | None:
    pipeline, stage_id = _pipeline(ref, outcome), outcome.who.stage_id
    return None if pipeline is None or stage_id is None else stage_key(pipeline, stage_id)


VALUES: Final[Mapping[str, Value]] = {
    "customer": lambda _, outcome: outcome.who.company_id,
    "tier": lambda _, outcome: outcome.promised.tier,
    "policy": lambda _, outcome: outcome.promised.policy,
    "kind": lambda _, outcome: clock_of(outcome.clock).kind.value,
    "agreement": lambda _, outcome: clock_of(outcome.clock).agreement or None,
    "metric": lambda _, outcome: clock_of(outcome.clock).name,
    "place": lambda _, outcome: clock_of(outcome.clock).place or None,
    "calendar": lambda _, outcome: outcome.promised.calendar,
    "pipeline": _pipeline,
    "stage": _stage,
    "stage_role": lambda _, outcome: outcome.who.stage_role,
    "priority": lambda _, outcome: outcome.who.priority,
    "owner": lambda _, outcome: outcome.who.owner_id,
    "team": lambda _, outcome: outcome.who.team_id,
    "source": lambda _, outcome: outcome.who.source,
    "category": lambda _, outcome: outcome.who.category,
    "first_responder": lambda _, outcome: outcome.who.first_responder_id,
    "status": lambda _, outcome: outcome.status.value,
    "excluded": lambda _, outcome: outcome.excluded.value if outcome.excluded else None,
}
"""By word. Who paused and who waived is not asked here."""
OLA_AND_UC: Final = frozenset({"kind", "agreement"})
"""Who speaks of these means other promises than those to customers too."""


def checked_words(words: Iterable[str], properties: Sequence[str]) -> tuple[str, ...]:
    """The words, each one of `VALUES` or of the `properties` that `report.dimensions` names. Raises UsageProblem."""
    checked = tuple(words)
    for word in checked:
        if word not in VALUES and word not in properties:
            known = (*VALUES, *properties)
            remedy = nearest(word, known) or f"there are {', '.join(known)}"
            raise UsageProblem(f"there is no dimension {word!r} here", remedy=remedy)
    return checked


def value_of(word: str, ref: RecordRef, outcome: Outcome) -> str | None:
    """What the outcome of this record has there; None for nothing."""
    of_word = VALUES.get(word)
    return dict(outcome.who.dimensions).get(word) if of_word is None else of_word(ref, outcome)


_NAMED: Final = {
    "customer": Named.COMPANY,
    "owner": Named.OWNER,
    "first_responder": Named.OWNER,
    "team": Named.TEAM,
    "pipeline": Named.PIPELINE,
    "stage": Named.STAGE,
}


class Names:
    """What ids are called: by the word of the dimension and the id, every name it ever had, the newest last."""

    def __init__(self, called: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._called = called

    def shown(self, word: str, value: str | None) -> str:
        """ "" for no value; the value itself where it has no name."""
        called = self._called.get(word, {}).get(value or "", ())
        return called[-1] if called else value or ""

    def all(self, word: str, value: str | None) -> tuple[str | None, ...]:
        """Every text by which a person may mean the value: the id and each name."""
        if value is None:
            return (None,)
        called = self._called.get(word, {}).get(value, ())
        short = (value.rpartition(":")[2],) if word == "stage" else ()
        return (value, *short, *called)


def names_in(db: sqlite3.Connection, version: Version) -> Names:
    """Every name that a ledger has ever seen, and that of portal.yaml."""
    called = {word: names.ever(db, kind) for word, kind in _NAMED.items()}
    ids = version.portal_ids
    for name, pipeline_id in ids.pipelines.items():
        called["pipeline"].setdefault(pipeline_id, []).insert(0, name)
        for stage, stage_id in ids.stages.get(name, {}).items():
            called["stage"].setdefault(stage_key(pipeline_id, stage_id), []).insert(0, stage)
    return Names(called)
