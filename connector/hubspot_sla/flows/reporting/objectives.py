"""How the objectives of policies.yaml stand: for all whom each covers, and for every customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.flows.reporting.dimensions import DIMENSIONS
from hubspot_sla.flows.reporting.figures import Reached, is_below
from hubspot_sla.ledger import report_rows
from hubspot_sla.ledger.report_rows import Selection
from hubspot_sla.measure.attainment import Counts, counts_of
from hubspot_sla.measure.error_budget import error_budget
from hubspot_sla.measure.goal import goal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from hubspot_sla.flows.reporting.expected import Outlook
    from hubspot_sla.flows.reporting.labels import Labels
    from hubspot_sla.flows.reporting.where import Conditions
    from hubspot_sla.measure.forecast import Forecast
    from hubspot_sla.policy.condition_values import Wanted
    from hubspot_sla.policy.objectives import Objective
    from hubspot_sla.policy.report_documents import OutcomeWhen


class OfObjectives(NamedTuple):
    """`for_all` is each objective for all whom it covers; `below` each customer whose promises were kept less often
    than one demands; `goals` the share that they demand together, by metric, and `goal` of all."""

    for_all: list[Reached]
    below: list[Reached]
    goals: dict[str, Fraction]
    goal: Fraction | None


def reached(
    outlook: Outlook,
    objectives: Sequence[Objective],
    selection: Selection,
    conditions: Conditions,
    labels: Labels,
) -> OfObjectives:
    """A promise counts for the first objective that covers it."""
    for_all: list[Reached] = []
    below: list[Reached] = []
    covered: dict[str, list[tuple[Fraction, int]]] = {}
    taken: list[Selection] = []
    db, period, customer, metric = outlook.db, outlook.period, DIMENSIONS["customer"], DIMENSIONS["metric"]
    for objective in objectives:
        own = selection_of(objective.metric, objective.when, conditions)
        rest = selection.and_(own)
        for earlier in taken:
            rest = rest.and_(Selection(f"not ({earlier.sql})", earlier.values))
        taken.append(own)
        columns = [customer.column, metric.column]
        counts: dict[str | None, Counts] = {}
        for key, numbers in report_rows.numbers_of(db, rest, period.start_at, period.end_at, columns).items():
            of_key = counts_of(numbers)
            counts[key[0]] = counts.get(key[0], Counts()) + of_key
            covered.setdefault(key[1] or "", []).append((objective.share, of_key.judged))
        cycles, total = outlook.open_cycles(rest), sum(counts.values(), Counts())
        for_all.append(_reached(objective, None, "", total, outlook.of(total, cycles)))
        for company_id, of_customer in counts.items():
            if company_id is not None and is_below(of_customer, objective.share):
                of_them = outlook.of(of_customer, (cycle for cycle in cycles if cycle.company_id == company_id))
                name = labels.of(customer, company_id)
                below.append(_reached(objective, company_id, name, of_customer, of_them))
    return OfObjectives(
        for_all,
        sorted(below, key=lambda one: (one.customer, one.customer_id or "", one.objective)),
        {metric: share for metric, of_metric in covered.items() if (share := goal(of_metric)) is not None},
        goal(each for of_metric in covered.values() for each in of_metric),
    )


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


def _reached(
    objective: Objective, customer_id: str | None, customer: str, counts: Counts, expected: Forecast
) -> Reached:
    budget = error_budget(counts, objective.share, expected.to_come)
    return Reached(described(objective), objective.share, customer_id, customer, counts, expected, budget)
