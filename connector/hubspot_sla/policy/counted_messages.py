"""Which messages the policies count at all, so that no others need be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.messages import Counted, Effect
from hubspot_sla.clock.metrics import EventKind, TakenOverByReply
from hubspot_sla.policy.messages import CALLS, EMAILS, MEETINGS, NOTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubspot_sla.clock.messages import MessageRules
    from hubspot_sla.clock.metrics import Definition
    from hubspot_sla.policy.messages import MessageWords
    from hubspot_sla.policy.policy_set import Policy

Effects = frozenset[Effect]

_REPLIES: Final = frozenset({Effect.REPLY})
_CUSTOMERS: Final = frozenset({Effect.CUSTOMER})
_UPDATES: Final = frozenset({Effect.UPDATE})
_NOTHING: Final[Effects] = frozenset()
_BY_EVENT: Final = {
    EventKind.CUSTOMER_MESSAGE: _CUSTOMERS,
    EventKind.AGENT_MESSAGE: _REPLIES | _UPDATES,
    EventKind.AGENT_REPLY: _REPLIES,
    EventKind.FIRST_REPLY: _REPLIES,
    EventKind.NOTE: _UPDATES,
    EventKind.HANDED_OVER: _REPLIES,
}
_BY_RULE: Final = {Counted.ANSWER: _REPLIES, Counted.UPDATE: _UPDATES, Counted.IGNORE: _NOTHING}


def counted_by(definition: Definition, *, ends_waits: bool) -> Effects:
    """What messages have to be for a clock of this definition to notice them. `ends_waits`: a customer's message ends
    its pauses."""
    effects = _CUSTOMERS if ends_waits else _NOTHING
    for event in definition.events():
        effects |= _BY_EVENT.get(event.kind, _NOTHING)
    if any(isinstance(condition, TakenOverByReply) for condition in definition.conditions()):
        effects |= _REPLIES
    return effects


def needed_activities(words: MessageWords, policies: Iterable[Policy], now: int) -> tuple[str, ...]:
    """The kinds of activities among the sources that a policy counts which is in force at `now` (epoch ms) or later."""
    counted = _NOTHING.union(*(policy.counts for policy in policies if policy.to_ms is None or now < policy.to_ms))
    may_be = _effects_of_kinds(words.rules)
    return tuple(kind for kind in words.activities if may_be[kind] & counted)


def _effects_of_kinds(rules: MessageRules) -> Mapping[str, Effects]:
    """What activities of each kind may count as."""
    return {
        EMAILS: _REPLIES | _CUSTOMERS,
        CALLS: _BY_RULE[rules.calls],
        NOTES: _BY_RULE[rules.notes],
        MEETINGS: _BY_RULE[rules.meetings],
    }
