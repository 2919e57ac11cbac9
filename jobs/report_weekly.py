"""Send managers the report of the week that ended, as report.subscriptions in portal.yaml says.

It looks every day: what could not be sent on the first day of the week is sent on the next.
"""

from schedule import Job, Scheduler

from hubspot_sla.jobs import Context, report_weekly


def when(scheduler: Scheduler) -> Job:
    return scheduler.every().day.at("06:35")


def run(context: Context) -> object:
    return report_weekly(context)
