"""The jobs that send reports: each subscription of a role its report of the period that is due, as a file and a notice.

A report has one key for each subscription and period, and the outbox takes a key once. So a job may run as often as it
likes: what a machine that was down has missed is sent by the next run of that day, week or month, and nothing twice.
The file is written first; both are asked for anew until they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.errors import NotYetPossible, UsageProblem
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.failpoints import Failpoint
from hubspot_sla.flows.context.run_result import NOTHING
from hubspot_sla.flows.reporting import report_files, subscribed
from hubspot_sla.flows.reporting.report import last_sync
from hubspot_sla.flows.runs.job_run import new_run_id
from hubspot_sla.flows.sending import notification_delivery, report_letter
from hubspot_sla.flows.sending.commit import RunStats
from hubspot_sla.ledger import audit, held_notices, notifications, outbox, state
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.policy.subscriptions import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.subscriptions import Subscription

KIND = "report"


@dataclass(frozen=True, slots=True)
class _Due:
    """A report that is not wholly there yet. `forms` are those of the files that are missing."""

    subscription: Subscription
    period: Period
    forms: list[str]
    is_asked_for: bool

    @property
    def name(self) -> str:
        """Of its files, and in what the job says."""
        return f"{self.subscription.name}_{subscribed.label(self.period)}"


def report_daily(context: Context) -> object:
    """To leads: what is late, and what comes due next."""
    return _send(context, Role.LEAD)


def report_weekly(context: Context) -> object:
    """To managers: the week that ended."""
    return _send(context, Role.MANAGER)


def report_monthly(context: Context) -> object:
    """To executives: the month that ended."""
    return _send(context, Role.EXECUTIVE)


def _send(context: Context, role: Role) -> object:
    """What was done, in a line. NotYetPossible: the last sync is older than what the report is about. UsageProblem: a
    file cannot be written; everything else was done."""
    versions = versions_in_force.in_force(context.ledger.db, context.compiled)
    mappings = versions[-1].mappings if versions else None
    due = [] if mappings is None else list(_due(context, role, mappings))
    if mappings is None or not due:
        return NOTHING
    _require_known(context, role, due[0].period)
    failed: list[UsageProblem] = []
    run_id = new_run_id()
    for each in due:
        failed += _written(context, each, mappings)
        context.reached(Failpoint.JUDGED)
        _ask_for(context, each, run_id)
        context.reached(Failpoint.RECORDED)
    stats = RunStats()
    notification_delivery.flush(context, run_id, stats)
    if failed:
        raise failed[0]
    sent = f", {stats.notifications_sent} sent" if stats.notifications_sent else ""
    return f"reports: {', '.join(each.name for each in due)}{sent}"


def _due(context: Context, role: Role, mappings: Mappings) -> Iterator[_Due]:
    subscriptions = [each for each in mappings.portal.subscriptions if each.role is role]
    period = subscribed.period_due(role, context.now(), mappings) if subscriptions else None
    db = context.ledger.db
    go_live_at = state.read_instant(db, state.GO_LIVE)
    if period is None or go_live_at is None or period.end_at <= go_live_at:
        return
    for subscription in subscriptions:
        key = report_letter.key_of(subscription, period)
        is_asked_for = not subscription.channel or bool(notifications.read(db, [key]))
        name = _Due(subscription, period, [], is_asked_for).name
        forms = report_files.missing(context.settings.reports, name, subscription.files)
        if forms or not is_asked_for:
            yield _Due(subscription, period, forms, is_asked_for)


def _require_known(context: Context, role: Role, period: Period) -> None:
    synced_at, needed_at = last_sync(context.ledger.db), subscribed.reached_at(role, period)
    if synced_at is None or synced_at < needed_at:
        last = "no sync has ended well yet" if synced_at is None else f"the last sync ended at {wire(synced_at)}"
        raise NotYetPossible(
            f"the {role} report of {subscribed.label(period)} waits for a sync: {last}", remedy="`sla status` says more"
        )


def _written(context: Context, due: _Due, mappings: Mappings) -> list[UsageProblem]:
    """Why its files could not be written; empty where they are."""
    if due.forms:
        try:
            document = subscribed.document_of(context.ledger.db, due.subscription, due.period, mappings)
            report_files.write(context.settings.reports, due.name, due.forms, document)
        except UsageProblem as problem:
            return [problem]
    return []


def _ask_for(context: Context, due: _Due, run_id: str) -> None:
    """Into the outbox, with the entry that says so."""
    if due.is_asked_for:
        return
    at = context.now()
    with context.ledger.transaction() as db:
        item = report_letter.item_of(due.subscription, due.period, audit.next_number(db))
        body = {"key": item.key, "name": due.subscription.name, "channel": item.channel}
        outbox.put(db, [item], run_id=run_id, at=at)
        held_notices.withdraw(db)
        audit.append(db, at=at, run_id=run_id, entries=[Entry(KIND, body)])
