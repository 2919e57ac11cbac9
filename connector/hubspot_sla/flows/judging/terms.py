"""What one version of the mappings promises to a record as it was at one instant. Pure.

Records that look alike to the policies are promised the same: that is worked out once and kept beside the version.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Clock, Kind
from hubspot_sla.flows.context.once import OnceForVersions
from hubspot_sla.policy.policy_set import Match, in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.clock.promise import AgreementKey, Promise
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.plan.ladder import Ladder
    from hubspot_sla.policy.conditions import Subject
    from hubspot_sla.policy.looks import Look
    from hubspot_sla.policy.policy_set import Policy, PolicySet
    from hubspot_sla.policy.portal_ids import PortalIds

NO_MATCH = Match(None, ())
ALWAYS_TOLD = (Clock(Kind.SLA, Metric.FIRST_RESPONSE), Clock(Kind.SLA, Metric.RESOLUTION))
"""The clocks that have a verdict on every ticket, be it that nothing is promised."""
_KEPT: Final = 4096
"""How many terms are kept of one version: where policies look at free text, few records look alike."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What matched and what that promises. `matches` has an entry for each agreement that there are policies of;
    `clocks` are those that have a verdict, in the order of `sorted_clocks`."""

    matches: Mapping[AgreementKey, Match]
    policies: tuple[Policy, ...] = ()
    promises: Mapping[Clock, Promise] = field(default_factory=dict)
    clocks: tuple[Clock, ...] = ALWAYS_TOLD
    is_decided: bool = True
    ladders: Mapping[Clock, Ladder] = field(default_factory=dict)
    """What each of the promised clocks climbs."""
    first_changes: dict[tuple[object, ...], list[tuple[Clock, tuple[Any, ...]]]] = field(
        default_factory=dict, compare=False, repr=False
    )
    """What a record is promised that begins with these terms, for each clock, by all but the instant of its turn."""
    _reasons: dict[Clock, str] = field(default_factory=dict, compare=False, repr=False)

    def undecided(self, clock: Clock) -> str:
        """Why nobody can say what is promised for a clock; "" where somebody can."""
        return "" if self.is_decided else self.matches.get(clock.agreement_key, NO_MATCH).undecided

    def why_not(self, clock: Clock, subject: Subject, portal_ids: PortalIds) -> str:
        """Why nothing is promised for a clock."""
        reason = self._reasons.get(clock)
        if reason is None:
            policy = self.matches.get(clock.agreement_key, NO_MATCH).policy
            reason = "no policy matches" if policy is None else _why_not(policy, clock, in_words(subject, portal_ids))
            self._reasons[clock] = reason
        return reason


NOTHING: Final = Terms({})
"""To a record that is gone."""


def _no_terms_yet(_: Sequence[Version]) -> dict[Look, Terms]:
    return {}


_known_terms = OnceForVersions(_no_terms_yet).of
"""Those of one version, by how records look to its policies."""


def terms_of(version: Version, subject: Subject, earlier: PolicySet | None) -> Terms:
    """`earlier` as for `PolicySet.match`. Where a calendar goes from hand to hand, each record has terms of its own."""
    policy_set = version.mappings.policy_set
    if policy_set.follows or (earlier is not None and policy_set.asks_for_creation):
        return _terms(version, subject, earlier)
    kept, look = _known_terms((version,)), policy_set.looks.at(subject)
    terms = kept.get(look)
    if terms is None:
        if len(kept) >= _KEPT:
            kept.clear()
        terms = kept[look] = _terms(version, subject, earlier)
    return terms


def _terms(version: Version, subject: Subject, earlier: PolicySet | None) -> Terms:
    matches = version.mappings.policy_set.match(subject, version.portal_ids, earlier)
    policies = tuple(match.policy for match in matches.values() if match.policy)
    worded = in_words(subject, version.portal_ids)
    promises = [(policy, promise) for policy in policies for promise in policy.promised(worded)]
    return Terms(
        matches,
        policies,
        {promise.clock: promise for _, promise in promises},
        sorted_clocks({*ALWAYS_TOLD, *(clock for policy in policies for clock in policy.targets)}),
        not any(match.undecided for match in matches.values()),
        {promise.clock: version.mappings.policy_set.ladder(policy, promise.metric) for policy, promise in promises},
    )


def _why_not(policy: Policy, clock: Clock, subject: Subject) -> str:
    no_target = policy.no_target(clock, subject)
    if no_target is not None:
        return f"policy {policy.id} has {no_target.clause}"
    metric = clock.name.replace("_", " ")
    return f"policy {policy.id} promises no {metric}" + (f" in {clock.place}" if clock.place else "")


def sorted_clocks(clocks: Iterable[Clock]) -> tuple[Clock, ...]:
    """SLA before OLA before UC, then by metric, of which those that are built in come first."""
    return tuple(sorted(clocks, key=_place))


_KINDS, _METRICS = tuple(Kind), {metric.value: place for place, metric in enumerate(Metric)}


def _place(clock: Clock) -> tuple[int, str, int, str, str, bool]:
    metric = _METRICS.get(clock.metric, len(_METRICS))
    return _KINDS.index(clock.kind), clock.agreement, metric, str(clock.metric), clock.place, clock.total
