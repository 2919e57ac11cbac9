"""Compute all outcomes again once a day from the facts, and report any that differ. Nothing is written."""

from schedule import Job, Scheduler

from hubspot_sla.jobs import Context, check_outcomes


def when(scheduler: Scheduler) -> Job:
    return scheduler.every().day.at("04:30")


def run(context: Context) -> object:
    return check_outcomes(context).summary()
