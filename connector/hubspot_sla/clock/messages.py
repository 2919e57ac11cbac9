"""Which messages and activities of a record count, as what, and why the others do not.

A source (threads, logged e-mails, calls, notes, meetings) shows each message with its instant, its direction and who
wrote it. `count` says of every one what it is to the clocks: a customer's message, a reply, an update, an assignment,
or nothing, with the reason. `events_of` makes of that what a timeline holds. Nothing is decided by a text: none is
kept.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.clock.time_text import length
from hubspot_sla.clock.timeline import AgentHold, Message, OwnerChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class ActorKind(StrEnum):
    """Who wrote. EMAIL: somebody known by an address only. UNKNOWN: nobody can say."""

    PERSON = "person"
    AI_AGENT = "ai_agent"
    BOT = "bot"
    VISITOR = "visitor"
    EMAIL = "email"
    INTEGRATION = "integration"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class MessageKind(StrEnum):
    """What it is. STATUS: the thread was closed, reopened or moved to another inbox."""

    MESSAGE = "message"
    COMMENT = "comment"
    ASSIGNMENT = "assignment"
    STATUS = "status"
    WELCOME = "welcome"
    EMAIL = "email"
    CALL = "call"
    NOTE = "note"
    MEETING = "meeting"


class Direction(StrEnum):
    """From the customer, to the customer, or neither."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    NONE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMessage:
    """One message as its source shows it, without its text. `at` is epoch ms; `thread` is "" for activities.

    `automatic` says by what it was recognised as automatic ("" where it was not), `outside` which entry of
    `outside_domains` its sender matches. `assigned_to` and `assigned_kind` belong to ASSIGNMENT; the former is "" where
    the thread was taken from everybody. `connected` belongs to CALL and MEETING: it took place. `failed`: it never
    reached anybody. `defect` says why nothing can be made of it.
    """

    id: str
    at: int
    kind: MessageKind
    direction: Direction = Direction.NONE
    actor: str = ""
    actor_kind: ActorKind = ActorKind.UNKNOWN
    channel: str = ""
    thread: str = ""
    client: str = ""
    automatic: str = ""
    outside: str = ""
    failed: bool = False
    assigned_to: str = ""
    assigned_kind: ActorKind | None = None
    connected: bool = False
    defect: str = ""

    @property
    def by_person(self) -> bool:
        """Somebody of ours wrote it, be it from outside the help desk."""
        return self.actor_kind is ActorKind.PERSON or bool(self.outside)

    @property
    def typed_in_hubspot(self) -> bool:
        """A person wrote it in HubSpot itself: whatever else is said of it, it is no automatic reply."""
        return self.actor_kind is ActorKind.PERSON and self.client == HUBSPOT_CLIENT


HUBSPOT_CLIENT: Final = "HUBSPOT"


class Counted(StrEnum):
    """What messages of a kind count as."""

    IGNORE = "ignore"
    UPDATE = "update"
    ANSWER = "answer"


class AiAgent(StrEnum):
    """What the messages of the AI agent count as. SEPARATE: they stop clocks of their own."""

    ANSWER = "answer"
    IGNORE = "ignore"
    SEPARATE = "separate"


@dataclass(frozen=True, slots=True)
class MessageRules:
    """What counts. `within_ms`: an agent's message so soon after a customer's is an automatic reply (None: soon is no
    reason); one that a person typed in HubSpot never is, and the AI agent goes by `ai_agent` alone."""

    ai_agent: AiAgent = AiAgent.IGNORE
    bots: Counted = Counted.IGNORE
    auto_replies: Counted = Counted.IGNORE
    within_ms: int | None = None
    comments: Counted = Counted.IGNORE
    notes: Counted = Counted.UPDATE
    calls: Counted = Counted.ANSWER
    meetings: Counted = Counted.UPDATE


class Effect(StrEnum):
    """What a message is to the clocks. AI_REPLY: a reply under the clocks of the AI agent."""

    NONE = ""
    CUSTOMER = "customer"
    REPLY = "reply"
    AI_REPLY = "ai_reply"
    UPDATE = "update"
    ASSIGNMENT = "assignment"


