"""What was promised for one clock, on which terms, and when that changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.due_rules import DueRule


class Metric(StrEnum):
    """What is timed. docs/reference/clock.md says when each starts, stops and pauses."""

    ASSIGNMENT = "assignment"
    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    UPDATE = "update"
    RESOLUTION = "resolution"
    STAGE = "stage"


class Kind(StrEnum):
    """To whom it is promised: the customer, another team of ours, or us by a supplier (underpinning contract)."""

    SLA = "sla"
    OLA = "ola"
    UC = "uc"


class Cause(StrEnum):
    """What changed a promise. A change of anything else that makes another policy match is one of `POLICY`."""

    PRIORITY = "priority"
    TIER = "tier"
    POLICY = "policy"
    CALENDAR = "calendar"
    PIPELINE = "pipeline"


class OnChange(StrEnum):
    """What a change does to a running clock: today's target from the original start, the old promise as it was,
    or today's target from the instant of the change."""

    RECALCULATE = "recalculate"
    KEEP = "keep"
    RESTART = "restart"


class Reopen(StrEnum):
    """What a reopening does: the clock goes on where it stopped, starts anew, or does not notice."""

    RESUME = "resume"
    RESTART = "restart"
    IGNORE = "ignore"


class Unanswered(StrEnum):
    """What a response clock still running ends as when the ticket closes without a reply."""

    NOT_APPLICABLE = "not_applicable"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class ChangeRules:
    """One rule for each cause of a change."""

    priority: OnChange = OnChange.RECALCULATE
    tier: OnChange = OnChange.RECALCULATE
    policy: OnChange = OnChange.RECALCULATE
    calendar: OnChange = OnChange.RECALCULATE
    pipeline: OnChange = OnChange.RECALCULATE

    def of(self, cause: Cause) -> OnChange:
        rule: OnChange = getattr(self, cause.value)
        return rule


RECALCULATE_ALWAYS = ChangeRules()


@dataclass(frozen=True, slots=True)
class Threshold:
    """A point on the way to the due instant: reached when `run_ms` of business time have run. `text` is what the
    admin wrote: `75%`, or `30m` (before due). `percent` or `before_ms` say the same of a budget that is not known
    before the start."""

    text: str
    run_ms: int
    percent: int = 0
    before_ms: int = 0

    @classmethod
    def share(cls, text: str, percent: int, budget_ms: int) -> Threshold:
        """`percent` of the budget, never rounded down: nothing is at risk a moment early."""
        return cls(text, -(-budget_ms * percent // 100), percent=percent)

    @classmethod
    def before(cls, text: str, before_ms: int, budget_ms: int) -> Threshold:
        """So much business time before the due instant; from the start on where the budget is shorter."""
        return cls(text, max(budget_ms - before_ms, 0), before_ms=before_ms)

    def of(self, budget_ms: int) -> Threshold:
        """The same threshold of another budget."""
        if self.percent:
            return Threshold.share(self.text, self.percent, budget_ms)
        return Threshold.before(self.text, self.before_ms, budget_ms)


STAGE_TOTAL = "stage_total"
"""What the keys of totals begin with: no metric of another name may be called so."""


@dataclass(frozen=True, slots=True, order=True)
class Clock:
    """Which clock on a ticket this is. `place` is said for `stage` only; with `total` it is the one over all visits."""

    kind: Kind
    metric: Metric
    place: str = ""
    total: bool = False

    @property
    def name(self) -> str:
        """The metric; `stage_total` for a total."""
        return STAGE_TOTAL if self.total else self.metric.value

    @property
    def key(self) -> str:
        """`resolution`, `ola:resolution`, `stage:Bank`, `uc:stage:Bank`, `stage_total:Bank`."""
        parts = ("" if self.kind is Kind.SLA else self.kind.value, self.name, self.place)
        return ":".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Promise:
    """One target of one policy: this much business time on this calendar.

    `target` is the budget as the admin wrote it (`4h`, `3bd`); `budget_ms` the same in business milliseconds.
    `pauses` says whether time in a `waiting` stage stops this clock; `resume_on_customer_message` whether a
    customer's message ends such a pause though nobody moved the stage. `place` is the stage, team or vendor that
    a `stage` clock times, and with `total` all visits there are one; `starts_in` the stage, team or vendor whose
    taking over starts a first response ("": it starts at creation). `at_risk` is sorted by `run_ms`.

    Where the due instant is fixed at the start, `due_rule` says how, and `budget_ms` and `at_risk` are known only to
    `starting`, which notes the instant itself in `fixed_due_at`.
    """

    metric: Metric
    policy: str
    target: str
    budget_ms: int
    calendar: Calendar
    pauses: bool
    resume_on_customer_message: bool = True
    kind: Kind = Kind.SLA
    place: str = ""
    total: bool = False
    starts_in: str = ""
    at_risk: tuple[Threshold, ...] = ()
    on_change: ChangeRules = RECALCULATE_ALWAYS
    reopen: Reopen = Reopen.RESUME
    close_without_reply: Unanswered = Unanswered.NOT_APPLICABLE
    due_rule: DueRule | None = None
    fixed_due_at: int | None = None

    @property
    def clock(self) -> Clock:
        return Clock(self.kind, self.metric, self.place, self.total)

    def starting(self, start: int) -> Promise:
        """The promise to a cycle that starts at `start`: its budget is the business time from there to the due instant
        that the rule fixes. ValueError: the calendar does not open often enough."""
        if self.due_rule is None:
            return self
        due_at = self.due_rule.due(start, self.calendar)
        budget_ms = self.calendar.elapsed(start, due_at)
        at_risk = sorted((threshold.of(budget_ms) for threshold in self.at_risk), key=_run_ms)
        return replace(self, budget_ms=budget_ms, at_risk=tuple(at_risk), fixed_due_at=due_at)

    def due_without_pauses(self, start: int) -> int:
        """When a cycle is due that starts at `start` and is never paused. ValueError: as for `starting`."""
        promise = self.starting(start)
        return self.calendar.due(start, promise.budget_ms) if promise.fixed_due_at is None else promise.fixed_due_at

    def same_as(self, other: Promise | None) -> bool:
        """Whether both mean the same, however they are written, also where they come from two readings of the
        mappings."""
        if self is other:
            return True
        if other is None or not self.calendar.same_as(other.calendar):
            return False
        return self.meaning() == other.meaning()

    def meaning(self) -> tuple[object, ...]:
        """Every term but texts and the calendar, which has a comparison of its own. Equal where both mean the same."""
        return (
            self.policy,
            self.budget_ms,
            self.due_rule,
            self.clock,
            self.pauses,
            self.resume_on_customer_message,
            self.starts_in,
            tuple((threshold.run_ms, self.due_rule and threshold.percent) for threshold in self.at_risk),
            self.on_change,
            self.reopen,
            self.close_without_reply,
        )


_run_ms = attrgetter("run_ms")


@dataclass(frozen=True, slots=True)
class PromiseChange:
    """From `at` on this is promised; `None` where nothing is. `why` is a clause for the explanation, `by` whoever
    made the change, as far as HubSpot says. `final`: the ticket is gone, whatever the promise says of changes.

    A sequence of these is sorted by `at`; the first one holds from the ticket's creation.
    """

    at: int
    promise: Promise | None
    why: str = ""
    cause: Cause = Cause.POLICY
    by: str = ""
    final: bool = False
