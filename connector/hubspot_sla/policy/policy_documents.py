"""The shape of policies.yaml: who is promised what, and on which terms.

As in `documents`, only the form is seen here; `compile_policies` checks what the names refer to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StrictBool, StringConstraints, model_validator

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Cause, Kind, OnChange
from hubspot_sla.policy.calendar_choice_documents import CalendarOfPolicy
from hubspot_sla.policy.durations import Duration, parse_duration
from hubspot_sla.policy.field_types import AGREEMENT_NAME, SCALAR, STRING, Also, Internal, Section, Shape, Text
from hubspot_sla.policy.matchers import KNOWN_SCHEMA, RANGE_SCHEMA, Wanted, parse_wanted, parse_words
from hubspot_sla.policy.object_words import TICKET
from hubspot_sla.policy.target_documents import StageTarget, Target
from hubspot_sla.policy.times import parse_date_or_instant
from hubspot_sla.policy.value_errors import Refused
from hubspot_sla.policy.yaml_reader import described

WISH = Shape({"anyOf": [SCALAR, {"type": "array", "items": SCALAR, "minItems": 1}, RANGE_SCHEMA]})
Wish = Annotated[Wanted | None, BeforeValidator(parse_wanted), WISH]
Naming = Annotated[
    Wanted | None,
    BeforeValidator(parse_words),
    Shape({"anyOf": [SCALAR, {"type": "array", "items": SCALAR, "minItems": 1}, KNOWN_SCHEMA]}),
]
Wishes = Annotated[dict[Internal, Annotated[Wanted, BeforeValidator(parse_wanted), WISH]], Field(min_length=1)]


class WhenSection(Section):
    """All of these must hold; what is not named may be anything."""

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
    """How long each metric may take: one due time, or one for each priority."""

    assignment: Target | None = None
    first_response: Target | None = None
    next_response: Target | None = None
    update: Annotated[UpdateSection, BeforeValidator(_every), Also({"$defs_name": "Target"})] | None = None
    resolution: Target | None = None
    stage: Annotated[dict[Text, StageTarget], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _something_promised(self) -> TargetsSection:
        if not self.model_fields_set or all(getattr(self, name) is None for name in self.model_fields_set):
            raise Refused("the policy promises nothing", "write first_response, resolution or another metric")
        return self


class PausesSection(Section):
    """Which clocks stand still while the ticket is in a `waiting` stage. That of `stage` never does."""

    assignment: StrictBool = False
    first_response: StrictBool = False
    next_response: StrictBool = False
    update: StrictBool = True
    resolution: StrictBool = True


@dataclass(frozen=True, slots=True)
class AtRisk:
    """`text` as written: a share of the target in percent, or so long before due."""

    text: str
    percent: int = 0
    before: Duration | None = None


_PERCENT = re.compile(r"(\d{1,2})\s*%\Z", re.ASCII)
_AT_RISK = "write 75% (of the target) or -30m (before due)"


def parse_at_risk(written: object) -> AtRisk:
    """Refused: anything but 1% to 99%, or a minus sign and a duration."""
    text = written.strip() if isinstance(written, str) else ""
    percent = _PERCENT.match(text)
    if percent and int(percent[1]):
        return AtRisk(text, percent=int(percent[1]))
    if text.startswith("-"):
        return AtRisk(text, before=parse_duration(text[1:]))
    raise Refused(f"{described(written)} is no threshold", _AT_RISK)


_AT_RISK_SCHEMA = {"type": "string", "pattern": r"^\s*([1-9]\d?\s*%|-.+)\s*$", "description": _AT_RISK}
Threshold = Annotated[AtRisk, BeforeValidator(parse_at_risk), Shape(_AT_RISK_SCHEMA)]
Thresholds = Annotated[
    list[Threshold],
    Field(min_length=1),
    BeforeValidator(lambda written: [written] if isinstance(written, str) else written),
    Also(_AT_RISK_SCHEMA),
]


class AtRiskSection(Section):
    """When a clock becomes `at_risk`: for every metric, or for some."""

    assignment: Thresholds = []
    first_response: Thresholds = []
    next_response: Thresholds = []
    update: Thresholds = []
    resolution: Thresholds = []
    stage: Thresholds = []


def _for_every_metric(written: object) -> object:
    return dict.fromkeys(AtRiskSection.model_fields, written) if isinstance(written, str | list) else written


def _one_ladder(written: object) -> object:
    return dict.fromkeys(LadderSection.model_fields, written) if isinstance(written, str) else written


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


class LadderSection(Section):
    """Which ladder of escalations.yaml a clock climbs: for every metric, or for some."""

    assignment: Text | None = None
    first_response: Text | None = None
    next_response: Text | None = None
    update: Text | None = None
    resolution: Text | None = None
    stage: Text | None = None


def _moment(written: object) -> object:
    if isinstance(written, str):
        parse_date_or_instant(written.strip())
    return written


Moment = Annotated[Text, BeforeValidator(_moment)]


def _agreement_name(written: object) -> object:
    """It stands in keys and names of properties for ever. Refused: a word that stands there already."""
    taken = {*(kind.value for kind in Kind), *(metric.value for metric in Metric)}
    if isinstance(written, str) and written in taken:
        raise Refused(f"{written!r} is a word of its own, and cannot be the name of an agreement", "call it otherwise")
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
    pauses: PausesSection = PausesSection()
    resume_on_customer_message: StrictBool = True
    at_risk: Annotated[
        AtRiskSection,
        BeforeValidator(_for_every_metric),
        Also({"anyOf": [_AT_RISK_SCHEMA, {"type": "array", "items": _AT_RISK_SCHEMA}]}),
    ] = AtRiskSection()
    on_change: Annotated[
        OnChangeSection,
        BeforeValidator(_for_every_cause),
        Also({"enum": [rule.value for rule in OnChange]}),
    ] = OnChangeSection()
    ladder: Annotated[LadderSection, BeforeValidator(_one_ladder), Also(STRING)] = LadderSection()
    reopen: Literal["resume", "restart", "ignore"] = "resume"
    starts_in: Text | None = None
    close_without_reply: Literal["not_applicable", "missed"] = "not_applicable"
    applies_to: Literal["open", "new"] = "open"
    valid_from: Moment | None = None
    valid_to: Moment | None = None

    @model_validator(mode="after")
    def _terms_that_apply(self) -> PolicySection:
        if self.starts_in and self.targets.first_response is None:
            raise Refused("`starts_in` says where a first response begins, and none is promised")
        return self


class PoliciesFile(Section):
    """policies.yaml: of each kind the first policy that matches applies, top to bottom."""

    policies: Annotated[list[PolicySection], Field(min_length=1)]
