"""Keep what feeds of contracts say, fire rungs of contracts, and write to companies how contracts stand."""

from schedule import Job, Scheduler

from hubspot_sla.jobs import Context, write_contract_states


def when(scheduler: Scheduler) -> Job:
    return scheduler.every().day.at("06:00")


def run(context: Context) -> object:
    return write_contract_states(context)
