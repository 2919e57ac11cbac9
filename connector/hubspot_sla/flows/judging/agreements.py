"""What was promised for one ticket over time: which policies applied from when, why, and why the others did not.

Pure. A new priority or any other value that a policy looks at, a move to another pipeline, a tier that begins, a
policy that ends, a new version of the mappings: each is an agreement from the instant on at which it happened, also
where that instant lies ahead and is known already.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from sys import maxsize
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.clock.promise import Cause, Kind, PromiseChange
from hubspot_sla.flows.judging.deciding import deciding_by
from hubspot_sla.flows.judging.terms import NO_MATCH, NOTHING, sorted_clocks, terms_of
from hubspot_sla.flows.records.hubspot_facts import SHOWN
from hubspot_sla.flows.records.property_history import history_of, value_at
from hubspot_sla.flows.records.record_facts import in_force
from hubspot_sla.policy.choice_words import HOLDER
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.policy_set import in_words
from hubspot_sla.quickly_made import quickly_made

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.clock.promise import AgreementKey, Clock, Promise
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.terms import Terms
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.facts import Fact
    from hubspot_sla.policy.policy_set import Match, Policy
    from hubspot_sla.policy.targets import NoTarget
    from hubspot_sla.policy.tiers import TierVerdict

WENT = "the {} was archived in HubSpot"


class Turn(NamedTuple):
    """One instant at which an agreement may have changed: by what, in words, and by whom."""

    at: int
    why: str
    cause: Cause = Cause.POLICY
    by: str = ""


@quickly_made
@dataclass(frozen=True, slots=True)
class Agreement:
    """What matched at one instant and why: from then on, until the next. Where the ticket is `gone` nothing is promised
    for it any more."""

    turn: Turn
    version: Version
    tier: TierVerdict
    subject: Subject
    terms: Terms
    gone: bool = False

    @property
    def at(self) -> int:
        return self.turn.at

    @property
    def matches(self) -> Mapping[AgreementKey, Match]:
        """An entry for each agreement that there are policies of; none where the ticket is gone."""
        return self.terms.matches

    @property
    def subject_in_words(self) -> Subject:
        """The subject as policies look at it: pipeline and stage by the names of portal.yaml."""
        return in_words(self.subject, self.version.portal_ids)

    @property
    def match(self) -> Match:
        """Of what the customer is promised, by the agreement without a name; where no policy is of that, the first."""
        promised = (match for key, match in self.matches.items() if key.kind is Kind.SLA)
        return next(promised, NO_MATCH)

    def promises(self) -> Mapping[Clock, Promise]:
        return self.terms.promises

    def why_not(self, clock: Clock) -> str:
        """Why nothing is promised for a clock."""
        if self.gone:
            return WENT.format(self.version.mappings.portal.singular)
        return self.terms.undecided(clock) or self.terms.why_not(clock, self.subject, self.version.portal_ids)

    @property
    def policies(self) -> Sequence[Policy]:
        """Those that apply."""
        return self.terms.policies

    def unmet(self) -> Iterator[tuple[Policy, Clock, NoTarget]]:
        """Each number in a property that should say a target and promises nothing."""
        for policy in self.policies:
            for clock, no_target in policy.unmet(self.subject_in_words):
                yield policy, clock, no_target


def agreements(record: RecordFacts, versions: Sequence[Version]) -> list[Agreement]:
    """Every agreement that was ever in force for this ticket, oldest first, and those known to come.

    `versions` are sorted by instant."""
    reading = _Reading(record, versions, record.created_at or 0)
    return [reading.agreement(turn) for turn in reading.turns()]


def in_force_by(agreed: Sequence[Agreement], now: int) -> list[Agreement]:
    """Those that have begun; the first always has."""
    if len(agreed) == 1:
        return [agreed[0]]
    return [agreed[0], *[agreement for agreement in agreed[1:] if agreement.at <= now]]


class _Reading:
    """One ticket's values over time, as its policies look at them."""

    def __init__(self, record: RecordFacts, versions: Sequence[Version], created_at: int) -> None:
        self.record, self.versions, self.created_at = record, versions, created_at
        self.gone_at = record.archived_at
        self.priority = versions[-1].mappings.portal.properties.priority
        self.pipeline, self.stage = record.profile.pipeline, record.profile.stage
        self.deciding = deciding_by(versions)
        self.courses = {name: history_of(record, name) for name in self.deciding.courses}
        self.histories = self._histories() if self.deciding.follows else {}

    def turns(self) -> list[Turn]:
        """Each instant once; of several reasons in one instant the one with a rule of its own speaks."""
        turn_by_instant: dict[int, Turn] = {}
        created_at = self.created_at
        for turn in chain(self._changes(), self._dates()):
            if turn.at <= created_at:
                continue
            turn_then = turn_by_instant.get(turn.at)
            if turn_then is None or (turn_then.cause is Cause.POLICY and turn.cause is not Cause.POLICY):
                turn_by_instant[turn.at] = turn
        created = Turn(created_at, f"the {self.record.profile.singular} was created")
        return [created, *[turn_by_instant[at] for at in sorted(turn_by_instant)]] if turn_by_instant else [created]

    def _changes(self) -> Iterator[Turn]:
        """New values of what policies look at."""
        for name, course in self.courses.items():
            if not course or course[-1][1] <= self.created_at or (name == self.stage and not self.deciding.by_stage):
                continue
            cause, word = self._cause_of(name)
            for fact in course:
                yield Turn(fact.at, f"{word} became {fact.value or 'empty'}", cause, _by(fact))

    def _dates(self) -> Iterator[Turn]:
        """What begins or ends on a day of its own."""
        if self.gone_at is not None:
            yield Turn(self.gone_at, WENT.format(self.record.profile.singular))
        for version in self.versions[1:]:
            yield Turn(version.effective_at, "the mappings changed")
        for place, version in enumerate(self.versions):
            for at in version.mappings.tiers.turns(self.record.companies, self.record.contacts):
                if in_force(self.versions, at) == place:
                    yield Turn(at, "the customer's tier changed", Cause.TIER)
            policy_set = version.mappings.policy_set
            for at in version.mappings.tiers.value_turns(
                self.record.companies,
                policy_set.company_properties,
                self.record.contacts,
                policy_set.contact_properties,
            ):
                if in_force(self.versions, at) == place:
                    yield Turn(at, "a value of the customer changed")
        for at in self.deciding.turns:
            yield Turn(at, "a policy came into force or went out of it")

    def _cause_of(self, name: str) -> tuple[Cause, str]:
        if name == self.pipeline:
            return Cause.PIPELINE, "the pipeline"
        if name == self.priority:
            return Cause.PRIORITY, "the priority"
        return Cause.POLICY, "the stage" if name == self.stage else name

    def _histories(self) -> dict[str, list[tuple[int, str | None]]]:
        histories = {name: [(fact.at, fact.value) for fact in course] for name, course in self.courses.items()}
        return histories | {HOLDER: self._holders()}

    def _holders(self) -> list[tuple[int, str | None]]:
        """Which team or vendor held the ticket from when on, by its stages and by the mappings of the time."""
        holders: list[tuple[int, str | None]] = []
        for fact in self.courses[self.stage]:
            version = self.versions[in_force(self.versions, fact.at)]
            role = version.portal_ids.role(value_at(self.courses[self.pipeline], fact.at) or "", fact.value or "")
            holders.append((fact.at, role.holder if role else None))
        return holders

    def _contract(self, version: Version, at: int) -> Mapping[str, str]:
        record = self.record
        return version.mappings.tiers.contract(record.companies, self.created_at, at, record.contacts)

    def agreement(self, turn: Turn) -> Agreement:
        record, at, created_at, versions = self.record, turn[0], self.created_at, self.versions
        version = first = versions[0]
        if len(versions) > 1:
            version, first = versions[in_force(versions, at)], versions[in_force(versions, created_at)]
        tiers = version.mappings.tiers
        tier = tiers.of(record.companies, created_at, at, record.contacts)
        values = {name: value_at(course, at) for name, course in self.courses.items()}
        subject = Subject(
            at,
            tier.tier,
            values[self.pipeline] or "",
            values[self.stage] or "",
            values,
            tiers.valued(record.companies, created_at, at),
            tiers.valued(record.contacts, created_at, at),
            self._contract(version, at) if version.mappings.policy_set.asks_for_contract else {},
            self.histories,
            tier.unranked,
        )
        if self.gone_at is not None and at >= self.gone_at:
            return Agreement(turn, version, tier, subject, NOTHING, gone=True)
        earlier = None if first is version else first.mappings.policy_set
        return Agreement(turn, version, tier, subject, terms_of(version, subject, earlier))


