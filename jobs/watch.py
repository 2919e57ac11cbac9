"""Flag what becomes late when it becomes late, and whatever else only time changes.

There is no schedule: `next_at` is the earliest deadline in the ledger, and the worker sleeps until then.
"""

from hubspot_sla.jobs import Context, judge_deadlines, next_deadline


def next_at(context: Context) -> int | None:
    return next_deadline(context)


def run(context: Context) -> object:
    return judge_deadlines(context)