class CountedMessage(NamedTuple):
    """A message and what it counts as; `why` says why it counts as nothing. `early`: what it would count as, had the
    record been there already."""

    message: SourceMessage
    effect: Effect
    why: str = ""
    early: Effect = Effect.NONE


BEFORE_CREATION: Final = "it was written before the ticket was created"
SAME_MESSAGE_MS: Final = 60_000
"""HubSpot logs an e-mail of a thread once more as an activity, at about the same time."""
_BY_RULE: Final = {Counted.UPDATE: Effect.UPDATE, Counted.ANSWER: Effect.REPLY}
_NAMES: Final = {
    ActorKind.BOT: "a bot",
    ActorKind.SYSTEM: "the system",
    ActorKind.INTEGRATION: "an integration",
    ActorKind.AI_AGENT: "the AI agent",
    ActorKind.UNKNOWN: "somebody unknown",
}
_CALLING_MACHINES: Final = (ActorKind.BOT, ActorKind.SYSTEM)
_order: Final = attrgetter("at", "id")


def count(messages: Iterable[SourceMessage], rules: MessageRules, created_at: int | None) -> tuple[CountedMessage, ...]:
    """Every message, each id once, by time. `created_at`: what was written before the record was there counts for
    nothing."""
    ordered = sorted({message.id: message for message in messages}.values(), key=_order)
    in_threads: dict[Direction, list[int]] = {direction: [] for direction in Direction}
    for one in ordered:
        if one.kind is MessageKind.MESSAGE and not one.defect:
            in_threads[one.direction].append(one.at)
    counting = _Counting(rules, created_at, in_threads, {})
    return tuple([counting.counted(message) for message in ordered])


