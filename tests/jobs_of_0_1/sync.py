"""Pull what changed in HubSpot, judge it, write the differences back.

`when` says how often: any schedule of https://schedule.readthedocs.io will do. An idle round costs one search call.
"""

from schedule import Job, Scheduler

from hubspot_sla.flows.parts import Parts
from hubspot_sla.flows.sync import sync


def when(scheduler: Scheduler) -> Job:
    return scheduler.every(1).minutes


def run(parts: Parts) -> object:
    return sync(parts)
