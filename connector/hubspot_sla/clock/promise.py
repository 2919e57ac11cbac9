"""What was promised for one metric, and when that changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar


class Metric(StrEnum):
    """The metrics this version judges."""

    FIRST_RESPONSE = "first_response"
    RESOLUTION = "resolution"


@dataclass(frozen=True, slots=True)
class Promise:
    """One target of one policy: this much business time on this calendar.

    `target` is the budget as the admin wrote it (`4h`, `3bd`); `budget_ms` the same in business milliseconds.
    `pauses` says whether time in a `waiting` stage stops this clock; `resume_on_customer_message` whether a
    customer's message ends such a pause though nobody moved the stage.
    """

    metric: Metric
    policy: str
    target: str
    budget_ms: int
    calendar: Calendar
    pauses: bool
    resume_on_customer_message: bool = True


@dataclass(frozen=True, slots=True)
class PromiseChange:
    """From `at` on this is promised; `None` where nothing is. `why` is a clause for the explanation.

    A sequence of these is sorted by `at`; the first one holds from the ticket's creation.
    """

    at: int
    promise: Promise | None
    why: str = ""
