"""The policies in their order, compiled: which of them applies to a ticket, and what each promises."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Kind
from hubspot_sla.plan.ladder import BUILT_IN
from hubspot_sla.plan.properties import UsedClocks
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.conditions import About
from hubspot_sla.policy.defined_metrics import properties_of_pauses
from hubspot_sla.policy.ladders import NOTHING_SAID
from hubspot_sla.policy.looks import Looks
from hubspot_sla.policy.targets import NoTarget
from hubspot_sla.policy.tiers import NOT_RANKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.messages import Effect
    from hubspot_sla.clock.promise import AgreementKey, Clock, Promise
    from hubspot_sla.plan.ladder import Ladder
    from hubspot_sla.policy.conditions import All, Subject
    from hubspot_sla.policy.defined_metrics import DefinedMetric
    from hubspot_sla.policy.ladders import Escalations
    from hubspot_sla.policy.portal_ids import PortalIds
    from hubspot_sla.policy.targets import Target
    from hubspot_sla.policy.term_forms import PauseForm
    from hubspot_sla.policy.yaml_document import Document


@dataclass(frozen=True, slots=True)
class Policy:
    """`number` is its place in the file. In force from `from_ms` (None: ever since) until `to_ms`, which is not in it;
    `from_text` and `to_text` as written. `new_only`: an edit does not reach tickets that are there already. `ladders`
    names the ladder of each metric that has one of its own; `object_type` is what it applies to."""

    id: str
    number: int
    agreement: AgreementKey
    calendar: Calendar
    when: All
    targets: Mapping[Clock, Target]
    from_ms: int | None = None
    to_ms: int | None = None
    from_text: str = ""
    to_text: str = ""
    new_only: bool = False
    ladders: Mapping[str, str] = field(default_factory=dict)
    pauses: Mapping[str, tuple[PauseForm, ...]] = field(default_factory=dict)
    """By metric, or `default`: the conditions that it says its clocks stand still by."""
    metrics: Mapping[str, DefinedMetric] = field(default_factory=dict)
    """Those that the file defines and that it has a target for."""
    object_type: str = TICKETS
    counts: frozenset[Effect] = frozenset()
    """What messages have to be for any of its clocks to notice them."""

    @property
    def kind(self) -> Kind:
        return self.agreement.kind

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """Every clock it has a target for."""
        return tuple(self.targets)

    @property
    def calendars_used(self) -> set[str]:
        """The names of the calendars that its promises may count on."""
        return {self.calendar.name, *(name for target in self.targets.values() for name in target.calendars_used)}

    def in_force_at(self, at: int) -> bool:
        """At an instant (epoch ms)."""
        return (self.from_ms is None or at >= self.from_ms) and (self.to_ms is None or at < self.to_ms)

    def promised(self, subject: Subject) -> tuple[Promise, ...]:
        """What it promises at these values, for any clock."""
        promises = (target.promise(subject) for target in self.targets.values())
        return tuple(promise for promise in promises if not isinstance(promise, NoTarget))

    def unmet(self, subject: Subject) -> Iterator[tuple[Clock, NoTarget]]:
        """Each number in a property that should say a target at these values and promises nothing, with its clock."""
        for clock, target in self.targets.items():
            for no_target in target.unmet(subject):
                yield clock, no_target

    def no_target(self, clock: Clock, subject: Subject) -> NoTarget | None:
        """Why nothing is promised for a clock that the policy has a target for; None: something is, or it has none."""
        target = self.targets.get(clock)
        promise = target.promise(subject) if target else None
        return promise if isinstance(promise, NoTarget) else None

    def reason_against(self, subject: Subject) -> str | None:
        """Why the policy does not apply to the ticket at this instant; None: it does."""
        if self.from_ms is not None and subject.at < self.from_ms:
            return f"it is in force only from {self.from_text}"
        if self.to_ms is not None and subject.at >= self.to_ms:
            return f"it was in force only until {self.to_text}"
        if subject.unranked and any(part.about is About.TIER for part in self.when.parts()):
            return f"the tier is {NOT_RANKED.format(subject.unranked)}"
        return self.when.reason_against(subject)


@dataclass(frozen=True, slots=True)
class Match:
    """The policy that applies, and (policy id, reason) for each one asked before it."""

    policy: Policy | None
    rejected: tuple[tuple[str, str], ...]
    undecided: str = ""
    """Why nobody can say whether a policy applies: it goes by a tier that is not ranked. "" where one does, and where
    none would."""


@dataclass(frozen=True)
class PolicySet:
    """All policies; of each agreement the first match wins."""

    document: Document
    policies: tuple[Policy, ...]
    escalations: Escalations = NOTHING_SAID
    defined: Mapping[str, DefinedMetric] = field(default_factory=dict)
    """The metrics that the file defines for tickets, by name, those that nothing promises among them."""
    by_agreement: Mapping[AgreementKey, tuple[Policy, ...]] = field(init=False)

    def __post_init__(self) -> None:
        keys = sorted({policy.agreement for policy in self.policies}, key=_place)
        by_key = {key: tuple(policy for policy in self.policies if policy.agreement == key) for key in keys}
        object.__setattr__(self, "by_agreement", by_key)

    def of(self, object_type: str) -> PolicySet:
        """What applies to records of one type, with the ladders that they climb. A ladder that no policy names counts
        as one of tickets."""
        own = tuple(policy for policy in self.policies if policy.object_type == object_type)
        if len(own) == len(self.policies) and object_type == TICKETS:
            return self
        foreign = _ladders_of(policy for policy in self.policies if policy.object_type != object_type)
        unused = self.escalations.ladders.keys() - foreign if object_type == TICKETS else set()
        defined = self.defined if object_type == TICKETS else {}
        return PolicySet(self.document, own, self.escalations.only(_ladders_of(own) | unused), defined)

    def held_at(self, at: int) -> PolicySet:
        """As if those in force at this instant stayed so, and none came after them; itself where that is so."""
        begun = [policy for policy in self.policies if policy.from_ms is None or policy.from_ms <= at]
        policies = tuple(
            policy if policy.to_ms is None or policy.to_ms <= at else replace(policy, to_ms=None, to_text="")
            for policy in begun
        )
        return self if policies == self.policies else replace(self, policies=policies)

    def of_kind(self, kind: Kind) -> tuple[Policy, ...]:
        """All policies of one kind, agreement by agreement."""
        return tuple(policy for key, policies in self.by_agreement.items() if key.kind is kind for policy in policies)

    def match(
        self, subject: Subject, portal_ids: PortalIds, earlier: PolicySet | None = None
    ) -> Mapping[AgreementKey, Match]:
        """The first policy of each agreement that applies; an agreement without policies is absent.

        `earlier` is the policy set in force when the ticket was created: it decides about policies that apply to new
        tickets only. None: it is this one.
        """
        named = in_words(subject, portal_ids)
        before = None if earlier is None else {policy.id: policy for policy in earlier.policies}
        return {key: _first(policies, named, before) for key, policies in self.by_agreement.items()}

    def ladder(self, policy: Policy, metric: str) -> Ladder:
        """What the clocks of this metric climb under this policy."""
        ladders = self.escalations.ladders
        return ladders.get(policy.ladders.get(metric, BUILT_IN.name), ladders[BUILT_IN.name])

    @cached_property
    def more_clocks(self) -> frozenset[tuple[str, str]]:
        """(agreement, metric) of every clock of what the customer is promised beyond the six of the unnamed agreement:
        each has ticket properties of its own."""
        promised = {
            (clock.agreement, str(clock.metric)) for policy in self.of_kind(Kind.SLA) for clock in policy.targets
        }
        return frozenset(promised - {("", metric.value) for metric in Metric})

    @cached_property
    def used_clocks(self) -> UsedClocks:
        """What the policies use of the properties that are written."""
        promised = [(policy, clock) for policy in self.of_kind(Kind.SLA) for clock in policy.targets]
        ladders = (self.ladder(policy, clock.metric) for policy in self.policies for clock in policy.targets)
        return UsedClocks(
            frozenset(str(clock.metric) for _, clock in promised if not clock.agreement),
            frozenset(policy.kind for policy in self.policies),
            any(len(ladder.rungs) > 1 for ladder in ladders),
        )

    @cached_property
    def ticket_properties(self) -> tuple[str, ...]:
        """Those that conditions and targets look at, by internal name."""
        return self._asked(About.TICKET)

    @cached_property
    def metrics(self) -> Mapping[str, DefinedMetric]:
        """Those that any policy promises, by name."""
        return {name: metric for policy in self.policies for name, metric in policy.metrics.items()}

    @cached_property
    def clock_properties(self) -> tuple[str, ...]:
        """The ticket properties that defined metrics and pauses look at, by internal name."""
        of_metrics = (name for metric in self.metrics.values() for name in metric.ticket_properties())
        of_pauses = (
            name for policy in self.policies for forms in policy.pauses.values() for name in properties_of_pauses(forms)
        )
        return tuple(dict.fromkeys((*of_metrics, *of_pauses)))

    @cached_property
    def read_properties(self) -> tuple[str, ...]:
        """Every ticket property that must be read for the policies, by internal name."""
        return tuple(dict.fromkeys((*self.ticket_properties, *self.clock_properties)))

    @cached_property
    def company_properties(self) -> tuple[str, ...]:
        return self._asked(About.COMPANY)

    @cached_property
    def contact_properties(self) -> tuple[str, ...]:
        return self._asked(About.CONTACT)

    @cached_property
    def calendars_used(self) -> set[str]:
        """The names of the calendars that anything counts on."""
        used = {name for policy in self.policies for name in policy.calendars_used}
        return used | self.escalations.calendars

    @cached_property
    def asks_for_contract(self) -> bool:
        """Whether a row of a contract decides anything."""
        return bool(self._asked(About.CONTRACT))

    @cached_property
    def asks_for_stage(self) -> bool:
        """Whether the stage a ticket stands in decides anything."""
        return bool(self._asked(About.STAGE))

    @cached_property
    def follows(self) -> bool:
        """Whether a calendar goes from hand to hand, so that what is promised goes by who held the record when."""
        return any(target.calendars.follows for policy in self.policies for target in policy.targets.values())

    @cached_property
    def asks_for_creation(self) -> bool:
        """Whether what was in force when a record was created decides anything."""
        return any(policy.new_only for policy in self.policies)

    @cached_property
    def looks(self) -> Looks:
        """What of a record decides what is promised."""
        questions = (question for policy in self.policies for question in policy.when.parts())
        values = (
            value for policy in self.policies for target in policy.targets.values() for value in target.looked_at()
        )
        return Looks.of((*questions, *values), self.turns)

    @cached_property
    def turns(self) -> tuple[int, ...]:
        """Every instant (epoch ms) at which a policy comes into force or goes out of it, sorted."""
        ends = (end for policy in self.policies for end in (policy.from_ms, policy.to_ms))
        return tuple(sorted({end for end in ends if end is not None}))

    def _asked(self, about: About) -> tuple[str, ...]:
        of_policies = (name for policy in self.policies for name in _asked(policy, about))
        of_rungs = (question.name for _, question in self.escalations.questions() if question.about is about)
        return tuple(dict.fromkeys((*of_policies, *of_rungs)))


_KINDS = tuple(Kind)


def _place(key: AgreementKey) -> tuple[int, str]:
    return _KINDS.index(key.kind), key.name


def in_words(subject: Subject, portal_ids: PortalIds) -> Subject:
    """The names of portal.yaml in place of the ids of pipeline and stage, as conditions ask for them."""
    pipeline = portal_ids.pipeline_name(subject.pipeline)
    stage = portal_ids.stage_name(subject.pipeline, subject.stage)
    return replace(subject, pipeline=pipeline, stage=stage)


def _ladders_of(policies: Iterable[Policy]) -> set[str]:
    return {policy.ladders.get(clock.metric, BUILT_IN.name) for policy in policies for clock in policy.clocks}


def _first(policies: tuple[Policy, ...], subject: Subject, before: Mapping[str, Policy] | None) -> Match:
    rejected: list[tuple[str, str]] = []
    for policy in policies:
        worded = policy if before is None or not policy.new_only else before.get(policy.id)
        reason = _TOO_OLD if worded is None else worded.reason_against(subject)
        if worded is not None and reason is None:
            return Match(worded, tuple(rejected))
        rejected.append((policy.id, reason or ""))
    unranked = f"the tier is {NOT_RANKED.format(subject.unranked)}"
    undecided = unranked if subject.unranked and any(reason == unranked for _, reason in rejected) else ""
    return Match(None, tuple(rejected), undecided)


_TOO_OLD = "it applies to new tickets only, and the ticket is older than the policy"


def _asked(policy: Policy, about: About) -> Iterator[str]:
    for question in policy.when.parts():
        if question.about is about:
            yield question.name
    for target in policy.targets.values():
        looked_at = [value for _, value, _ in target.values()]
        if target.calendars.value is not None:
            looked_at.append(target.calendars.value)
        yield from (value.name for value in looked_at if value.about is about)
