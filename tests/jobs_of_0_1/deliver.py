"""Send what waits in the outbox: what was refused and has waited long enough, what an ended run has left."""

from schedule import Job, Scheduler

from hubspot_sla.flows.parts import Parts
from hubspot_sla.flows.waiting import send_waiting


def when(scheduler: Scheduler) -> Job:
    return scheduler.every(1).minutes


def run(parts: Parts) -> object:
    return send_waiting(parts)