def _by(fact: Fact) -> str:
    return "" if fact.source == SHOWN else fact.source


def promised(agreed: Sequence[Agreement], until: int = maxsize) -> dict[Clock, list[PromiseChange]]:
    """What was promised for each clock, only where it changed; SLA before OLA before UC, then by metric. A clock whose
    target comes to nothing, as that of a ticket without a priority may, is among them. `until` (epoch ms) is now, or
    when the record was closed: what begins later is no reason."""
    clocks = agreed[0].terms.clocks
    if len(agreed) == 1:  # as for most records
        return _first_changes(agreed[0])
    if any(agreement.terms.clocks is not clocks for agreement in agreed):
        clocks = sorted_clocks({clock for agreement in agreed for clock in agreement.terms.clocks})
    return {clock: _changes(clock, agreed, until) for clock in clocks}


def _changes(clock: Clock, agreed: Sequence[Agreement], until: int) -> list[PromiseChange]:
    """Where nothing was ever promised, the reason is that of `until`."""
    changes: list[PromiseChange] = []
    for agreement in agreed:
        terms = agreement.terms
        promise, undecided = terms.promises.get(clock), "" if terms.is_decided else terms.undecided(clock)
        promise_before = changes[-1].promise if changes else None
        same = promise is promise_before or (promise is not None and promise.same_as(promise_before))
        if changes and same and changes[-1].undecided == bool(undecided):
            if promise is None and agreement.at <= until and not any(change.promise for change in changes):
                changes[-1] = replace(changes[-1], why=agreement.why_not(clock))
            continue
        changes.append(_change(clock, agreement, promise_before))
    return changes


