"""The shape of escalations.yaml: what happens on the way to a breach and after it, and who is told where.

As in `documents`, only the form is seen here; `ladders` and `targets` check what the names refer to.
"""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from hubspot_sla.clock.rungs import Side
from hubspot_sla.plan.escalation_actions import FIELDS
from hubspot_sla.policy.durations import Duration, parse_duration
from hubspot_sla.policy.field_types import (
    STRING,
    Also,
    Internal,
    Length,
    Mail,
    RungName,
    Section,
    Shape,
    Text,
    Variable,
    as_list,
)
from hubspot_sla.policy.policy_documents import WhenSection
from hubspot_sla.policy.rung_places import PLACE_SCHEMA, PlaceSaid, parse_place
from hubspot_sla.policy.value_errors import Refused, nearest
from hubspot_sla.policy.yaml_reader import described

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue

MOST_TIMES = 100
_RATE = re.compile(r"\s*(\d{1,6})\s+per\s+(.+)", re.ASCII)
_RATE_FORM = "write how many in which time, for example 20 per 1h"

Place = Annotated[PlaceSaid, BeforeValidator(parse_place), Shape(PLACE_SCHEMA)]
Mails = Annotated[list[Mail], Field(min_length=1), BeforeValidator(as_list), Also(STRING)]


def _times(written: object) -> int:
    found = int(written) if isinstance(written, str) and written.strip().isdecimal() else 0
    if not 2 <= found <= MOST_TIMES:
        raise Refused(f"{described(written)} is no number of times", f"write 2 to {MOST_TIMES}, the first one counted")
    return found


def _value(written: object) -> str:
    """What HubSpot is to hold; empty clears the property."""
    if written is None or isinstance(written, bool):
        return "" if written is None else str(written).lower()
    if isinstance(written, str):
        return written
    raise Refused(f"{described(written)} is no value of a property")


_TIMES: JsonSchemaValue = {"type": "integer", "minimum": 2, "maximum": MOST_TIMES}
_VALUE: JsonSchemaValue = {"type": ["string", "number", "boolean", "null"]}
Value = Annotated[str, BeforeValidator(_value), Shape(_VALUE)]


class RungWhenSection(WhenSection):
    """The conditions of policies, and on top whether a calendar is open at the instant of the rung."""

    hours: Text | None = None
    outside: Text | None = None


class StepSection(Section):
    """One thing to do: exactly one of these."""

    task: Text | None = None
    set_: Annotated[dict[Internal, Value] | None, Field(alias="set", min_length=1)] = None
    reassign: Text | None = None
    note: Literal["explanation"] | None = None
    notify: Text | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> StepSection:
        if len(self.model_fields_set) != 1 or getattr(self, next(iter(self.model_fields_set))) is None:
            raise Refused("a step is one of `task`, `set`, `reassign`, `note` and `notify`", "begin each with a dash")
        if self.reassign == "owner":
            raise Refused("the owner has the ticket already", "reassign it to lead, or to somebody by e-mail")
        return self


class RungSection(Section):
    """When, on which conditions, and what then."""

    at: Place
    name: RungName | None = None
    when: RungWhenSection = RungWhenSection()
    every: Length | None = None
    times: Annotated[int | None, BeforeValidator(_times), Shape(_TIMES)] = None
    do: Annotated[list[StepSection], Field(min_length=1)]

    @model_validator(mode="after")
    def _returns_in_sense(self) -> RungSection:
        if (self.every is None) != (self.times is None):
            raise Refused("`every` and `times` belong together", "for example every: 4h, times: 5")
        if self.every and self.at.side in (Side.SHARE, Side.BEFORE):
            raise Refused(f"a rung at {self.at.text} does not come back", "repeat one at the breach or after it")
        return self

    @property
    def called(self) -> str:
        """Its name for ever: a rung that is renamed is another rung."""
        return self.name or self.at.text


class LadderFormSection(Section):
    """A ladder, rung by rung."""

    late: Literal["fire", "skip", "once"] = "once"
    late_after: Length | None = None
    rungs: Annotated[list[RungSection], Field(min_length=1)]

    @model_validator(mode="after")
    def _plain_patience(self) -> LadderFormSection:
        if self.late_after and self.late_after.business_days:
            raise Refused("`late_after` cannot be counted in business days", "say its hours, for example 8h")
        return self


class AddressSection(Section):
    """Where a chat or an endpoint listens: the variable that holds its address, and the one with its secret."""

    url_env: Variable
    secret_env: Variable | None = None


class MailSection(Section):
    """Who gets the mail."""

    to: Mails


class QuietSection(Section):
    """When nobody is to be told: while a calendar is open, or while it is not."""

    hours: Text | None = None
    outside: Text | None = None

    @model_validator(mode="after")
    def _one(self) -> QuietSection:
        if (self.hours is None) == (self.outside is None):
            raise Refused("quiet is `hours` of a calendar, or the time `outside` of one")
        return self


def parse_rate(written: object) -> tuple[int, Duration]:
    """`20 per 1h`: how many, in which time on the wall. Refused: anything else."""
    found = _RATE.fullmatch(written) if isinstance(written, str) else None
    if not found or not int(found[1]):
        raise Refused(f"{described(written)} is no rate", _RATE_FORM)
    span = parse_duration(found[2])
    if span.business_days:
        raise Refused("a rate cannot be counted in business days", _RATE_FORM)
    return int(found[1]), span


Rate = Annotated[
    tuple[int, Duration],
    BeforeValidator(parse_rate),
    Shape({"type": "string", "pattern": r"^\s*\d+\s+per\s+.+$", "description": _RATE_FORM}),
]


def parse_template(written: object) -> str:
    """Text with `{field}` in it. Refused: a field that does not exist, or braces that name none."""
    if not isinstance(written, str):
        raise Refused("a template must be text")
    try:
        parts = list(Formatter().parse(written))
    except ValueError as error:
        raise Refused(f"the braces of the template do not fit: {error}", "write {{ for a brace") from error
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if form or conversion:
            raise Refused(f"the field {name!r} of the template stands for itself", f"write {{{name}}}")
        if name not in FIELDS:
            raise Refused(f"the template has no field {name!r}", nearest(name, FIELDS))
    return written


Template = Annotated[str, BeforeValidator(parse_template), Shape({"type": "string"})]


class NotifiedSection(Section):
    """One place where notifications go: exactly one of the four kinds."""

    slack: AddressSection | None = None
    teams: AddressSection | None = None
    webhook: AddressSection | None = None
    email: MailSection | None = None
    at_most: Rate | None = None
    quiet: QuietSection | None = None
    title: Template | None = None
    template: Template | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> NotifiedSection:
        if sum(getattr(self, kind) is not None for kind in ("slack", "teams", "webhook", "email")) != 1:
            raise Refused("a target is one of `slack`, `teams`, `webhook` and `email`")
        for kind in ("slack", "teams"):
            said: AddressSection | None = getattr(self, kind)
            if said and said.secret_env:
                raise Refused("`secret_env` belongs to a `webhook`", "leave it out: the address is the secret")
        return self


class EscalationsFile(Section):
    """escalations.yaml: who leads whom, where notifications go, and the ladders."""

    leads: dict[Text, Text] = {}
    targets: dict[RungName, NotifiedSection] = {}
    ladders: dict[Text, LadderFormSection] = {}
