"""Close the windows of contracts whose time has come, as report.close_after in portal.yaml says."""

from schedule import Job, Scheduler

from hubspot_sla.jobs import Context, close_due_contracts


def when(scheduler: Scheduler) -> Job:
    return scheduler.every().day.at("05:40")


def run(context: Context) -> object:
    return close_due_contracts(context)
