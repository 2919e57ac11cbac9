"""What was promised for one clock, on which terms, and when that changed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.clock.metrics import BY_NAME, IN_WAITING, Definition, Metric, PauseRule, built_in
from hubspot_sla.quickly_made import quickly_made

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.due_rules import DueRule


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
    """What a reopening does to a clock: it goes on where it stood, starts anew, or does not notice; or the time that
    the ticket was closed counts as if it had been open."""

    RESUME = "resume"
    RESTART = "restart"
    IGNORE = "ignore"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class ReopenWithin:
    """RESUME within so much business time after the closing, `then` from there on."""

    window_ms: int
    then: Reopen = Reopen.IGNORE


class Late(StrEnum):
    """From when on a stop is late: after the due instant; or after the first business time behind it, so that what was
    due at a closing time may still be done before the next opening."""

    INSTANT = "instant"
    BUSINESS_TIME = "business_time"


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
        rule: OnChange = getattr(self, cause)
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


class AgreementKey(NamedTuple):
    """One of several agreements of a kind, a contract and a regulator's rule, say: of each the first policy that
    matches applies. The one without a name is that of all policies which name none."""

    kind: Kind
    name: str = ""

    @property
    def prefix(self) -> tuple[str, ...]:
        """What it puts in front of its clocks: nothing, `ola`, `gdpr`, or `ola` and `gdpr`."""
        return tuple(part for part in ("" if self.kind is Kind.SLA else self.kind.value, self.name) if part)

    @property
    def key(self) -> str:
        """`sla`, `ola`, `gdpr`, `ola:gdpr`."""
        return _key_of_agreement(self)


@lru_cache(1024)
def _key_of_agreement(agreement: AgreementKey) -> str:
    return ":".join(agreement.prefix) or agreement.kind.value


STAGE_TOTAL = "stage_total"
"""What the keys of totals begin with: no metric of another name may be called so."""


@dataclass(frozen=True, slots=True, order=True)
class Clock:
    """Which clock on a ticket this is. `metric` is one of the six or a defined one; `place` is that of `stage`, whose
    `total` is the clock over all visits; `agreement` that which its policy names."""

    kind: Kind
    metric: str
    place: str = ""
    agreement: str = ""
    total: bool = False

    @property
    def name(self) -> str:
        """The metric; `stage_total` for a total."""
        return STAGE_TOTAL if self.total else str(self.metric)

    @property
    def key(self) -> str:
        """`resolution`, `ola:resolution`, `stage:Bank`, `uc:stage:Bank`, `stage_total:Bank`, `gdpr:resolution`."""
        return _key_of(self)

    @classmethod
    def of(cls, key: str) -> Clock:
        """The clock of a key. A place may hold colons, nothing before it does."""
        prefix, _, rest = key.partition(":")
        kind, words = (Kind(prefix), rest) if prefix in (Kind.OLA, Kind.UC) else (Kind.SLA, key)
        first, _, after = words.partition(":")
        agreement, name = ("", words) if not after or first in (Metric.STAGE, STAGE_TOTAL) else (first, after)
        metric, _, place = name.partition(":")
        if metric == STAGE_TOTAL:
            return cls(kind, Metric.STAGE, place, agreement, total=True)
        return cls(kind, metric, place, agreement)

    @property
    def agreement_key(self) -> AgreementKey:
        return AgreementKey(self.kind, self.agreement)


@lru_cache(1024)
def _key_of(clock: Clock) -> str:
    parts = (*clock.agreement_key.prefix, clock.name, clock.place)
    return ":".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Promise:
    """One target of one policy: this much business time on this calendar.

    `target` is the budget as the admin wrote it (`4h`, `3bd`); `budget_ms` the same in business milliseconds.
    `pauses` are the rules by which this clock stands still; `resume_on_customer_message` says whether a customer's
    message ends a stay in a waiting stage though nobody moved the ticket. `place` is the stage, team or vendor that
    a `stage` clock times, and with `total` all visits there are one; `starts_in` the stage, team or vendor whose
    taking over starts a first response ("": it starts at creation). `at_risk` is sorted by `run_ms`. `definition`
    says what starts and stops the clock; that of the six need not be given.

    Where the due instant is fixed at the start, `due_rule` says how, and `budget_ms` and `at_risk` are known only to
    `starting`, which notes the instant itself in `fixed_due_at`.
    """

    metric: str
    policy: str
    target: str
    budget_ms: int
    calendar: Calendar
    pauses: tuple[PauseRule, ...] = ()
    resume_on_customer_message: bool = True
    kind: Kind = Kind.SLA
    place: str = ""
    starts_in: str = ""
    at_risk: tuple[Threshold, ...] = ()
    on_change: ChangeRules = RECALCULATE_ALWAYS
    reopen: Reopen | ReopenWithin = Reopen.RESUME
    close_without_reply: Unanswered = Unanswered.NOT_APPLICABLE
    due_rule: DueRule | None = None
    fixed_due_at: int | None = None
    late: Late = Late.INSTANT
    definition: Definition = BY_NAME
    agreement: str = ""
    total: bool = False
    notices_closing: bool = field(init=False, repr=False, compare=False)
    """Whether the clock stands still while the ticket is closed."""
    is_never_paused: bool = field(init=False, repr=False, compare=False)
    """Whether nothing but a closing makes the clock stand still."""
    pauses_in_waiting: bool = field(init=False, repr=False, compare=False)
    """Whether it stands still in waiting stages, all the time, and besides only while the ticket is closed."""
    goes_on_to_due: bool = field(init=False, repr=False, compare=False)
    """Whether the due instant follows from the start alone as long as no closing comes, and a stop behind it is
    late."""

    def __post_init__(self) -> None:
        if self.definition is BY_NAME:
            object.__setattr__(self, "definition", built_in(self.metric, self.place, self.starts_in, total=self.total))
        notices_closing = self.definition.notices_closing and self.reopen is not Reopen.COUNT
        object.__setattr__(self, "notices_closing", notices_closing)
        is_never_paused = not (self.pauses or self.definition.adds_up)
        object.__setattr__(self, "is_never_paused", is_never_paused)
        object.__setattr__(self, "pauses_in_waiting", self.pauses == IN_WAITING and not self.definition.adds_up)
        follows = self.due_rule is None and self.fixed_due_at is None and self.late is Late.INSTANT
        object.__setattr__(self, "goes_on_to_due", is_never_paused and follows)

    @property
    def clock(self) -> Clock:
        return Clock(self.kind, self.metric, self.place, self.agreement, self.total)

    def reopening(self, closed_at: int, reopened_at: int) -> Reopen:
        """What a reopening at `reopened_at` does to this clock."""
        rule = self.reopen
        if isinstance(rule, Reopen):
            return rule
        return Reopen.RESUME if reopened_at <= self.calendar.due(closed_at, rule.window_ms) else rule.then

    def late_after(self, due_at: int) -> int | None:
        """The last instant at which a stop is in time; None where the calendar never opens again behind `due_at`."""
        if self.late is Late.INSTANT:
            return due_at
        try:
            return self.calendar.due(due_at, 1) - 1
        except ValueError:
            return None

    def starting(self, start: int) -> Promise:
        """The promise to a cycle that starts at `start`: its budget is the business time from there to the due instant
        that the rule fixes, on the calendar that the rule counts on. ValueError: a calendar does not open often enough.
        """
        if self.due_rule is None:
            return self
        due_at = self.due_rule.due(start, self.calendar)
        calendar = self.due_rule.counts_on(start, self.calendar)
        budget_ms = calendar.elapsed(start, due_at)
        at_risk = sorted((threshold.of(budget_ms) for threshold in self.at_risk), key=_run_ms)
        return replace(self, calendar=calendar, budget_ms=budget_ms, at_risk=tuple(at_risk), fixed_due_at=due_at)

    def due_without_pauses(self, start: int) -> int:
        """When a cycle is due that starts at `start` and is never paused. ValueError: as for `starting`."""
        promise = self.starting(start)
        return promise.calendar.due(start, promise.budget_ms) if promise.fixed_due_at is None else promise.fixed_due_at

    def same_as(self, other: Promise | None) -> bool:
        """Whether both mean the same, however they are written, also where they come from two readings of the
        mappings."""
        return other is not None and (self is other or (self.owes_as(other) and self.on_change == other.on_change))

    def owes_as(self, other: Promise) -> bool:
        """Whether the same is owed: all that `same_as` compares but what a change of the promise does."""
        if self is other:
            return True
        return self.budget_ms == other.budget_ms and self.calendar.same_as(other.calendar) and self.owed == other.owed

    @property
    def owed(self) -> tuple[object, ...]:
        """The terms of what is owed without texts, and without the calendar, which has a comparison of its own."""
        return (
            self.policy,
            self.budget_ms,
            self.due_rule,
            (self.kind, self.metric, self.place, self.agreement, self.total),
            self.definition,
            self.pauses,
            self.resume_on_customer_message,
            tuple((threshold.run_ms, self.due_rule and threshold.percent) for threshold in self.at_risk),
            self.reopen,
            self.close_without_reply,
            self.late,
        )


_run_ms = attrgetter("run_ms")


@quickly_made
@dataclass(frozen=True, slots=True)
class PromiseChange:
    """From `at` on this is promised; `None` where nothing is. `why` is a clause for the explanation, `by` whoever
    made the change, as far as HubSpot says. `final`: the ticket is gone, whatever the promise says of changes.
    `undecided`: nobody can say what is promised, for the reason that `why` gives.

    A sequence of these is sorted by `at`; the first one holds from the ticket's creation.
    """

    at: int
    promise: Promise | None
    why: str = ""
    cause: Cause = Cause.POLICY
    by: str = ""
    final: bool = False
    undecided: bool = False
