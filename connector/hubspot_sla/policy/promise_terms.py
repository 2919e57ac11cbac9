"""What a policy lays down for one clock, whatever a ticket is held to; with a target's length it makes a promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.due_rules import BusinessTime, OnCalendar
from hubspot_sla.clock.promise import Promise, ReopenWithin, Threshold
from hubspot_sla.policy.defined_metrics import pause_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.due_rules import DueRule
    from hubspot_sla.clock.metrics import Definition
    from hubspot_sla.clock.promise import ChangeRules, Clock, Late, Reopen, Unanswered
    from hubspot_sla.policy.term_forms import AtRisk, PauseForm, ReopenForm


@dataclass(frozen=True, slots=True)
class TargetLength:
    """What a ticket is held to: the rule, and how the admin put it, without the calendar that it may name."""

    rule: DueRule
    text: str

    @property
    def full_text(self) -> str:
        return f"{self.text} on {self.rule.calendar.name}" if isinstance(self.rule, OnCalendar) else self.text


@dataclass(frozen=True, slots=True)
class PromiseTerms:
    """The terms of one clock under one policy. `pauses` None: in every waiting stage."""

    clock: Clock
    policy: str
    definition: Definition
    pauses: tuple[PauseForm, ...] | None
    resume_on_customer_message: bool
    starts_in: str
    at_risk: tuple[AtRisk, ...]
    on_change: ChangeRules
    reopen: ReopenForm
    close_without_reply: Unanswered
    late: Late

    def promise(self, length: TargetLength, calendar: Calendar) -> Promise:
        """Refused: a term is in business days, and the calendar does not say how long one is."""
        clock, budget_ms = self.clock, budget_of(length)
        return Promise(
            clock.metric,
            self.policy,
            length.text,
            budget_ms or 0,
            calendar,
            pauses=pause_rules(self.pauses, calendar),
            resume_on_customer_message=self.resume_on_customer_message,
            kind=clock.kind,
            place=clock.place,
            total=clock.total,
            starts_in=self.starts_in,
            at_risk=_thresholds(self.at_risk, budget_ms or 0, calendar),
            on_change=self.on_change,
            reopen=_reopening(self.reopen, calendar),
            close_without_reply=self.close_without_reply,
            due_rule=length.rule if budget_ms is None else None,
            late=self.late,
            definition=self.definition,
            agreement=clock.agreement,
        )


def budget_of(length: TargetLength) -> int | None:
    """The business time (ms) of a target that is the same from every start; None: it depends on the start."""
    rule = length.rule
    return rule.ms if isinstance(rule, BusinessTime) and rule.cut_off is None else None


def _reopening(form: ReopenForm, calendar: Calendar) -> Reopen | ReopenWithin:
    if form.window is None:
        return form.rule
    return ReopenWithin(form.window.on(calendar.business_day_ms), form.then)


def _thresholds(written: Sequence[AtRisk], budget_ms: int, calendar: Calendar) -> tuple[Threshold, ...]:
    thresholds = [
        Threshold.before(threshold.text, threshold.before.on(calendar.business_day_ms), budget_ms)
        if threshold.before
        else Threshold.share(threshold.text, threshold.percent, budget_ms)
        for threshold in written
    ]
    return tuple(sorted(thresholds, key=lambda threshold: threshold.run_ms))
