"""Recompute the audit chain once a day, so that a damaged ledger is noticed before somebody needs it."""

from schedule import Job, Scheduler

from hubspot_sla.flows.parts import Parts
from hubspot_sla.ledger.audit import require_whole


def when(scheduler: Scheduler) -> Job:
    return scheduler.every().day.at("03:30")


def run(parts: Parts) -> object:
    return f"{require_whole(parts.ledger.db).entries} entries, chain whole"
