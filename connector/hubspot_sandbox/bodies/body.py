"""How a request body is read, and the arrays of a query in either spelling.

A body that does not fit is answered in the words of HubSpot's own JSON reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from hubspot_sandbox import refusals

if TYPE_CHECKING:
    from collections.abc import Iterable

Text = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
Model = TypeVar("Model", bound="Body")


class Body(BaseModel):
    """Unknown fields are ignored, as HubSpot does."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True)


def parsed(body: bytes) -> object:
    """The JSON of a body. Raises `Refused` 400."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise refusals.bad_json(error.msg, line=error.lineno, column=error.colno) from None


def read(model: type[Model], body: bytes) -> Model:
    """The body as that model. Raises `Refused` 400."""
    try:
        return model.model_validate(parsed(body))
    except ValidationError as error:
        raise _unfit(model, error) from None


def _unfit(model: type[Body], error: ValidationError) -> refusals.Refused:
    missing = [_path(problem["loc"]) for problem in error.errors() if problem["type"] == "missing"]
    if missing:
        listed = ", ".join(missing)
        return refusals.bad_json(f"Cannot build {model.__name__}, some of required attributes are not set [{listed}]")
    first = error.errors()[0]
    return refusals.bad_json(f"Cannot build {model.__name__}: {_path(first['loc'])}: {first['msg']}")


def _path(location: Iterable[str | int]) -> str:
    return ".".join(map(str, location))


def names(values: Iterable[str]) -> list[str]:
    """An array of a query, repeated (`a=1&a=2`) or joined (`a=1,2`)."""
    return [name for value in values for name in value.split(",") if name]
