"""One record's facts read with one mapping's words: its timeline. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from hubspot_sla.clock.merged_timeline import joined
from hubspot_sla.clock.timeline import OWNER_GAP, Gap, Merge, OwnerChange, StageChange, Timeline
from hubspot_sla.flows.records.asked import asked_by
from hubspot_sla.flows.records.clock_properties import closing_reasons_of, gaps_of, properties_of
from hubspot_sla.flows.records.hubspot_facts import GONE, SHOWN
from hubspot_sla.flows.records.property_messages import instant_of, property_messages
from hubspot_sla.flows.records.record_messages import with_messages
from hubspot_sla.flows.records.waivers import concerning, excuses_in, excuses_of, stops_of
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.ledger.facts import by_name, without_repeats
from hubspot_sla.quickly_made import quickly_made

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.clock.waivers import Waiver
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.hubspot.objects.profile import ObjectProfile
    from hubspot_sla.ledger.facts import Fact, FactsByName
    from hubspot_sla.ledger.waivers import GrantedWaiver
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.policy.customers import CompanyView, ContactView
    from hubspot_sla.policy.portal_ids import StageRole

TOLERANCE_MS = 60_000
"""HubSpot stamps the first stage a moment before or after the creation time it shows."""
UNSEEN = "no message of either side has been seen on this {}, so a reply could not have been"


@quickly_made
@dataclass(frozen=True, slots=True)
class RecordFacts:
    """Everything one record is judged by. `inputs` are its mapped properties as last seen.

    `absorbed` are the records that were merged into this one: its clocks carry theirs on. `merged_into` is the id of
    the record that this one was merged into, "" for one that stands for itself. `waivers` are those that may concern
    it. `owner_ids` are known by the id of the actor under which the same person writes.
    """

    ref: RecordRef
    inputs: Mapping[str, str | None]
    facts: Sequence[Fact]
    companies: Sequence[CompanyView]
    contacts: Sequence[ContactView] = ()
    absorbed: Sequence[RecordFacts] = ()
    merged_into: str = ""
    waivers: Sequence[GrantedWaiver] = ()
    owner_ids: Mapping[str, str] = field(default_factory=dict)
    profile: ObjectProfile = field(init=False, repr=False, compare=False)
    """Of its object type."""
    facts_by_name: FactsByName = field(init=False, repr=False, compare=False)
    own_created_at: int | None = field(init=False, repr=False, compare=False)
    """When this record itself began (epoch ms). The survivor of a merge shows the creation of the oldest one of its
    lineage, but the history of the one that was chosen to go on, which may be a younger one."""
    created_at: int | None = field(init=False, repr=False, compare=False)
    """The oldest creation of the lineage (epoch ms); None where the record has no readable one."""
    histories: dict[str, Sequence[Fact]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """By name, those that were asked for (`property_history.py`)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "profile", profile_of(self.ref.object_type))
        object.__setattr__(self, "facts_by_name", by_name(self.facts))
        own = _own_creation(self)
        object.__setattr__(self, "own_created_at", own)
        object.__setattr__(self, "created_at", _oldest_creation(own, self.absorbed))

    @property
    def archived_at(self) -> int | None:
        """Since when HubSpot has no longer shown it, without its having been merged; None while it does."""
        gone_facts = self.facts_by_name.get(GONE)
        return gone_facts[-1].at if gone_facts and gone_facts[-1].value else None

    @property
    def gone(self) -> bool:
        """HubSpot no longer has it: nothing can be written, nothing comes."""
        return bool(self.merged_into) or self.archived_at is not None


def in_force(versions: Sequence[Version], at: int) -> int:
    """Which version holds at `at`. The first also stands for the time before it: an old portal is judged by what is
    said of it now."""
    if len(versions) == 1:
        return 0
    return max(bisect_right(versions, at, key=_effective_at) - 1, 0)


_effective_at = attrgetter("effective_at")


