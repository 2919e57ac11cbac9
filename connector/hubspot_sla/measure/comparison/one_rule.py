"""Our clock with one rule as HubSpot has it.

Each function answers what a ticket would be counted by then: nothing where the rule is not known or does not concern
it, and several where it is not known which of them HubSpot means. Only what belongs to the rule is exchanged: the hours
keep our holidays, another target keeps our pauses.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from hubspot_sla.clock.due_rules import Earlier, Later, OnCalendar
from hubspot_sla.clock.metrics import BY_NAME, IN_WAITING, Metric
from hubspot_sla.clock.promise import Late, Promise, PromiseChange, Reopen
from hubspot_sla.clock.timeline import ClosingKind, Message, Role
from hubspot_sla.measure.comparison.calendars import in_hours_of, without_holidays
from hubspot_sla.measure.comparison.cause import Cause
from hubspot_sla.measure.comparison.stands_still import standing_still_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.due_rules import DueRule
    from hubspot_sla.clock.timeline import StageChange, Timeline
    from hubspot_sla.measure.comparison.terms import Terms
    from hubspot_sla.measure.comparison.theirs import Rule, Theirs

    Exchange = Callable[[Terms, Theirs, int], Iterable[Terms]]

MINUTE_MS = 60_000


def _holiday(terms: Terms, _theirs: Theirs, _now: int) -> Iterator[Terms]:
    yield _on_calendars(terms, without_holidays)


def _hours(terms: Terms, theirs: Theirs, _now: int) -> Iterator[Terms]:
    if theirs.rule is not None:
        yield _on_calendars(terms, partial(in_hours_of, theirs.rule.calendar))


def _pause(terms: Terms, theirs: Theirs, now: int) -> Iterator[Terms]:
    if theirs.rule is not None:
        yield standing_still_as(terms, theirs.rule.paused_in, now)


def _start(terms: Terms, theirs: Theirs, _now: int) -> Iterator[Terms]:
    """At the creation, whoever has the ticket; a next response at the customer's latest message."""
    timeline = replace(terms.timeline, handover_at=None, ai_hold=None)
    if terms.clock.metric == Metric.NEXT_RESPONSE:
        timeline = _asked_last(timeline, theirs.received_at)
    yield _promising(
        replace(terms, timeline=timeline), lambda promise: replace(promise, starts_in="", definition=BY_NAME)
    )


def _asked_last(timeline: Timeline, received_at: int | None) -> Timeline:
    """Without the customer's earlier messages that nobody had answered by then."""
    if received_at is None:
        return timeline
    answered_at = max((message.at for message in timeline.agent_messages if message.at < received_at), default=0)
    kept = [one for one in timeline.customer_messages if not answered_at <= one.at < received_at]
    if all(one.at != received_at for one in kept):
        kept.append(Message(received_at))
    return replace(timeline, customer_messages=tuple(sorted(kept, key=_instant)))


def _stop(terms: Terms, theirs: Theirs, _now: int) -> Iterator[Terms]:
    """At the first or the latest message that the help desk sent, whoever wrote it; a resolution in the stages that
    HubSpot calls closed. No closing is left out for its reason, and none ends a clock that waits for a reply."""
    timeline = replace(terms.timeline, not_needed=None, closing_reasons=())
    if terms.clock.metric == Metric.RESOLUTION:
        stages = tuple(_closed_as(stage, theirs.closed_stages) for stage in timeline.stages)
        yield replace(terms, timeline=replace(timeline, stages=stages))
        return
    timeline = replace(timeline, stages=_not_closed_for_good(timeline.stages))
    if terms.clock.metric == Metric.FIRST_RESPONSE:
        replies = () if theirs.first_reply_at is None else (Message(theirs.first_reply_at),)
        yield replace(terms, timeline=replace(timeline, first_replies=replies))
    else:
        yield replace(terms, timeline=replace(timeline, agent_messages=_answers(timeline, theirs)))


def _closed_as(stage: StageChange, closed: frozenset[str]) -> StageChange:
    if stage.id in closed:
        return replace(stage, role=Role.CLOSED, closing=ClosingKind.ORDINARY)
    return replace(stage, role=Role.OPEN) if stage.role is Role.CLOSED else stage


def _not_closed_for_good(stages: Sequence[StageChange]) -> tuple[StageChange, ...]:
    """The closing that lasts is none; those that ended stay."""
    open_until = len(stages)
    while open_until and stages[open_until - 1].role is Role.CLOSED:
        open_until -= 1
    return (*stages[:open_until], *(replace(stage, role=Role.OPEN) for stage in stages[open_until:]))


def _answers(timeline: Timeline, theirs: Theirs) -> tuple[Message, ...]:
    """Ours up to the customer's latest message, and the two that HubSpot tells of."""
    asked_at = theirs.received_at
    by_instant = {one.at: one for one in timeline.agent_messages if asked_at is None or one.at < asked_at}
    for at in (theirs.first_reply_at, theirs.sent_at):
        if at is not None:
            by_instant.setdefault(at, Message(at))
    return tuple(by_instant[at] for at in sorted(by_instant))


def _reopen(terms: Terms, _theirs: Theirs, _now: int) -> Iterator[Terms]:
    """The time that the ticket was closed counts, and only the last closing stops."""
    yield _promising(terms, lambda promise: replace(promise, reopen=Reopen.COUNT))


