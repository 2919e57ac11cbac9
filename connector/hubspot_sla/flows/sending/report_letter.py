"""A report to subscribers, made when it is sent: the outbox holds whose, and of which period, and no text of anybody.

So a report that waits says nothing of a ticket that was forgotten meanwhile. The key is the same in every attempt.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hubspot_sla.channels.message import Letter, Message, Notice
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.reporting import subscribed
from hubspot_sla.flows.reporting.query import zone_of
from hubspot_sla.ledger.notifications import REPORT
from hubspot_sla.ledger.outbox import NO_RECORD, Kind, OutboxItem
from hubspot_sla.measure.periods import Period
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.render.report import letter

if TYPE_CHECKING:
    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.policy.subscriptions import Subscription


def key_of(subscription: Subscription, period: Period) -> str:
    """What stands for ever for one report of one period."""
    return f"{REPORT}{subscription.name}:{subscribed.label(period)}"


def item_of(subscription: Subscription, period: Period, entry: int) -> OutboxItem:
    """`entry` is the number of the audit entry that asks for it."""
    body = {
        "name": subscription.name,
        "from": period.start.isoformat(),
        "to": period.end.isoformat(),
        "reached_at": wire(subscribed.reached_at(subscription.role, period)),
    }
    key = key_of(subscription, period)
    return OutboxItem(key, Kind.NOTIFICATION, NO_RECORD, body, subscription.channel, entry)


def notice_of(context: Context, item: OutboxItem) -> Notice:
    """The whole report as a letter, and for chats the one sentence of it. Raises UsageProblem for a subscription that
    portal.yaml names no longer."""
    mappings = versions_in_force.in_force(context.ledger.db, context.compiled)[-1].mappings
    name = str(item.body.get("name"))
    found = next((each for each in mappings.portal.subscriptions if each.name == name), None)
    if found is None:
        raise UsageProblem(f"portal.yaml names no subscription {name} any more", remedy="it was not sent")
    start, end = (date.fromisoformat(str(item.body.get(word))) for word in ("from", "to"))
    period = Period(start, end, zone_of(mappings))
    document = subscribed.document_of(context.ledger.db, found, period, mappings)
    short = subscribed.in_letter(document, found.role)
    sent = Letter(
        document.sentence,
        letter.as_text(short),
        letter.as_html(short),
        found.name,
        mappings.portal.unsubscribe,
    )
    facts = "\n".join(f"{title}: {text}" for title, text in document.facts)
    message = Message(
        key=item.key,
        ticket_id="",
        subject=document.sentence,
        headline=document.title,
        summary="\n".join([facts, *document.notes]),
        reached_at=str(item.body.get("reached_at")),
    )
    return Notice(item.key, (message,), sent)
