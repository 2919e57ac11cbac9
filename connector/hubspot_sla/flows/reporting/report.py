"""A report from the ledger: what was asked in words, and the document that answers it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.portal_binding import record_link
from hubspot_sla.flows.context.versions_in_force import compiled
from hubspot_sla.flows.reporting import as_of as as_of_then
from hubspot_sla.flows.reporting import lists, records
from hubspot_sla.flows.reporting.compose import Terms, composed, facts_of, period_name, statement_of
from hubspot_sla.flows.reporting.dimensions import DIMENSIONS
from hubspot_sla.flows.reporting.gather import broken_down, gathered, selected
from hubspot_sla.flows.reporting.labels import Labels
from hubspot_sla.flows.reporting.parts import kept
from hubspot_sla.flows.reporting.query import ReportQuery, apdex_target, period_of, words_of, zone_of
from hubspot_sla.flows.reporting.where import all_of, parsed_where
from hubspot_sla.language import numbers
from hubspot_sla.language.texts import texts_of
from hubspot_sla.ledger import (
    names,
    report_coverage,
    report_cycles,
    report_records,
    report_rows,
    runs,
    temporary_tables,
    versions,
)
from hubspot_sla.ledger.names import Named
from hubspot_sla.ledger.one_state import one_state_twice
from hubspot_sla.policy.report_documents import OutcomeWhen
from hubspot_sla.policy.value_errors import nearest
from hubspot_sla.render.report.document import Document, Section

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from hubspot_sla.policy.mappings import Mappings

SYNC: Final = "sync"
ALL: Final = -1
WORTH_TWO: Final = 50_000
"""Outcomes of which a report is made sooner by two connections than by one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wrote; "" for what was not said. `at` is an instant (epoch ms): one before the last sync asks for
    the report as of then; nothing is known later, so a later one only chooses the month."""

    period: str = ""
    first: str = ""
    last: str = ""
    where: str = ""
    by: str = "metric"
    at: int | None = None
    apdex: str = ""


def report(db: sqlite3.Connection, asked: Asked) -> Document:
    """The whole report, of one state of the ledger. Raises UsageProblem for what cannot be asked, MappingInvalid for
    conditions that are none."""
    with standing(db, asked) as (query, mappings, second):
        figures = gathered(db, query, mappings, second)
        return composed(figures, terms_of(db, mappings))


def breakdown(db: sqlite3.Connection, asked: Asked) -> Document:
    """The table `groups` of the report alone: what a program reads that asks for nothing else. Raises as `report`."""
    with standing(db, asked) as (query, mappings, _):
        groups, notes = broken_down(db, query, mappings)
        texts = texts_of(mappings.portal.language)
        table = kept.by_words(groups, query.by, texts)
        return Document(
            title=table.title,
            sentence="",
            facts=facts_of(query, texts),
            sections=[Section("attainment", table.title, [table])],
            zone=query.period.zone,
            language=texts.language,
            as_of=query.as_of,
            notes=notes,
        )


def uncovered(db: sqlite3.Connection, asked: Asked) -> Document:
    """Every record that was created in the period and to which nothing was promised, the latest first."""
    with standing(db, asked) as (query, mappings, _):
        selection, notes = selected(db, query, mappings)
        start_at, end_at = query.period.start_at, query.period.end_at
        report_cycles.gather(db, selection, start_at, ())
        report_records.gather(db, start_at, end_at)
        report_coverage.gather(db, records.created_in(mappings), start_at, end_at)
        every, terms = records.uncovered(db, query.period, mappings, ALL), terms_of(db, mappings)
        texts = terms.texts
        title = texts.text("Tickets that nobody promised anything")
        table = replace(lists.uncovered(every, texts, terms.links, title), heading=False)
        return Document(
            title=f"{title}, {period_name(query.period, texts)}",
            sentence=texts.plural(
                "{count} ticket.", "{count} tickets.", len(every), count=numbers.whole(len(every), texts)
            ),
            facts=facts_of(query, texts),
            sections=[Section("uncovered", title, [table])],
            zone=query.period.zone,
            language=texts.language,
            as_of=query.as_of,
            notes=notes,
        )


def statement(db: sqlite3.Connection, asked: Asked, customer: str) -> Document:
    """What one customer was promised and got, without the people and the queues behind it. `customer` is an id or a
    name. Raises UsageProblem where nothing in the ledger is of that customer."""
    with standing(db, asked) as (query, mappings, second):
        company_id = _company(db, customer)
        own = OutcomeWhen.model_validate({"customer": company_id, "all": [query.where]})
        of_customer = replace(query, where=own, where_text=all_of(f'customer: "{company_id}"', query.where_text))
        figures = gathered(db, of_customer, mappings, second)
        name = Labels(db, query.period.end_at).customers.get(company_id, company_id)
        return statement_of(figures, terms_of(db, mappings), name)


def _company(db: sqlite3.Connection, customer: str) -> str:
    """Its id. Raises UsageProblem for one that no outcome is of, and for a name that several have."""
    known = {value for value in report_rows.distinct(db, DIMENSIONS["customer"].column) if value}
    called = names.ever(db, Named.COMPANY)
    word = customer.casefold()
    ids = {
        company_id
        for company_id in known
        if company_id == customer or word in (name.casefold() for name in called.get(company_id, ()))
    }
    if not ids:
        every = [name for company_id in known for name in called.get(company_id, ())]
        remedy = nearest(customer, [*every, *known]) or "name it as HubSpot does, or by its id"
        raise UsageProblem(f"nothing was ever promised to the customer {customer!r}", remedy=remedy)
    if len(ids) > 1:
        raise UsageProblem(
            f"several customers are called {customer!r}", remedy=f"name one by id: {', '.join(sorted(ids))}"
        )
    return ids.pop()


def mappings_of(db: sqlite3.Connection) -> Mappings:
    """Those in force. Raises UsageProblem before `sla setup`."""
    newest = versions.latest(db)
    if newest is None:
        raise UsageProblem("this portal is not set up yet", remedy="run `sla setup` first")
    return compiled(newest).mappings


def last_sync(db: sqlite3.Connection) -> int | None:
    """When the last complete sync ended (epoch ms); None: none has."""
    good = runs.last_success(db, SYNC)
    return None if good is None else good.ended_at


@contextmanager
def standing(db: sqlite3.Connection, asked: Asked) -> Iterator[tuple[ReportQuery, Mappings, sqlite3.Connection | None]]:
    """What is asked, by the mappings of the instant as of which the report speaks; within it the ledger is read as it
    stood then, also by the second connection, where there is one. Raises UsageProblem, MappingInvalid."""
    with one_state_twice(db, WORTH_TWO) as second:
        synced_at = last_sync(db)
        earlier = synced_at is not None and asked.at is not None and asked.at < synced_at
        as_of = asked.at if earlier else synced_at
        mappings = as_of_then.versions_by(db, as_of)[-1].mappings if earlier and as_of is not None else mappings_of(db)
        query = _query_of(asked, mappings, as_of)
        if as_of is not None:
            as_of_then.stand(db, as_of, earlier=earlier)
        if second is not None:
            temporary_tables.copy(db, second)
        yield query, mappings, second


def _query_of(asked: Asked, mappings: Mappings, as_of: int | None) -> ReportQuery:
    """Raises UsageProblem, MappingInvalid."""
    month_at = as_of if asked.at is None else asked.at
    period = period_of(asked.period or None, asked.first or None, asked.last or None, zone_of(mappings), month_at)
    by = words_of(asked.by) or ("metric",)
    where, apdex_ms = parsed_where(asked.where), apdex_target(asked.apdex)
    return ReportQuery(period, by, where, asked.where.strip(), as_of, apdex_ms)


def terms_of(db: sqlite3.Connection, mappings: Mappings) -> Terms:
    """The texts of the portal's language, and where its records are."""
    links = {object_type: record_link(db, object_type) for object_type in mappings.object_types}
    return Terms(texts_of(mappings.portal.language), links)
