"""The recorded history: every record of the ledger, by the one road, without its lease. Nothing is written.

A part is a range of ids. What belongs to a record of the range and lies outside of it, because records were merged, is
loaded with it: lineages are never parted.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.loaded_mappings import load_folder
from hubspot_sla.flows.context.mappings_version import Version
from hubspot_sla.flows.context.portal_binding import record_link
from hubspot_sla.flows.inspection.evaluate import Pipeline, Stage
from hubspot_sla.flows.inspection.message_edits import edit_notes
from hubspot_sla.flows.records.assemble import assembled_facts
from hubspot_sla.flows.records.hubspot_facts import created_at
from hubspot_sla.flows.reporting import known_until
from hubspot_sla.flows.reporting.outcome_values import names_in
from hubspot_sla.flows.simulation.side import Side
from hubspot_sla.flows.simulation.source import AT_A_TIME, Source
from hubspot_sla.flows.simulation.unrecorded import check_recorded
from hubspot_sla.ledger import database, names, records, versions
from hubspot_sla.ledger.names import Named
from hubspot_sla.ledger.one_state import one_state, writes_beside
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.calendar_data import ResolvedData
from hubspot_sla.policy.portal_ids import PortalIds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from hubspot_sla.flows.simulation.request import Request
    from hubspot_sla.flows.simulation.source import TwoFacts
    from hubspot_sla.ledger.versions import PolicyVersion

IdRange = tuple[str, str, "str | None"]
"""Object type, the id before the first, and the last id (None: to the end)."""


def last_known(ledger: Path) -> int:
    """The instant (epoch ms) as of which everything in the ledger is known: that of its last sync, or of a judgement
    since. Raises UsageProblem before the first."""
    with database.open_for_reading(ledger) as opened, opened.telling_damage():
        known = known_until.known_until(opened.db)
    if known is None:
        raise UsageProblem("the ledger has judged nothing yet", remedy="run `sla sync`, or simulate on a file")
    return known


def in_force(ledger: Path) -> dict[str, str]:
    """The texts of the mappings in force, by name. Raises UsageProblem before the first."""
    with database.open_for_reading(ledger) as opened, opened.telling_damage():
        stored = versions.latest(opened.db)
    if stored is None:
        raise UsageProblem("the ledger has judged nothing yet", remedy="run `sla setup`, then `sla sync`")
    return dict(stored.texts)


class LedgerSource(Source):
    """`db` must stay in one state; `is_written` says whether somebody has written since."""

    def __init__(self, db: sqlite3.Connection, request: Request, is_written: Callable[[], bool]) -> None:
        self._db, self.request, self._is_written = db, request, is_written
        stored = versions.latest(db)
        if stored is None:
            raise UsageProblem("the ledger has judged nothing yet", remedy="run `sla setup`, then `sla sync`")
        in_force = versions_in_force.in_force(db)[-1]
        self._in_force, self._edited = in_force, _Edited(db, stored, in_force)
        self.before = Side(in_force if request.base is None else self._edited.version(request.base))
        self.after = Side(self.version(request.new))
        check_recorded(in_force.mappings, self.before.version.mappings)
        self.names = names_in(db, in_force)
        self.links = {name: record_link(db, name) for name in in_force.mappings.object_types}
        self.notes = edit_notes(in_force.mappings.portal.messages, self.after.version.mappings.portal.messages)

    def is_changed(self) -> bool:
        return self._is_written()

    def parts(self) -> Iterator[IdRange]:
        for object_type in records.object_types(self._db):
            last = ""
            for end in records.page_ends(self._db, object_type, AT_A_TIME):
                yield object_type, last, end
                last = end
            yield object_type, last, None

    def version(self, texts: Mapping[str, str]) -> Version:
        version = self._edited.version(texts)
        check_recorded(self._in_force.mappings, version.mappings)
        return version

    def facts(self, part: object) -> Iterator[TwoFacts]:
        object_type, after, until = cast("IdRange", part)
        ids = records.ids_between(self._db, object_type, after, until)
        rows = [row for row in records.load(self._db, object_type, ids).values() if self._is_asked_for(row)]
        for facts in assembled_facts(self._db, object_type, sorted(rows, key=lambda row: row.id)).values():
            yield facts, facts

    def _is_asked_for(self, row: records.RecordRow) -> bool:
        since = self.request.since
        created = None if since is None else created_at(row.inputs, row.object_type)
        return since is None or (created is not None and created >= since)


@contextmanager
def opened_ledger(path: Path, request: Request) -> Iterator[LedgerSource]:
    """Raises UsageProblem, MappingInvalid and what the ledger raises."""
    with (
        database.open_for_reading(path) as ledger,
        ledger.telling_damage(),
        writes_beside(path) as is_written,
        one_state(ledger.db),
    ):
        yield LedgerSource(ledger.db, request, is_written)


class _Edited:
    """Compiles other texts as if they came into force in this ledger: with its calendar data and the ids that its names
    stand for."""

    def __init__(self, db: sqlite3.Connection, stored: PolicyVersion, in_force: Version) -> None:
        self._stored, self._in_force = stored, in_force
        self._pipelines = {name: _pipelines(db, name) for name in in_force.mappings.object_types}

    def version(self, texts: Mapping[str, str]) -> Version:
        """Raises MappingInvalid."""
        data = ResolvedData(self._stored.calendar_data)
        mappings = load_folder(texts, self._stored.texts, data)
        known = PortalIds.from_json(self._stored.portal_ids)
        portal_ids = replace(mappings.resolve(self._pipelines, known), owners=known.owners)
        return Version(mappings, portal_ids, self._in_force.effective_at, data.used)


def _pipelines(db: sqlite3.Connection, object_type: str) -> list[Pipeline]:
    """As the ledger last saw them."""
    called = names.every_newest(db, Named.PIPELINE)
    stages = names.every_newest(db, Named.STAGE)
    own = {ref.record_id: key for key in called if (ref := RecordRef.of(key)).object_type == object_type}
    return [Pipeline(id_, called[key], tuple(_stages(key, stages))) for id_, key in own.items()]


def _stages(pipeline: str, called: Mapping[str, str]) -> Iterator[Stage]:
    for key, label in called.items():
        of_pipeline, _, stage_id = key.rpartition(":")
        if of_pipeline == pipeline:
            yield Stage(stage_id, label, closed=False)
