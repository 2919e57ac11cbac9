"""Poll once more, one hour behind: catch and count what HubSpot's search index showed too late.

An idle round costs no call, or one. `sla status` shows what it caught.
"""

from schedule import Job, Scheduler

from hubspot_sla.flows.parts import Parts
from hubspot_sla.flows.slow_lane import slow_lane


def when(scheduler: Scheduler) -> Job:
    return scheduler.every(15).minutes


def run(parts: Parts) -> object:
    return slow_lane(parts)
