"""Why an outcome is another one than it was: the record judged again with one part of what is new at a time. Pure.

What was known before, and what happened since, is judged first. An outcome that comes out so is no restatement: time
and later events change outcomes as they should. Otherwise the cause is the first of the closed list with which the
present outcome comes out; where no cause alone suffices, the one that completes those before it in the list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.promise import Clock
from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.outcomes import outcomes_of
from hubspot_sla.flows.records.hubspot_facts import GONE
from hubspot_sla.flows.records.message_facts import is_message, is_of_messages
from hubspot_sla.flows.records.property_messages import instant_of
from hubspot_sla.flows.records.record_facts import waivers_of
from hubspot_sla.measure.restatement import Restated, is_settled, key_of, means_the_same
from hubspot_sla.measure.restatement import RestatementCause as Cause

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.decide import Decision
    from hubspot_sla.flows.judging.judging_context import JudgingContext
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.facts import Fact
    from hubspot_sla.ledger.outcomes import Stored
    from hubspot_sla.ledger.waivers import GrantedWaiver
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.measure.restatement import CycleKey
    from hubspot_sla.policy.customers import CompanyView, ContactView, History

_TRIED: Final = (
    *(Cause.MERGE, Cause.UNMERGE_OR_ARCHIVE, Cause.SHORTENED, Cause.BACK_DATED, Cause.MESSAGE_SOURCE),
    *(Cause.TIER, Cause.WAIVER, Cause.MAPPINGS, Cause.CALENDAR_DATA),
)
_NONE: Final[Set[Cause]] = frozenset()
_CLOCKS_DIFFER_MS: Final = 1000
"""HubSpot's clock is known to a second: what it dates less than that before a judgement may have come after it."""
Outcomes = dict["CycleKey", "Outcome"]


def changed(stored: Stored, decision: Decision, frozen: Set[CycleKey]) -> list[CycleKey]:
    """The cycles that had come to their end, or are in a closed month, and whose outcome means something else now."""
    now = _by_key(decision.outcomes)
    return [
        key
        for key, before in _by_key(stored.outcomes).items()
        if (is_settled(before) or key in frozen) and not means_the_same(before, now.get(key))
    ]


@dataclass(frozen=True, slots=True)
class WrittenBefore:
    """The outcomes of a record as they stand, and the record as it was known when they were written. `changed` are the
    cycles that mean something else now; `shortened` the properties of which HubSpot gives less of the history now than
    is known."""

    stored: Stored
    record: RecordFacts
    changed: Sequence[CycleKey]
    shortened: Set[str] = frozenset()
    erased: bool = False
    """Values that they rest on were removed since: what they were judged by cannot be told any more."""


def restatements(before: WrittenBefore, decision: Decision, judging: JudgingContext) -> list[Restated]:
    """Of the outcomes that changed those that are restated, with their causes."""
    return list(_Search(before, decision, judging).found())


