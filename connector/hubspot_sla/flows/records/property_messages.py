"""Messages as the properties of a record tell of them: their times, and nothing else. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.clock.timeline import Message
from hubspot_sla.flows.records.hubspot_facts import SHOWN
from hubspot_sla.hubspot import wire_time

if TYPE_CHECKING:
    from hubspot_sla.flows.records.asked import Asked
    from hubspot_sla.ledger.facts import FactsByName

Messages = tuple[Message, ...]


class PropertyMessages(NamedTuple):
    """What may count as the first reply (the earliest time that any of its properties has ever held), all that agents
    wrote, all that customers did."""

    first_replies: Messages = ()
    agent_messages: Messages = ()
    customer_messages: Messages = ()

    def after(self, instant: int | None) -> PropertyMessages:
        """Those later than `instant`; all for None."""
        if instant is None:
            return self
        return PropertyMessages(*(tuple(one for one in messages if one.at > instant) for messages in self))


NO_MESSAGES: Final = PropertyMessages()


def property_messages(facts_by_name: FactsByName, asked: Asked, defects: list[str]) -> PropertyMessages:
    """By the properties of every version: what counted once counts after an edit of their names too."""
    if asked.messages.isdisjoint(facts_by_name):
        return NO_MESSAGES
    first = _messages(facts_by_name, asked.first_replies, defects, latest_only=False)[:1]
    agents = _messages(facts_by_name, asked.agent_messages, defects)
    customers = _messages(facts_by_name, asked.customer_messages, defects)
    if not (first or agents or customers):
        return NO_MESSAGES
    together = {message.at: message for message in (*agents, *first)}
    return PropertyMessages(first, tuple(together[at] for at in sorted(together)), customers)


def _messages(
    facts_by_name: FactsByName, names: frozenset[str], defects: list[str], *, latest_only: bool = True
) -> Messages:
    """The messages whose times these properties have ever held, sorted.

    A property that holds the latest message only, shown without its history, may have held others before.
    """
    if names.isdisjoint(facts_by_name):
        return ()
    by_instant: dict[int, Message] = {}
    for name, facts in facts_by_name.items():
        for fact in facts if name in names else ():
            at = instant_of(name, fact.value, defects)
            if at is not None and at not in by_instant:
                by_instant[at] = Message(at, name, inferred=latest_only and fact.source == SHOWN)
    return tuple(by_instant[at] for at in sorted(by_instant))


def instant_of(name: str, text: str | None, defects: list[str]) -> int | None:
    """The instant that a property holds; None where it holds none, which is a defect unless it is empty."""
    try:
        return wire_time.parse(text)
    except ValueError:
        defects.append(f"{name} holds {text!r}, which is no instant")
        return None
