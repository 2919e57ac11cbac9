"""Send the head of the audit log elsewhere once a day, so that even the owner of the file cannot rewrite it unseen."""

from schedule import Job, Scheduler

from hubspot_sla.jobs import Context, keep_head


def when(scheduler: Scheduler) -> Job:
    return scheduler.every().day.at("03:45")


def run(context: Context) -> object:
    return keep_head(context)
