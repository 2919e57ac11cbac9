"""How the objectives of policies.yaml stand: for all whom each covers, and for every customer."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.dimensions import DIMENSIONS
from hubspot_sla.flows.reporting.figures import Reached
from hubspot_sla.ledger import report_rows
from hubspot_sla.ledger.report_rows import Selection
from hubspot_sla.measure.attainment import Counts, counts_of
from hubspot_sla.measure.error_budget import error_budget

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.flows.reporting.labels import Labels
    from hubspot_sla.flows.reporting.query import ReportQuery
    from hubspot_sla.flows.reporting.where import Conditions
    from hubspot_sla.policy.condition_values import Wanted
    from hubspot_sla.policy.objectives import Objective
    from hubspot_sla.policy.report_documents import OutcomeWhen


def reached(
    db: sqlite3.Connection,
    query: ReportQuery,
    objectives: Sequence[Objective],
    selection: Selection,
    conditions: Conditions,
    labels: Labels,
) -> tuple[list[Reached], list[Reached]]:
    """Each objective for all whom it covers; and each customer whose promises were kept less often than one demands.

    A promise counts for the first objective that covers it.
    """
    for_all: list[Reached] = []
    below: list[Reached] = []
    taken: list[Selection] = []
    period, customer = query.period, DIMENSIONS["customer"]
    for objective in objectives:
        own = selection_of(objective.metric, objective.when, conditions)
        rest = selection.and_(own)
        for earlier in taken:
            rest = rest.and_(Selection(f"not ({earlier.sql})", earlier.values))
        taken.append(own)
        numbers = report_rows.numbers_by(db, rest, period.start_at, period.end_at, [customer.column])
        counts = {key[0]: counts_of(of_customer) for key, of_customer in numbers.items()}
        for_all.append(_reached(objective, None, "", sum(counts.values(), Counts())))
        each = (
            _reached(objective, company_id, labels.of(customer, company_id), of_customer)
            for company_id, of_customer in counts.items()
            if company_id is not None
        )
        below += [one for one in each if one.is_below]
    return for_all, sorted(below, key=lambda one: (one.customer, one.customer_id or "", one.objective))


def described(objective: Objective) -> str:
    """Its name, else the metrics and conditions that it covers: `first_response: tier gold`."""
    if objective.name:
        return objective.name
    metric = "every metric" if objective.metric is None else str(objective.metric)
    words = [f"{word} {wanted}" for word, wanted in objective.when.wishes().items()]
    words += [f"{name} {wanted}" for name, wanted in (objective.when.property or {}).items()]
    nested = objective.when.all_ or objective.when.any_ or objective.when.not_
    return metric + (f": {', '.join(words)}" if words else "") + (" (and more)" if nested else "")


def selection_of(metric: Wanted | None, when: OutcomeWhen, conditions: Conditions) -> Selection:
    """The promises that an objective is about, of policies.yaml or of a contract: some metrics (None: all), and what
    `when` selects."""
    quiet = len(conditions.notes)
    own = conditions.selection(when)
    if metric is not None:
        column = DIMENSIONS["metric"].column
        metrics = [value for value in report_rows.distinct(conditions.db, column) if metric.accepts(value)]
        own = own.and_(report_rows.is_one_of(column, metrics))
    del conditions.notes[quiet:]  # a word that no outcome has yet is no mistake of whoever reads the report
    return own


def _reached(objective: Objective, customer_id: str | None, customer: str, counts: Counts) -> Reached:
    budget = error_budget(counts, objective.share, Fraction(counts.to_come))
    return Reached(described(objective), objective.share, customer_id, customer, counts, budget)
