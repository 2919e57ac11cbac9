"""The shape of `contracts` in escalations.yaml: rungs that hang on how a contract stands, and on days that come up."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from hubspot_sla.plan.contract_rung_actions import ON_CONTRACTS
from hubspot_sla.plan.contract_rungs import Place
from hubspot_sla.policy.field_types import CurrentShape, Internals, RungName, Section, Text
from hubspot_sla.policy.figure_texts import Positive
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.rung_action_documents import RungActionSection
from hubspot_sla.policy.value_errors import Refused, one_of

WrittenAction = Annotated[
    RungActionSection,
    BeforeValidator(lambda written: RungActionSection.current().model_validate(written)),
    CurrentShape(RungActionSection),
]
PlaceName = Literal[
    "at_risk",
    "below",
    "chronic",
    "terminable",
    "claim_closes",
    "answer_due",
    "payment_due",
    "notice_ends",
    "date",
    "contract_ends",
]


class BeforeSection(Section):
    """One of: `days`, `business_days` on a `calendar`, `months`."""

    days: Positive | None = None
    business_days: Positive | None = None
    months: Positive | None = None
    calendar: Text | None = None

    @model_validator(mode="after")
    def _is_one(self) -> BeforeSection:
        if sum(each is not None for each in (self.days, self.business_days, self.months)) != 1:
            raise Refused("so long before is one length", "write `days: 30`", code=Code.KEYS_TOGETHER)
        if self.calendar is not None and self.business_days is None:
            raise Refused("a calendar counts business days", "write `business_days: 5`", code=Code.KEYS_TOGETHER)
        return self

    @property
    def text(self) -> str:
        """`30d`, `5bd`, `3mo`: part of the name of a rung that has none."""
        if self.business_days is not None:
            return f"{self.business_days}bd"
        return f"{self.days}d" if self.days is not None else f"{self.months}mo"


class ContractRungSection(Section):
    """On what it hangs, how long before a day, and what then."""

    at: PlaceName
    before: BeforeSection | None = None
    name: RungName | None = None
    do: Annotated[list[WrittenAction], Field(min_length=1)]

    @model_validator(mode="after")
    def _makes_sense(self) -> ContractRungSection:
        if self.before is not None and self.place.is_state:
            message = f"nobody knows before how long a contract is {self.at}"
            raise Refused(message, "leave `before` out, or hang the rung on a day", code=Code.RUNG)
        for written in self.do:
            if written.action.word not in ON_CONTRACTS:
                message = f"a rung of a contract cannot {written.action.word}"
                raise Refused(message, f"it can {one_of(ON_CONTRACTS)}", code=Code.RUNG)
        return self

    @property
    def place(self) -> Place:
        return Place(self.at)

    @property
    def called(self) -> str:
        """Its name for ever: a rung that is renamed is another rung."""
        return self.name or (self.at if self.before is None else f"{self.at}-{self.before.text}")


class ContractLadderSection(Section):
    """For contracts by id, for those with customers or with vendors, or for all."""

    contract: Internals | None = None
    side: Literal["customer", "vendor"] | None = None
    rungs: Annotated[list[ContractRungSection], Field(min_length=1)]
