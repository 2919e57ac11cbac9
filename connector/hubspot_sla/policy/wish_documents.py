"""What a condition in mappings/ may wish a value to be, as it is written."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from hubspot_sla.policy.condition_values import KNOWN_SCHEMA, RANGE_SCHEMA, Wanted, parse_wanted, parse_words
from hubspot_sla.policy.field_types import SCALAR, Internal, Shape

WISH = Shape({"anyOf": [SCALAR, {"type": "array", "items": SCALAR, "minItems": 1}, RANGE_SCHEMA]})
Wish = Annotated[Wanted | None, BeforeValidator(parse_wanted), WISH]
Naming = Annotated[
    Wanted | None,
    BeforeValidator(parse_words),
    Shape({"anyOf": [SCALAR, {"type": "array", "items": SCALAR, "minItems": 1}, KNOWN_SCHEMA]}),
]
Wishes = Annotated[dict[Internal, Annotated[Wanted, BeforeValidator(parse_wanted), WISH]], Field(min_length=1)]
