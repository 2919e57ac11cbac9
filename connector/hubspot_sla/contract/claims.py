"""Claims: whether a credit must be claimed, from when to when, and what follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.local_time import begins_at
from hubspot_sla.contract.deadlines import Deadline, end_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.measure.periods import Period

NO_DEADLINE = Deadline()


class Since(StrEnum):
    """What the days of a claim are counted from."""

    PERIOD_END = "period_end"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class ClaimTerms:
    """`closes` counts from the end of the period or from its review: `review_after` its end, or on the day that
    `reviews` gives by the name of the period. `answer` and `pay` count from the claim; no `answer` is no deadline."""

    automatic: bool = False
    closes: Deadline | None = None
    since: Since = Since.PERIOD_END
    review_after: Deadline | None = None
    reviews: Mapping[str, date] = field(default_factory=dict)
    evidence: str = ""
    answer: Deadline | None = None
    pay: Deadline | None = None


@dataclass(frozen=True, slots=True)
class ClaimWindow:
    """From `opens_at` up to `closes_at` (epoch ms, exclusive: the first instant after the last day). `last_day` None:
    it does not close, or the review has no day yet, which `waits_for_review` says."""

    opens_at: int
    last_day: date | None
    closes_at: int | None
    waits_for_review: bool = False

    def is_open(self, at: int) -> bool:
        return self.opens_at <= at and (self.closes_at is None or at < self.closes_at)


class ClaimState(StrEnum):
    """How a claim stands. The last four are what somebody recorded."""

    AUTOMATIC = "automatic"  # it is paid without a claim
    TO_COME = "to_come"
    WAITS_FOR_REVIEW = "waits_for_review"
    OPEN = "open"
    LAPSED = "lapsed"
    FILED = "filed"
    ANSWERED = "answered"
    REFUSED = "refused"
    PAID = "paid"


RECORDED: Final = (ClaimState.FILED, ClaimState.ANSWERED, ClaimState.REFUSED, ClaimState.PAID)


def state_of(window: ClaimWindow | None, recorded: ClaimState | None, at: int) -> ClaimState:
    """At `at` (epoch ms). `window` None: no claim is needed; `recorded` is what was recorded last."""
    if recorded is not None:
        return recorded
    if window is None:
        return ClaimState.AUTOMATIC
    if at < window.opens_at:
        return ClaimState.TO_COME
    if window.waits_for_review:
        return ClaimState.WAITS_FOR_REVIEW
    return ClaimState.OPEN if window.is_open(at) else ClaimState.LAPSED


def business_days_left(calendar: Calendar, today: date, last_day: date) -> int:
    """From today to the last day, both included where the calendar is open on them."""
    days = (today + timedelta(days=number) for number in range((last_day - today).days + 1))
    return sum(bool(calendar.open_on(day)) for day in days)


def claim_window(terms: ClaimTerms, period: Period) -> ClaimWindow | None:
    """Of the credits of this period; None where they need no claim. ValueError as of `Deadline.last_day`."""
    if terms.automatic:
        return None
    event, opens_at = period.end - timedelta(days=1), period.end_at
    if terms.since is Since.REVIEW:
        review = _review(terms, period)
        if review is None:
            return ClaimWindow(opens_at, None, None, waits_for_review=True)
        event, opens_at = review, begins_at(review, 0, period.zone)
    if terms.closes is None:
        return ClaimWindow(opens_at, None, None)
    last_day = terms.closes.last_day(event)
    return ClaimWindow(opens_at, last_day, end_of(last_day, period.zone))


def _review(terms: ClaimTerms, period: Period) -> date | None:
    held = terms.reviews.get(period.name)
    if held is None and terms.review_after is not None:
        held = terms.review_after.last_day(period.end - timedelta(days=1))
    return held
