"""Send what waits in the outbox: what was refused and has waited long enough, what an ended run has left."""

from schedule import Job, Scheduler

from hubspot_sla.jobs import Context, send_waiting


def when(scheduler: Scheduler) -> Job:
    return scheduler.every(1).minutes


def run(context: Context) -> object:
    return send_waiting(context)
