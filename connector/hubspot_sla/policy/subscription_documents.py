"""The shape of `report.subscriptions` in portal.yaml: who is sent which report."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from hubspot_sla.policy.field_types import STRING, Also, Section, Text, as_list
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.report_documents import OutcomeWhen
from hubspot_sla.policy.value_errors import Refused

SUBSCRIPTION_NAME = r"^[a-z][a-z0-9_-]{0,39}$"
"""Part of keys that stand for ever, and of names of files."""

SubscriptionName = Annotated[str, StringConstraints(pattern=SUBSCRIPTION_NAME)]
UnsubscribeAddress = Annotated[str, StringConstraints(pattern=r"^(https://|mailto:)[^\s<>,]+$")]
Form = Literal["html", "xlsx", "json"]
Forms = Annotated[list[Form], Field(max_length=3), BeforeValidator(as_list), Also(STRING)]


class SubscriptionSection(Section):
    """One report that is sent by itself: to whom, as what, about which promises, and which files are written."""

    role: Literal["lead", "manager", "executive"]
    channel: Text | None = None
    when: OutcomeWhen = OutcomeWhen()
    files: Forms = ["html"]

    @model_validator(mode="after")
    def _goes_somewhere(self) -> SubscriptionSection:
        if self.channel is None and not self.files:
            raise Refused("a report without channel and files goes nowhere", "name a channel", code=Code.KEYS_TOGETHER)
        return self
