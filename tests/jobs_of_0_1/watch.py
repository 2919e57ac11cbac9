"""Flag what becomes late when it becomes late, and whatever else only time changes.

There is no schedule: `next_at` is the earliest deadline in the ledger, and the worker sleeps until then.
"""

from hubspot_sla.flows import watch
from hubspot_sla.flows.parts import Parts


def next_at(parts: Parts) -> int | None:
    return watch.next_at(parts)


def run(parts: Parts) -> object:
    return watch.watch(parts)
