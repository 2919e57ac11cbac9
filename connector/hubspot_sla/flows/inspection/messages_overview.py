"""The messages of one record by time: who wrote them, what each counts as, and why the others do not count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.messages import ActorKind, Effect, MessageKind
from hubspot_sla.flows.judging.verdict_json import without_none
from hubspot_sla.flows.records.record_messages import messages_of
from hubspot_sla.ledger import missing_scopes, names
from hubspot_sla.ledger.names import Named
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.policy.counted_messages import needed_activities

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence, Set

    from hubspot_sla.clock.messages import CountedMessage, SourceMessage
    from hubspot_sla.clock.timeline import Message
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.flows.records.record_messages import RecordMessages

MESSAGES: Final = "messages"
LATENESS: Final = "a comment or an assignment alone is found by the sweep, a day later at most"
"""What neither the properties of a ticket nor the list of threads shows."""
COUNTS_AS: Final = {
    Effect.CUSTOMER: "a customer's message",
    Effect.REPLY: "a reply",
    Effect.AI_REPLY: "a reply of the AI agent",
    Effect.UPDATE: "an update",
    Effect.ASSIGNMENT: "an assignment",
}


@dataclass(frozen=True, slots=True)
class MessagesOverview:
    """`actor_names` by id. `unread` says why threads are not known whole; then `beside` is what the properties of the
    record tell in their place, as (instant, from the customer). `not_needed` are the kinds of activities among the
    sources that nothing promised counts, so that they are not read."""

    counted: Sequence[CountedMessage]
    actor_names: Mapping[str, str]
    unread: str = ""
    beside: Sequence[tuple[Message, bool]] = ()
    not_needed: Sequence[str] = ()

    def rows(self) -> list[tuple[int, str, str, str, str]]:
        """(instant, who, what, what it counts as, why it does not count), by time."""
        found = [
            (message.at, self.who(message), self._what(message), COUNTS_AS.get(effect, "nothing"), why)
            for message, effect, why, _ in self.counted
        ]
        found += [
            (
                message.at,
                "the customer" if incoming else "somebody of ours",
                f"property {message.source}",
                COUNTS_AS[Effect.CUSTOMER if incoming else Effect.REPLY],
                "",
            )
            for message, incoming in self.beside
        ]
        return sorted(found)

    def who(self, message: SourceMessage) -> str:
        """`person Ann Agent (A-101)`; a visitor is not named, and of whom an address alone is known no id is kept."""
        kind = "person from outside" if message.outside else message.actor_kind.value.replace("_", " ")
        if message.actor_kind in (ActorKind.VISITOR, ActorKind.EMAIL) and not message.outside:
            kind = "customer"
        name = self.actor_names.get(message.actor, "")
        if name:
            return f"{kind} {name} ({message.actor})"
        return kind if len(message.actor) <= 1 else f"{kind} {message.actor}"

    def _what(self, message: SourceMessage) -> str:
        """`message in`, `assignment to Ann Agent`, `call`."""
        if message.kind is MessageKind.ASSIGNMENT:
            to = self.actor_names.get(message.assigned_to, message.assigned_to)
            return f"assignment to {to or 'nobody'}"
        direction = {"incoming": " in", "outgoing": " out"}.get(message.direction.value, "")
        return f"{message.kind.value}{direction}"

    def as_json(self) -> dict[str, object]:
        return {
            "unread": self.unread or None,
            "not_needed": list(self.not_needed),
            "known_late": LATENESS,
            "by_time": [self._json(one) for one in self.counted],
            "by_properties": [
                {"at": wire(message.at), "property": message.source, "counts_as": "customer" if incoming else "reply"}
                for message, incoming in self.beside
            ],
        }

    def _json(self, one: CountedMessage) -> dict[str, object]:
        message = one.message
        return without_none(
            {
                "id": message.id,
                "at": wire(message.at),
                "kind": message.kind.value,
                "direction": message.direction.value or None,
                "who": self.who(message),
                "actor": message.actor or None,
                "actor_kind": message.actor_kind.value,
                "thread": message.thread or None,
                "assigned_to": message.assigned_to or None,
                "counts_as": one.effect.value or None,
                "why_not": one.why or None,
            }
        )


def messages_overview(
    db: sqlite3.Connection, record: RecordFacts, versions: Sequence[Version], created_at: int | None, now: int
) -> MessagesOverview | None:
    """As of `now` (epoch ms). None: the mappings name no source of messages, or the record was merged into another."""
    words = versions[-1].mappings.portal.messages
    if words is None or not words.sources or record.merged_into:
        return None
    facts = [record.facts, *(absorbed.facts for absorbed in record.absorbed)]
    messages = messages_of(facts, versions, created_at, words)
    actors = {id_ for one in messages.counted for id_ in (one.message.actor, one.message.assigned_to) if id_}
    reason = missing_scopes.load(db).get(MESSAGES, "")
    unread = messages.unread and (reason or messages.unread)
    needed = needed_activities(words, versions[-1].mappings.policy_set.policies, now)
    return MessagesOverview(
        messages.counted,
        _names(db, actors, record.owner_ids),
        unread,
        _beside(messages),
        [kind for kind in words.activities if kind not in needed],
    )


def _names(db: sqlite3.Connection, actors: Set[str], owner_ids: Mapping[str, str]) -> dict[str, str]:
    """By actor id; whoever is an owner is called as owners are."""
    ids = {id_: owner_ids.get(id_, id_) for id_ in actors}
    called = names.newest(db, Named.OWNER, {*ids, *ids.values()})
    return {id_: name for id_ in ids if (name := called.get(ids[id_]) or called.get(id_))}


def _beside(messages: RecordMessages) -> list[tuple[Message, bool]]:
    told = messages.by_properties
    ours = {message.at: message for message in (*told.first_replies, *told.agent_messages)}
    return [*((message, False) for message in ours.values()), *((message, True) for message in told.customer_messages)]
