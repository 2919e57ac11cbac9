"""The messages of one record, from every source that was read, as its timeline holds them. Pure.

Threads say who wrote what and when, so where they were read they stand in place of the record's properties, until the
instant until which they are known. What the properties tell of the time after it counts beside them: that is how a
record is judged while a source cannot be read.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.messages import count, events_of
from hubspot_sla.clock.timeline import NotNeeded
from hubspot_sla.flows.records.asked import asked_by
from hubspot_sla.flows.records.hubspot_facts import SHOWN
from hubspot_sla.flows.records.message_facts import messages_in, threads_read_until, why_unread
from hubspot_sla.flows.records.property_messages import PropertyMessages, instant_of, property_messages
from hubspot_sla.ledger.facts import by_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.clock.messages import CountedMessage, MessageEvents, SourceMessage
    from hubspot_sla.clock.timeline import Message, OwnerChange, Timeline
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.hubspot.objects.profile import ObjectProfile
    from hubspot_sla.ledger.facts import Fact
    from hubspot_sla.policy.condition_values import Wanted
    from hubspot_sla.policy.messages import MessageWords


@dataclass(frozen=True, slots=True)
class RecordMessages:
    """`counted` is every message of a source, by time; `by_properties` what the properties tell beside them; `unread`
    why threads are not known whole, "" where they are, or are not to be read."""

    counted: tuple[CountedMessage, ...] = ()
    by_properties: PropertyMessages = field(default_factory=PropertyMessages)
    unread: str = ""

    @property
    def are_known(self) -> bool:
        """Whether the threads of every record of the lineage were read."""
        return not self.unread


NEVER_READ = "its threads have not been read yet"
NOT_SHOWN = "no thread shows a message that its properties tell of"


def messages_of(
    facts_of_records: Sequence[Sequence[Fact]], versions: Sequence[Version], created_at: int | None, words: MessageWords
) -> RecordMessages:
    """Of a record and those merged into it, by the facts of each. `words` say what counts, whatever was said before."""
    messages: dict[str, SourceMessage] = {}
    by_properties: list[PropertyMessages] = []
    unread = ""
    newest: int | None = None
    for facts in facts_of_records:  # those that went into the first one after it
        own = {one.id: one for one in messages_in(facts) if _is_read(one, words)}
        messages = own | messages  # the threads of all are the first one's, which knows their newest editions
        newest = _later(newest, threads_read_until(facts) if words.reads_threads else None)
        by_properties.append(property_messages(by_name(facts), asked_by(versions), []).after(newest))
        if words.reads_threads:
            unread = unread or why_unread(facts) or (NEVER_READ if newest is None else "")
    beside = _together(by_properties)
    if words.reads_threads and any(beside):
        unread = unread or NOT_SHOWN
    return RecordMessages(count(messages.values(), words.rules, created_at), beside, unread)


def _later(one: int | None, other: int | None) -> int | None:
    return max((at for at in (one, other) if at is not None), default=None)


def _is_read(message: SourceMessage, words: MessageWords) -> bool:
    """What was kept of a source that the mappings name no more counts no more."""
    return (words.reads_threads and bool(message.thread)) or f"{message.kind.value}s" in words.activities


def with_messages(
    timeline: Timeline,
    facts_of_records: Sequence[Sequence[Fact]],
    versions: Sequence[Version],
    words: MessageWords,
    profile: ObjectProfile,
    owner_ids: Mapping[str, str],
) -> Timeline:
    """A timeline by the properties of a record and of those merged into it, with what the sources tell. Who answered
    first is told by the owner id, whichever source names the person: `owner_ids` are known by actor id."""
    own = facts_of_records[0]
    timeline = replace(timeline, not_needed=_not_needed(own, words.not_needed))
    if not words.sources:
        return timeline
    messages = messages_of(facts_of_records, versions, timeline.created_at, words)
    escalated = [
        at
        for facts in facts_of_records
        for fact in facts
        if fact.name == profile.escalated and (at := instant_of(fact.name, fact.value, [])) is not None
    ]
    events = events_of(messages.counted, timeline.created_at, min(escalated, default=None))
    first_responder = owner_ids.get(events.first_responder, events.first_responder)
    return _merged(timeline, messages, events._replace(first_responder=first_responder))


def _merged(timeline: Timeline, messages: RecordMessages, events: MessageEvents) -> Timeline:
    beside = messages.by_properties
    first = sorted((*events.first_replies, *beside.first_replies), key=_instant)[:1]
    is_known = first == list(events.first_replies)
    agents = _by_instant(beside.agent_messages, events.agent_messages)
    customers = _by_instant(beside.customer_messages, events.customer_messages)
    blind = timeline.blind if not (agents or customers) and not messages.are_known else ""
    return replace(
        timeline,
        first_replies=tuple(first),
        agent_messages=agents,
        customer_messages=customers,
        ai_messages=events.ai_messages,
        owners=tuple(sorted((*timeline.owners, *events.owners), key=_instant)),
        handover_at=events.handover_at,
        handed_over_by_reply=events.handed_over_by_reply,
        ai_hold=events.ai_hold,
        first_responder=events.first_responder if is_known else "",
        first_ai_responder=events.first_ai_responder,
        blind=blind,
    )


def _instant(fact: Message | OwnerChange) -> int:
    return fact.at


def _by_instant(beside: Iterable[Message], exact: Iterable[Message]) -> tuple[Message, ...]:
    by_instant = {message.at: message for message in (*beside, *exact)}
    return tuple(by_instant[at] for at in sorted(by_instant))


def _together(messages: Sequence[PropertyMessages]) -> PropertyMessages:
    if len(messages) == 1:
        return messages[0]
    first, agents, customers = (
        _by_instant((), (message for one in messages for message in one[kind])) for kind in range(3)
    )
    return PropertyMessages(first[:1], agents, customers)


def _not_needed(facts: Iterable[Fact], wanted_by_property: Mapping[str, Wanted]) -> NotNeeded | None:
    """By the values as they are now: one that is taken back never meant anything."""
    found: list[NotNeeded] = []
    for name, wanted in wanted_by_property.items():
        held: NotNeeded | None = None
        value: str | None = None
        for fact in facts:
            if fact.name != name or fact.value == value:
                continue
            value = fact.value
            if not wanted.accepts(value):
                held = None
            elif held is None:
                why = f"no answer is needed: {name} is {value or 'empty'}"
                held = NotNeeded(fact.at, why, "" if fact.source == SHOWN else fact.source)
        found += [] if held is None else [held]
    return min(found, key=lambda one: one.at, default=None)
