"""The shape of waivers.yaml: waivers that are kept as code, beside those that `sla waive` grants."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from hubspot_sla.policy.field_types import Section, Shape, Text
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.times import parse_date_or_instant
from hubspot_sla.policy.value_errors import Refused
from hubspot_sla.policy.yaml_document import described


def _instant(written: object) -> int:
    if not isinstance(written, str):
        raise Refused(f"an instant is text, not {described(written)}", "write 2026-12-24T12:00:00Z", code=Code.INSTANT)
    return parse_date_or_instant(written)


Instant = Annotated[int, BeforeValidator(_instant), Shape({"type": "string"})]


class WaiverSection(Section):
    """One waiver: of a `ticket`, a `customer` (company id) or a `pipeline`. Dates are midnight in UTC."""

    ticket: Text | None = None
    customer: Text | None = None
    pipeline: Text | None = None
    metric: Text | None = None
    reason: Text
    by: Text | None = None
    evidence: Text | None = None
    until: Instant | None = None
    since: Annotated[Instant | None, Field(alias="from")] = None
    to: Instant | None = None
    stop: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> WaiverSection:
        if sum(one is not None for one in (self.ticket, self.customer, self.pipeline)) != 1:
            raise Refused(
                "a waiver is of one ticket, customer or pipeline", "write one of them", code=Code.KEYS_TOGETHER
            )
        if (self.since is None) != (self.to is None):
            raise Refused("an interval has two ends", "write both `from` and `to`, or neither", code=Code.KEYS_TOGETHER)
        if self.since is not None and self.to is not None and self.to <= self.since:
            raise Refused("the interval ends before it begins", "`to` must be later than `from`", code=Code.INSTANT)
        if self.since is None and (self.stop or self.ticket is None):
            what = "that stops clocks" if self.stop else "of a customer or a pipeline"
            raise Refused(f"a waiver {what} needs an interval", "write `from` and `to`", code=Code.KEYS_TOGETHER)
        if self.stop and self.until is not None:
            message = "a waiver that stops clocks has no `until`"
            raise Refused(message, "leave it out: `to` is its end", code=Code.KEYS_TOGETHER)
        return self


class WaiversFile(Section):
    """waivers.yaml. Each is in force from the first sync that reads it; taken out, it is revoked."""

    waivers: list[WaiverSection] = []
