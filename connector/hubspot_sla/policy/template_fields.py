"""Texts with `{field}` in them, checked for the fields that there are."""

from __future__ import annotations

from functools import partial
from string import Formatter
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator

from hubspot_sla.plan.rung_context import FIELDS
from hubspot_sla.plan.text_templates import RECORD_FIELDS
from hubspot_sla.policy.field_types import Shape
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import Refused, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse_template(written: object, fields: Sequence[str] = FIELDS) -> str:
    """Text with `{field}` in it. Refused: a field that does not exist, or braces that name none."""
    if not isinstance(written, str):
        raise Refused("a template must be text", code=Code.TEMPLATE)
    try:
        parts = list(Formatter().parse(written))
    except ValueError as error:
        raise Refused(
            f"the braces of the template do not fit: {error}", "write {{ for a brace", code=Code.TEMPLATE
        ) from error
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if form or conversion:
            raise Refused(
                f"the field {name!r} of the template stands for itself", f"write {{{name}}}", code=Code.TEMPLATE
            )
        if name not in fields:
            raise Refused(_no_field(name), nearest(name, fields), code=Code.TEMPLATE)
    return written


def _no_field(name: str) -> str:
    if name in FIELDS:
        return f"the template has no field {name!r}: this text stays on the record, whatever time it is"
    return f"the template has no field {name!r}"


Template = Annotated[str, BeforeValidator(parse_template), Shape({"type": "string"})]
RecordTemplate = Annotated[
    str, BeforeValidator(partial(parse_template, fields=RECORD_FIELDS)), Shape({"type": "string"})
]