def _oldest_creation(own: int | None, absorbed: Sequence[RecordFacts]) -> int | None:
    if own is None or not absorbed:
        return own
    return min((own, *(record.created_at for record in absorbed if record.created_at is not None)))


def _own_creation(record: RecordFacts) -> int | None:
    profile = record.profile
    shown = instant_of(profile.created, record.inputs.get(profile.created), [])
    if shown is None or not record.absorbed:
        return shown
    creations = (absorbed.created_at for absorbed in record.absorbed)
    older = [at for at in creations if at is not None and at <= shown + TOLERANCE_MS]
    entered = min((fact.at for fact in record.facts_by_name.get(profile.stage, ()) if fact.value), default=shown)
    return entered if older and entered > shown + TOLERANCE_MS else shown


def waivers_of(record: RecordFacts, versions: Sequence[Version]) -> list[GrantedWaiver]:
    """Those granted in the ledger and in waivers.yaml that concern this record."""
    written = asked_by(versions).written_waivers if versions else ()
    if not (record.waivers or written):
        return []
    granted = [*record.waivers, *written]
    pipelines = _course(record, record.profile.pipeline)
    pipeline_id = pipelines[-1].value if pipelines else None
    return concerning(granted, record.ref, [company.id for company in record.companies], pipeline_id)


def excused_by_properties(record: RecordFacts, versions: Sequence[Version]) -> Iterator[Waiver]:
    """What properties of the record excuse, and those of the records that it absorbed."""
    yield from excuses_in(record.facts_by_name, asked_by(versions).waivers)
    for absorbed in record.absorbed:
        yield from excused_by_properties(absorbed, versions)


def timeline_of(record: RecordFacts, versions: Sequence[Version]) -> Timeline:
    """The facts in the order in which they count, with everything that is missing or impossible named."""
    timeline = _by_properties(record, versions)
    messages = versions[-1].mappings.portal.messages
    if messages is None or record.merged_into:
        return timeline
    facts = [record.facts, *(absorbed.facts for absorbed in record.absorbed)]
    return with_messages(timeline, facts, versions, messages, record.profile, record.owner_ids)


def _by_properties(record: RecordFacts, versions: Sequence[Version]) -> Timeline:
    defects: list[str] = []
    portal, asked, facts = versions[-1].mappings.portal, asked_by(versions), record.facts_by_name
    owner = portal.properties.owner
    created, created_at = record.inputs.get(record.profile.created), record.own_created_at
    if created_at is None:
        instant_of(record.profile.created, created, defects)
    if not created:
        defects.append(f"the {record.profile.singular} has no creation time")
    first_replies, agents, customers = property_messages(facts, asked, defects)
    properties = properties_of(facts, asked.clock_properties, created_at)
    waivers = waivers_of(record, versions) if record.waivers or asked.written_waivers else []
    own = Timeline(
        created_at=created_at,
        stages=_stages(record, versions, created_at, defects),
        owners=_owners(record, owner),
        first_replies=first_replies,
        agent_messages=agents,
        customer_messages=customers,
        # What went into another record is judged with that one: nothing that is missing here matters any more.
        defects=() if record.merged_into or not defects else tuple(dict.fromkeys(defects)),
        gaps=() if record.merged_into else (*_gaps(record, owner), *(gaps_of(facts, properties) if properties else ())),
        blind="" if agents or customers else _unseen(record.profile.singular),
        merged=Merge(created_at or 0, record.merged_into) if record.merged_into else None,
        properties=properties,
        closing_reasons=closing_reasons_of(facts, portal.closing, created_at),
        waivers=(*excuses_of(waivers), *excuses_in(facts, asked.waivers)) if waivers or asked.waivers else (),
        stopped=stops_of(waivers) if waivers else (),
    )
    if not record.absorbed:
        return own
    return joined(own, [_by_properties(absorbed, versions) for absorbed in record.absorbed])


@cache
def _unseen(singular: str) -> str:
    return UNSEEN.format(singular)