def _merge(_terms: Terms, theirs: Theirs, _now: int) -> Iterator[Terms]:
    """The ticket alone, from the creation that it shows, or from that of the ticket that was chosen to go on."""
    if theirs.alone is None:
        return
    alone = replace(theirs.alone, timeline=replace(theirs.alone.timeline, defects=(), gaps=()))
    yield alone
    stages, begun_at = alone.timeline.stages, theirs.own_creation_at
    if begun_at is not None:
        entered = tuple(replace(stage, at=max(stage.at, begun_at)) for stage in stages)
        yield replace(alone, timeline=replace(alone.timeline, created_at=begun_at, stages=entered))


def _rule(terms: Terms, theirs: Theirs, now: int) -> Iterator[Terms]:
    """HubSpot's target; where we promise nothing, its rule as a whole. Or one of our promises from the start on, where
    another value of the ticket made us promise something else meanwhile."""
    if theirs.rule is not None:
        yield from _with_target(terms, theirs.rule, theirs.rule.minutes, now)
    for change in terms.promises[1:]:
        if change.promise is not None and change.at not in theirs.edited_at:
            yield _from_the_start(terms, change.promise)


def _retroactive(terms: Terms, theirs: Theirs, now: int) -> Iterator[Terms]:
    """The target of an edited rule of theirs; or ours without an edit of the mappings, or with it from the start on."""
    if theirs.rule is not None and theirs.rule.edited_minutes is not None:
        yield from _with_target(terms, theirs.rule, theirs.rule.edited_minutes, now)
    edits = [change for change in terms.promises[1:] if change.at in theirs.edited_at]
    if edits:
        yield replace(terms, promises=tuple(change for change in terms.promises if change not in edits))
    for change in edits:
        if change.promise is not None:
            yield _from_the_start(terms, change.promise)


def _from_the_start(terms: Terms, promise: Promise) -> Terms:
    return replace(terms, promises=(PromiseChange(terms.promises[0].at, promise),))


def _with_target(terms: Terms, rule: Rule, minutes: int, now: int) -> Iterator[Terms]:
    """In place of ours, whatever changed them; or in place of today's, from the start on."""

    def changed(promise: Promise) -> Promise:
        return replace(
            promise,
            target=f"{minutes}m",
            budget_ms=minutes * MINUTE_MS,
            at_risk=(),
            due_rule=None,
            fixed_due_at=None,
            late=Late.INSTANT,
        )

    ours = [change.promise for change in terms.promises if change.promise is not None]
    if not ours:
        yield _their_promise(terms, rule, minutes, now)
        return
    yield _promising(terms, changed)
    if len(terms.promises) > 1:
        yield _from_the_start(terms, changed(ours[-1]))


def _their_promise(terms: Terms, rule: Rule, minutes: int, now: int) -> Terms:
    """HubSpot's rule as a whole."""
    clock = terms.clock
    promise = Promise(
        clock.metric,
        "",
        f"{minutes}m",
        minutes * MINUTE_MS,
        rule.calendar,
        pauses=IN_WAITING,
        reopen=Reopen.COUNT,
        kind=clock.kind,
        agreement=clock.agreement,
    )
    since = terms.timeline.created_at or 0
    return standing_still_as(replace(terms, promises=(PromiseChange(since, promise),)), rule.paused_in, now)


def _on_calendars(terms: Terms, changed: Callable[[Calendar], Calendar]) -> Terms:
    def on_them(promise: Promise) -> Promise:
        rule = promise.due_rule
        due_rule = None if rule is None else _counting_on(rule, changed)
        return replace(promise, calendar=changed(promise.calendar), due_rule=due_rule)

    return _promising(terms, on_them)


def _counting_on(rule: DueRule, changed: Callable[[Calendar], Calendar]) -> DueRule:
    """A rule that names calendars of its own, with those changed too."""
    if isinstance(rule, OnCalendar):
        return replace(rule, calendar=changed(rule.calendar))
    if isinstance(rule, Earlier | Later):
        return replace(rule, rules=frozenset(_counting_on(each, changed) for each in rule.rules))
    return rule


def _promising(terms: Terms, changed: Callable[[Promise], Promise]) -> Terms:
    """With every promise changed; what then means the same as before is no change of it any more."""
    promises: list[PromiseChange] = []
    for change in terms.promises:
        promise = None if change.promise is None else changed(change.promise)
        before = promises[-1].promise if promises else None
        if before is None or promise is None or not promise.same_as(before):
            promises.append(replace(change, promise=promise))
    return replace(terms, promises=tuple(promises))


def _instant(message: Message) -> int:
    return message.at


EXCHANGES: Mapping[Cause, Exchange] = {
    Cause.MERGE: _merge,
    Cause.START: _start,
    Cause.STOP: _stop,
    Cause.REOPEN: _reopen,
    Cause.RULE: _rule,
    Cause.RETROACTIVE: _retroactive,
    Cause.HOURS: _hours,
    Cause.HOLIDAY: _holiday,
    Cause.PAUSE: _pause,
}
"""In the order in which several are exchanged: what the ticket is, what is promised, and what of it stands still."""
