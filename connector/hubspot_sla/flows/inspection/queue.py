"""Who must do what next: open promises by due instant, from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from itertools import chain
from typing import TYPE_CHECKING

from hubspot_sla.clock.explain import title
from hubspot_sla.clock.promise import Clock
from hubspot_sla.clock.verdict import Status
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.duration_text import span
from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.language.forms import day_and_zone
from hubspot_sla.language.texts import ENGLISH, texts_of
from hubspot_sla.ledger import due_cycles, names, runs
from hubspot_sla.ledger.names import Named
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.ledger.due_cycles import DueCycle
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.policy.portal import PortalMap

SYNC = "sync"


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One open promise. `owner`, `team` and `customer` are names, ids where no name was ever read, "" for nobody."""

    cycle: DueCycle
    subject: str
    owner: str
    team: str
    customer: str
    due: str

    @property
    def late(self) -> bool:
        return self.cycle.status is Status.BREACHED

    @property
    def clock_title(self) -> str:
        """The clock as every text for people calls it."""
        return title(Clock.of(self.cycle.clock))

    def when(self, now: int) -> str:
        """`late by 2 h`, `due in 35 min`. What came due after the last sync is no breach before it was judged."""
        ago = now - self.cycle.due_at
        if self.late:
            return f"late by {span(ago)}"
        return f"due {span(ago)} ago, not judged since" if ago >= 0 else f"due in {span(-ago)}"

    def as_json(self) -> dict[str, object]:
        cycle = self.cycle
        return {
            "record": cycle.record.key,
            "subject": self.subject,
            "clock": cycle.clock,
            "cycle": cycle.cycle,
            "status": cycle.status.value,
            "due_at": wire(cycle.due_at),
            "breached_at": None if cycle.breached_at is None else wire(cycle.breached_at),
            "policy": cycle.policy,
            "tier": cycle.tier,
            "priority": cycle.priority,
            "customer": {"id": cycle.company_id, "name": self.customer} if cycle.company_id else None,
            "owner": {"id": cycle.owner_id, "name": self.owner} if cycle.owner_id else None,
            "team": {"id": cycle.team_id, "name": self.team} if cycle.team_id else None,
        }


@dataclass(frozen=True, slots=True)
class Queue:
    """`synced_at`: when the last good sync ended (epoch ms); None before the first."""

    rows: Sequence[QueueRow]
    synced_at: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """`owner` and `team` are an id or a name; None for everybody's."""

    owner: str | None = None
    team: str | None = None


def queue(db: sqlite3.Connection, wanted: Wanted) -> Queue:
    """Every open promise that has a due instant, what is due first in front.

    Raises UsageProblem before `sla setup`, and for an owner or a team that nothing in the queue has.
    """
    versions = in_force(db)
    if not versions:
        raise UsageProblem("this portal is not set up yet", remedy="run `sla setup` first")
    mappings = versions[-1].mappings
    cycles = sorted(chain.from_iterable(_due_cycles(db, portal) for portal in mappings.portals), key=_place)
    owners = _names(db, Named.OWNER, (cycle.owner_id for cycle in cycles))
    teams = _names(db, Named.TEAM, (cycle.team_id for cycle in cycles))
    customers = _names(db, Named.COMPANY, (cycle.company_id for cycle in cycles))
    owner_ids = _meant("owner", wanted.owner, owners)
    team_ids = _meant("team", wanted.team, teams)
    english = texts_of(ENGLISH)  # as everything else that the command line says of a queue
    zones = {name: calendar.zone for name, calendar in mappings.calendars.items()}
    rows = [
        QueueRow(
            cycle,
            cycle.inputs.get(profile_of(cycle.record.object_type).title) or "",
            owners.get(cycle.owner_id or "", ""),
            teams.get(cycle.team_id or "", ""),
            customers.get(cycle.company_id or "", ""),
            day_and_zone(cycle.due_at, zones.get(cycle.calendar, UTC), english),
        )
        for cycle in cycles
        if (owner_ids is None or cycle.owner_id in owner_ids) and (team_ids is None or cycle.team_id in team_ids)
    ]
    good = runs.last_success(db, SYNC)
    return Queue(rows, None if good is None else good.ended_at)


def _due_cycles(db: sqlite3.Connection, portal: PortalMap) -> Iterator[DueCycle]:
    names = portal.properties
    return due_cycles.of_type(db, portal.object_type, owner=names.owner, team=names.team)


def _place(cycle: DueCycle) -> tuple[int, RecordRef, str]:
    return cycle.due_at, cycle.record, cycle.clock


def _names(db: sqlite3.Connection, kind: Named, ids: Iterable[str | None]) -> dict[str, str]:
    known = {id_: id_ for id_ in ids if id_}
    return known | {id_: name for id_, name in names.newest(db, kind, known).items() if name}


def _meant(what: str, word: str | None, named: Mapping[str, str]) -> set[str] | None:
    """The ids that a person means by `word`; names may be given to several. None: nobody in particular."""
    if word is None:
        return None
    ids = {id_ for id_, name in named.items() if word == id_ or word.casefold() == name.casefold()}
    if not ids:
        raise UsageProblem(f"nothing in the queue has the {what} {word!r}", remedy=nearest(word, named.values()))
    return ids
