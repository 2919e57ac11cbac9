"""A ledger with outcomes that a test writes down one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.installation.starter_set import starter_root
from hubspot_sla.ledger import facts, outcomes, records, runs, state, versions
from hubspot_sla.ledger.database import in_memory, open_for_writing
from hubspot_sla.ledger.facts import Fact
from hubspot_sla.ledger.versions import PolicyVersion
from hubspot_sla.measure.outcome import Attribution, Excluded, Outcome, Promised, When, Who
from hubspot_sla.policy.loader import load, read_texts
from hubspot_sla.policy.portal_ids import PortalIds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from hubspot_sla.ledger.database import Ledger
    from hubspot_sla.measure.whose_time import HolderTime
    from hubspot_sla.policy.mappings import Mappings

HOUR = 3_600_000
SYNCED = "2026-11-01T09:00:00+00:00"


def at(text: str) -> int:
    """Epoch ms of an instant in ISO 8601; a day alone is its midnight in UTC."""
    return int(datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+00:00").timestamp() * 1000)


@dataclass(frozen=True)
class Row:
    """One outcome: started, due and stopped in ISO 8601."""

    record: str
    status: Status
    due: str | None = None
    stopped: str | None = None
    clock: str = "resolution"
    started: str | None = None
    ended: str | None = None
    breached: str | None = None
    excluded: Excluded | None = None
    cycle: int = 1
    hours: float = 1.0
    target_hours: float = 8.0
    who: dict[str, str] = field(default_factory=dict)
    tier: str | None = None
    policy: str = "support"
    holders: tuple[HolderTime, ...] = ()
    attribution: Attribution | None = field(default_factory=Attribution)

    def outcome(self) -> Outcome:
        due_at = None if self.due is None else at(self.due)
        breached_at = None if self.breached is None else at(self.breached)
        if breached_at is None and self.status in (Status.MISSED, Status.BREACHED):
            breached_at = due_at
        stopped_at = None if self.stopped is None else at(self.stopped)
        late = max(0, stopped_at - breached_at) if stopped_at is not None and breached_at is not None else 0
        instants = [instant for instant in (due_at, stopped_at) if instant is not None]
        return Outcome(
            self.clock,
            self.cycle,
            self.status,
            self.excluded,
            inferred=False,
            promised=Promised(self.policy, 1, self.tier, "berlin", int(self.target_hours * HOUR)),
            who=Who(at=min(instants, default=at(SYNCED)), **self.who),  # type: ignore[arg-type]
            when=When(
                started_at=None if self.started is None else at(self.started),
                due_at=due_at,
                stopped_at=stopped_at,
                ended_at=None if self.ended is None else at(self.ended),
                breached_at=breached_at,
                elapsed_ms=int(self.hours * HOUR),
                late_ms=late,
                late_wall_ms=late,
            ),
            whose_time=self.holders,
            attribution=self.attribution,
        )


def filled(
    ledger: Ledger, rows: Sequence[Row], *, objectives: str = "", portal: str = "", texts: dict[str, str] | None = None
) -> sqlite3.Connection:
    """With the starter mappings in force, `objectives` added to policies.yaml and `portal` to portal.yaml (or
    with these `texts`), and a sync that ended at SYNCED."""
    if texts is None:
        texts, mappings = _mappings(objectives, portal)
    else:
        mappings = load(texts)
    ids = PortalIds(
        {name: name for name in mappings.portal.stages},
        {name: {stage: stage for stage in stages} for name, stages in mappings.portal.stages.items()},
    )
    by_record = groupby(sorted(rows, key=lambda row: row.record), key=lambda row: row.record)
    of_records = {record: [row.outcome() for row in of_record] for record, of_record in by_record}
    with ledger.transaction() as db:
        versions.add(db, PolicyVersion(mappings.version, at("2026-01-01"), texts, ids.to_json()))
        state.write(db, state.PORTAL, "145000001")
        runs.begin(db, "run", "sync", at(SYNCED) - HOUR)
        runs.end(db, "run", at(SYNCED), {})
        judged = dict.fromkeys(of_records, outcomes.Judged(at(SYNCED), 1, 1, 0))
        outcomes.save(db, "tickets", of_records, judged)
    return ledger.db


def as_records(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """These records themselves too: whose they are, and the pipeline that they are in."""
    for row in rows:
        companies = tuple((row.who[key], True) for key in ("company_id",) if key in row.who)
        known = records.RecordRow("tickets", row.record, "", 0, companies, {}, {}, open=False, next_at=None)
        records.save(db, [known])
        pipelines = [Fact("hs_pipeline", 0, row.who[key], "CRM_UI") for key in ("pipeline_id",) if key in row.who]
        facts.remember(db, "tickets", {row.record: pipelines}, 1)


@cache
def _mappings(objectives: str, portal: str) -> tuple[dict[str, str], Mappings]:
    texts = read_texts(starter_root() / "mappings")
    texts["policies.yaml"] += objectives
    texts["portal.yaml"] += portal
    return texts, load(texts)


def in_file(path: Path, rows: Sequence[Row], **more: Any) -> Path:
    """A ledger that commands open."""
    with open_for_writing(path) as ledger:
        filled(ledger, rows, **more)
    return path


def in_mind(folder: Path, rows: Sequence[Row], **more: Any) -> sqlite3.Connection:
    """One for this process alone."""
    return filled(in_memory(folder / "nowhere.db"), rows, **more)
