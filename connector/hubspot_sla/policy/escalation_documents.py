"""The shape of escalations.yaml: what happens on the way to a breach and after it, and where messages go.

As in `documents`, only the form is seen here; `escalations` checks what the names refer to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from hubspot_sla.clock.rungs import Side
from hubspot_sla.policy.channel_documents import ChannelSection
from hubspot_sla.policy.contract_ladder_documents import ContractLadderSection, WrittenAction
from hubspot_sla.policy.field_types import CurrentShape, Length, RungName, Section, Shape, Text
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.policy_documents import WhenSection
from hubspot_sla.policy.rung_places import PLACE_SCHEMA, PlaceSaid, parse_place
from hubspot_sla.policy.value_errors import Refused
from hubspot_sla.policy.yaml_document import described

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue

    from hubspot_sla.policy.yaml_document import Document, Path

MOST_TIMES = 100
CHANNELS, FORMER_CHANNELS = "channels", "targets"
"""The key of today, and the one it had before, which goes on working."""

Place = Annotated[PlaceSaid, BeforeValidator(parse_place), Shape(PLACE_SCHEMA)]


def _times(written: object) -> int:
    count = int(written) if isinstance(written, str) and written.strip().isdecimal() else 0
    if not 2 <= count <= MOST_TIMES:
        raise Refused(
            f"{described(written)} is no number of times",
            f"write 2 to {MOST_TIMES}, the first one counted",
            code=Code.RUNG,
        )
    return count


_TIMES: JsonSchemaValue = {"type": "integer", "minimum": 2, "maximum": MOST_TIMES}


WrittenChannel = Annotated[
    ChannelSection,
    BeforeValidator(lambda written: ChannelSection.current().model_validate(written)),
    CurrentShape(ChannelSection),
]


def path_of_channel(document: Document, name: str) -> Path:
    """Where a channel stands in the file."""
    return (FORMER_CHANNELS if (FORMER_CHANNELS, name) in document.keys else CHANNELS, name)


class RungWhenSection(WhenSection):
    """The conditions of policies, and on top whether a calendar is open at the instant of the rung."""

    hours: Text | None = None
    outside: Text | None = None


class RungSection(Section):
    """When, on which conditions, and what then."""

    at: Place
    name: RungName | None = None
    when: RungWhenSection = RungWhenSection()
    every: Length | None = None
    times: Annotated[int | None, BeforeValidator(_times), Shape(_TIMES)] = None
    do: Annotated[list[WrittenAction], Field(min_length=1)]

    @model_validator(mode="after")
    def _returns_in_sense(self) -> RungSection:
        if (self.every is None) != (self.times is None):
            raise Refused(
                "`every` and `times` belong together", "for example every: 4h, times: 5", code=Code.KEYS_TOGETHER
            )
        if self.every and self.at.side in (Side.SHARE, Side.BEFORE):
            raise Refused(
                f"a rung at {self.at.text} does not come back", "repeat one at the breach or after it", code=Code.RUNG
            )
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
            raise Refused(
                "`late_after` cannot be counted in business days", "say its hours, for example 8h", code=Code.DURATION
            )
        return self


class EscalationsFile(Section):
    """escalations.yaml: who leads whom, where notifications go, and the ladders, of tickets and of contracts."""

    leads: dict[Text, Text] = {}
    channels: dict[RungName, WrittenChannel] = {}
    targets: Annotated[dict[RungName, WrittenChannel], Field(json_schema_extra={"deprecated": True})] = {}
    """What `channels` was called before."""
    ladders: dict[Text, LadderFormSection] = {}
    contracts: list[ContractLadderSection] = []

    @model_validator(mode="after")
    def _each_once(self) -> EscalationsFile:
        for name in self.channels.keys() & self.targets.keys():
            raise Refused(
                f"{name!r} is in `channels` and in `targets`", "keep it in `channels`", code=Code.KEYS_TOGETHER
            )
        return self

    @property
    def every_channel(self) -> dict[str, ChannelSection]:
        return {**self.targets, **self.channels}
