"""Close the months whose time has come, as report.close_after in portal.yaml says; without it nothing is closed."""

from schedule import Job, Scheduler

from hubspot_sla.jobs import Context, close_due_periods


def when(scheduler: Scheduler) -> Job:
    return scheduler.every().day.at("05:30")


def run(context: Context) -> object:
    return close_due_periods(context)
