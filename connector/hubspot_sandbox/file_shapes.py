"""What all shapes of a portal in files have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from hubspot_sandbox.instants import parse_instant


class Shape(BaseModel):
    """Unknown fields are ignored; ids may be numbers."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, alias_generator=to_camel)


def _ms(value: object) -> object:
    return parse_instant(value) if isinstance(value, str | int) else value


Ms = Annotated[int, BeforeValidator(_ms)]
