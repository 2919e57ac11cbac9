"""Compute every recorded verdict again once a day, and report any that comes out otherwise. Nothing is written."""

from schedule import Job, Scheduler

from hubspot_sla.jobs import Context, replay_audit


def when(scheduler: Scheduler) -> Job:
    return scheduler.every().day.at("05:00")


def run(context: Context) -> object:
    return replay_audit(context).summary()