@dataclass(frozen=True)
class _Search:
    written: WrittenBefore
    decision: Decision
    judging: JudgingContext

    @property
    def stored(self) -> Stored:
        return self.written.stored

    @property
    def before(self) -> RecordFacts:
        return self.written.record

    def found(self) -> Iterator[Restated]:
        if self.written.erased:
            yield from (Restated(*key, Cause.ERASURE, "sla forget") for key in self.written.changed)
            return
        now = _by_key(self.decision.outcomes)
        by_events = self._with(_NONE)
        open_keys: list[CycleKey] = []
        for key in self.written.changed:
            if not means_the_same(by_events.get(key), now.get(key)):
                open_keys.append(key)
            elif self._by_other_rules(key):
                yield Restated(*key, Cause.CLOCK_RULES, f"clock rules {CLOCK_RULES}")
        for accepted in self._tries() if open_keys else ():
            with_these, cause = self._with(accepted), max(accepted, key=_TRIED.index)
            explained = [key for key in open_keys if means_the_same(with_these.get(key), now.get(key))]
            yield from (Restated(*key, cause, self._author(cause, key[0])) for key in explained)
            open_keys = [key for key in open_keys if key not in explained]

    def _tries(self) -> Iterator[frozenset[Cause]]:
        """Each cause alone that anything new belongs to, then as many from the first on as it takes."""
        at_work = [cause for cause in _TRIED if self._is_at_work(cause)]
        yield from (frozenset({cause}) for cause in at_work)
        yield from (frozenset(at_work[:count]) for count in range(2, len(at_work) + 1))

    def _is_at_work(self, cause: Cause) -> bool:
        accepted = frozenset({cause})
        return self._record(accepted) != self._record(_NONE) or self._versions(accepted) != self._versions(_NONE)

    def _with(self, accepted: Set[Cause]) -> Outcomes:
        record, versions, judging = self._record(accepted), self._versions(accepted), self.judging
        judgement = judgement_of(record, versions, judging.now)
        return _by_key(outcomes_of(record, judgement, versions, judging.now, judging.go_live_at))

    def _by_other_rules(self, key: CycleKey) -> bool:
        """Whether the clock's present rules say something else of what was known before, as of then."""
        return self.stored.judged.rules != CLOCK_RULES and not means_the_same(
            self._by_present_rules.get(key), _by_key(self.stored.outcomes)[key]
        )

    @cached_property
    def _by_present_rules(self) -> Outcomes:
        versions, at = self._versions(_NONE), self.stored.judged.at
        judgement = judgement_of(self.before, versions, at)
        return _by_key(outcomes_of(self.before, judgement, versions, at, self.judging.go_live_at))

    def _versions(self, accepted: Set[Cause]) -> list[Version]:
        """Those known before, with the later ones that these causes made, or with their tiers or waivers alone."""
        every, known = self.judging.versions, self.stored.judged.mappings
        kept = list(every[:known])
        for before, version in zip(every[known - 1 :], every[known:], strict=False):
            if version.mappings.version == before.mappings.version:  # the same mappings with newer calendar data
                if Cause.CALENDAR_DATA in accepted and version.mappings.version == kept[-1].mappings.version:
                    kept.append(version)
                continue
            if Cause.MAPPINGS in accepted:
                kept.append(version)
                continue
            last = kept[-1].mappings
            tiers = version.mappings.tiers if Cause.TIER in accepted else last.tiers
            waivers = version.mappings.waivers if Cause.WAIVER in accepted else last.waivers
            if (tiers, waivers) != (last.tiers, last.waivers):
                edited = replace(last, tiers=tiers, waivers=waivers)
                kept.append(replace(kept[-1], mappings=edited, effective_at=version.effective_at))
        return kept

    def _record(self, accepted: Set[Cause]) -> RecordFacts:
        return _composed(self.before, self.decision.record, accepted, self._sorting)

    @cached_property
    def _sorting(self) -> _Sorting:
        portals = [version.mappings.portal.properties for version in self.judging.versions]
        replies = {name for words in portals for name in (*words.first_agent_reply, words.agent_message)}
        return _Sorting(
            self.stored.judged.at - _CLOCKS_DIFFER_MS,
            frozenset(replies | {words.customer_message for words in portals}),
            frozenset(words.waiver for words in portals if words.waiver),
            self.written.shortened,
        )

    def _author(self, cause: Cause, clock: str) -> str:
        """Who or what changed the past of this clock, as far as anybody says so."""
        new = _new_facts(self.before, self.decision.record)
        facts = [fact for fact in new if self._sorting.cause_of(fact, self.before) is cause]
        if cause is Cause.WAIVER and (by := _granted_by(self.before, self.decision.record, Clock.of(clock))):
            return by
        if facts:
            return facts[-1].source
        later = self.judging.versions[self.stored.judged.mappings :]
        is_of_mappings = cause in (Cause.TIER, Cause.WAIVER, Cause.MAPPINGS, Cause.CALENDAR_DATA)
        return f"mappings {later[-1].mappings.version}" if later and is_of_mappings else ""


@dataclass(frozen=True, slots=True)
class _Sorting:
    """What a new fact is: a later event than `at` (epoch ms), or a change of the past. The others are names of
    properties."""

    at: int
    message_times: Set[str]
    waivers: Set[str]
    shortened: Set[str]

    def cause_of(self, fact: Fact, before: RecordFacts) -> Cause | None:
        """None for a later event."""
        if fact.name in self.waivers:
            return Cause.WAIVER
        if is_of_messages(fact) and not is_message(fact):  # threads were read, for the first time or again
            return None if any(known.name == fact.name for known in before.facts) else Cause.MESSAGE_SOURCE
        if self._happened_at(fact) > self.at:
            return None
        if is_message(fact):
            return Cause.MESSAGE_SOURCE
        if fact.name == GONE:
            return Cause.UNMERGE_OR_ARCHIVE
        return Cause.SHORTENED if fact.name in self.shortened else Cause.BACK_DATED

    def _happened_at(self, fact: Fact) -> int:
        """A property that holds the time of a message tells of it later."""
        told = instant_of(fact.name, fact.value, []) if fact.name in self.message_times else None
        return fact.at if told is None else min(told, fact.at)


