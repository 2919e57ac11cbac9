"""The shape of tests.yaml: tickets as an admin makes them up, and what the mappings are to say of each.

Only the form is seen here; `case_check` holds the names against the mappings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from hubspot_sla.clock.verdict import Status
from hubspot_sla.policy.case_events import (
    CASE_TIME_PATTERN,
    EVENT_PATTERN,
    CaseEvent,
    CaseTime,
    parse_case_time,
    parse_event,
)
from hubspot_sla.policy.durations import Duration, parse_duration
from hubspot_sla.policy.field_types import DURATION, SCALAR, Also, Internal, Section, Shape, Text, Texts
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.object_words import TICKET
from hubspot_sla.policy.value_errors import Refused, nearest
from hubspot_sla.policy.yaml_document import described

if TYPE_CHECKING:
    from collections.abc import Mapping

NONE: Final = "none"
TIME = Shape({"type": "string", "pattern": CASE_TIME_PATTERN})
STATUS = Shape({"enum": [status.value for status in Status]})


def _value(written: object) -> str:
    """The value of a property as HubSpot keeps it: text."""
    if isinstance(written, bool):
        return str(written).lower()
    if written is None:
        return ""
    if not isinstance(written, str):
        raise Refused(f"the value of a property is text, not {described(written)}", code=Code.WRONG_TYPE)
    return written.strip()


def _or_none(written: object) -> CaseTime | Literal["none"]:
    return NONE if written == NONE else parse_case_time(written)


def _length(written: object) -> int:
    """Business time in ms; `0m` is one here. Refused: no length, or one that goes by a calendar."""
    if isinstance(written, str) and written.strip() in ("0", "0s", "0m", "0h"):
        return 0
    duration: Duration = parse_duration(written)
    if duration.business_days:
        raise Refused(
            f"{duration.text!r} counts business days", "write hours and minutes, for example 7h30m", code=Code.DURATION
        )
    return duration.ms


def _status(written: object) -> str:
    known = [status.value for status in Status]
    if not isinstance(written, str) or written not in known:
        raise Refused(f"there is no status {described(written)}", nearest(str(written), known), code=Code.NOT_A_CHOICE)
    return written


Value = Annotated[str, BeforeValidator(_value), Shape(SCALAR)]
Values = dict[Internal, Value]
Customers = Annotated[
    list[Values],
    Field(min_length=1),
    BeforeValidator(lambda written: [written] if isinstance(written, dict) else written),
    Also({"type": "object", "additionalProperties": SCALAR}),
]
Time = Annotated[CaseTime, BeforeValidator(parse_case_time), TIME]
ExpectedTime = Annotated[CaseTime | Literal["none"], BeforeValidator(_or_none), TIME]
ExpectedLength = Annotated[int, BeforeValidator(_length), Shape(DURATION)]
ExpectedStatus = Annotated[str, BeforeValidator(_status), STATUS]
Event = Annotated[CaseEvent, BeforeValidator(parse_event), Shape({"type": "string", "pattern": EVENT_PATTERN})]


class TicketSection(Section):
    """The ticket as it was created. A stage that is not said is the first open one of the pipeline; a tier that is not
    said comes from the sources of tiers.yaml, by the company and the contact."""

    object: Text = TICKET
    created: Time
    pipeline: Text | None = None
    stage: Text | None = None
    tier: Text | None = None
    priority: Value = ""
    owner: Value = ""
    team: Value = ""
    source: Value = ""
    category: Value = ""
    properties: Values = {}
    company: Customers = []
    contact: Customers = []


class ClockSection(Section):
    """What is expected of one clock. `none` stands for an instant that there is not."""

    status: ExpectedStatus | None = None
    policy: Text | None = None
    target: Text | None = None
    started_at: ExpectedTime | None = None
    at_risk_at: ExpectedTime | None = None
    due_at: ExpectedTime | None = None
    breached_at: ExpectedTime | None = None
    stopped_at: ExpectedTime | None = None
    ended_at: ExpectedTime | None = None
    elapsed: ExpectedLength | None = None
    paused: ExpectedLength | None = None
    cycles: Annotated[int | None, Field(ge=1)] = None
    reason_contains: Texts = []

    @model_validator(mode="after")
    def _something_expected(self) -> ClockSection:
        if not self.model_fields_set:
            raise Refused("nothing is expected of this clock", "write a status, or due_at", code=Code.EMPTY)
        return self


OfClock = Annotated[
    ClockSection,
    BeforeValidator(lambda written: {"status": written} if isinstance(written, str) else written),
    Also({"enum": [status.value for status in Status]}),
]


class ExpectSection(Section):
    """What is expected. Any other key is a clock: `resolution`, `ola:stage:Billing`, `gdpr:resolution`."""

    model_config = ConfigDict(extra="allow")
    OTHER_KEYS: ClassVar[object] = OfClock
    __pydantic_extra__: dict[str, OfClock]

    status: ExpectedStatus | None = None
    tier: Text | None = None
    policy: Text | None = None
    policies: dict[Text, Text] = {}
    reason_contains: Texts = []

    @property
    def clocks(self) -> Mapping[str, ClockSection]:
        """By the key of the clock."""
        return self.__pydantic_extra__

    @model_validator(mode="after")
    def _something_expected(self) -> ExpectSection:
        if not self.model_fields_set and not self.clocks:
            raise Refused(
                "nothing is expected, so nothing could ever fail", "for example resolution: met", code=Code.EMPTY
            )
        return self


class CaseSection(Section):
    """One test: a ticket, what happens to it, and what the mappings say of it at `now`, or after the last event."""

    name: Text
    zone: Text | None = None
    ticket: TicketSection
    events: list[Event] = []
    now: Time | None = None
    expect: ExpectSection


class CasesFile(Section):
    """tests.yaml."""

    zone: Text | None = None
    tests: Annotated[list[CaseSection], Field(min_length=1)]
