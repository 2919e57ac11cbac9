"""A portal from files, served as it is in the end or replayed.

`pipelines.json` and `owners.json` are answers of those endpoints; `companies.json` and its like for other types are
answers of the objects API. Records one a line come from every `*.jsonl` and `*.jsonl.gz`: those of its type from
`companies.jsonl` and its like, tickets from all others. Each is optional, but one must be there. A ticket may have its
conversations, as `sla evaluate` reads them: `threads`, each with its `messages`, the `actors` who are no people, and
the `emails`, `calls`, `notes` and `meetings` that are logged on it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from hubspot_sandbox.conversation_files import keep
from hubspot_sandbox.conversation_model import AGENT, CUSTOMERS
from hubspot_sandbox.instants import to_instant, to_ms
from hubspot_sandbox.object_types import ALL, COMPANIES, CONTACTS, TICKETS, ObjectType, object_type
from hubspot_sandbox.portal import Portal
from hubspot_sandbox.portal_activities import LOGGED
from hubspot_sandbox.portal_files import LoadError, OwnerIn, PipelineIn, RecordIn, answer, lines
from hubspot_sandbox.properties import Property
from hubspot_sandbox.record_timeline import Timeline, apply, timeline_of
from hubspot_sandbox.refusals import Refused
from hubspot_sandbox.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot_sandbox.account import Account
    from hubspot_sandbox.associations import LinkType
    from hubspot_sandbox.records import Record
    from hubspot_sandbox.store import Store

__all__ = ["LoadError", "load_portal"]

_EPOCH = to_instant(0)
_AFTER_THE_NEWEST = timedelta(days=1)
_AT_ONCE = 500
_FIRST = (COMPANIES, CONTACTS, TICKETS)  # so that both ends of a link are there when the second one comes


def load_portal(
    directory: Path,
    now: datetime | None = None,
    *,
    replay: bool = False,
    account: Account | None = None,
    store: Store | None = None,
) -> Portal:
    """The portal in `directory`, its clock at `now`, which is a day after its newest change unless given.

    Everything in the files has happened. With `replay` only what they tell up to `now` has, which then is the instant
    of the first ticket unless given; the rest happens as the clock moves. Raises LoadError for what is missing or
    malformed.
    """
    _check_folder(directory)
    portal = Portal(now or _EPOCH, account=account, store=store)
    portal.set_pipelines(part.pipeline() for part in answer(directory / "pipelines.json", PipelineIn))
    portal.set_owners(part.owner() for part in answer(directory / "owners.json", OwnerIn))
    loading = _Loading(portal, to_ms(now or _EPOCH) if replay else None)
    with portal.store.together():
        for kind in (*_FIRST, *(part for part in ALL if part not in _FIRST)):
            loading.take(kind, _records(directory, kind))
    portal.clock.set(now or loading.standard_now())
    portal.catch_up()
    return portal


def _check_folder(directory: Path) -> None:
    """Raises LoadError for a folder that holds no part of a portal: an empty portal would look like a lost one."""
    if not directory.is_dir():
        raise LoadError(f"{directory}: is not a directory")
    names = {"pipelines.json", "owners.json", *(f"{kind.name}.json" for kind in ALL)}
    if not any(path.name in names or path.name.endswith((".jsonl", ".jsonl.gz")) for path in directory.iterdir()):
        raise LoadError(
            f"{directory}: holds no portal, which is pipelines.json, owners.json, companies.json or *.jsonl"
        )


def _records(directory: Path, kind: ObjectType) -> Iterator[RecordIn]:
    if kind is not TICKETS:
        yield from answer(directory / f"{kind.name}.json", RecordIn)
    for path in sorted([*directory.glob("*.jsonl"), *directory.glob("*.jsonl.gz")]):
        if _kind_of(path) is kind:
            yield from lines(path)


def _kind_of(path: Path) -> ObjectType:
    try:
        return object_type(path.name.partition(".")[0])
    except Refused:
        return TICKETS


class _Loading:
    """Puts timelines into a portal: all of each, or what had happened by `until_ms` with the rest to come."""

    def __init__(self, portal: Portal, until_ms: int | None) -> None:
        self._portal = portal
        self._until_ms = until_ms
        self._replay = None if until_ms is None else Replay(portal)
        portal.replay = self._replay
        self._newest_ms = 0
        self._oldest_ms: int | None = None

    def standard_now(self) -> datetime:
        """Where the clock begins when nobody says."""
        if self._replay is not None:
            return to_instant(self._oldest_ms or 0)
        return to_instant(self._newest_ms) + _AFTER_THE_NEWEST

    def take(self, kind: ObjectType, records: Iterator[RecordIn]) -> None:
        """Put records of one type in, some hundreds at a time."""
        while chunk := list(islice(records, _AT_ONCE)):
            self._take(kind, [(timeline_of(self._portal, kind, row), _links(self._portal, kind, row)) for row in chunk])
            if kind is TICKETS:
                self._converse(chunk)
                self._log(chunk)

    def _log(self, tickets: list[RecordIn]) -> None:
        """What was logged on tickets."""
        for kind in LOGGED:
            [link, *_] = self._portal.links.types.between(kind, TICKETS)
            for ticket in tickets:
                for row in getattr(ticket, kind.name):
                    self._take(kind, [(timeline_of(self._portal, kind, row.record()), [(link, ticket.id)])])

    def _converse(self, tickets: list[RecordIn]) -> None:
        """The threads of tickets, as far as they had come."""
        store = self._portal.conversations
        for ticket in tickets:
            named = (actor.actor() for actor in ticket.actors if actor.id[:2] not in (AGENT, *CUSTOMERS))
            store.actors.update((actor.id, actor) for actor in named)
            for row in ticket.threads:
                thread, entries = row.thread(ticket.id), row.entries()
                self._newest_ms = max([self._newest_ms, *(entry.at_ms for entry in entries)])
                begun = [entry for entry in entries if self._until_ms is None or entry.at_ms <= self._until_ms]
                if begun or self._until_ms is None:
                    keep(store, thread, begun)
                if self._replay is not None:
                    self._replay.await_entries(thread, entries[len(begun) :])

    def _take(self, kind: ObjectType, timelines: list[tuple[Timeline, list[tuple[LinkType, int]]]]) -> None:
        for timeline, links in timelines:
            self._note(timeline)
            _show_primary_company(self._portal, timeline, links)
            if self._replay is not None and self._until_ms is not None:
                self._replay.await_timeline(timeline, [(link.id, other) for link, other in links], self._until_ms)
        begun = [
            timeline_and_links
            for timeline_and_links in timelines
            if self._until_ms is None or timeline_and_links[0].first.created_ms <= self._until_ms
        ]
        new_links: list[tuple[LinkType, int, int]] = []
        for timeline, links in begun:
            known_links = [
                (link, other) for link, other in links if self._portal.table(link.target).find(other) is not None
            ]
            new_links += [(link, timeline.first.id, other) for link, other in known_links]
        self._portal.table(kind).add_many([self._record(timeline) for timeline, _ in begun])
        self._portal.links.link_many(new_links)
        made_ms = {timeline.first.id: timeline.first.created_ms for timeline, _ in begun}
        for link, record_id, other in new_links:
            self._portal.follow_link(link, record_id, other, at_ms=made_ms[record_id])

    def _note(self, timeline: Timeline) -> None:
        self._portal.table(timeline.kind).reserve(timeline.first.id)
        _define_unknown(self._portal, timeline)
        if timeline.kind is TICKETS:
            self._newest_ms = max(self._newest_ms, timeline.last_ms)
            self._oldest_ms = min(timeline.first.created_ms, self._oldest_ms or timeline.first.created_ms)

    def _record(self, timeline: Timeline) -> Record:
        """The record as its timeline leaves it, or has made it by now."""
        record, kind = timeline.first, timeline.kind
        for moment in timeline.moments:
            if self._until_ms is not None and moment.at_ms > self._until_ms:
                break
            if moment.archives:
                record.archived_ms = moment.at_ms
                continue
            versions = apply(self._portal, kind, record, moment, timeline.fixed_names)
            record.take(versions, modified=kind.modified, modified_ms=moment.at_ms if moment.bumps else None)
        return record


def _define_unknown(portal: Portal, timeline: Timeline) -> None:
    catalogue = portal.catalogue(timeline.kind)
    for name in {*timeline.first.values, *(name for moment in timeline.moments for name in moment.changes)}:
        if catalogue.find(name) is None:
            catalogue.define(Property(name, name, "string", "text", f"{timeline.kind.singular}information"))


def _show_primary_company(portal: Portal, timeline: Timeline, links: list[tuple[LinkType, int]]) -> None:
    for link, company_id in links:
        company = portal.table(COMPANIES).find(company_id) if link.primary and timeline.kind is TICKETS else None
        if company is not None:
            values = {"hs_primary_company_id": str(company_id), "hs_primary_company_name": company.values.get("name")}
            timeline.first.values |= {name: value for name, value in values.items() if value}


def _links(portal: Portal, kind: ObjectType, record: RecordIn) -> list[tuple[LinkType, int]]:
    """Inline associations as (type, other id). A `ticket_to_company` is the primary one, as in HubSpot's answers."""
    chosen = []
    for name, links in record.associations.items():
        try:
            types = portal.links.types.between(kind, object_type(name))
        except Refused:
            continue
        for row in links.results:
            matching = sorted(types, key=lambda link: link.primary == row.type.endswith("_unlabeled"))
            chosen += [(link, row.id) for link in matching[:1]]
    return chosen
