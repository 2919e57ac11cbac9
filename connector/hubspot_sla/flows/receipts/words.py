"""What the mappings say of the facts of one record, and nothing of anybody else: enough to read its timeline. Pure.

These classes have the same attributes as the versions of the mappings that they stand for, as far as
`record_facts.timeline_of` asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from hubspot_sla.flows.records.record_facts import RecordFacts, waivers_of
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.ledger.waivers import GrantedWaiver, WaiverScope
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.messages import MessageWords, Recognition
from hubspot_sla.policy.portal_ids import PortalIds

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.clock.metrics import Matcher
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.ledger.facts import Fact
    from hubspot_sla.policy.portal import ClosingWords, PropertyNames

Values = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class AcceptedValues:
    """A condition on a property, reduced to the values that this record has held and that the condition accepts.
    `number` tells two conditions apart which accept the same of them."""

    values: Values
    number: int = 0

    def accepts(self, value: str | None) -> bool:
        return value in self.values


@dataclass(frozen=True, slots=True)
class PortalWords:
    """What portal.yaml says."""

    properties: PropertyNames
    closing: ClosingWords | None = None
    messages: MessageWords | None = None


@dataclass(frozen=True, slots=True)
class PolicyWords:
    """The ticket properties that clocks look at."""

    clock_properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MappingWords:
    portal: PortalWords
    policy_set: PolicyWords
    waivers: tuple[()] = ()
    """Those of waivers.yaml that concern the record stand with its other waivers."""


@dataclass(frozen=True, slots=True)
class VersionWords:
    """In force from `effective_at` until the next. `portal_ids` has the roles of the stages that the record was in."""

    mappings: MappingWords
    portal_ids: PortalIds
    effective_at: int
    kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """As a version has it."""


@dataclass(frozen=True, slots=True)
class RecordWords:
    """What a record is read with beside its facts: when HubSpot says it was created, and its waivers."""

    created: str | None
    waivers: tuple[GrantedWaiver, ...] = ()


@dataclass(slots=True)
class Reducing:
    """Reduces conditions to what they accept of the values of one record and of those that it absorbed."""

    record: RecordFacts
    _met: list[Matcher] = field(default_factory=list)

    def reduced(self, name: str, matcher: Matcher) -> AcceptedValues:
        if matcher not in self._met:
            self._met.append(matcher)
        held = {fact.value for facts in facts_of(self.record) for fact in facts if fact.name == name} | {None, ""}
        accepted = sorted((value for value in held if matcher.accepts(value)), key=lambda v: (v is not None, v or ""))
        return AcceptedValues(tuple(accepted), self._met.index(matcher))


def facts_of(record: RecordFacts) -> Iterator[Sequence[Fact]]:
    yield record.facts
    for absorbed in record.absorbed:
        yield absorbed.facts


def words_of(record: RecordFacts, versions: Sequence[Version], reducing: Reducing) -> list[VersionWords]:
    """What these versions say of the facts of this record. One that says the same as the one before it is left out."""
    reduced: list[VersionWords] = []
    for version in versions:
        mappings = version.mappings
        portal = PortalWords(
            mappings.portal.properties, mappings.portal.closing, _message_words(mappings.portal.messages, reducing)
        )
        policies = PolicyWords(tuple(sorted(mappings.policy_set.clock_properties)))
        said = VersionWords(MappingWords(portal, policies), _portal_ids(record, version), version.effective_at)
        if not reduced or replace(said, effective_at=reduced[-1].effective_at) != reduced[-1]:
            reduced.append(said)
    return reduced


def _message_words(words: MessageWords | None, reducing: Reducing) -> MessageWords | None:
    """Without what counts only while a message is read."""
    if words is None:
        return None
    not_needed = {name: reducing.reduced(name, wanted) for name, wanted in words.not_needed.items()}
    return replace(words, recognition=Recognition(), not_needed=not_needed)  # type: ignore[arg-type]  # a matcher too


def _portal_ids(record: RecordFacts, version: Version) -> PortalIds:
    values: dict[str, set[str]] = {record.profile.pipeline: set(), record.profile.stage: set()}
    for facts in facts_of(record):
        for fact in facts:
            if fact.name in values and fact.value:
                values[fact.name].add(fact.value)
    pipelines, stages = values[record.profile.pipeline], values[record.profile.stage]
    roles = {
        key: role for key, role in version.portal_ids.roles.items() if key[0] in pipelines | {""} and key[1] in stages
    }
    return PortalIds(roles=roles)


def record_words(record: RecordFacts, versions: Sequence[Version]) -> dict[str, RecordWords]:
    """By record id, for it and those it absorbed."""
    return {each.ref.record_id: _of_one(each, versions) for each in (record, *record.absorbed)}


def _of_one(record: RecordFacts, versions: Sequence[Version]) -> RecordWords:
    created = record.inputs.get(record.profile.created)
    return RecordWords(created, tuple(_nameless(record.ref, waiver) for waiver in waivers_of(record, versions)))


def _nameless(ref: RecordRef, waiver: GrantedWaiver) -> GrantedWaiver:
    """Without who granted it to whom, and why, which people wrote."""
    scope = WaiverScope(ref.object_type, record_id=ref.record_id, metric=waiver.scope.metric)
    terms = replace(waiver.terms, reason=f"waiver {waiver.number}", granted_by="", evidence="")
    return GrantedWaiver(waiver.number, scope, terms, waiver.revoked_at)


def record_of(
    ref: RecordRef,
    facts: Mapping[str, Sequence[Fact]],
    words: Mapping[str, RecordWords],
    absorbed: Iterable[str],
    merged_into: str,
) -> RecordFacts:
    """The record as its timeline is read. `facts` and `words` are by record id, its own and those of the records that
    it absorbed."""

    def one(record_id: str, parts: Iterable[RecordFacts] = (), into: str = "") -> RecordFacts:
        own = words[record_id]
        return RecordFacts(
            RecordRef(ref.object_type, record_id),
            {profile_of(ref.object_type).created: own.created},
            list(facts.get(record_id, ())),
            companies=(),
            absorbed=tuple(parts),
            merged_into=into,
            waivers=own.waivers,
        )

    return one(ref.record_id, [one(record_id) for record_id in absorbed], merged_into)


def as_versions(words: Sequence[VersionWords]) -> Sequence[Version]:
    """For those who read a timeline: they ask for nothing that these words do not have."""
    return cast("Sequence[Version]", words)
