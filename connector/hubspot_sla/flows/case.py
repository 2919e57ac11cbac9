"""One ticket's facts read with one mapping's words: its timeline, and what was promised when.

Pure. The promises come out as changes over time: a move to another pipeline, a new priority, a new version of
the mappings each count from the instant they happened.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Kind, Metric, Promise, PromiseChange
from hubspot_sla.clock.timeline import Message, StageChange, Timeline
from hubspot_sla.flows.observe import CREATED, PIPELINE, STAGE
from hubspot_sla.hubspot import wire_time
from hubspot_sla.policy.book import Match
from hubspot_sla.policy.conditions import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.ledger.facts import Fact
    from hubspot_sla.policy.loader import Mappings
    from hubspot_sla.policy.resolution import Resolution
    from hubspot_sla.policy.tiers import CompanyView, TierVerdict

TOLERANCE_MS = 60_000
"""HubSpot stamps the first stage a moment before or after the creation time it shows."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the mappings, in force from `effective_at` until the next."""

    mappings: Mappings
    resolution: Resolution
    effective_at: int


@dataclass(frozen=True, slots=True)
class Case:
    """Everything one ticket is judged by. `inputs` are its mapped properties as last seen."""

    ticket_id: str
    inputs: Mapping[str, str | None]
    facts: Sequence[Fact]
    companies: Sequence[CompanyView]


def timeline_of(case: Case, versions: Sequence[Version]) -> Timeline:
    """The facts in the order in which they count, with everything that is missing or impossible named."""
    defects: list[str] = []
    portal = versions[-1].mappings.portal
    created_at = _instant(CREATED, case.inputs.get(CREATED), defects)
    if not case.inputs.get(CREATED):
        defects.append("the ticket has no creation time")
    return Timeline(
        created_at=created_at,
        stages=_stages(case, versions, created_at, defects),
        customer_messages=_said(case.facts, (portal.properties.customer_message,), defects),
        first_replies=_said(case.facts, portal.properties.first_agent_reply, defects)[:1],
        defects=tuple(dict.fromkeys(defects)),
    )


def _stages(
    case: Case, versions: Sequence[Version], created_at: int | None, defects: list[str]
) -> tuple[StageChange, ...]:
    stays = [(at, value) for at, value in _course(case.facts, STAGE) if value]
    if created_at is None:
        return ()
    if not stays:
        defects.append("the ticket has no stage")
        return ()
    if stays[0][0] > created_at + TOLERANCE_MS:
        defects.append("the stage history begins after the ticket's creation")
    pipelines = _course(case.facts, PIPELINE)
    entered = [
        (max(at, created_at) if index else created_at, _value_at(pipelines, at) or "", stage)
        for index, (at, stage) in enumerate(stays)
    ]
    return tuple(chain.from_iterable(_stay(*stay, versions) for stay in _with_ends(entered)))


def _with_ends(entered: list[tuple[int, str, str]]) -> Iterator[tuple[int, int | None, str, str]]:
    """(from, to, pipeline, stage) of each stay; the last has no end."""
    ends = (*(at for at, _, _ in entered[1:]), None)
    for (at, pipeline, stage), end in zip(entered, ends, strict=True):
        yield at, end, pipeline, stage


def _stay(at: int, end: int | None, pipeline: str, stage: str, versions: Sequence[Version]) -> Iterator[StageChange]:
    """One stay, and again where an edit of the mapping gave its stage another role meanwhile."""
    change = _stage_change(at, pipeline, stage, versions)
    yield change
    for version in versions[1:]:
        if version.effective_at > at and (end is None or version.effective_at < end):
            later = _stage_change(version.effective_at, pipeline, stage, versions)
            if (later.role, later.holder) != (change.role, change.holder):
                yield later
            change = later


def _stage_change(at: int, pipeline: str, stage: str, versions: Sequence[Version]) -> StageChange:
    """The role by the version in force at `at`; a stage that it did not know, by the first one that does."""
    current = _in_force(versions, at)
    roles = (version.resolution.role(pipeline, stage) for version in versions[current:])
    known = next((role for role in roles if role is not None), None)
    if known is None:
        return StageChange(at, None, f"{stage} of pipeline {pipeline}")
    return StageChange(at, known.role, known.label, known.holder or "")