def _composed(before: RecordFacts, now: RecordFacts, accepted: Set[Cause], sorting: _Sorting) -> RecordFacts:
    """The record as it was known, with later events, and with what is new by these causes."""
    known, new = set(before.facts), _new_facts(before, now)
    causes = {fact: sorting.cause_of(fact, before) for fact in new}
    facts = [fact for fact in now.facts if fact in known or causes[fact] is None or causes[fact] in accepted]
    absorbed = _absorbed(before, now, accepted, sorting)
    joined_anew = Cause.MERGE in accepted and _lineage(before) != _lineage(now)
    tiers = Cause.TIER in accepted
    return replace(
        now,
        inputs=now.inputs if joined_anew or Cause.BACK_DATED in accepted else before.inputs,
        facts=facts,
        companies=now.companies if tiers else _companies(before.companies, now.companies, sorting.at),
        contacts=now.contacts if tiers else _contacts(before.contacts, now.contacts, sorting.at),
        absorbed=tuple(absorbed),
        merged_into=_merged_into(before, now, accepted),
        waivers=now.waivers if Cause.WAIVER in accepted else before.waivers,
    )


def _absorbed(before: RecordFacts, now: RecordFacts, accepted: Set[Cause], sorting: _Sorting) -> Iterator[RecordFacts]:
    known = {absorbed.ref: absorbed for absorbed in before.absorbed}
    for absorbed in now.absorbed:
        if absorbed.ref in known:
            yield _composed(known.pop(absorbed.ref), absorbed, accepted, sorting)
        elif Cause.MERGE in accepted:
            yield absorbed
    if Cause.UNMERGE_OR_ARCHIVE not in accepted:
        yield from known.values()


def _merged_into(before: RecordFacts, now: RecordFacts, accepted: Set[Cause]) -> str:
    cause = Cause.MERGE if now.merged_into else Cause.UNMERGE_OR_ARCHIVE
    return now.merged_into if cause in accepted else before.merged_into


def _lineage(record: RecordFacts) -> tuple[str, tuple[str, ...]]:
    return record.merged_into, tuple(absorbed.ref.record_id for absorbed in record.absorbed)


def _companies(before: Sequence[CompanyView], now: Sequence[CompanyView], at: int) -> tuple[CompanyView, ...]:
    """Those before, with what was changed of them after `at`."""
    histories = {view.id: view.property_history for view in now}
    return tuple(
        replace(view, property_history=_with_later(view.property_history, histories.get(view.id, {}), at))
        for view in before
    )


def _contacts(before: Sequence[ContactView], now: Sequence[ContactView], at: int) -> tuple[ContactView, ...]:
    histories = {view.id: view.property_history for view in now}
    return tuple(
        replace(view, property_history=_with_later(view.property_history, histories.get(view.id, {}), at))
        for view in before
    )


def _with_later(
    before: Mapping[str, History], now: Mapping[str, History], at: int
) -> dict[str, list[tuple[int, str | None]]]:
    return {
        name: [change for change in changes if change[0] > at or change in before.get(name, ())]
        for name, changes in {**before, **now}.items()
    }


def _new_facts(before: RecordFacts, now: RecordFacts) -> list[Fact]:
    known = set(before.facts)
    return [fact for fact in now.facts if fact not in known]


def _granted_by(before: RecordFacts, now: RecordFacts, clock: Clock) -> str:
    """Who granted or revoked a waiver last that concerns this clock, of this record or of one that went into it."""
    known, names = _waivers(before), (None, clock.metric, clock.key)
    new = [waiver for waiver in _waivers(now) if waiver not in known and waiver.scope.metric in names]
    if not new:
        return ""
    newest = max(new, key=lambda waiver: (waiver.revoked_at or waiver.terms.granted_at, waiver.number))
    return newest.revoked_by or newest.terms.granted_by


def _waivers(record: RecordFacts) -> list[GrantedWaiver]:
    """Of the ledger: those of waivers.yaml are edits of the mappings."""
    return [waiver for each in (record, *record.absorbed) for waiver in waivers_of(each, ())]


def _by_key(outcomes: Sequence[Outcome]) -> Outcomes:
    return {key_of(outcome): outcome for outcome in outcomes}
