"""What was to be kept, and who is below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.parts.words import heading
from hubspot_sla.language import numbers
from hubspot_sla.render.report.cells import DASH, as_fraction, tenths_of
from hubspot_sla.render.report.document import Column, Count, Section, Share, Table, Text

if TYPE_CHECKING:
    from fractions import Fraction

    from hubspot_sla.flows.reporting.figures import Figures, Reached
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.report.document import Cell


def section(figures: Figures, texts: Texts) -> Section | None:
    """None without objectives."""
    if not figures.objectives:
        return None
    common = [
        Column("objective", texts.text("Objective")),
        Column("judged", texts.text("Came due")),
        Column("attainment", texts.text("Attainment"), bar=True),
        Column("goal", texts.text("Goal")),
        Column("allowed", texts.text("May be broken")),
        Column("broken", texts.text("Are broken")),
        Column("burn_rate", texts.text("Burn rate")),
        Column("to_come", texts.text("To come")),
        Column("expected", texts.text("Expected")),
    ]
    every = Table(
        "objectives",
        texts.text("All objectives"),
        common,
        [_reached(reached, texts) for reached in figures.objectives],
        texts.text(
            "May be broken: the error budget, of what came due and what is to come. A burn rate of 1 uses it up"
            " exactly. Expected: at the end of the period, by the forecast."
        ),
    )
    below = Table(
        "below",
        texts.text("Customers below an objective"),
        [Column("customer", heading("customer", texts)), *common],
        [[Text(reached.customer), *_reached(reached, texts)] for reached in figures.below],
        empty=texts.text("No customer is below an objective."),
    )
    return Section("objectives", texts.text("Objectives"), [below, every])


def _reached(reached: Reached, texts: Texts) -> list[Cell]:
    budget, expected = reached.budget, reached.forecast
    burn = texts.text("none allowed") if budget.none_allowed else _ratio(budget.burn_rate, texts)
    return [
        Text(reached.objective),
        Count(reached.counts.judged),
        Share(reached.counts.attainment, reached.counts.few),
        Share(reached.share),
        Text(_ratio(budget.allowed, texts), is_figure=True),
        Count(budget.broken),
        Text(burn, is_figure=True),
        Count(expected.to_come),
        Share(as_fraction(expected.attainment)),
    ]


def _ratio(value: Fraction | None, texts: Texts) -> str:
    return DASH if value is None else numbers.tenths(tenths_of(value), texts)
