"""Send leads every business day what is late and what comes due next, as report.subscriptions in portal.yaml says."""

from schedule import Job, Scheduler

from hubspot_sla.jobs import Context, report_daily


def when(scheduler: Scheduler) -> Job:
    return scheduler.every().day.at("06:30")


def run(context: Context) -> object:
    return report_daily(context)
