"""Read again what changes without a ticket's changing: companies, contacts, the portal's pipelines and properties.

Costs one call for each thousand open tickets, and one for each fifty companies behind them.
"""

from schedule import Job, Scheduler

from hubspot_sla.flows.parts import Parts
from hubspot_sla.flows.refresh import refresh


def when(scheduler: Scheduler) -> Job:
    return scheduler.every(1).hours


def run(parts: Parts) -> object:
    return refresh(parts)
