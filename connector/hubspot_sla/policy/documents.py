"""The shape of each file in mappings/: which keys there are, and what each may hold.

These models see one file at a time and only its form. What a name refers to, and whether that exists, is
checked where it is compiled. `LATER` names keys of the language that this version does not have yet: they
are refused with that reason, because a policy that is half understood promises the wrong thing.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    model_validator,
)

from hubspot_sla.clock.calendar import DAY_MINUTES, Hours
from hubspot_sla.policy.durations import Duration, parse_duration
from hubspot_sla.policy.refusals import Refused
from hubspot_sla.policy.times import hours_between, parse_date, parse_hours, parse_instant, parse_minute


class Section(BaseModel):
    """A group of keys. An unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
    LATER: ClassVar[frozenset[str]] = frozenset()


def _as_list(written: object) -> object:
    return [written] if isinstance(written, str) else written


def _under(key: str, written: object) -> object:
    return {key: written} if isinstance(written, str) else written


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Internal = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]  # HubSpot's internal property names
Texts = Annotated[list[Text], Field(min_length=1), BeforeValidator(_as_list)]
Internals = Annotated[list[Internal], Field(min_length=1), BeforeValidator(_as_list)]
Day = Annotated[date, BeforeValidator(parse_date)]
DayHours = Annotated[Hours, BeforeValidator(parse_hours)]
HoursOfDay = Annotated[list[DayHours], BeforeValidator(_as_list)]
Length = Annotated[Duration, BeforeValidator(parse_duration)]


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
    first_agent_reply: Internals = ["hs_first_agent_message_sent_at", "first_agent_reply_date"]
    customer_message: Internal = "hs_last_message_received_at"
    agent_message: Internal = "hs_last_message_sent_at"


class WrittenSection(Section):
    """The ticket properties that are written, and their group."""

    group: Internal = "sla"
    prefix: Internal = "sla_"
    names: dict[Text, Internal] = {}


StageRule = Annotated[StageSection, BeforeValidator(lambda written: _under("role", written))]
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


ClosedRule = Annotated[ClosedSection, BeforeValidator(lambda written: _under("date", written))]


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


class SourceSection(Section):
    """One place where tiers are kept: a company property, or a CSV file with effective dates."""

    LATER = frozenset({"contact_property", "http"})

    company_property: Internal | None = None
    csv: Text | None = None
    company_id: Text = "company_id"
    tier: Text = "tier"
    valid_from: Text = "valid_from"
    valid_to: Text = "valid_to"

    @model_validator(mode="after")
    def _one_source(self) -> SourceSection:
        if (self.company_property is None) == (self.csv is None):
            raise Refused("a source is either a `company_property` or a `csv` file")
        if self.company_property and self.model_fields_set - {"company_property"}:
            raise Refused("column names belong to a `csv` source")
        return self


class TiersFile(Section):
    """tiers.yaml: where a customer's tier comes from."""

    ranks: Annotated[list[Text], Field(min_length=1)]
    sources: list[SourceSection] = []
    as_of: Literal["creation", "now"] = "creation"
    several_companies: Literal["primary", "highest"] = "primary"
    default: Text | None = None


# policies.yaml


def _as_default(written: object) -> object:
    return _under("default", written)


Target = Annotated[dict[Text, Length], Field(min_length=1), BeforeValidator(_as_default)]


class WhenSection(Section):
    """All of these must hold; what is not named may be anything."""

    LATER = frozenset(
        {"any", "all", "not", "owner", "team", "stage", "source", "category", "company", "contact", "property"}
    )

    tier: Texts | None = None
    pipeline: Texts | None = None
    priority: Texts | None = None


class TargetsSection(Section):
    """How long each metric may take: one duration, or one for each priority."""

    LATER = frozenset({"assignment", "next_response", "update", "stage"})

    first_response: Target | None = None
    resolution: Target | None = None

    @model_validator(mode="after")
    def _something_promised(self) -> TargetsSection:
        if self.first_response is None and self.resolution is None:
            raise Refused("the policy promises nothing", "write first_response, resolution or both")
        return self


class PausesSection(Section):
    """Which clocks stand still while the ticket is in a `waiting` stage."""

    first_response: StrictBool = False
    resolution: StrictBool = True


class PolicySection(Section):
    """Who is promised what."""

    LATER = frozenset({"ladder", "on_change", "applies_to", "reopen", "at_risk", "valid_from", "valid_to"})

    id: Text
    kind: Literal["sla"] = "sla"
    when: WhenSection = WhenSection()
    calendar: Text
    targets: TargetsSection
    pauses: PausesSection = PausesSection()
    resume_on_customer_message: StrictBool = True


class PoliciesFile(Section):
    """policies.yaml: first match wins, top to bottom."""

    policies: Annotated[list[PolicySection], Field(min_length=1)]
