"""The shape of each file in mappings/: which keys there are, and what each may hold.

These models see one file at a time and only its form. What a name refers to, and whether that exists, is
checked where it is compiled. policies.yaml has a module of its own, `policy_documents`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from hubspot_sla.clock.calendar import DAY_MINUTES, Hours
from hubspot_sla.policy.field_types import (
    Also,
    Day,
    HoursOfDay,
    Internal,
    Internals,
    Length,
    Section,
    Shape,
    Text,
    under,
)
from hubspot_sla.policy.tier_sources.kinds import AnySource
from hubspot_sla.policy.times import hours_between, parse_instant, parse_minute
from hubspot_sla.policy.value_errors import Refused

# portal.yaml


class StageSection(Section):
    """`open`, or `{role: waiting, vendor: Bank}`."""

    role: Literal["open", "waiting", "closed"]
    team: Text | None = None
    vendor: Text | None = None

    @model_validator(mode="after")
    def _one_holder(self) -> StageSection:
        if self.team and self.vendor:
            raise Refused("a stage is held by a team or by a vendor, not by both")
        return self


class PropertiesSection(Section):
    """The ticket properties that are read."""

    priority: Internal = "hs_ticket_priority"
    owner: Internal = "hubspot_owner_id"
    team: Internal = "hubspot_team_id"
    source: Internal = "source_type"
    category: Internal = "hs_ticket_category"
    first_agent_reply: Internals = ["hs_first_agent_message_sent_at", "first_agent_reply_date"]
    customer_message: Internal = "hs_last_message_received_at"
    agent_message: Internal = "hs_last_message_sent_at"


class WrittenSection(Section):
    """The ticket properties that are written, their group, and what becomes of a person's edit to one of them."""

    group: Internal = "sla"
    prefix: Internal = "sla_"
    names: dict[Text, Internal] = {}
    edits: Literal["correct", "respect"] = "correct"


StageRule = Annotated[
    StageSection,
    BeforeValidator(lambda written: under("role", written)),
    Also({"enum": ["open", "waiting", "closed"]}),
]
StageRules = Annotated[dict[Text, StageRule], Field(min_length=1)]


class PortalFile(Section):
    """portal.yaml: what this portal's words mean."""

    pipelines: Annotated[dict[Text, StageRules], Field(min_length=1)]
    properties: PropertiesSection = PropertiesSection()
    written: WrittenSection = WrittenSection()


# calendars.yaml


class WeekSection(Section):
    """The hours of each weekday; a day that is not named is closed."""

    mon: HoursOfDay = []
    tue: HoursOfDay = []
    wed: HoursOfDay = []
    thu: HoursOfDay = []
    fri: HoursOfDay = []
    sat: HoursOfDay = []
    sun: HoursOfDay = []

    def days(self) -> list[tuple[str, list[Hours]]]:
        """From Monday on."""
        return [(name, getattr(self, name)) for name in type(self).model_fields]


class HolidaysSection(Section):
    """Public holidays, by ISO 3166 codes."""

    country: Text
    subdivision: Text | None = None


class ClosedSection(Section):
    """A date; hours of a date; or a range of instants."""

    date: Day | None = None
    from_: Annotated[Text | None, Field(alias="from")] = None
    to: Text | None = None

    @model_validator(mode="after")
    def _one_of_three_forms(self) -> ClosedSection:
        if (self.from_ is None) != (self.to is None):
            raise Refused("`from` and `to` belong together")
        if self.date is None and self.from_ is None:
            raise Refused("nothing is said to be closed", "write a date, or `from` and `to`")
        _ = self.hours if self.date else self.instants
        return self

    @property
    def hours(self) -> Hours:
        """The closed hours of `date`."""
        if self.from_ is None or self.to is None:
            return Hours(0, DAY_MINUTES)
        return hours_between(parse_minute(self.from_), parse_minute(self.to))

    @property
    def instants(self) -> tuple[int, int]:
        """The closed range, where no date is given."""
        start, end = parse_instant(self.from_), parse_instant(self.to)
        if end <= start:
            raise Refused("the range ends before it begins")
        return start, end


ClosedRule = Annotated[
    ClosedSection, BeforeValidator(lambda written: under("date", written)), Also({"type": "string", "format": "date"})
]


class CalendarSection(Section):
    """When work is done. `timezone` may be left out where `extends` names a calendar that says it."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["timezone"]}, {"required": ["extends"]}]})

    extends: Text | None = None
    timezone: Text = ""
    hours: WeekSection = WeekSection()
    holidays: HolidaysSection | None = None
    closed: list[ClosedRule] = []
    open: dict[Day, HoursOfDay] = {}
    business_day: Length | None = None


class CalendarsFile(Section):
    """calendars.yaml."""

    calendars: dict[Text, CalendarSection] = {}


# tiers.yaml


class TiersFile(Section):
    """tiers.yaml: where a customer's tier comes from."""

    ranks: Annotated[list[Text], Field(min_length=1)]
    sources: list[AnySource] = []
    as_of: Literal["creation", "now"] = "creation"
    several_companies: Literal["primary", "highest"] = "primary"
    default: Annotated[Text | None, Shape({"type": ["string", "null"]})] = None
