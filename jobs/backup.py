"""Copy the ledger once a day into SLA_BACKUPS, prove the copy, and keep the newest fourteen."""

from schedule import Job, Scheduler

from hubspot_sla.jobs import Context, backup_into_folder

KEEP = 14


def when(scheduler: Scheduler) -> Job:
    return scheduler.every().day.at("02:30")


def run(context: Context) -> object:
    made = backup_into_folder(context.ledger, context.settings.backups, context.now(), keep=KEEP)
    return f"{made.path}: {made.entries} audit entries, head {made.head}"
