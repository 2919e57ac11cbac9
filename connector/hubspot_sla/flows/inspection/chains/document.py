"""The view of chains that was asked for: of a period, or of one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.portal_binding import record_link
from hubspot_sla.flows.inspection.chains.gather import of_period, of_records
from hubspot_sla.flows.inspection.chains.period_document import PeriodDocument
from hubspot_sla.flows.inspection.chains.record_document import RecordDocument
from hubspot_sla.flows.inspection.chains.words import Words
from hubspot_sla.flows.reporting.compose import period_name
from hubspot_sla.flows.reporting.labels import Labels
from hubspot_sla.flows.reporting.query import period_of, zone_of
from hubspot_sla.flows.reporting.report import last_sync, mappings_of
from hubspot_sla.language.texts import texts_of
from hubspot_sla.ledger import outcomes
from hubspot_sla.ledger.one_state import one_state
from hubspot_sla.policy.object_words import singular_of

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.render.report.document import Document


@dataclass(frozen=True, slots=True)
class AskedChain:
    """A period as a person names it, "" for the month of the last sync; of long lists `most` rows, None for all."""

    period: str = ""
    most: int | None = None


def chains_of_period(db: sqlite3.Connection, asked: AskedChain) -> Document:
    """As of the last sync. Raises UsageProblem for a period that is none or has not begun."""
    with one_state(db):
        mappings, as_of = mappings_of(db), last_sync(db)
        period = period_of(asked.period or None, None, None, zone_of(mappings), as_of)
        if as_of is None or period.start_at > as_of:
            raise UsageProblem(f"{period.name} has not begun as of the last sync", remedy="name a period that has")
        words = _words(db, mappings, period.end_at)
        found = of_period(db, period, as_of)
        return PeriodDocument(found, period, period_name(period, words.texts), words, as_of, asked.most).document()


def chains_of_record(db: sqlite3.Connection, record: RecordRef, now: int) -> Document:
    """As of `now` (epoch ms), as `sla explain`. Raises UsageProblem where the ledger has never seen the record."""
    with one_state(db):
        mappings = mappings_of(db)
        now = max(now, outcomes.last_judged(db, record.object_type, [record.record_id]).get(record.record_id, now))
        found = next((chains for _, chains in of_records(db, [record], now)), None)
        if found is None:
            word = singular_of(record.object_type)
            raise UsageProblem(
                f"the ledger has never seen {word} {record.key}", remedy="check the id, or run `sla sync`"
            )
        return RecordDocument(record, found, _words(db, mappings, now), now, zone_of(mappings)).document()


def _words(db: sqlite3.Connection, mappings: Mappings, at: int) -> Words:
    links = {object_type: record_link(db, object_type) for object_type in mappings.object_types}
    vendors = {
        stage: vendor
        for portal in mappings.portals
        for vendor in portal.vendors
        for stage in sorted(portal.held_by(vendor))
    }
    return Words(texts_of(mappings.portal.language), links, Labels(db, at).teams, vendors)