def _change(clock: Clock, agreement: Agreement, promise_before: Promise | None) -> PromiseChange:
    """What is promised for this clock from this agreement on."""
    terms, turn = agreement.terms, agreement.turn
    promise, undecided = terms.promises.get(clock), "" if terms.is_decided else terms.undecided(clock)
    why = turn.why if promise else agreement.why_not(clock)
    cause = Cause.TIER if undecided and turn.cause is Cause.POLICY else _cause(turn.cause, promise_before, promise)
    return PromiseChange(turn.at, promise, why, cause, turn.by, agreement.gone, bool(undecided))


def _first_changes(agreement: Agreement) -> dict[Clock, list[PromiseChange]]:
    """Of a record with a single agreement. Many begin with the same terms: what these say is put in words once."""
    terms, at, turn = agreement.terms, agreement.turn[0], agreement.turn[1:]
    if agreement.gone:  # those terms are of records of every type
        return {clock: [_change(clock, agreement, None)] for clock in terms.clocks}
    first = terms.first_changes.get(turn)
    if first is None:
        changes = [_change(clock, agreement, None) for clock in terms.clocks]
        first = terms.first_changes[turn] = [
            (clock, (change.promise, change.why, change.cause, change.by, change.final, change.undecided))
            for clock, change in zip(terms.clocks, changes, strict=True)
        ]
    return {clock: [PromiseChange(at, *said)] for clock, said in first}


def means_the_same(some: Sequence[PromiseChange], others: Sequence[PromiseChange]) -> bool:
    """Whether a clock is promised the same by two readings of the mappings, in the same words."""
    return len(some) == len(others) and all(map(_is_same_change, some, others))


def _is_same_change(one: PromiseChange, other: PromiseChange) -> bool:
    mine, theirs = one.promise, other.promise
    if mine is not None and theirs is not None:
        same = mine is theirs or (_in_words(mine) == _in_words(theirs) and mine.same_as(theirs))
    else:
        same = mine is theirs
    return same and _said(one) == _said(other)


def _in_words(promise: Promise) -> tuple[object, ...]:
    return promise.target, promise.calendar.name, [threshold.text for threshold in promise.at_risk]


def _said(change: PromiseChange) -> tuple[object, ...]:
    return change.at, change.why, change.cause, change.by, change.final, change.undecided


def _cause(cause: Cause, promise_before: Promise | None, promise: Promise | None) -> Cause:
    """An edit of the mappings that gave the same policy other hours is a change of calendar."""
    if cause is Cause.POLICY and promise_before is not None and promise is not None:
        same_terms = promise_before.target == promise.target or promise_before.owed == promise.owed
        if (
            same_terms
            and promise_before.policy == promise.policy
            and not promise_before.calendar.same_as(promise.calendar)
        ):
            return Cause.CALENDAR
    return cause
