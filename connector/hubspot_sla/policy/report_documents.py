"""What a report asks of outcomes: the conditions of `sla report --where` and of `objectives` in policies.yaml."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, Field

from hubspot_sla.policy.condition_values import Wanted, parse_wanted
from hubspot_sla.policy.field_types import Section, Shape, Text
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import Refused
from hubspot_sla.policy.wish_documents import WISH, Wish, Wishes

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")


class OutcomeWhen(Section):
    """All of these must hold of an outcome; what is not named may be anything. Customers, owners, teams, pipelines and
    stages are named by name or by id; a property is one that `report.dimensions` names."""

    UNKNOWN = "a property that report.dimensions names is asked for as property: {{{}: VALUE}}"

    customer: Wish = None
    tier: Wish = None
    policy: Wish = None
    kind: Wish = None
    agreement: Wish = None
    metric: Wish = None
    place: Wish = None
    calendar: Wish = None
    pipeline: Wish = None
    stage: Wish = None
    stage_role: Wish = None
    priority: Wish = None
    owner: Wish = None
    team: Wish = None
    source: Wish = None
    category: Wish = None
    first_responder: Wish = None
    status: Wish = None
    excluded: Wish = None
    waived_by: Wish = None
    met_only_by: Wish = None
    property: Wishes | None = None
    all_: Annotated[list[OutcomeWhen], Field(alias="all", min_length=1)] = []
    any_: Annotated[list[OutcomeWhen], Field(alias="any", min_length=1)] = []
    not_: Annotated[OutcomeWhen | None, Field(alias="not")] = None

    def wishes(self) -> dict[str, Wanted]:
        """What is wanted, by word, without the properties and what is nested."""
        return {word: wanted for word in WORDS if (wanted := getattr(self, word)) is not None}

    def words(self) -> set[str]:
        """Every word that is asked for, at any depth."""
        nested = [*self.all_, *self.any_, *([self.not_] if self.not_ else [])]
        return {*self.wishes(), *(self.property or {}), *(word for inner in nested for word in inner.words())}


WORDS = tuple(name for name in OutcomeWhen.model_fields if name not in ("property", "all_", "any_", "not_"))


def _percentage(written: object) -> Fraction:
    match = _PERCENT.fullmatch(written.strip()) if isinstance(written, str) else None
    if match is None:
        raise Refused("an objective is a percentage", "write 95%", code=Code.INVALID)
    share = Fraction(match[1]) / 100
    if not 0 < share <= 1:
        raise Refused("an objective is more than 0 % and at most 100 %", "write 95%", code=Code.INVALID)
    return share


Percentage = Annotated[
    Fraction, BeforeValidator(_percentage), Shape({"type": "string", "pattern": r"^\d{1,3}(\.\d+)?\s*%$"})
]


class ObjectiveSection(Section):
    """Which share of some promises is to be kept: of one metric or several, or of all; of all customers, or of those
    that `when` names."""

    attain: Percentage
    metric: Annotated[Wanted | None, BeforeValidator(parse_wanted), WISH] = None
    when: OutcomeWhen = OutcomeWhen()
    name: Text | None = None
