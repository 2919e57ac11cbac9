"""Copy the ledger once a day into SLA_BACKUPS, prove the copy, and keep the newest fourteen."""

from schedule import Job, Scheduler

from hubspot_sla.flows.backup import into_folder
from hubspot_sla.flows.parts import Parts

KEEP = 14


def when(scheduler: Scheduler) -> Job:
    return scheduler.every().day.at("02:30")


def run(parts: Parts) -> object:
    made = into_folder(parts.ledger, parts.settings.backups, parts.now(), keep=KEEP)
    return f"{made.path}: {made.entries} audit entries, head {made.head}"