def _said(facts: Iterable[Fact], names: Sequence[str], defects: list[str]) -> tuple[Message, ...]:
    """The messages whose times these properties have ever held, sorted."""
    instants = {_instant(fact.name, fact.value, defects): fact for fact in facts if fact.name in names}
    return tuple(Message(at, instants[at].name) for at in sorted(at for at in instants if at is not None))


def _instant(name: str, text: str | None, defects: list[str]) -> int | None:
    try:
        return wire_time.parse(text)
    except ValueError:
        defects.append(f"{name} holds {text!r}, which is no instant")
        return None


def _course(facts: Iterable[Fact], name: str) -> list[tuple[int, str | None]]:
    """(since, value) of one property, oldest first, without the entries that changed nothing."""
    course: list[tuple[int, str | None]] = []
    for fact in facts:
        if fact.name == name and (not course or course[-1][1] != fact.value):
            course.append((fact.at, fact.value))
    return course


def _value_at(course: Sequence[tuple[int, str | None]], at: int) -> str | None:
    """The value in force at `at`; before the first entry, the first."""
    value = course[0][1] if course else None
    for since, held in course:
        if since > at:
            break
        value = held
    return value


@dataclass(frozen=True, slots=True)
class Agreement:
    """What matched at one instant and why: from `at` on, until the next."""

    at: int
    why: str
    version: Version
    tier: TierVerdict
    subject: Subject
    match: Match

    def promise(self, metric: Metric) -> Promise | None:
        policy = self.match.policy
        if policy is None:
            return None
        return next((promise for promise in policy.promised(self.subject) if promise.metric is metric), None)


def agreements(case: Case, versions: Sequence[Version], now: int) -> list[Agreement]:
    """Every agreement that was ever in force for this ticket, oldest first; `versions` are sorted by instant."""
    created_at = _instant(CREATED, case.inputs.get(CREATED), []) or 0
    priority_name = versions[-1].mappings.portal.properties.priority
    priorities = _course(case.facts, priority_name)
    pipelines = _course(case.facts, PIPELINE)
    changes: dict[int, str] = {created_at: "the ticket was created"}
    for at, value in pipelines:
        changes.setdefault(max(at, created_at), f"the pipeline became {value}")
    for at, value in priorities:
        changes.setdefault(max(at, created_at), f"the priority became {value or 'empty'}")
    for version in versions[1:]:
        if version.effective_at > created_at:
            changes[version.effective_at] = "the mappings changed"
    return [
        _agreement(case, at, changes[at], versions[_in_force(versions, at)], (pipelines, priorities), (created_at, now))
        for at in sorted(changes)
        if at <= now
    ] or [_agreement(case, created_at, "", versions[-1], (pipelines, priorities), (created_at, now))]


Course = list[tuple[int, str | None]]


def _agreement(
    case: Case, at: int, why: str, version: Version, courses: tuple[Course, Course], instants: tuple[int, int]
) -> Agreement:
    pipelines, priorities = courses
    created_at, now = instants
    tier = version.mappings.tiers.of(case.companies, created_at, now)
    priority = _value_at(priorities, at) if priorities and priorities[0][0] <= at + TOLERANCE_MS else None
    pipeline = _value_at(pipelines, at) or ""
    values = {version.mappings.portal.properties.priority: priority}
    subject = Subject(at, tier.tier, pipeline, properties=values)
    match = version.mappings.book.match(subject, version.resolution).get(Kind.SLA, Match(None, ()))
    return Agreement(at, why, version, tier, subject, match)


def _in_force(versions: Sequence[Version], at: int) -> int:
    """Which version holds at `at`. The first also stands for the time before it: an old portal is judged by what is
    said of it now."""
    return max(bisect_right(versions, at, key=lambda version: version.effective_at) - 1, 0)


def promises(metric: Metric, agreed: Sequence[Agreement]) -> list[PromiseChange]:
    """What was promised for one metric, only where it changed."""
    changes: list[PromiseChange] = []
    for agreement in agreed:
        promise = agreement.promise(metric)
        if not changes or changes[-1].promise != promise:
            changes.append(PromiseChange(agreement.at, promise, _why(agreement, metric)))
    return changes


def _why(agreement: Agreement, metric: Metric) -> str:
    policy = agreement.match.policy
    if policy is None:
        return "no policy matches"
    if agreement.promise(metric) is None:
        return f"policy {policy.id} promises no {metric.value.replace('_', ' ')}"
    return agreement.why