def _owners(record: RecordFacts, name: str) -> tuple[OwnerChange, ...]:
    """Who owned it, oldest first."""
    created_at, course = record.own_created_at, _course(record, name)
    if created_at is None or not course:
        return ()
    return tuple([OwnerChange(max(at, created_at), value or "", source) for _, at, value, source in course])


def _gaps(record: RecordFacts, owner: str) -> tuple[Gap, ...]:
    for _, _, value, source in record.facts_by_name.get(owner, ()):
        if value and source != SHOWN:
            break
        if value:
            return (Gap(OWNER_GAP, f"the {record.profile.singular} has an owner, but no history says since when"),)
    return ()


def _stages(
    record: RecordFacts, versions: Sequence[Version], created_at: int | None, defects: list[str]
) -> tuple[StageChange, ...]:
    profile = record.profile
    stays = [fact for fact in _course(record, profile.stage) if fact[2]]
    if created_at is None:
        return ()
    if not stays:
        defects.append(f"the {profile.singular} has no stage")
        return ()
    if stays[0].at > created_at + TOLERANCE_MS:
        defects.append(f"the stage history begins after the {profile.singular}'s creation")
    pipelines = _course(record, profile.pipeline)
    entered: list[_Stay] = []
    for fact in stays:
        at = fact[1]
        pipeline = _held(pipelines, at) if len(pipelines) != 1 else pipelines[0][2] or ""
        entered.append((at if entered and at > created_at else created_at, pipeline, fact))
    if len(versions) == 1:
        roles = versions[0].portal_ids.roles
        return tuple([_entered(stay[0], stay, roles.get((stay[1], stay[2][2] or ""))) for stay in entered])
    ends = (*(stay[0] for stay in entered[1:]), None)
    return tuple(chain.from_iterable(_stay(stay, end, versions) for stay, end in zip(entered, ends, strict=True)))


_Stay = tuple[int, str, "Fact"]
"""The ticket entered a stage of a pipeline: when, of which, and the fact that says so."""


def _stay(stay: _Stay, end: int | None, versions: Sequence[Version]) -> Iterator[StageChange]:
    """One stay, and again where an edit of the mapping gave its stage another role meanwhile."""
    change = _stage_change(stay[0], stay, versions)
    yield change
    for version in versions[1:]:
        if version.effective_at > stay[0] and (end is None or version.effective_at < end):
            later = _stage_change(version.effective_at, stay, versions)
            if (later.role, later.holder, later.closing) != (change.role, change.holder, change.closing):
                yield later
            change = later


def _stage_change(at: int, stay: _Stay, versions: Sequence[Version]) -> StageChange:
    """The role by the version in force at `at`; a stage that it did not know, by the first one that does."""
    _, pipeline, (_, _, value, _) = stay
    stage, place = value or "", in_force(versions, at)
    known = versions[place].portal_ids.role(pipeline, stage)
    if known is None:
        later = (version.portal_ids.role(pipeline, stage) for version in versions[place + 1 :])
        known = next((role for role in later if role is not None), None)
    return _entered(at, stay, known)


def _entered(at: int, stay: _Stay, known: StageRole | None) -> StageChange:
    _, pipeline, (_, _, value, source) = stay
    stage = value or ""
    if known is None:
        return StageChange(at, None, f"{stage} of pipeline {pipeline}")
    by = "" if source == SHOWN else source
    return StageChange(at, known.role, known.label, known.holder or "", stage, known.name, by, known.closing)


def _course(record: RecordFacts, name: str) -> list[Fact]:
    """One property over time, oldest first, without the entries that changed nothing."""
    return without_repeats(record.facts_by_name.get(name, ()))


def _held(course: Sequence[Fact], at: int) -> str:
    """The value in force at `at`; before the first entry, the first."""
    value = course[0].value if course else None
    for fact in course:
        if fact.at > at:
            break
        value = fact.value
    return value or ""
