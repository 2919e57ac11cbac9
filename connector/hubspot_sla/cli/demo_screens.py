"""What `sla demo` shows of a portal after six hours: broken promises, one ticket with its reason, the tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hubspot_sla.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from hubspot_sandbox.server import Running
    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.inspection.explain import Explanation, MetricExplanation
    from hubspot_sla.flows.inspection.queue import QueueRow
    from hubspot_sla.render.story import Teller

MOST_ROWS = 3
_WHERE = 3
"""The column of a table of segments that says where the record stood."""
PROPERTIES = ("sla_status", "sla_next_due_at", "sla_policy", "sla_tier")


@dataclass(frozen=True, slots=True)
class Example:
    """The ticket that is looked at closely: one clock of it that broke its promise."""

    row: QueueRow
    explanation: Explanation
    metric: MetricExplanation


def show_breaches(context: Context, breached: set[tuple[str, str]]) -> list[QueueRow]:
    """A table of the first of these (ticket id, clock key); all of them are returned, as the queue has them."""
    from hubspot_sla.flows.inspection.queue import Wanted, queue

    rows = [
        row for row in queue(context.ledger.db, Wanted()).rows if (row.cycle.record.key, row.cycle.clock) in breached
    ]
    terminal.table(
        ["ticket", "what", "was due", "customer", "tier"],
        [
            [row.cycle.record.key, row.clock_title, row.due, row.customer or "none", row.cycle.tier or "none"]
            for row in rows[:MOST_ROWS]
        ],
        piped_header=True,
    )
    _say_how_many_more(len(rows), "sla list --late")
    return rows


def example(context: Context, rows: Sequence[QueueRow]) -> Example | None:
    """A customer with a tier and a clock that stood still for a time, explained in the fewest lines; else the first
    row."""
    from hubspot_sla.clock.segments import State
    from hubspot_sla.flows.inspection.explain import explain

    examples: list[Example] = []
    for row in rows:
        explanation = explain(context.ledger.db, row.cycle.record, context.now())
        metric = next(metric for metric in explanation.metrics if metric.verdict.clock.key == row.cycle.clock)
        examples.append(Example(row, explanation, metric))
    paused = [shown for shown in examples if any(part.state is State.PAUSED for part in shown.metric.segments)]
    fitting = [shown for shown in paused if shown.row.cycle.tier is not None] or paused or examples[:1]
    return min(fitting, key=lambda shown: len(shown.metric.segments), default=None)


def show_example(running: Running, shown: Example) -> None:
    """The ticket as HubSpot has it, then why."""
    from hubspot_sla.render.segment_table import columns, rows

    promise, teller = shown.metric.verdict.promise, shown.explanation.teller
    zone = None if promise is None else promise.calendar.zone
    properties = running.portal.read("tickets", shown.row.cycle.record.record_id)
    terminal.table(
        ["property", "value"],
        [[name, _local(properties.get(name), zone, teller)] for name in PROPERTIES],
        piped_header=True,
    )
    terminal.paragraph(f"{shown.row.customer}. {shown.metric.line}", indent="   ")
    if zone is not None:
        names = columns(teller.texts)
        segments = rows(shown.metric.segments, zone, teller.texts)
        terminal.table(names, segments, piped_header=True, cut=(names[_WHERE],))


def show_tasks(tasks: Sequence[dict[str, str | None]]) -> None:
    terminal.table(
        ["ticket", "task"],
        [[task["ticket"], task["subject"]] for task in tasks[:MOST_ROWS]],
        piped_header=True,
        cut=("task",),
    )
    _say_how_many_more(len(tasks), "the tasks of HubSpot")


def _say_how_many_more(count: int, where: str) -> None:
    if count > MOST_ROWS:
        terminal.say(f"   and {count - MOST_ROWS} more: {where}")


def _local(value: str | None, zone: tzinfo | None, teller: Teller) -> str | None:
    """An instant as everything else here shows it; any other value as it is."""
    from hubspot_sla.language.forms import instant

    if zone is None or not value or not value.endswith("Z"):
        return value
    return instant(int(datetime.fromisoformat(value).timestamp() * 1000), zone, teller.texts)
