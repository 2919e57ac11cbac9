"""The shape of portal.yaml and tiers.yaml: which keys there are, and what each may hold.

The models of all files see one file at a time and only its form. What a name refers to, and whether that exists, is
checked where it is compiled. The other files have modules of their own: `calendar_documents`, `policy_documents`,
`escalation_documents`.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, Field, model_validator

from hubspot_sla.policy.field_types import Also, Internal, Internals, Length, Section, Shape, Text, Texts, under
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.message_documents import MessagesSection
from hubspot_sla.policy.subscription_documents import SubscriptionName, SubscriptionSection, UnsubscribeAddress
from hubspot_sla.policy.template_fields import RecordTemplate, Template
from hubspot_sla.policy.tier_sources.kinds import AnySource
from hubspot_sla.policy.value_errors import Refused
from hubspot_sla.policy.zone_remedy import zone_remedy

# portal.yaml


class StageSection(Section):
    """`open`, or `{role: waiting, vendor: Bank}`, or `{role: closed, closing: spam}`."""

    role: Literal["open", "waiting", "closed"]
    team: Text | None = None
    vendor: Text | None = None
    closing: Literal["spam", "duplicate", "cancelled"] | None = None

    @model_validator(mode="after")
    def _one_holder(self) -> StageSection:
        if self.team and self.vendor:
            raise Refused("a stage is held by a team or by a vendor, not by both", code=Code.KEYS_TOGETHER)
        return self

    @model_validator(mode="after")
    def _closing_closes(self) -> StageSection:
        if self.closing and self.role != "closed":
            raise Refused(
                f"`closing: {self.closing}` says why a ticket was closed, and this stage is {self.role}",
                code=Code.KEYS_TOGETHER,
            )
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
    waiver: Internal | None = None


class WrittenSection(Section):
    """The ticket properties that are written, their group, and what becomes of a person's edit to one of them."""

    set: Literal["lean", "full"] = "full"
    group: Internal = "sla"
    prefix: Internal = "sla_"
    names: dict[Text, Internal] = {}
    edits: Literal["correct", "respect"] = "correct"


class TitledTemplateSection(Section):
    """A title and a text with `{field}` in them."""

    title: Template | None = None
    template: Template | None = None


class TemplateSection(Section):
    """A text with `{field}` in it."""

    template: Template


class RecordTemplateSection(Section):
    """The text that a record holds: nothing in it may change by the mere passing of time."""

    template: RecordTemplate


class TemplatesSection(Section):
    """Texts in place of those of this product. Messages have theirs in escalations.yaml, beside their channel."""

    reason: RecordTemplateSection | None = None
    task: TitledTemplateSection | None = None
    note: TemplateSection | None = None


class ClosingSection(Section):
    """A ticket property that says why a ticket was closed, and which of its values mean what."""

    property: Internal
    spam: Texts = []
    duplicate: Texts = []
    cancelled: Texts = []

    @model_validator(mode="after")
    def _each_value_once(self) -> ClosingSection:
        values = [*self.spam, *self.duplicate, *self.cancelled]
        if not values:
            raise Refused("no value is named", "say which values mean spam, duplicate or cancelled", code=Code.EMPTY)
        twice = next((value for number, value in enumerate(values) if value in values[:number]), None)
        if twice is not None:
            raise Refused(f"the value {twice!r} is named twice", "keep one of the two", code=Code.NAME_TAKEN)
        return self


def _zone(written: object) -> object:
    if isinstance(written, str):
        try:
            ZoneInfo(written)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            message = f"there is no time zone {written!r}"
            raise Refused(message, zone_remedy(written, available_timezones()), code=Code.UNKNOWN_TIME_ZONE) from None
    return written


Zone = Annotated[Text, BeforeValidator(_zone)]


class ReportSection(Section):
    """What reports may be broken down by, beside what every outcome carries, and the zone whose midnight their periods
    begin at."""

    dimensions: Internals = []
    timezone: Zone | None = None


class TicketReportSection(ReportSection):
    """The same of tickets, how long after its end a month is closed by the job, and who is sent which report."""

    close_after: Length | None = None
    subscriptions: dict[SubscriptionName, SubscriptionSection] = {}
    unsubscribe: UnsubscribeAddress | None = None


def _stage_rule(written: object) -> object:
    if written is None:
        raise Refused("the role of this stage is missing", "write open, waiting or closed", code=Code.EMPTY)
    return under("role", written)


StageRule = Annotated[
    StageSection,
    BeforeValidator(_stage_rule),
    Also({"enum": ["open", "waiting", "closed"]}),
]
StageRules = Annotated[dict[Text, StageRule], Field(min_length=1)]


class ObjectPropertiesSection(Section):
    """The properties of another object type that are read. What is not said is as the profile of the type has it."""

    priority: Internal | None = None
    owner: Internal | None = None
    team: Internal | None = None
    source: Internal | None = None
    category: Internal | None = None
    first_agent_reply: Internals | None = None
    customer_message: Internal | None = None
    agent_message: Internal | None = None
    waiver: Internal | None = None


class ObjectSection(Section):
    """An object type beside tickets that service levels are kept on: what `pipelines`, `properties` and `report` of
    tickets are, for this type."""

    pipelines: Annotated[dict[Text, StageRules], Field(min_length=1)]
    properties: ObjectPropertiesSection = ObjectPropertiesSection()
    closing: ClosingSection | None = None
    report: ReportSection = ReportSection()


class PortalFile(Section):
    """portal.yaml: what this portal's words mean. `objects` holds the object types beside tickets."""

    pipelines: Annotated[dict[Text, StageRules], Field(min_length=1)]
    properties: PropertiesSection = PropertiesSection()
    written: WrittenSection = WrittenSection()
    closing: ClosingSection | None = None
    report: TicketReportSection = TicketReportSection()
    language: Literal["en", "de", "fr", "es"] = "en"
    templates: TemplatesSection = TemplatesSection()
    messages: MessagesSection | None = None
    objects: dict[Text, ObjectSection] = {}


# tiers.yaml


class TiersFile(Section):
    """tiers.yaml: where a customer's tier comes from."""

    ranks: Annotated[list[Text], Field(min_length=1)]
    sources: list[AnySource] = []
    as_of: Literal["creation", "now"] = "creation"
    several_companies: Literal["primary", "highest"] = "primary"
    default: Annotated[Text | None, Shape({"type": ["string", "null"]})] = None