class _Counting(NamedTuple):
    """`in_threads` are the instants of the messages of threads, in order; `customers` is that of the newest message of
    a customer so far, by thread."""

    rules: MessageRules
    created_at: int | None
    in_threads: Mapping[Direction, Sequence[int]]
    customers: dict[str, int]

    def counted(self, message: SourceMessage) -> CountedMessage:
        effect, why = self._effect(message)
        if effect is Effect.CUSTOMER:
            self.customers[message.thread] = self.customers[""] = message.at
        counts = effect not in (Effect.NONE, Effect.ASSIGNMENT)
        if counts and message.at < (self.created_at or 0):
            return CountedMessage(message, Effect.NONE, BEFORE_CREATION, effect)
        return CountedMessage(message, effect, why)

    def _effect(self, message: SourceMessage) -> tuple[Effect, str]:
        if message.defect:
            return Effect.NONE, message.defect
        match message.kind:
            case MessageKind.ASSIGNMENT:
                return self._assignment(message)
            case MessageKind.COMMENT:
                return self._internal(message, self.rules.comments, "internal comments do not count")
            case MessageKind.NOTE:
                return self._internal(message, self.rules.notes, "notes do not count")
            case MessageKind.CALL:
                return self._call(message)
            case MessageKind.MEETING if not message.connected:
                return Effect.NONE, "nobody says that the meeting took place"
            case MessageKind.MEETING:
                return self._internal(message, self.rules.meetings, "meetings do not count")
            case MessageKind.STATUS:
                return Effect.NONE, "it is no message: the thread was closed, reopened or moved"
            case MessageKind.WELCOME:
                return Effect.NONE, "a welcome message is sent by itself"
        return self._written(message)

    def _assignment(self, message: SourceMessage) -> tuple[Effect, str]:
        kind = message.assigned_kind
        if kind is ActorKind.PERSON or (kind is ActorKind.AI_AGENT and self.rules.ai_agent is AiAgent.ANSWER):
            return Effect.ASSIGNMENT, ""
        if not message.assigned_to:
            return Effect.NONE, "nobody was put in charge"
        return Effect.NONE, f"it was assigned to {_NAMES.get(kind or ActorKind.UNKNOWN, 'somebody who is no agent')}"

    def _internal(self, message: SourceMessage, rule: Counted, why_not: str) -> tuple[Effect, str]:
        if message.automatic:
            return Effect.NONE, f"it is automatic: {message.automatic}"
        if message.actor_kind is not ActorKind.PERSON:
            return Effect.NONE, f"{_NAMES.get(message.actor_kind, 'somebody who is no agent')} wrote it"
        return (_BY_RULE[rule], "") if rule in _BY_RULE else (Effect.NONE, why_not)

    def _call(self, message: SourceMessage) -> tuple[Effect, str]:
        if not message.connected:
            return Effect.NONE, "the call was not connected"
        if message.actor_kind in _CALLING_MACHINES and self.rules.bots is not Counted.ANSWER:
            return Effect.NONE, f"{_NAMES[message.actor_kind]} made it"
        rule = self.rules.calls
        return (_BY_RULE[rule], "") if rule in _BY_RULE else (Effect.NONE, "calls do not count")

    def _written(self, message: SourceMessage) -> tuple[Effect, str]:
        """A message of a thread, or a logged e-mail."""
        if message.kind is MessageKind.EMAIL:
            if message.direction is Direction.NONE:
                return Effect.NONE, "it was forwarded to HubSpot, which answers nobody"
            if self._is_in_a_thread(message):
                return Effect.NONE, "a thread shows the same message"
        if message.failed:
            return Effect.NONE, "it was not delivered"
        if message.automatic and self.rules.auto_replies is not Counted.ANSWER and not message.typed_in_hubspot:
            return Effect.NONE, f"it is automatic: {message.automatic}"
        effect, why = self._by_author(message)
        if effect is Effect.REPLY and self._came_at_once(message):
            return Effect.NONE, f"it came within {length(self.rules.within_ms or 0)} of the customer's message"
        return effect, why

    def _by_author(self, message: SourceMessage) -> tuple[Effect, str]:
        if message.by_person:
            return Effect.REPLY, ""
        kind, incoming = message.actor_kind, message.direction is Direction.INCOMING
        if kind is ActorKind.AI_AGENT:
            return self._by_ai_agent()
        if incoming and kind not in (ActorKind.BOT, ActorKind.SYSTEM):
            return Effect.CUSTOMER, ""
        if kind in (ActorKind.BOT, ActorKind.SYSTEM, ActorKind.INTEGRATION):
            answers = self.rules.bots is Counted.ANSWER and not incoming
            return (Effect.REPLY, "") if answers else (Effect.NONE, f"{_NAMES[kind]} sent it")
        return Effect.NONE, f"nobody can say who sent it{f' ({message.actor})' if message.actor else ''}"

    def _by_ai_agent(self) -> tuple[Effect, str]:
        match self.rules.ai_agent:
            case AiAgent.ANSWER:
                return Effect.REPLY, ""
            case AiAgent.SEPARATE:
                return Effect.AI_REPLY, ""
        return Effect.NONE, "the AI agent sent it"

    def _came_at_once(self, message: SourceMessage) -> bool:
        within_ms = self.rules.within_ms
        if within_ms is None or message.typed_in_hubspot or message.actor_kind is ActorKind.AI_AGENT:
            return False
        customer_at = self.customers.get(message.thread)
        return customer_at is not None and message.at - customer_at <= within_ms

    def _is_in_a_thread(self, email: SourceMessage) -> bool:
        instants = self.in_threads[email.direction]
        place = bisect_left(instants, email.at - SAME_MESSAGE_MS)
        return place < len(instants) and instants[place] <= email.at + SAME_MESSAGE_MS


class MessageEvents(NamedTuple):
    """What messages add to a timeline: see the fields of `Timeline`. `owners` are people in charge by a thread's
    assignment; `first_responder` the actor of the first reply, `first_ai_responder` of the AI agent's own first."""

    first_replies: tuple[Message, ...] = ()
    agent_messages: tuple[Message, ...] = ()
    customer_messages: tuple[Message, ...] = ()
    ai_messages: tuple[Message, ...] = ()
    owners: tuple[OwnerChange, ...] = ()
    handover_at: int | None = None
    handed_over_by_reply: bool = False
    ai_hold: AgentHold | None = None
    first_responder: str = ""
    first_ai_responder: str = ""


