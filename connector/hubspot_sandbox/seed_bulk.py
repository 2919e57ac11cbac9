"""Many invented tickets, for trials of size: simple lives of a few moments each, made some thousands a second.

A tenth of the tickets is still open. The same random numbers make the same tickets.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from hubspot_sandbox import ticket_effects
from hubspot_sandbox.instants import to_ms, to_wire
from hubspot_sandbox.object_types import COMPANIES, CONTACTS, TICKETS
from hubspot_sandbox.record_timeline import Moment, apply
from hubspot_sandbox.records import CALCULATED, Record, Version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from random import Random

    from hubspot_sandbox.associations import LinkType
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.seed_tickets import Participants, PipelineWork

PERSON = "CRM_UI"
_AT_ONCE = 2_000
_HOUR_MS = 3_600_000
_SPAN_MS = 365 * 24 * _HOUR_MS
_PRIORITIES = ("LOW", "MEDIUM", "MEDIUM", "HIGH", "URGENT")
_OPEN = 0.1


def add_many_tickets(
    portal: Portal,
    participants: Participants,
    pipelines: tuple[PipelineWork, ...],
    now: datetime,
    count: int,
    random: Random,
) -> None:
    """Tickets of the year before `now`, which nothing happens after."""
    bulk = _BulkTickets(portal, participants, pipelines, to_ms(now), count, random)
    records = bulk.records()
    while chunk := list(islice(records, _AT_ONCE)):
        with portal.store.together():
            portal.table(TICKETS).add_many(chunk)
            portal.links.link_many(bulk.links(chunk), fresh=True)


class _BulkTickets:
    """The tickets to be, one after the other."""

    def __init__(
        self,
        portal: Portal,
        participants: Participants,
        pipelines: tuple[PipelineWork, ...],
        now_ms: int,
        count: int,
        random: Random,
    ) -> None:
        self._portal = portal
        self._participants = participants
        self._pipelines = pipelines
        self._shares = [work.share for work in pipelines]
        self._count = count
        self._random = random
        self._now_ms = now_ms
        self._names = {company: portal.read("companies", company)["name"] for company in participants.companies}

    def records(self) -> Iterator[Record]:
        """In order of creation."""
        step = _SPAN_MS // self._count or 1
        start_ms = self._now_ms - _SPAN_MS
        works = iter(self._random.choices(self._pipelines, self._shares, k=self._count))
        for number, work in enumerate(works):
            yield self._record(work, start_ms + number * step)

    def _record(self, work: PipelineWork, created_ms: int) -> Record:
        record = self._born(work, created_ms)
        for moment in self._life(work, created_ms):
            if moment.at_ms > self._now_ms:
                break
            versions = apply(self._portal, TICKETS, record, moment, ())
            modified_ms = moment.at_ms if moment.bumps else None
            record.take(versions, modified=TICKETS.modified, modified_ms=modified_ms)
        return record

    def _born(self, work: PipelineWork, created_ms: int) -> Record:
        random, record_id = self._random, self._portal.table(TICKETS).take_id()
        company = random.choice(self._participants.companies)
        values: dict[str, str | None] = {
            "subject": random.choice(work.subjects),
            "hs_pipeline": work.pipeline,
            "hs_pipeline_stage": work.new,
            "hs_ticket_priority": random.choice(_PRIORITIES),
            "hs_ticket_category": work.category,
            "source_type": "EMAIL",
            "createdate": to_wire(created_ms),
            "hs_createdate": to_wire(created_ms),
            "hs_object_id": str(record_id),
            "hs_primary_company_id": company,
            "hs_primary_company_name": self._names[company],
            **ticket_effects.at_creation(record_id, PERSON, created_ms),
        }
        values |= self._portal.consequences(TICKETS, {}, values, created_ms)
        return Record(record_id, created_ms, created_ms, {name: value for name, value in values.items() if value})

    def _life(self, work: PipelineWork, created_ms: int) -> Iterator[Moment]:
        """Assigned, answered, at times waiting, mostly closed."""
        random = self._random
        at_ms = created_ms + int(random.expovariate(2) * _HOUR_MS)
        agent = random.choice(self._participants.agents[work.pipeline])
        yield _moment(at_ms, hubspot_owner_id=agent)
        at_ms += int(random.expovariate(0.5) * _HOUR_MS)
        yield _replied(created_ms, at_ms)
        yield _moment(at_ms + 60_000, hs_pipeline_stage=work.working)
        if random.random() < _OPEN:
            return
        at_ms += int(random.expovariate(0.1) * _HOUR_MS)
        if random.random() < 1 / 3:
            yield _moment(at_ms, hs_pipeline_stage=work.waiting)
            at_ms += int(random.expovariate(0.05) * _HOUR_MS)
        yield _moment(at_ms + 120_000, hs_pipeline_stage=work.closed)

    def links(self, records: list[Record]) -> Iterator[tuple[LinkType, int, int]]:
        """Each ticket to its company and to one of its contacts."""
        types = self._portal.links.types
        primary, plain = types.primary(TICKETS, COMPANIES), types.unlabelled(TICKETS, CONTACTS)
        for record in records:
            company = record.values["hs_primary_company_id"]
            yield primary, record.id, int(company)
            yield plain, record.id, int(self._random.choice(self._participants.contacts[company]))


def _moment(at_ms: int, **properties: str) -> Moment:
    return Moment(at_ms, {name: Version(value, at_ms, PERSON) for name, value in properties.items()})


def _replied(created_ms: int, at_ms: int) -> Moment:
    message = ticket_effects.agent_message({"createdate": to_wire(created_ms)}, at_ms)
    changes = {name: Version(value or "", at_ms, CALCULATED) for name, value in message.items()}
    return Moment(at_ms, changes, bumps=False)
