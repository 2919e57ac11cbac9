"""Do the agreements behind a promise fit inside it? An SLA of 8 hours cannot be kept by an OLA of 6 and a supplier's 4.

For every SLA target on resolution, the OLA and underpinning contract targets of the same tickets are put one after
the other, each on its own calendar, from many starts over two weeks; what ends after the SLA is due does not fit. A
stage in which the SLA's clock stands still costs it nothing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Clock, Kind
from hubspot_sla.clock.timeline import Role
from hubspot_sla.policy.choice_words import DEFAULT
from hubspot_sla.policy.message_codes import Code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.policy_set import Policy, PolicySet
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.targets import Keys, Target

_STEP_MS = 3_600_000
_DAY_MS = 24 * _STEP_MS
_STARTS = 14 * 24


@dataclass(frozen=True, slots=True)
class Misfit:
    """How the parts exceed the whole: for all `starts` tried or for some, `example` (epoch ms) being the first."""

    whole: Promise
    parts: tuple[Promise, ...]
    keys: Keys
    always: bool
    example: int

    def __str__(self) -> str:
        parts = " and ".join(f"{part.kind.value} {part.policy} ({_what(part)} {part.target})" for part in self.parts)
        verb, noun = ("does", "target") if len(self.parts) == 1 else ("do", "targets")
        at = datetime.fromtimestamp(self.example / 1000, self.whole.calendar.zone).strftime("%A %H:%M")
        some = "" if self.always else f" when work begins on a {at}, for example"
        named = [str(key) for key in self.keys if key != DEFAULT]
        value = f" at {' and '.join(named)}" if named else ""
        whole = f"the resolution {noun if noun == 'target' else 'target'} of {self.whole.target}{value}"
        return f"{parts} {verb} not fit inside {whole}{some}"


def fit_warnings(policy_set: PolicySet, portal: PortalMap, now: int) -> list[Problem]:
    """Every SLA resolution target that the OLAs and contracts of the same tickets cannot keep."""
    return [
        policy_set.document.problem(
            ("policies", policy.number, "targets", "resolution", *misfit.keys),
            str(misfit),
            "shorten one of them",
            code=Code.AGREEMENT_DOES_NOT_FIT,
        )
        for policy in policy_set.of_kind(Kind.SLA)
        for misfit in misfits(policy, policy_set, portal, now)
    ]


def misfits(policy: Policy, policy_set: PolicySet, portal: PortalMap, now: int) -> Iterator[Misfit]:
    """Of one SLA policy: for each value it promises a resolution at."""
    target = policy.targets.get(Clock(Kind.SLA, Metric.RESOLUTION, agreement=policy.agreement.name))
    for keys, whole in target.examples() if target else ():
        parts = tuple(_parts(policy, keys, whole, policy_set, portal))
        if parts:
            with suppress(ValueError):  # a calendar that opens on a few dates only may have none left
                misfit = _tried(whole, parts, keys, now)
                if misfit:
                    yield misfit


def _parts(policy: Policy, keys: Keys, whole: Promise, policy_set: PolicySet, portal: PortalMap) -> Iterator[Promise]:
    """The longest promise of each place among the first OLAs and contracts that can meet this policy."""
    for agreement, policies in policy_set.by_agreement.items():
        if agreement.kind is Kind.SLA:
            continue
        behind = next((other for other in policies if not other.when.excludes(policy.when)), None)
        if behind is None:
            continue
        promised: list[Promise] = [
            promise for target in behind.targets.values() if (promise := _promise_at(target, keys)) is not None
        ]
        staged = [
            promise for promise in promised if promise.metric == Metric.STAGE and _counts(promise.place, whole, portal)
        ]
        totals = {promise.place for promise in staged if promise.total}
        staged = [promise for promise in staged if promise.total or promise.place not in totals]
        yield from staged or [promise for promise in promised if promise.metric == Metric.RESOLUTION]


def _promise_at(target: Target, keys: Keys) -> Promise | None:
    """What the target promises where the whole promises something: at the same values, or else to everybody."""
    examples = dict(target.examples())
    return examples.get(keys) or examples.get((DEFAULT,)) or examples.get(())


def _counts(place: str, whole: Promise, portal: PortalMap) -> bool:
    """Whether the SLA's clock runs in this stage, or in any stage of this team or vendor."""
    roles = {
        Role(rule.role)
        for rules in portal.stages.values()
        for stage, rule in rules.items()
        if place in (stage, rule.team, rule.vendor)
    }
    return Role.OPEN in roles or (Role.WAITING in roles and not whole.pauses)


def _tried(whole: Promise, parts: tuple[Promise, ...], keys: Keys, now: int) -> Misfit | None:
    starts = [now - now % _DAY_MS + _STEP_MS * number for number in range(_STARTS)]
    late = [start for start in starts if _end(parts, start) > whole.due_without_pauses(start)]
    if not late:
        return None
    example = next((start for start in late if whole.calendar.is_open(start)), late[0])
    return Misfit(whole, parts, keys, len(late) == len(starts), example)


def _end(parts: Sequence[Promise], start: int) -> int:
    at = start
    for part in parts:
        at = part.due_without_pauses(at)
    return at


def _what(part: Promise) -> str:
    return f"{part.place} within" if part.place else f"{part.metric} within"
