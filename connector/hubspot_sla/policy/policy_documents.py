"""The shape of policies.yaml: who is promised what, and on which terms.

As in `documents`, only the form is seen here; `compile_policies` checks what the names refer to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints, model_validator

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import STAGE_TOTAL, Cause, Kind, OnChange
from hubspot_sla.policy.calendar_choice_documents import CalendarOfPolicy
from hubspot_sla.policy.field_types import Also, Section, Text
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.metric_documents import MetricSection
from hubspot_sla.policy.metric_term_documents import (
    AtRiskByMetric,
    AtRiskSection,
    LadderByMetric,
    LadderSection,
    LateByMetric,
    LateSection,
    Pauses,
    PausesSection,
    ReopenByMetric,
    ReopenSection,
)
from hubspot_sla.policy.name_patterns import AGREEMENT_NAME, METRIC_NAME
from hubspot_sla.policy.object_words import TICKET
from hubspot_sla.policy.report_documents import ObjectiveSection
from hubspot_sla.policy.target_documents import StageTarget, Target
from hubspot_sla.policy.times import parse_date_or_instant
from hubspot_sla.policy.value_errors import Refused
from hubspot_sla.policy.wish_documents import Naming, Wish, Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.policy.target_documents import TargetForm


class WhenSection(Section):
    """All of these must hold; what is not named may be anything."""

    UNKNOWN: ClassVar[str] = "a ticket property is asked for as property: {{{}: VALUE}}"

    tier: Naming = None
    pipeline: Naming = None
    stage: Naming = None
    priority: Wish = None
    owner: Wish = None
    team: Wish = None
    source: Wish = None
    category: Wish = None
    property: Wishes | None = None
    company: Wishes | None = None
    contact: Wishes | None = None
    all_: Annotated[list[WhenSection], Field(alias="all", min_length=1)] = []
    any_: Annotated[list[WhenSection], Field(alias="any", min_length=1)] = []
    not_: Annotated[WhenSection | None, Field(alias="not")] = None


def _every(written: object) -> object:
    return written if isinstance(written, dict) and set(written) == {"every"} else {"every": written}


class UpdateSection(Section):
    """`1bd`, or `{every: 1bd}`."""

    every: Target


class TargetsSection(Section):
    """How long each metric may take: one due time, or one for each priority. A key that is none of the six is the name
    of a metric that this file defines."""

    model_config = ConfigDict(extra="allow")
    OTHER_KEYS: ClassVar[object] = Target
    __pydantic_extra__: dict[str, Target]

    assignment: Target | None = None
    first_response: Target | None = None
    next_response: Target | None = None
    update: Annotated[UpdateSection, BeforeValidator(_every), Also({"$defs_name": "Target"})] | None = None
    resolution: Target | None = None
    stage: Annotated[dict[Text, StageTarget], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _something_promised(self) -> TargetsSection:
        if all(getattr(self, name) is None for name in (*self.model_fields_set, *self.defined)):
            raise Refused(
                "the policy promises nothing",
                "write first_response, resolution or another metric",
                code=Code.NOTHING_PROMISED,
            )
        return self

    @property
    def defined(self) -> Mapping[str, TargetForm]:
        """The targets of metrics that are none of the six, by name."""
        return self.__pydantic_extra__


Change = Literal["recalculate", "keep", "restart"]


class OnChangeSection(Section):
    """What a change of each of these does to a running clock."""

    priority: Change = "recalculate"
    tier: Change = "recalculate"
    policy: Change = "recalculate"
    calendar: Change = "recalculate"
    pipeline: Change = "recalculate"


def _for_every_cause(written: object) -> object:
    return {cause.value: written for cause in Cause} if isinstance(written, str) else written


OnChangeByCause = Annotated[
    OnChangeSection, BeforeValidator(_for_every_cause), Also({"enum": [rule.value for rule in OnChange]})
]


def _moment(written: object) -> object:
    if isinstance(written, str):
        parse_date_or_instant(written.strip())
    return written


Moment = Annotated[Text, BeforeValidator(_moment)]


def _agreement_name(written: object) -> object:
    """It stands in keys and names of properties for ever. Refused: a word that stands there already."""
    if isinstance(written, str) and written in {*Kind, *Metric, STAGE_TOTAL}:
        raise Refused(
            f"{written!r} is a word of its own, and cannot be the name of an agreement",
            "call it otherwise",
            code=Code.NAME_TAKEN,
        )
    return written


AgreementName = Annotated[str, BeforeValidator(_agreement_name), StringConstraints(pattern=AGREEMENT_NAME)]


class PolicySection(Section):
    """Who is promised what, and on which terms."""

    id: Text
    kind: Literal["sla", "ola", "uc"] = "sla"
    agreement: AgreementName | None = None
    object: Text = TICKET
    when: WhenSection = WhenSection()
    calendar: CalendarOfPolicy
    targets: TargetsSection
    pauses: Pauses = PausesSection.model_validate({})
    resume_on_customer_message: StrictBool = True
    at_risk: AtRiskByMetric = AtRiskSection.model_validate({})
    on_change: OnChangeByCause = OnChangeSection()
    ladder: LadderByMetric = LadderSection.model_validate({})
    reopen: ReopenByMetric = ReopenSection.model_validate({})
    late: LateByMetric = LateSection.model_validate({})
    starts_in: Text | None = None
    close_without_reply: Literal["not_applicable", "missed"] = "not_applicable"
    applies_to: Literal["open", "new"] = "open"
    valid_from: Moment | None = None
    valid_to: Moment | None = None

    @model_validator(mode="after")
    def _terms_that_apply(self) -> PolicySection:
        if self.starts_in and self.targets.first_response is None:
            raise Refused(
                "`starts_in` says where a first response begins, and none is promised", code=Code.KEYS_TOGETHER
            )
        return self


class DefaultsSection(Section):
    """The terms of every policy that does not say them itself; each key stands in place of the default as a whole."""

    calendar: CalendarOfPolicy | None = None
    targets: TargetsSection | None = None
    pauses: Pauses | None = None
    resume_on_customer_message: StrictBool | None = None
    at_risk: AtRiskByMetric | None = None
    on_change: OnChangeByCause | None = None
    ladder: LadderByMetric | None = None
    reopen: ReopenByMetric | None = None
    late: LateByMetric | None = None
    close_without_reply: Literal["not_applicable", "missed"] | None = None
    applies_to: Literal["open", "new"] | None = None


RESERVED = frozenset(
    {
        *(metric.value for metric in Metric),
        *(kind.value for kind in Kind),
        *("default", "every", "stage_total", "resume", "then", "in", "is", "least", "greatest", "by", "follow"),
    }
)
"""Names that no metric can have: they are words of the language where names of metrics stand."""


def _metric_name(written: object) -> object:
    """It stands in keys and names of properties for ever. Refused: a word that stands there already."""
    if isinstance(written, str) and written in RESERVED:
        raise Refused(
            f"{written!r} is a word of its own, and cannot be the name of a metric",
            "call it otherwise",
            code=Code.NAME_TAKEN,
        )
    return written


MetricName = Annotated[str, BeforeValidator(_metric_name), StringConstraints(pattern=METRIC_NAME)]


class PoliciesFile(Section):
    """policies.yaml: of each kind the first policy that matches applies, top to bottom."""

    metrics: dict[MetricName, MetricSection] = {}

    defaults: DefaultsSection = DefaultsSection()
    policies: Annotated[list[PolicySection], Field(min_length=1)]
    objectives: list[ObjectiveSection] = []
