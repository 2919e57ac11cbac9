"""Read again what changes without a ticket's changing: companies, contacts, the portal's pipelines and properties.

Costs one call for each thousand open tickets, and one for each fifty companies behind them.
"""

from schedule import Job, Scheduler

from hubspot_sla.jobs import Context, refresh


def when(scheduler: Scheduler) -> Job:
    return scheduler.every(1).hours


def run(context: Context) -> object:
    return refresh(context)
