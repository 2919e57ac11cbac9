"""The shape of one channel in escalations.yaml, made from the table of kinds in `plan.channels`."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, create_model, model_validator

from hubspot_sla.plan.channels import CHANNEL_KINDS
from hubspot_sla.policy.durations import Duration, parse_duration
from hubspot_sla.policy.field_types import STRING, Also, Mail, Section, Shape, Text, Variable, as_list
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.template_fields import Template
from hubspot_sla.policy.value_errors import Refused, one_of
from hubspot_sla.policy.yaml_document import described

if TYPE_CHECKING:
    from hubspot_sla.plan.channels import ChannelKind

_RATE = re.compile(r"\s*(\d{1,6})\s+per\s+(.+)", re.ASCII)
_RATE_FORM = "write how many in which time, for example 20 per 1h"

Mails = Annotated[list[Mail], Field(min_length=1), BeforeValidator(as_list), Also(STRING)]


class AddressSection(Section):
    """Where a chat or an endpoint listens: the variable that holds its address, and the one with its secret."""

    url_env: Variable
    secret_env: Variable | None = None


class MailSection(Section):
    """Who gets the mail."""

    to: Mails


class QuietSection(Section):
    """When nothing is sent: while a calendar is open, or while it is not."""

    hours: Text | None = None
    outside: Text | None = None

    @model_validator(mode="after")
    def _one(self) -> QuietSection:
        if (self.hours is None) == (self.outside is None):
            raise Refused("quiet is `hours` of a calendar, or the time `outside` of one", code=Code.KEYS_TOGETHER)
        return self


def parse_rate(written: object) -> tuple[int, Duration]:
    """`20 per 1h`: how many, in which time on the wall. Refused: anything else."""
    match = _RATE.fullmatch(written) if isinstance(written, str) else None
    if not match or not int(match[1]):
        raise Refused(f"{described(written)} is no rate", _RATE_FORM, code=Code.RATE)
    span = parse_duration(match[2])
    if span.business_days:
        raise Refused("a rate cannot be counted in business days", _RATE_FORM, code=Code.RATE)
    return int(match[1]), span


Rate = Annotated[
    tuple[int, Duration],
    BeforeValidator(parse_rate),
    Shape({"type": "string", "pattern": r"^\s*\d+\s+per\s+.+$", "description": _RATE_FORM}),
]


class ChannelSection(Section):
    """One place where notifications go: exactly one kind of channel."""

    at_most: Rate | None = None
    quiet: QuietSection | None = None
    title: Template | None = None
    template: Template | None = None

    @classmethod
    def current(cls) -> type[Section]:
        return _section_of(tuple(CHANNEL_KINDS.values()))

    @property
    def kind(self) -> str:
        """A key of `CHANNEL_KINDS`."""
        return next(name for name in CHANNEL_KINDS if self._place(name) is not None)

    @property
    def address(self) -> AddressSection | None:
        place = self._place(self.kind)
        return place if isinstance(place, AddressSection) else None

    @property
    def recipients(self) -> tuple[str, ...]:
        place = self._place(self.kind)
        return tuple(place.to) if isinstance(place, MailSection) else ()

    def _place(self, kind: str) -> Section | None:
        place: Section | None = getattr(self, _field(kind))
        return place

    @model_validator(mode="after")
    def _one_kind(self) -> ChannelSection:
        if sum(self._place(kind) is not None for kind in CHANNEL_KINDS) != 1:
            raise Refused(f"a channel is {one_of(CHANNEL_KINDS)}", code=Code.MISSING_KEY)
        if self.address and self.address.secret_env and not CHANNEL_KINDS[self.kind].can_sign:
            signing = one_of(kind.name for kind in CHANNEL_KINDS.values() if kind.can_sign)
            raise Refused(
                f"`secret_env` belongs to {signing}", "leave it out: the address is the secret", code=Code.KEYS_TOGETHER
            )
        return self


@cache
def _section_of(kinds: tuple[ChannelKind, ...]) -> type[ChannelSection]:
    """With a key for each of these kinds."""
    fields: dict[str, Any] = {
        _field(kind.name): ((MailSection if kind.server else AddressSection) | None, Field(None, alias=kind.name))
        for kind in kinds
    }
    return create_model(ChannelSection.__name__, __base__=ChannelSection, __doc__=ChannelSection.__doc__, **fields)


def _field(kind: str) -> str:
    return f"{kind}_"
