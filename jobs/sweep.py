"""Hold every ticket in HubSpot against the ledger: archived, merged, restored, drifted; histories of open tickets.

Costs one call for each hundred tickets, and one for each fifty open ones.
"""

from schedule import Job, Scheduler

from hubspot_sla.jobs import Context, sweep


def when(scheduler: Scheduler) -> Job:
    return scheduler.every().day.at("01:30")


def run(context: Context) -> object:
    return sweep(context)