def events_of(
    counted: Sequence[CountedMessage], created_at: int | None, escalated_at: int | None = None
) -> MessageEvents:
    """`escalated_at`: when the AI agent gave the record to people, as the record itself says."""
    since = created_at or 0
    agents = [one for one in counted if one.effect in (Effect.REPLY, Effect.UPDATE)]
    first = next((one.message for one in agents if one.effect is Effect.REPLY and one.message.at > since), None)
    of_ai_agent = [one for one in counted if one.effect is Effect.AI_REPLY]
    assignments = _assignments(counted, since)
    handover_at, by_reply = _handover(counted, assignments, since, escalated_at)
    return MessageEvents(
        first_replies=() if first is None else (_message(first),),
        agent_messages=_messages(agents),
        customer_messages=_messages(one for one in counted if one.effect is Effect.CUSTOMER),
        ai_messages=_messages(of_ai_agent),
        owners=tuple(OwnerChange(at, message.assigned_to, message.kind.value) for at, message in assignments),
        handover_at=handover_at,
        handed_over_by_reply=by_reply,
        ai_hold=_ai_hold(counted, since, handover_at, escalated=escalated_at is not None),
        first_responder="" if first is None else first.actor,
        first_ai_responder=next((one.message.actor for one in of_ai_agent if one.message.at > since), ""),
    )


def _message(message: SourceMessage, *, answers: bool = True) -> Message:
    return Message(message.at, message.kind.value, answers=answers)


def _messages(counted: Iterable[CountedMessage]) -> tuple[Message, ...]:
    """One for each instant; a reply in the instant of an update is a reply."""
    by_instant: dict[int, Message] = {}
    for message, effect, *_ in counted:
        answers = effect is not Effect.UPDATE
        if answers or message.at not in by_instant:
            by_instant[message.at] = _message(message, answers=answers)
    return tuple(by_instant[at] for at in sorted(by_instant))


def _assignments(counted: Iterable[CountedMessage], since: int) -> list[tuple[int, SourceMessage]]:
    """Who was put in charge when. Of what came before the record was there the last counts, from its creation on."""
    at_creation: list[tuple[int, SourceMessage]] = []
    later: list[tuple[int, SourceMessage]] = []
    for message, effect, *_ in counted:
        if message.kind is not MessageKind.ASSIGNMENT or message.defect:
            continue
        assigned = [(max(message.at, since), message)] if effect is Effect.ASSIGNMENT else []
        if message.at <= since:
            at_creation = assigned
        else:
            later += assigned
    return at_creation + later


def _handover(
    counted: Sequence[CountedMessage],
    assignments: Iterable[tuple[int, SourceMessage]],
    since: int,
    escalated_at: int | None,
) -> tuple[int | None, bool]:
    """The first of the escalation, an assignment to a person and a person's message; and whether it is a message, which
    answers in the instant in which it takes over."""
    to_people = (at for at, message in assignments if message.assigned_kind is ActorKind.PERSON)
    instants = [] if escalated_at is None else [max(escalated_at, since)]
    instants += [at for at in (next(to_people, None),) if at is not None]
    if any(one.early is Effect.REPLY and one.message.by_person for one in counted):
        instants.append(since)
    replies = (one.message.at for one in counted if one.effect is Effect.REPLY and one.message.by_person)
    replied_at = next((at for at in replies if at > since), None)
    if replied_at is not None and all(replied_at <= at for at in instants):
        return replied_at, True
    return min(instants, default=None), False


def _ai_hold(
    counted: Iterable[CountedMessage], since: int, handover_at: int | None, *, escalated: bool
) -> AgentHold | None:
    """From the creation to the hand-over, where the AI agent took part before people did."""
    took_part = escalated or any(
        _is_of_ai_agent(one.message) and (handover_at is None or one.message.at < handover_at) for one in counted
    )
    return AgentHold(since, handover_at) if took_part and handover_at != since else None


def _is_of_ai_agent(message: SourceMessage) -> bool:
    by_ai_agent = message.actor_kind is ActorKind.AI_AGENT and message.kind is MessageKind.MESSAGE
    return by_ai_agent or message.assigned_kind is ActorKind.AI_AGENT
